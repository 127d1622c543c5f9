//! The services over real sockets, with a clock that the tests move.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod admin;
mod admin_changes;
mod bad_input;
mod containers;
mod containers_metadata;
mod containers_pods;
mod containers_protection;
mod containers_tasks;
mod decode_message;
mod ec2;
mod ec2_metadata_options;
mod ec2_profiles;
mod ec2_tags;
mod iam;
mod iam_simulate;
mod identity_documents;
mod imds_faults;
mod imds_hardened;
mod imds_instances;
mod imds_limits;
mod imds_requests;
mod imds_scenarios;
mod instance_conditions;
mod instance_identity;
mod presigned;
mod rotation;
mod s3;
mod soft;
mod sts;
