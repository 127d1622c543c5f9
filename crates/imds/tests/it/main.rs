//! The behaviour table of contract/imds.md section 4: each row is a line of `tests/cases`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod ask;
mod bodies;
mod case;
mod crawl;
mod expiry;
mod jwt;
mod paths;
mod pod_identity;
mod protection;
mod secrets;
mod strangers;
mod table;
mod tasks;
mod world;
