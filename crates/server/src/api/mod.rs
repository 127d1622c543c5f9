//! STS, IAM and EC2 on the wire, and the way to the S3 gateway, on one address.

mod body;
mod call;
mod classify;
mod error;
mod plane;
mod xml;

pub(crate) use plane::{ApiParts, ApiPlane};
