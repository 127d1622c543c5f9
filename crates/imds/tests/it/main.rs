//! The behaviour table of contract/imds.md section 4: each row is a line of `tests/cases`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bodies;
mod case;
mod crawl;
mod expiry;
mod paths;
mod secrets;
mod strangers;
mod table;
mod world;
