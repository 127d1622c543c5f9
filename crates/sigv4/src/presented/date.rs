//! The date of a request: `X-Amz-Date`, else `Date`, in the forms that real clients send.

use rolecall_identity::Timestamp;

/// When a request says it was signed.
#[derive(Clone, Copy)]
pub(crate) struct SignedDate<'a> {
    pub(crate) at: Timestamp,
    /// `YYYYMMDDTHHMMSSZ`, as the string to sign has it.
    pub(crate) amz_date: [u8; 16],
    /// As it was sent.
    pub(crate) sent: &'a str,
    /// Whether it came from `Date`, which is signed only if it is listed.
    pub(crate) from_date_header: bool,
}

impl<'a> SignedDate<'a> {
    /// Reads the ISO 8601 basic format, and in headers also the extended one and RFC 1123.
    ///
    /// botocore turns a `Date` that its user set into RFC 1123: contract/sigv4.md section 1.
    pub(super) fn parse_header(sent: &'a str, from_date_header: bool) -> Option<Self> {
        if let Some(date) = Self::parse_basic(sent) {
            return Some(Self { from_date_header, ..date });
        }
        let at = Timestamp::parse_iso8601(sent).or_else(|_| Timestamp::parse_http_date(sent));
        let at = at.ok()?.whole_second();
        let amz_date = at.amz_date().to_string().as_bytes().try_into().ok()?;
        Some(Self { at, amz_date, sent, from_date_header })
    }

    /// Reads the ISO 8601 basic format only.
    pub(super) fn parse_basic(sent: &'a str) -> Option<Self> {
        let at = Timestamp::parse_amz_date(sent).ok()?;
        let amz_date = sent.as_bytes().try_into().ok()?;
        Some(Self { at, amz_date, sent, from_date_header: false })
    }

    /// The UTC day, `YYYYMMDD`.
    pub(crate) fn day(&self) -> &[u8] {
        self.amz_date.get(..8).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_real_clients_are_one_moment() {
        for sent in ["20150830T123600Z", "2015-08-30T12:36:00Z", "Sun, 30 Aug 2015 12:36:00 GMT"] {
            let date = SignedDate::parse_header(sent, true).unwrap();
            assert_eq!((&date.amz_date, date.day()), (b"20150830T123600Z", &b"20150830"[..]));
            assert_eq!(date.sent, sent);
        }
        for bad in ["", "20150830", "1440938160", "20150230T000000Z"] {
            assert!(SignedDate::parse_header(bad, false).is_none(), "{bad}");
        }
    }
}
