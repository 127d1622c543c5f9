use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rolecall_authority::{
    ContainerCredentials, ContainerRoleError, ROTATE_SECONDS_BEFORE_END, Role,
};
use rolecall_identity::{Timestamp, UniqueId};

/// Credentials of tasks or pods, minted once for all who ask at a time, and anew when they have half
/// an hour left or their role is not what it was.
///
/// Minting is local and takes microseconds, so whoever finds them due does it while the others wait.
pub(super) struct RoleKeys<K> {
    slots: Mutex<HashMap<K, Arc<Slot>>>,
}

type Slot = Mutex<Option<Kept>>;

struct Kept {
    credentials: Arc<ContainerCredentials>,
    role: UniqueId,
    /// The trust policy that let the service assume the role.
    trust: String,
}

/// Most identities whose credentials are kept; beyond them, keys that are in no use go first.
const SLOTS_MAX: usize = 4096;

impl<K: Clone + Eq + Hash> RoleKeys<K> {
    pub(super) fn new() -> Self {
        Self { slots: Mutex::default() }
    }

    /// The credentials of `key`, which are of `role`.
    pub(super) fn current(
        &self,
        key: &K,
        role: Option<&Role>,
        now: Timestamp,
        mint: impl FnOnce() -> Result<ContainerCredentials, ContainerRoleError>,
    ) -> Result<Arc<ContainerCredentials>, ContainerRoleError> {
        let slot = self.slot(key, now);
        let mut kept = lock(&slot);
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(role, now)) {
            return Ok(Arc::clone(&kept.credentials));
        }
        *kept = None;
        let credentials = Arc::new(mint()?);
        *kept = role.map(|role| Kept {
            credentials: Arc::clone(&credentials),
            role: role.id.clone(),
            trust: role.trust.policy.text().to_owned(),
        });
        Ok(credentials)
    }

    fn slot(&self, key: &K, now: Timestamp) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= SLOTS_MAX {
            make_room(&mut slots, now);
        }
        Arc::clone(slots.entry(key.clone()).or_default())
    }
}

/// Drops what is empty or due, and if nothing is, any one: its owner gets new credentials then.
fn make_room<K: Clone + Eq + Hash>(slots: &mut HashMap<K, Arc<Slot>>, now: Timestamp) {
    slots.retain(|_, slot| match slot.try_lock() {
        Ok(kept) => kept.as_ref().is_some_and(|kept| !kept.is_due(now)),
        // Somebody mints.
        Err(_) => true,
    });
    let any = slots.keys().next().cloned();
    if let Some(any) = any.filter(|_| slots.len() >= SLOTS_MAX) {
        slots.remove(&any);
    }
}

impl Kept {
    fn is_good(&self, role: Option<&Role>, now: Timestamp) -> bool {
        let is_same = |role: &Role| role.id == self.role && role.trust.policy.text() == self.trust;
        role.is_some_and(is_same) && !self.is_due(now)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now >= self.credentials.expiration.plus_seconds(-ROTATE_SECONDS_BEFORE_END)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rolecall_authority::State;
    use rolecall_authority::seed::Seed;
    use rolecall_token::Keyring;

    use super::*;
    use crate::entropy::OsEntropy;

    const NOW: Timestamp = Timestamp::from_seconds(1_795_341_600);

    struct World {
        state: State,
        keyring: Keyring,
        minted: AtomicUsize,
    }

    fn world() -> World {
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
            "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
        let seed = serde_json::json!({
            "account": "123456789012",
            "role": [{"name": "r", "trust-policy": trust}],
            "task": [{"family": "web", "role": "r"}],
        });
        let seed: Seed = serde_json::from_value(seed).unwrap();
        let keyring = Keyring::generate(NOW, &mut OsEntropy);
        let mut state = State::default();
        for change in seed.changes(&keyring, NOW, &mut OsEntropy).unwrap() {
            state.apply(&change).unwrap();
        }
        World { state, keyring, minted: AtomicUsize::new(0) }
    }

    impl World {
        fn ask(&self, keys: &RoleKeys<u32>, key: u32, now: Timestamp) -> Arc<ContainerCredentials> {
            let role = self.state.accounts().next().unwrap().role("r").map(Arc::as_ref);
            let mint = || {
                self.minted.fetch_add(1, Ordering::Relaxed);
                let (task, entropy) = (self.state.tasks().next().unwrap(), &mut OsEntropy);
                let (state, keyring) = (&self.state, &self.keyring);
                rolecall_authority::mint_task_credentials(state, keyring, task, now, entropy)
            };
            keys.current(&key, role, now, mint).unwrap()
        }

        fn minted(&self) -> usize {
            self.minted.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn everybody_who_asks_at_once_gets_the_same() {
        let (world, keys) = (world(), RoleKeys::new());
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| world.ask(&keys, 1, NOW));
            }
        });
        assert_eq!(world.minted(), 1);
    }

    #[test]
    fn keys_are_kept_until_they_are_due() {
        let (world, keys) = (world(), RoleKeys::new());
        let first = world.ask(&keys, 1, NOW);
        let due = first.expiration.plus_seconds(-ROTATE_SECONDS_BEFORE_END);
        let last = Timestamp::from_millis(due.millis() - 1);
        assert_eq!(world.ask(&keys, 1, last).keys.access_key_id, first.keys.access_key_id);
        assert_ne!(world.ask(&keys, 1, due).keys.access_key_id, first.keys.access_key_id);
        assert_eq!(world.minted(), 2);
    }

    #[test]
    fn identities_are_kept_in_bounds() {
        let (world, keys) = (world(), RoleKeys::new());
        let most = u32::try_from(SLOTS_MAX).unwrap();
        for key in 0..=most {
            world.ask(&keys, key, NOW);
        }
        assert_eq!(lock(&keys.slots).len(), SLOTS_MAX);
        world.ask(&keys, most, NOW);
        assert_eq!(world.minted(), SLOTS_MAX + 1);
        // All are due: nothing but the newcomer stays.
        world.ask(&keys, most + 1, NOW.plus_seconds(9 * 3600));
        assert_eq!(lock(&keys.slots).len(), 1);
    }
}
