use std::sync::Mutex;

use rolecall_identity::AccessKeyId;
use rolecall_sigv4::{CredentialScope, SigningKey};

use crate::generations::{Generations, lock};

/// Keyed signing states by access key and scope.
///
/// Deriving one costs as much as two small signatures (contract/sigv4.md section 15). Only a
/// verified request puts a key in.
#[derive(Debug)]
pub(crate) struct KeyCache {
    entries: Mutex<Generations<Vec<Entry>>>,
}

/// Most access keys of one generation; there are two.
pub const KEYS_PER_GENERATION: usize = 4096;

/// Most scopes kept for one access key: today's for the services a client calls.
const SCOPES_PER_KEY: usize = 4;

#[derive(Debug)]
struct Entry {
    /// Tells the secret that the key was derived from: another secret of the same id is another.
    secret: u64,
    date: Box<str>,
    region: Box<str>,
    service: Box<str>,
    key: SigningKey,
}

impl Default for KeyCache {
    fn default() -> Self {
        Self { entries: Mutex::new(Generations::new(KEYS_PER_GENERATION)) }
    }
}

impl KeyCache {
    pub(crate) fn find(
        &self,
        id: AccessKeyId,
        secret: u64,
        scope: &CredentialScope<'_>,
    ) -> Option<SigningKey> {
        let mut generations = lock(&self.entries);
        let entries = generations.get(id)?;
        entries.iter().find(|entry| entry.is(secret, scope)).map(|entry| entry.key.clone())
    }

    pub(crate) fn insert(
        &self,
        id: AccessKeyId,
        secret: u64,
        scope: &CredentialScope<'_>,
        key: &SigningKey,
    ) {
        let mut generations = lock(&self.entries);
        let entries = generations.entry(id);
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
    use rolecall_identity::SecretAccessKey;

    use super::*;

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
}
