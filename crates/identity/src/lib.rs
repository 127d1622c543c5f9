//! The nouns of rolecall: accounts, ARNs, key ids, credentials, sessions, time.
//!
//! Everything here is a value. Nothing reads a clock, a file, a socket or a source of randomness:
//! `now` and [`Entropy`] come in as arguments. Each type is parsed once and cannot be wrong after.
//!
//! ```
//! use rolecall_identity::{Arn, AccountId};
//!
//! let arn: Arn = "arn:aws:iam::123456789012:role/s3access".parse()?;
//! assert_eq!(arn.service(), "iam");
//! assert_eq!(arn.account(), "123456789012".parse::<AccountId>().ok());
//! # Ok::<(), rolecall_identity::ArnError>(())
//! ```
//!
//! Sources: IAM user guide "IAM identifiers", STS API reference `Credentials`, and RFC 3339 for time.

mod access_key;
mod account;
mod address;
mod arn;
mod credentials;
mod instance;
pub mod percent;
mod request_id;
mod rim;
mod session;
mod short_text;
mod text;
mod time;
mod unique_id;

pub use access_key::{AccessKeyId, AccessKeyIdError, AccessKeyKind};
pub use account::{AccountId, AccountIdError};
pub use address::address_text;
pub use arn::{ARN_BYTES_MAX, Arn, ArnError};
pub use credentials::{Credentials, SecretAccessKey, SessionToken};
pub use instance::{InstanceId, InstanceIdError};
pub use request_id::RequestId;
pub use rim::{Clock, Entropy};
pub use session::{InstanceBinding, RoleDelivery, SessionClaims, SessionPrincipal, SessionTag};
pub use time::{Timestamp, TimestampError};
pub use unique_id::{UniqueId, UniqueIdError, UniqueIdKind};
