//! Enforcement: who signed a request, and the S3 gateway that asks the policies before it forwards.
//!
//! A request reaches the store only as a [`Permitted`](rolecall_policy::Permitted) value, which only
//! an allowing decision makes, about a [`Verified`](rolecall_sigv4::Verified) one, which only the
//! verifier makes. What was verified is what is authorised is what is forwarded: one parsed value.
//!
//! What is not mapped is answered 501 and never forwarded. Bodies stream; a body that turns out not
//! to be the signed one is cut off before its end, so that the store commits nothing.
//!
//! Source: contract/gateway.md; Amazon S3 API reference.

mod authenticate;
mod body;
mod caller_cache;
mod generations;
mod key_cache;
mod limits;
mod s3;

pub use authenticate::{Authenticated, Authenticator};
pub use key_cache::KEYS_PER_GENERATION;
pub use limits::{HEADER_SECTION_BYTES_MAX, OBJECT_BYTES_MAX, XML_BYTES_MAX};
pub use s3::{Arrival, Gateway, GatewayBody, S3Event, Sink, Store, StoreError};
