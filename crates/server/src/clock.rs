use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rolecall_identity::{Clock, Timestamp};

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// How far a clock may be moved: a hundred years. Times have four digits for the year.
pub const AHEAD_SECONDS_MAX: i64 = 100 * 366 * 24 * 3600;

/// The machine's clock, moved: what rotates and ends in hours can be seen in seconds.
#[derive(Debug, Default)]
pub struct MovableClock {
    ahead_milliseconds: AtomicI64,
}

impl MovableClock {
    /// Moves it forward, or back; says how many seconds it is now ahead of the machine's, or `None`
    /// if that would be more than [`AHEAD_SECONDS_MAX`], either way.
    pub fn advance_seconds(&self, seconds: i64) -> Option<i64> {
        let moved = seconds.checked_mul(1000)?;
        let ahead = |before: i64| before.checked_add(moved).filter(|ahead| is_near(*ahead));
        let before =
            self.ahead_milliseconds.fetch_update(Ordering::SeqCst, Ordering::SeqCst, ahead);
        before.ok().map(|before| before.saturating_add(moved) / 1000)
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead_milliseconds.load(Ordering::SeqCst);
        Timestamp::from_millis(SystemClock.now().millis().saturating_add(ahead))
    }

    fn ahead_seconds(&self) -> i64 {
        self.ahead_milliseconds.load(Ordering::SeqCst) / 1000
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Moves it forward, or back.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

const fn is_near(ahead_milliseconds: i64) -> bool {
    ahead_milliseconds.unsigned_abs() <= AHEAD_SECONDS_MAX.unsigned_abs() * 1000
}
