/// What was made lately, for whoever wants the same again: many answers of a second are alike.
///
/// Each place has the last value whose key fell there.
pub(crate) struct Recent<K, V>([Option<(K, V)>; PLACES]);

const PLACES: usize = 16;

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| None))
    }
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// The value of a key, which falls on one place of all that `place` may name.
    pub(crate) fn value(&mut self, place: usize, key: K, make: impl FnOnce() -> V) -> V {
        let Some(place) = self.0.get_mut(place % PLACES) else { return make() };
        match place {
            Some((known, value)) if *known == key => value.clone(),
            _ => place.insert((key, make())).1.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_value_and_is_made_once_while_it_keeps_its_place() {
        let (mut recent, mut made) = (Recent::default(), 0);
        for (key, made_by_then) in [(0, 1), (1, 2), (0, 2), (1, 2), (16, 3), (16, 3), (0, 4)] {
            let value = recent.value(key, key, || {
                made += 1;
                key.to_string()
            });
            assert_eq!((value, made), (key.to_string(), made_by_then));
        }
    }
}
