//! Both logs keep the same promises; the one on disk keeps them over a restart.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use rolecall_authority::Change;
use rolecall_store::{ChangeLog, MemoryLog, SqliteLog, StoreError};

fn change(account: u64) -> Change {
    Change::AccountCreated { account: format!("{account:012}").parse().unwrap() }
}

fn appends_at_the_expected_position_alone(log: &mut dyn ChangeLog) {
    assert_eq!(log.append(0, &[change(1), change(2)]).unwrap(), 2);
    assert_eq!(log.append(2, &[change(3)]).unwrap(), 3);
    for expected in [0, 2, 4] {
        let refused = log.append(expected, &[change(9)]);
        assert!(matches!(refused, Err(StoreError::Conflict { found: 3, .. })), "{expected}");
    }
}

#[test]
fn logs_append_at_the_expected_position_alone() {
    let folder = tempfile::tempdir().unwrap();
    appends_at_the_expected_position_alone(&mut MemoryLog::default());
    let mut log = SqliteLog::open(&folder.path().join("log.db")).unwrap();
    appends_at_the_expected_position_alone(&mut log);
}

#[test]
fn what_was_appended_is_read_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    SqliteLog::open(&path).unwrap().append(0, &[change(1), change(2)]).unwrap();
    let mut log = SqliteLog::open(&path).unwrap();
    assert_eq!(log.read().unwrap(), [change(1), change(2)]);
    assert_eq!(log.append(2, &[change(3)]).unwrap(), 3);
}

#[test]
fn a_log_has_one_holder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let _held = SqliteLog::open(&path).unwrap();
    assert!(matches!(SqliteLog::open(&path), Err(StoreError::InUse { .. })));
}

#[test]
fn other_databases_and_damaged_rows_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (x); PRAGMA user_version = 7;").unwrap();
    drop(other);
    assert!(matches!(SqliteLog::open(&path), Err(StoreError::Foreign { found: 7, .. })));

    let path = folder.path().join("damaged.db");
    drop(SqliteLog::open(&path).unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute("INSERT INTO changes VALUES (1, '{\"Unknown\":{}}')", []).unwrap();
    drop(raw);
    let read = SqliteLog::open(&path).unwrap().read();
    assert!(matches!(read, Err(StoreError::Corrupt { position: 1, .. })));
}
