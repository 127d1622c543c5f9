//! The services over real sockets, with a clock that the tests move.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod admin;
mod bad_input;
mod iam;
mod instance_conditions;
mod presigned;
mod rotation;
mod s3;
mod sts;
