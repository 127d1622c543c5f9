use crate::text::text_type;

/// An instance id: `i-` and 8 or 17 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(Box<str>);

/// The text is not an instance id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instance id: expected `i-` and 8 or 17 hexadecimal digits")]
pub struct InstanceIdError(String);

impl InstanceId {
    /// Parses an id.
    pub fn try_new(text: &str) -> Result<Self, InstanceIdError> {
        let hex = |digits: &str| {
            matches!(digits.len(), 8 | 17)
                && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        match text.strip_prefix("i-") {
            Some(digits) if hex(digits) => Ok(Self(text.into())),
            _ => Err(InstanceIdError(text.to_owned())),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(InstanceId, InstanceIdError);
