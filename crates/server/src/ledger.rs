use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use rolecall_authority::{ApplyError, Change, State};
use rolecall_store::{ChangeLog, StoreError};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The state, and the log it is the fold of.
///
/// Reads take the state of the moment and wait for nobody. A write holds the [`Writer`], decides on
/// the newest state, and is answered after its changes are in the log and in the state.
pub struct Ledger {
    state: Arc<ArcSwap<State>>,
    log: Arc<Mutex<Box<dyn ChangeLog>>>,
}

/// The right to append, held by one at a time.
pub struct Writer {
    state: Arc<ArcSwap<State>>,
    log: OwnedMutexGuard<Box<dyn ChangeLog>>,
}

/// Why changes did not become true.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A change does not fit the state.
    #[error("the change log does not fold")]
    Apply(#[from] ApplyError),
    /// The log could not be read or written.
    #[error("the change log failed")]
    Store(#[from] StoreError),
    /// The process is ending.
    #[error("the append was interrupted")]
    Stopped,
}

impl Ledger {
    /// Folds a log from its beginning.
    pub fn open(mut log: Box<dyn ChangeLog>) -> Result<Self, LedgerError> {
        let mut state = State::default();
        for change in log.read()? {
            state.apply(&change)?;
        }
        Ok(Self { state: Arc::new(ArcSwap::from_pointee(state)), log: Arc::new(Mutex::new(log)) })
    }

    /// The state of this moment.
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// The state of this moment, for one look: no count of its holders changes.
    pub(crate) fn glance(&self) -> Guard<Arc<State>> {
        self.state.load()
    }

    /// Waits for the right to append.
    pub async fn writer(&self) -> Writer {
        let log = Arc::clone(&self.log).lock_owned().await;
        Writer { state: Arc::clone(&self.state), log }
    }
}

impl Writer {
    /// The newest state: nobody can append while the writer is held.
    pub fn state(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Makes changes true: all of them, durably, or none.
    ///
    /// Runs to its end even if the request that waits for it goes away.
    pub async fn append(self, changes: Vec<Change>) -> Result<(), LedgerError> {
        let appended = tokio::task::spawn_blocking(move || self.append_now(&changes)).await;
        appended.map_err(|_| LedgerError::Stopped)?
    }

    fn append_now(mut self, changes: &[Change]) -> Result<(), LedgerError> {
        let mut next = State::clone(&self.state.load());
        let expected = next.position();
        for change in changes {
            next.apply(change)?;
        }
        self.log.append(expected, changes)?;
        self.state.store(Arc::new(next));
        Ok(())
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("position", &self.state().position()).finish()
    }
}
