//! What a refusal says on the wire: AWS's codes and texts, to the byte.

mod ec2;
mod query;
mod s3;

pub(crate) use self::s3::no_match;

/// A refusal as the wire has it; the caller writes the body around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// The HTTP status.
    pub status: u16,
    /// The error code. Empty: the answer has no body.
    pub code: &'static str,
    /// The message, possibly empty.
    pub message: String,
    /// Further elements in order (S3).
    pub extra: Vec<(&'static str, String)>,
}

impl WireError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), extra: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.extra.push((name, value.to_string()));
        self
    }
}
