use std::path::Path;

use rolecall_authority::Change;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use crate::{ChangeLog, StoreError};

/// A log in one SQLite file.
#[derive(Debug)]
pub struct SqliteLog {
    connection: Connection,
}

impl SqliteLog {
    /// Opens a log, or makes a new one. No other process may have it open.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = || path.display().to_string();
        let prepared = Connection::open(path).and_then(prepare);
        let connection = match prepared {
            Err(error) if is_locked(&error) => return Err(StoreError::InUse { path: shown() }),
            other => other?,
        };
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match found {
            VERSION => Ok(Self { connection }),
            0 if is_empty(&connection)? => {
                connection.execute_batch(SCHEMA)?;
                Ok(Self { connection })
            }
            _ => Err(StoreError::Foreign { path: shown(), expected: VERSION, found }),
        }
    }
}

impl ChangeLog for SqliteLog {
    fn read(&mut self) -> Result<Vec<Change>, StoreError> {
        let mut query =
            self.connection.prepare("SELECT position, change FROM changes ORDER BY position")?;
        let rows =
            query.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| {
            let (position, text) = row?;
            serde_json::from_str(&text).map_err(|source| StoreError::Corrupt { position, source })
        })
        .collect()
    }

    fn append(&mut self, expected: u64, changes: &[Change]) -> Result<u64, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last = "SELECT COALESCE(MAX(position), 0) FROM changes";
        let found: u64 = transaction.query_row(last, [], |row| row.get(0))?;
        if found != expected {
            return Err(StoreError::Conflict { expected, found });
        }
        let mut position = found;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO changes (position, change) VALUES (?1, ?2)")?;
            for change in changes {
                position += 1;
                let text = serde_json::to_string(change)
                    .map_err(|source| StoreError::Corrupt { position, source })?;
                insert.execute(params![position, text])?;
            }
        }
        transaction.commit()?;
        Ok(position)
    }
}

/// Every acknowledged commit is on the disk, and the file is ours alone.
fn prepare(connection: Connection) -> Result<Connection, rusqlite::Error> {
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let tables: i64 =
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

fn is_locked(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

const VERSION: i64 = 1;
const SCHEMA: &str = "BEGIN;
    CREATE TABLE changes (position INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
    PRAGMA user_version = 1;
    COMMIT;";
