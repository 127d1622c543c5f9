use crate::AccountId;
use crate::text::text_type;

/// An Amazon Resource Name: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
///
/// Kept as its text with the five colons found once, so that reading a part costs nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: Box<str>,
    colons: [u16; 5],
}

/// The text is not an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN: expected `arn:partition:service:region:account:resource`")]
pub struct ArnError(String);

/// Longest ARN accepted, in bytes. Source: STS API reference, `RoleArn`.
pub const ARN_BYTES_MAX: usize = 2048;

impl Arn {
    /// Parses an ARN of six parts; partition, service and resource may not be empty.
    pub fn try_new(text: &str) -> Result<Self, ArnError> {
        Self::split(text).ok_or_else(|| ArnError(text.chars().take(ARN_SHOWN_MAX).collect()))
    }

    fn split(text: &str) -> Option<Self> {
        if text.len() > ARN_BYTES_MAX || !text.starts_with("arn:") {
            return None;
        }
        let mut colons = [0; 5];
        let mut found = text.bytes().enumerate().filter(|&(_, byte)| byte == b':');
        for colon in &mut colons {
            *colon = u16::try_from(found.next()?.0).ok()?;
        }
        let arn = Self { text: text.into(), colons };
        let complete =
            !arn.partition().is_empty() && !arn.service().is_empty() && !arn.resource().is_empty();
        complete.then_some(arn)
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `aws`, `aws-cn`, …
    pub fn partition(&self) -> &str {
        self.between(0)
    }

    /// `iam`, `sts`, `s3`, …
    pub fn service(&self) -> &str {
        self.between(1)
    }

    /// The region, empty for global services.
    pub fn region(&self) -> &str {
        self.between(2)
    }

    /// The account as written, empty where a service has none (S3).
    pub fn account_text(&self) -> &str {
        self.between(3)
    }

    /// The account, if the part is one.
    pub fn account(&self) -> Option<AccountId> {
        self.account_text().parse().ok()
    }

    /// Everything after the fifth colon.
    pub fn resource(&self) -> &str {
        let [.., last] = self.colons;
        self.text.get(usize::from(last) + 1..).unwrap_or_default()
    }

    /// The part of a resource after `KIND/`: the name with its path.
    pub fn resource_of(&self, kind: &str) -> Option<&str> {
        self.resource().strip_prefix(kind)?.strip_prefix('/')
    }

    fn between(&self, colon: usize) -> &str {
        let at = |index: usize| self.colons.get(index).map(|&at| usize::from(at));
        match (at(colon), at(colon + 1)) {
            (Some(start), Some(end)) => self.text.get(start + 1..end).unwrap_or_default(),
            _ => "",
        }
    }
}

text_type!(Arn, ArnError);

/// How much of a bad ARN an error shows.
const ARN_SHOWN_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let arn: Arn = "arn:aws:sts::123456789012:assumed-role/s3access/i-0abc:x".parse().unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account_text(), arn.resource()),
            ("aws", "sts", "", "123456789012", "assumed-role/s3access/i-0abc:x")
        );
        assert_eq!(arn.resource_of("assumed-role"), Some("s3access/i-0abc:x"));
    }

    #[test]
    fn incomplete_texts_are_refused() {
        for bad in [
            "",
            "arn",
            "arn:aws:iam::1",
            "arn::iam::1:r",
            "arn:aws:::1:r",
            "x:aws:iam::1:r",
            "arn:aws:iam:::",
        ] {
            assert!(Arn::try_new(bad).is_err(), "{bad}");
        }
        let longest = format!("arn:aws:s3:::{}", "k".repeat(ARN_BYTES_MAX - 13));
        assert!(Arn::try_new(&longest).is_ok());
        assert!(Arn::try_new(&format!("{longest}k")).is_err());
    }
}
