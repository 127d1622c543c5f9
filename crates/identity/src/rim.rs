//! What pure code asks of the rim.

use crate::Timestamp;

/// Where the time comes from. The rim reads it once per request and passes the value on.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// How far it was moved ahead of the clocks of those who sign requests, in seconds.
    fn ahead_seconds(&self) -> i64 {
        0
    }
}

/// Where randomness comes from. Passed in, so that sealing and minting are reproducible in tests.
pub trait Entropy {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}
