//! The proofs, checked by the real `openssl` command as consumers run it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod certificates;
mod pem;
mod proofs;
mod support;
