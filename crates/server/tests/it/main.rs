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
mod ec2;
mod ec2_metadata_options;
mod ec2_profiles;
mod ec2_tags;
mod iam;
mod instance_conditions;
mod instance_identity;
mod presigned;
mod rotation;
mod s3;
mod sts;
