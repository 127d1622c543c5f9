use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rolecall_identity::AccessKeyId;

/// What is remembered of access keys, in two generations that bound it.
///
/// When the young generation is full it becomes the old one, and what is asked for in the old one
/// becomes young again.
#[derive(Debug)]
pub(crate) struct Generations<V> {
    /// Most access keys of one generation.
    most: usize,
    young: HashMap<AccessKeyId, V>,
    old: HashMap<AccessKeyId, V>,
}

impl<V> Generations<V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, young: HashMap::new(), old: HashMap::new() }
    }

    pub(crate) fn get(&mut self, id: AccessKeyId) -> Option<&V> {
        if !self.young.contains_key(&id)
            && let Some(value) = self.old.remove(&id)
        {
            self.make_room();
            self.young.insert(id, value);
        }
        self.young.get(&id)
    }

    /// The value of a key, for changing it; a new one if there is none.
    pub(crate) fn entry(&mut self, id: AccessKeyId) -> &mut V
    where
        V: Default,
    {
        if self.get(id).is_none() {
            self.make_room();
        }
        self.young.entry(id).or_default()
    }

    pub(crate) fn insert(&mut self, id: AccessKeyId, value: V) {
        self.make_room();
        self.young.insert(id, value);
    }

    fn make_room(&mut self) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

/// A panic while the lock was held leaves a memory that is at worst short of an entry.
pub(crate) fn lock<V>(generations: &Mutex<Generations<V>>) -> MutexGuard<'_, Generations<V>> {
    generations.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rolecall_identity::{AccessKeyKind, AccountId, Entropy};

    use super::*;

    struct Numbers(u64);

    impl Entropy for Numbers {
        fn fill(&mut self, bytes: &mut [u8]) {
            self.0 += 1 << 25;
            bytes.copy_from_slice(&self.0.to_le_bytes());
        }
    }

    #[test]
    fn any_number_of_keys_takes_no_more_room_than_two_generations() {
        let (mut generations, mut numbers) = (Generations::new(16), Numbers(0));
        let account = AccountId::from_number(1).unwrap();
        let mut mint = || AccessKeyId::mint(AccessKeyKind::Temporary, account, &mut numbers);
        let kept = mint();
        for n in 0..100 {
            generations.insert(mint(), n);
            *generations.entry(kept) += 1;
        }
        assert!(generations.young.len() + generations.old.len() <= 32);
        assert_eq!(generations.get(kept), Some(&100), "what is asked for stays");
    }
}
