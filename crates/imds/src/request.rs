use std::fmt;

/// A request, with the headers that matter picked out.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as received.
    pub target: &'a str,
    /// `X-aws-ec2-metadata-token`.
    pub token: Presented<'a>,
    /// `X-aws-ec2-metadata-token-ttl-seconds`.
    pub ttl: Presented<'a>,
    /// Whether `X-Forwarded-For` is there, with any value: the request passed a proxy.
    pub forwarded: bool,
    /// Whether it came where a token of no lifetime is refused, as some stand-ins for EC2 do. EC2
    /// gives it out, dead (contract/imds.md row 6).
    pub strict_ttl: bool,
}

/// A header that may be given once: often a secret, so it does not print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// Not given.
    Absent,
    /// Given several times: refused.
    Many,
    /// Given once.
    Once(&'a [u8]),
}

impl<'a> Presented<'a> {
    /// From the values of a header, in any number.
    pub fn from_values(values: impl Iterator<Item = &'a [u8]>) -> Self {
        values.fold(Self::Absent, Self::and)
    }

    /// The header with one value more.
    #[must_use]
    pub const fn and(self, value: &'a [u8]) -> Self {
        match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Many => Self::Many,
        }
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Many => f.write_str("Many"),
            Self::Once(value) => write!(f, "Once({} bytes)", value.len()),
        }
    }
}
