use std::sync::{Arc, Mutex, PoisonError};

use crate::access::Denied;

/// The denials of one request to a service that only watches: its policies are judged and not
/// enforced.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Vec<Denied>>>);

impl Watch {
    /// Adds what would have been denied.
    pub(crate) fn add(&self, denied: Denied) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(denied);
    }

    /// What would have been denied so far.
    pub fn take(&self) -> Vec<Denied> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
