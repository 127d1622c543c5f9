use crate::split::split;

/// Longest access key id accepted. Source: IAM API reference, `AccessKeyId` (16 to 128).
pub const ACCESS_KEY_ID_BYTES_MAX: usize = 128;

/// Longest date, region or service accepted in a credential scope. LIMIT: ours, AWS's longest
/// names have 30 bytes.
pub const SCOPE_PART_BYTES_MAX: usize = 64;

/// The terminator of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";

/// What a signing key is good for: one day, one region, one service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CredentialScope<'a> {
    /// `YYYYMMDD`
    pub date: &'a str,
    /// `us-east-1`
    pub region: &'a str,
    /// `sts`
    pub service: &'a str,
}

/// The five parts of `Credential=`.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) scope: CredentialScope<'a>,
    pub(crate) terminator: &'a str,
}

impl CredentialScope<'_> {
    /// Appends `date/region/service/aws4_request`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for part in [self.date, self.region, self.service] {
            out.extend_from_slice(part.as_bytes());
            out.push(b'/');
        }
        out.extend_from_slice(TERMINATOR.as_bytes());
    }
}

impl<'a> Credential<'a> {
    /// Splits `keyid/date/region/service/term`: exactly five parts, none too long.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = split(text, b'/');
        let mut next = || parts.next();
        let access_key_id = next()?;
        let scope = CredentialScope { date: next()?, region: next()?, service: next()? };
        let terminator = next()?;
        let short = [scope.date, scope.region, scope.service, terminator]
            .iter()
            .all(|part| part.len() <= SCOPE_PART_BYTES_MAX);
        let id = (1..=ACCESS_KEY_ID_BYTES_MAX).contains(&access_key_id.len());
        let whole = next().is_none() && short && id;
        whole.then_some(Self { access_key_id, scope, terminator })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_parts_and_no_other_number() {
        assert!(Credential::parse("AKID/20150830/us-east-1/sts/aws4_request").is_some());
        for bad in ["", "AKID", "AKID/20150830/us-east-1/sts", "A/1/2/3/4/5", "/1/2/3/4"] {
            assert!(Credential::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn lengths_at_the_limit_and_one_past_it() {
        let id = "A".repeat(ACCESS_KEY_ID_BYTES_MAX);
        assert!(Credential::parse(&format!("{id}/d/r/s/t")).is_some());
        assert!(Credential::parse(&format!("{id}A/d/r/s/t")).is_none());
        let part = "r".repeat(SCOPE_PART_BYTES_MAX);
        assert!(Credential::parse(&format!("A/d/{part}/s/t")).is_some());
        assert!(Credential::parse(&format!("A/d/{part}r/s/t")).is_none());
    }
}
