//! The verifier and signer against AWS's vectors, an independent signer, and each known attack.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "clippy.toml frees test functions; what they share stands outside of them"
)]

mod accepted;
mod checklist;
mod ec2_texts;
mod properties;
mod query_texts;
mod s3_texts;
mod streaming;
mod suite;
mod support;
mod time;
