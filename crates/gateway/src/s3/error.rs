use rolecall_sigv4::{Rejection, WireError};

/// A refusal, as S3 says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Error {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Further elements in order.
    pub(crate) extra: Vec<(&'static str, String)>,
    /// What the log adds; never sent.
    pub(crate) detail: Option<String>,
}

impl S3Error {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { status, code, message, extra: Vec::new(), detail: None }
    }

    /// A code with S3's own message for it.
    pub(crate) fn known(status: u16, code: &str) -> Self {
        Self::new(status, code, message_of(code))
    }

    pub(crate) fn not_implemented() -> Self {
        Self::known(501, "NotImplemented")
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidArgument", message)
    }

    pub(crate) fn malformed_xml() -> Self {
        Self::known(400, "MalformedXML")
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::known(500, "InternalError") }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.extra.push((name, value.into()));
        self
    }
}

impl From<WireError> for S3Error {
    fn from(error: WireError) -> Self {
        Self { extra: error.extra, ..Self::new(error.status, error.code, error.message) }
    }
}

impl From<Rejection> for S3Error {
    fn from(rejection: Rejection) -> Self {
        Self { detail: Some(rejection.to_string()), ..Self::from(rejection.s3_error()) }
    }
}

impl From<rolecall_authority::Denied> for S3Error {
    fn from(denied: rolecall_authority::Denied) -> Self {
        Self { detail: Some(denied.detail), ..Self::new(403, "AccessDenied", denied.message) }
    }
}

/// S3's message for a code that a store answers without one.
/// Source: S3 API reference, "List of error codes".
pub(crate) fn message_of(code: &str) -> &'static str {
    match code {
        "BadDigest" => {
            "The Content-MD5 or checksum value that you specified did not match what \
                        the server received."
        }
        "BucketAlreadyExists" => {
            "The requested bucket name is not available. The bucket \
                                  namespace is shared by all users of the system. Please select \
                                  a different name and try again."
        }
        "BucketAlreadyOwnedByYou" => {
            "Your previous request to create the named bucket succeeded \
                                      and you already own it."
        }
        "BucketNotEmpty" => "The bucket you tried to delete is not empty",
        "EntityTooSmall" => "Your proposed upload is smaller than the minimum allowed size",
        "InvalidPart" => {
            "One or more of the specified parts could not be found.  The part may \
                          not have been uploaded, or the specified entity tag may not match the \
                          part's entity tag."
        }
        "InvalidPartOrder" => {
            "The list of parts was not in ascending order. The parts list must \
                               be specified in order by part number."
        }
        "InvalidRange" => "The requested range is not satisfiable",
        "MalformedXML" => {
            "The XML you provided was not well-formed or did not validate against \
                           our published schema"
        }
        "NoSuchBucket" => "The specified bucket does not exist",
        "NoSuchKey" => "The specified key does not exist.",
        "NoSuchUpload" => {
            "The specified upload does not exist. The upload ID may be invalid, or \
                           the upload may have been aborted or completed."
        }
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        "PreconditionFailed" => "At least one of the pre-conditions you specified did not hold",
        "InternalError" => "We encountered an internal error. Please try again.",
        _ => "The request could not be carried out.",
    }
}
