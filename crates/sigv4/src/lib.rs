//! AWS Signature Version 4: parse, verify, sign, presign, chunked bodies.
//!
//! Pure functions over raw bytes: no socket, no clock, no file. A request is verified in three
//! steps, and the types do not let one be left out:
//!
//! 1. [`PresentedAuth::parse`] reads how the request authenticates, in either form.
//! 2. [`PresentedAuth::check`] applies everything that needs no key: scope, time, signed headers.
//! 3. [`verify`] takes the proof of step 2, a payload hash and the key, and alone makes a
//!    [`Verified`].
//!
//! It does not know keys, sessions or policies: the caller looks the key up between 2 and 3 and
//! refuses what it does not know with the same [`Rejection`], so that all texts live here.
//!
//! ```
//! use rolecall_identity::{Credentials, SecretAccessKey, Timestamp};
//! use rolecall_sigv4::*;
//!
//! let now = Timestamp::from_seconds(1_440_938_160);
//! let credentials = Credentials {
//!     access_key_id: "AKIAIOSFODNN7EXAMPLE".parse()?,
//!     secret_access_key: SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
//!     session_token: None,
//!     expiration: None,
//! };
//! let body = b"Action=GetCallerIdentity&Version=2011-06-15";
//! let mut headers = vec![
//!     Header { name: "host", value: b"sts.amazonaws.com" },
//!     Header { name: "x-amz-date", value: b"20150830T123600Z" },
//! ];
//! let unsigned = Request { method: "POST", path: b"/", query: b"", headers: &headers };
//! let payload = PayloadHash::of_body(&unsigned, body)?;
//! let authorization = sign(&unsigned, &payload, &credentials, "us-east-1", "sts", now)?;
//! headers.push(Header { name: "authorization", value: authorization.as_bytes() });
//!
//! let request = Request { method: "POST", path: b"/", query: b"", headers: &headers };
//! let mut decoded = DecodeBuffer::default();
//! let presented = PresentedAuth::parse(&request, &mut decoded)?;
//! let checked = presented.check(&Rules::new(Dialect::Query, "sts"), now)?;
//! let key = SigningKey::derive(&credentials.secret_access_key, &presented.scope());
//! let payload = PayloadHash::of_body(&request, body)?;
//! let verified = verify(&checked, payload, &key, &mut Scratch::default(), "alice")?;
//! assert_eq!(*verified.subject(), "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sources: "AWS Signature Version 4 for API requests" (IAM user guide) and "Authenticating
//! Requests" (Amazon S3 API reference); our reading of them is contract/sigv4.md.

mod canonical;
mod check;
mod chunked;
mod encode;
mod key;
mod payload;
mod presented;
mod rejection;
mod request;
mod scope;
mod sign;
mod split;
mod text;
mod verify;
mod window;
mod wire;

pub use canonical::{
    CanonicalError, HEADER_LINES_MAX, QUERY_PAIRS_MAX, SIGNED_HEADERS_MAX, Scratch,
};
pub use check::Checked;
pub use chunked::{
    CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_LINE_BYTES_MAX, ChunkError, ChunkSigner,
    ChunkedDecoder, TRAILER_BYTES_MAX,
};
pub use encode::BadEscape;
pub use key::{Signature, SigningKey};
pub use payload::PayloadHash;
pub use presented::{AUTHORIZATION_BYTES_MAX, AuthForm, DecodeBuffer, PresentedAuth};
pub use rejection::{ExpiresFault, Mismatch, MissingParts, Rejection, ScopeMismatch, Skew};
pub use request::{Dialect, Header, Request, Rules, SKEW_SECONDS_MAX};
pub use scope::{ACCESS_KEY_ID_BYTES_MAX, CredentialScope, SCOPE_PART_BYTES_MAX};
pub use sign::{presign, sign};
pub use verify::{Verified, verify};
pub use window::PRESIGN_SECONDS_MAX;
pub use wire::WireError;
