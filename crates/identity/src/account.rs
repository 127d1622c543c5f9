use crate::text::text_type;

/// An AWS account id: twelve decimal digits.
///
/// Kept as its text: it is written into every ARN and record, and hardly ever counted with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; DIGITS]);

/// The text is not an account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an account id: expected 12 digits")]
pub struct AccountIdError(String);

impl AccountId {
    /// Parses an id.
    pub fn try_new(text: &str) -> Result<Self, AccountIdError> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|b| b.is_ascii_digit()) => Ok(Self(digits)),
            _ => Err(AccountIdError(text.to_owned())),
        }
    }

    /// An account from its number, or `None` past twelve digits.
    pub fn from_number(number: u64) -> Option<Self> {
        let (mut digits, mut rest) = ([0; DIGITS], number);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        (rest == 0).then_some(Self(digits))
    }

    /// The account as a number, as it is packed into access key ids.
    pub fn number(self) -> u64 {
        self.0.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The constructors let only digits in, so the fallback is never taken.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

text_type!(AccountId, AccountIdError);

const DIGITS: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twelve_digits_are_an_account() {
        assert_eq!("000000000001".parse::<AccountId>().unwrap().to_string(), "000000000001");
        assert_eq!(AccountId::from_number(1).unwrap().to_string(), "000000000001");
        assert_eq!("123456789012".parse::<AccountId>().unwrap().number(), 123_456_789_012);
        assert!(AccountId::from_number(999_999_999_999).is_some());
        assert!(AccountId::from_number(1_000_000_000_000).is_none());
        for bad in ["", "12345678901", "1234567890123", "+12345678901", "12345678901x"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }
}
