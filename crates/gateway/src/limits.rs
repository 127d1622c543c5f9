/// Longest header section of an S3 request: 8 KiB. Source: S3 API reference, error responses.
pub const HEADER_SECTION_BYTES_MAX: usize = 8192;

/// Largest object of a single upload: 5 GiB. Source: S3 user guide, "Uploading objects".
pub const OBJECT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// Largest XML body that is read whole: a list of 1000 keys of 1024 bytes, escaped.
pub const XML_BYTES_MAX: usize = 2 * 1024 * 1024;
