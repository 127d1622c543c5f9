//! The enforcing S3 gateway.
