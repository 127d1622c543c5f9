use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rolecall_identity::InstanceId;
use serde::{Deserialize, Serialize};

/// A way for the metadata service to misbehave on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// What it does.
    pub kind: FaultKind,
    /// Which requests it meets.
    #[serde(default)]
    pub on: FaultOn,
    /// How many requests it meets; all, until it is ended, if none is said.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// New credentials cannot be made: the old ones are served until they end.
    AuthorityDown,
    /// The answer comes so many milliseconds later, a minute at most.
    Delay(u32),
    /// No answer comes for a minute, and then an empty 503.
    Hang,
    /// The answers to token requests lack their TTL header.
    NoTtlHeader,
    /// An empty answer of this status: 400 to 599.
    Status(u16),
    /// No token is good: reads get 401.
    Unauthorized,
}

/// Which requests a fault meets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultOn {
    /// Every request.
    #[default]
    All,
    /// Reads alone.
    Reads,
    /// Token requests alone.
    Tokens,
}

/// Longest delay, and longest hang.
pub(crate) const HANG: Duration = Duration::from_secs(60);

/// The faults in force: one for each instance.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    by_instance: Mutex<HashMap<InstanceId, Fault>>,
    /// Whether there is any: most worlds have none, and no request should wait to learn that.
    any: AtomicBool,
}

impl Fault {
    /// Whether its numbers are within bounds.
    pub(crate) fn is_valid(&self) -> bool {
        let within = match self.kind {
            // Nothing asks the authority while a request waits.
            FaultKind::AuthorityDown => self.on == FaultOn::All && self.times.is_none(),
            FaultKind::Delay(milliseconds) => milliseconds as u128 <= HANG.as_millis(),
            FaultKind::Status(status) => matches!(status, 400..=599),
            _ => true,
        };
        within && self.times != Some(0)
    }
}

impl FaultKind {
    /// Whether it changes anything for a token request, or for a read.
    const fn concerns(self, is_token: bool) -> bool {
        match self {
            Self::AuthorityDown => false,
            Self::NoTtlHeader => is_token,
            Self::Unauthorized => !is_token,
            Self::Delay(_) | Self::Hang | Self::Status(_) => true,
        }
    }
}

impl FaultOn {
    const fn meets(self, is_token: bool) -> bool {
        match self {
            Self::All => true,
            Self::Reads => !is_token,
            Self::Tokens => is_token,
        }
    }
}

impl Faults {
    pub(crate) fn set(&self, instance: InstanceId, fault: Fault) {
        self.lock().insert(instance, fault);
        self.any.store(true, Ordering::Release);
    }

    pub(crate) fn end(&self, instance: &InstanceId) {
        self.lock().remove(instance);
    }

    /// The fault that a request meets; it counts as one of its times.
    pub(crate) fn meet(&self, instance: &InstanceId, is_token: bool) -> Option<FaultKind> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut faults = self.lock();
        let fault = faults.get_mut(instance)?;
        let kind = fault.kind;
        if !fault.on.meets(is_token) || !kind.concerns(is_token) {
            return None;
        }
        if let Some(times) = &mut fault.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                faults.remove(instance);
            }
        }
        Some(kind)
    }

    /// Whether new credentials cannot be made for an instance.
    pub(crate) fn is_authority_down(&self, instance: &InstanceId) -> bool {
        self.lock().get(instance).is_some_and(|fault| fault.kind == FaultKind::AuthorityDown)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceId, Fault>> {
        self.by_instance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
