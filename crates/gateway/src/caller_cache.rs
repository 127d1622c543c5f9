use std::sync::{Arc, Mutex};

use constant_time_eq::constant_time_eq;
use rolecall_authority::{Caller, State};
use rolecall_identity::{AccessKeyId, Timestamp};
use rolecall_token::{Keyring, SecretOrigin};

use crate::generations::{Generations, lock};

/// Callers of sessions whose tokens were opened before.
///
/// Opening a token and finding its principal costs more than checking the signature. What is found
/// here is what opening would find again: the token is the same to the last byte, the session has
/// not ended, the key ring still opens it, and the state has not changed since. Only a verified
/// request puts a caller in.
#[derive(Debug)]
pub(crate) struct CallerCache {
    sessions: Mutex<Generations<Arc<Remembered>>>,
}

/// Most sessions of one generation; there are two. Each takes about three kilobytes.
const SESSIONS_PER_GENERATION: usize = 1024;

#[derive(Debug)]
pub(crate) struct Remembered {
    token: Box<str>,
    /// The state that the caller was found in.
    position: u64,
    pub(crate) origin: SecretOrigin,
    pub(crate) caller: Arc<Caller>,
}

impl Default for CallerCache {
    fn default() -> Self {
        Self { sessions: Mutex::new(Generations::new(SESSIONS_PER_GENERATION)) }
    }
}

impl CallerCache {
    pub(crate) fn find(
        &self,
        state: &State,
        keyring: &Keyring,
        id: AccessKeyId,
        token: &str,
        now: Timestamp,
    ) -> Option<Arc<Remembered>> {
        let found = lock(&self.sessions).get(id).map(Arc::clone)?;
        found.holds(state, keyring, token, now).then_some(found)
    }

    pub(crate) fn insert(
        &self,
        state: &State,
        id: AccessKeyId,
        token: &str,
        origin: SecretOrigin,
        caller: Arc<Caller>,
    ) {
        let (token, position) = (token.into(), state.position());
        let remembered = Remembered { token, position, origin, caller };
        lock(&self.sessions).insert(id, Arc::new(remembered));
    }
}

impl Remembered {
    fn holds(&self, state: &State, keyring: &Keyring, token: &str, now: Timestamp) -> bool {
        let lasts = self.caller.claims().is_some_and(|claims| now < claims.not_after);
        lasts
            && self.position == state.position()
            && keyring.opens(self.origin, now)
            && constant_time_eq(self.token.as_bytes(), token.as_bytes())
    }
}
