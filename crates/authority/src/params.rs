use std::borrow::Cow;

/// The parameters of a query request, decoded.
///
/// A name that is given twice counts once, the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

/// The text is not form-encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("illegal escape sequence in `{0}`")]
    Escape(String),
    /// More parameters than any operation has.
    #[error("more than {PARAMS_MAX} parameters")]
    TooMany,
}

/// Most parameters of a request: the longest lists of STS and IAM stay far below.
pub const PARAMS_MAX: usize = 1000;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text: a query string or a body.
    pub fn parse(text: &str) -> Result<Self, ParamsError> {
        let mut pairs = Vec::new();
        for piece in text.split('&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == PARAMS_MAX {
                return Err(ParamsError::TooMany);
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            pairs.push((decode(name)?.into_owned(), decode(value)?.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// A parameter by name. An empty value is a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A list of values: `PREFIX.1`, `PREFIX.2`, …, which ends at the first number missing.
    pub(crate) fn list<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        (1..=PARAMS_MAX).map_while(move |n| self.get(&format!("{prefix}.{n}")))
    }

    /// A list of structures: one field of each, `PREFIX.1.FIELD`, …
    pub(crate) fn list_field<'a>(
        &'a self,
        prefix: &'a str,
        field: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        (1..=PARAMS_MAX).map_while(move |n| self.get(&format!("{prefix}.{n}.{field}")))
    }

    /// How many structures a list has, whichever fields they carry.
    pub(crate) fn list_len(&self, prefix: &str) -> usize {
        (1..=PARAMS_MAX)
            .take_while(|n| {
                let start = format!("{prefix}.{n}.");
                self.0.iter().any(|(name, _)| name.starts_with(&start))
            })
            .count()
    }
}

/// Percent-decoding of form text: `+` is a space.
fn decode(text: &str) -> Result<Cow<'_, str>, ParamsError> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let bad = || ParamsError::Escape(text.chars().take(SHOWN).collect());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, tail) = tail.split_at_checked(2).ok_or_else(bad)?;
                bytes.push(hex_pair(digits).ok_or_else(bad)?);
                rest = tail;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| bad())
}

fn hex_pair(digits: &[u8]) -> Option<u8> {
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(value(high)? * 16 + value(low)?).ok()
}

/// How much of a bad name or value an error shows.
const SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let params = Params::parse("Action=X&A=1+2%2B&B=&&C&Tags.member.1.Key=k").unwrap();
        assert_eq!(params.get("A"), Some("1 2+"));
        assert_eq!(params.get("B"), Some(""));
        assert_eq!(params.get("C"), Some(""));
        assert_eq!(params.get("D"), None);
        assert_eq!(params.list_len("Tags.member"), 1);
        assert_eq!(params.list_field("Tags.member", "Key").collect::<Vec<_>>(), ["k"]);
    }

    #[test]
    fn bad_escapes_and_floods_are_refused() {
        for bad in ["A=%", "A=%2", "A=%zz", "A=%ff"] {
            assert!(matches!(Params::parse(bad), Err(ParamsError::Escape(_))), "{bad}");
        }
        let most = "a=&".repeat(PARAMS_MAX);
        assert!(Params::parse(&most).is_ok());
        assert_eq!(Params::parse(&format!("{most}a=")), Err(ParamsError::TooMany));
    }
}
