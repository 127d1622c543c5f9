//! The program, driven as its users drive it: in a process of its own, by real AWS tools.
//!
//! Every test has its own world on ports that it picked. The tools are set up by
//! `cargo xtask test`; one that is missing is a loud skip, and a failure under `CI=true`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod articles;
mod audit;
mod containers;
mod durability;
mod ec2;
mod identity;
mod metadata_clients;
mod namespaces;
mod objects;
mod policy_check;
mod policy_tools;
mod process;
mod scenarios;
mod secrets;
mod simulate;
mod transfer;
mod verbs;

use std::path::Path;

use rolecall_identity::{Clock as _, Timestamp};
use rolecall_server::SystemClock;
use rolecall_testkit::Dev;

/// The program under test.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rolecall"))
}

/// A world of its own.
fn dev(arguments: &[&str]) -> Dev {
    Dev::start(program(), arguments)
}

/// The time that worlds have, too.
fn now() -> Timestamp {
    SystemClock.now()
}
