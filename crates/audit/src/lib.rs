//! CloudTrail records: the model, and the layout of their files.
//!
//! A [`Record`] is written as the JSON that CloudTrail would have written for the same call, so the
//! tools that read CloudTrail read ours. Secrets never enter a record: the types that hold them have
//! no text.
//!
//! ```
//! use rolecall_audit::log_file_path;
//! use rolecall_identity::Timestamp;
//!
//! let path = log_file_path(
//!     "123456789012".parse()?,
//!     "us-east-1",
//!     Timestamp::from_seconds(1_440_938_160),
//!     "a1B2c3D4e5F6g7H8",
//! );
//! assert_eq!(
//!     path,
//!     "AWSLogs/123456789012/CloudTrail/us-east-1/2015/08/30/\
//!      123456789012_CloudTrail_us-east-1_20150830T1236Z_a1B2c3D4e5F6g7H8.json.gz"
//! );
//! # Ok::<(), rolecall_identity::AccountIdError>(())
//! ```
//!
//! Source: CloudTrail user guide, "Record contents" and "log file names"; contract/detection.md
//! section 3.

mod file;
mod json;
mod record;
mod user_identity;

pub use file::{log_file_path, records_document};
pub use json::{Array, Json, Name, Object};
pub use record::{EventCategory, RECORD_VERSION, Record, Resource, Source, TlsDetails};
pub use user_identity::{
    InScopeOf, SessionAttributes, SessionContext, SessionIssuer, UserIdentity,
};
