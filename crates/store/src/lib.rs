//! The change log on disk, with a twin in memory.
//!
//! A log is totally ordered and appended at an expected position: a writer that decided on an older
//! state is refused and decides again. What [`ChangeLog::append`] acknowledges is durable.
//!
//! On disk it is one SQLite file in WAL mode with `synchronous=FULL`, a row a change, the change as
//! JSON text: `sqlite3 rolecall.db 'select * from changes'` shows it. One process holds it at a time.
//!
//! Not here: what changes mean. Replay is whole; snapshots of the state do not exist yet.

mod memory;
mod sqlite;

use rolecall_authority::Change;

pub use memory::MemoryLog;
pub use sqlite::SqliteLog;

/// A totally ordered log of changes.
pub trait ChangeLog: Send {
    /// All changes from the first, in order.
    fn read(&mut self) -> Result<Vec<Change>, StoreError>;

    /// Appends changes after `expected` others, all or none, durably. Returns the new length.
    fn append(&mut self, expected: u64, changes: &[Change]) -> Result<u64, StoreError>;
}

/// Why a log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody appended since the state was read.
    #[error("the log has {found} changes, expected {expected}")]
    Conflict {
        /// What the writer expected.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// A row that is not a change of this version.
    #[error("change {position} of the log cannot be read")]
    Corrupt {
        /// Its position, counted from one.
        position: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The file is a database of something else, or of a later version.
    #[error("`{path}` is not a rolecall log of version {expected} (found {found})")]
    Foreign {
        /// The file.
        path: String,
        /// The version this program reads.
        expected: i64,
        /// The version in the file.
        found: i64,
    },
    /// Another process holds the file.
    #[error("`{path}` is in use by another process")]
    InUse {
        /// The file.
        path: String,
    },
    /// The database failed.
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
}
