//! Audit records: one for each call, in CloudTrail's shape.

mod files;
mod log;
mod params;
mod record;

pub use log::AuditLog;

pub(crate) use files::AuditFiles;
pub(crate) use record::{
    ApiFacts, Home, api_record, container_issuance_record, control_record, issuance_records,
    protection_record, s3_record,
};
