//! Worlds from a file: what reads and is a world is one that the state takes, change by change.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_authority::State;
use rolecall_authority::seed::Seed;
use rolecall_fuzz::{Counting, NOW, keyring};
use rolecall_token::Keyring;

static RING: LazyLock<Keyring> = LazyLock::new(keyring);

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let seed: Seed = match toml::from_str(text) {
        Ok(seed) => seed,
        Err(error) => {
            assert!(
                error.span().is_none_or(|span| text.get(span).is_some()),
                "a place in the text"
            );
            return Corpus::Keep;
        }
    };
    let printed = format!("{seed:?}");
    let keys = seed.users.iter().flat_map(|user| &user.access_keys);
    for secret in keys.filter_map(|key| key.secret.as_deref()) {
        // Not one that is short, or the text of something else, too.
        let is_secret = secret.len() > 30 && text.matches(secret).count() == 1;
        assert!(!is_secret || !printed.contains(secret), "a secret prints");
    }
    match seed.changes(&RING, NOW, &mut Counting::default()) {
        Ok(changes) => {
            let mut state = State::default();
            for change in &changes {
                state.apply(change).expect("what was checked can be applied");
                let kept = serde_json::to_string(change).expect("a change is written");
                let read = serde_json::from_str(&kept).expect("and read again");
                assert_eq!(*change, read);
            }
            assert_eq!(state.position(), changes.len() as u64);
            assert_eq!(state.instances().count(), seed.instances.len(), "none replaces another");
            let users = state.accounts().flat_map(|account| account.users()).count();
            assert_eq!(users, seed.users.len(), "none replaces another");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    Corpus::Keep
});
