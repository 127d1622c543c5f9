use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rolecall_identity::AccessKeyId;
use rolecall_sigv4::{CredentialScope, SigningKey};

/// Keyed signing states by access key and scope.
///
/// Deriving one costs as much as two small signatures (contract/sigv4.md section 15). Two
/// generations bound it: when the young one is full it becomes the old one, and what is asked for
/// in the old one becomes young again. Only a verified request puts a key in.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    generations: Mutex<Generations>,
}

/// Most access keys of one generation; there are two.
pub const KEYS_PER_GENERATION: usize = 4096;

/// Most scopes kept for one access key: today's for the services a client calls.
const SCOPES_PER_KEY: usize = 4;

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<AccessKeyId, Vec<Entry>>,
    old: HashMap<AccessKeyId, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// Tells the secret that the key was derived from: another secret of the same id is another.
    secret: u64,
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
    key: SigningKey,
}

impl KeyCache {
    pub(crate) fn find(
        &self,
        id: AccessKeyId,
        secret: u64,
        scope: &CredentialScope<'_>,
    ) -> Option<SigningKey> {
        let mut generations = self.lock();
        if !generations.young.contains_key(&id)
            && let Some(entries) = generations.old.remove(&id)
        {
            generations.make_room();
            generations.young.insert(id, entries);
        }
        let entries = generations.young.get(&id)?;
        entries.iter().find(|entry| entry.is(secret, scope)).map(|entry| entry.key.clone())
    }

    pub(crate) fn insert(
        &self,
        id: AccessKeyId,
        secret: u64,
        scope: &CredentialScope<'_>,
        key: &SigningKey,
    ) {
        let mut generations = self.lock();
        generations.make_room();
        let entries = generations.young.entry(id).or_default();
        entries.retain(|entry| entry.secret == secret && !entry.is(secret, scope));
        if entries.len() == SCOPES_PER_KEY {
            entries.remove(0);
        }
        entries.push(Entry {
            secret,
            date: scope.date.into(),
            region: scope.region.into(),
            service: scope.service.into(),
            key: key.clone(),
        });
    }

    /// A panic while the lock was held leaves a cache that is at worst short of an entry.
    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn make_room(&mut self) {
        if self.young.len() >= KEYS_PER_GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

impl Entry {
    fn is(&self, secret: u64, scope: &CredentialScope<'_>) -> bool {
        self.secret == secret
            && *self.date == *scope.date
            && *self.region == *scope.region
            && *self.service == *scope.service
    }
}

#[cfg(test)]
mod tests {
    use rolecall_identity::{AccessKeyKind, AccountId, Entropy, SecretAccessKey};

    use super::*;

    struct Numbers(u64);

    impl Entropy for Numbers {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0 += 1 << 25;
            bytes.copy_from_slice(&self.0.to_le_bytes());
        }
    }

    const SCOPE: CredentialScope<'_> =
        CredentialScope { date: "20150830", region: "us-east-1", service: "sts" };

    fn key() -> SigningKey {
        SigningKey::derive(&SecretAccessKey::new("secret"), &SCOPE)
    }

    #[test]
    fn a_key_is_found_for_its_secret_and_scope_alone() {
        let cache = KeyCache::default();
        let id = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        cache.insert(id, 1, &SCOPE, &key());
        assert!(cache.find(id, 1, &SCOPE).is_some());
        assert!(cache.find(id, 2, &SCOPE).is_none());
        assert!(cache.find(id, 1, &CredentialScope { service: "s3", ..SCOPE }).is_none());
        cache.insert(id, 2, &SCOPE, &key());
        assert!(cache.find(id, 1, &SCOPE).is_none(), "a new secret ends the old one");
    }

    #[test]
    fn a_million_sessions_take_no_more_room_than_two_generations() {
        let (cache, key, mut numbers) = (KeyCache::default(), key(), Numbers(0));
        let account = AccountId::from_number(1).unwrap();
        for _ in 0..3 * KEYS_PER_GENERATION {
            let id = AccessKeyId::mint(AccessKeyKind::Temporary, account, &mut numbers);
            cache.insert(id, 1, &SCOPE, &key);
        }
        let generations = cache.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * KEYS_PER_GENERATION);
    }
}
