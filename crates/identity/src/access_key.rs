use std::fmt;

use crate::text::text_type;
use crate::{AccountId, Entropy};

/// An access key id of 20 characters: `AKIA` (long-term) or `ASIA` (temporary) and 16 of base32.
///
/// The 16 characters hold the account: `base32((1 << 79) | (account << 39) | random39)`, the layout
/// AWS uses, so that `GetAccessKeyInfo` and secret scanners work offline. Only 39 bits are random:
/// an id is never a secret. Source: contract/authority.md section 5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessKeyId([u8; 20]);

/// The text is not an access key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an access key id: expected `AKIA` or `ASIA` and 16 characters of A-Z and 2-7")]
pub struct AccessKeyIdError;

/// Whether a key is a user's own or belongs to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessKeyKind {
    /// `AKIA`: a user's or the root's key, without a session token.
    LongTerm,
    /// `ASIA`: a session's key, valid only with its session token.
    Temporary,
}

impl AccessKeyId {
    /// Parses an id. Ids of AWS's own examples (`AKIAIOSFODNN7EXAMPLE`) are accepted.
    pub fn try_new(text: &str) -> Result<Self, AccessKeyIdError> {
        let bytes: [u8; 20] = text.as_bytes().try_into().map_err(|_| AccessKeyIdError)?;
        let prefix = bytes.starts_with(b"AKIA") || bytes.starts_with(b"ASIA");
        let alphabet = bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if prefix && alphabet { Ok(Self(bytes)) } else { Err(AccessKeyIdError) }
    }

    /// A new id in `account`.
    pub fn mint(kind: AccessKeyKind, account: AccountId, entropy: &mut dyn Entropy) -> Self {
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let random39 = u128::from(u64::from_le_bytes(random) >> 25);
        let packed = (1 << 79) | (u128::from(account.number()) << 39) | random39;
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(match kind {
            AccessKeyKind::LongTerm => b"AKIA",
            AccessKeyKind::Temporary => b"ASIA",
        });
        for (index, byte) in bytes.iter_mut().skip(4).enumerate() {
            *byte = base32_digit((packed >> (75 - 5 * index)) as u8 & 31);
        }
        Self(bytes)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The constructors let only ASCII in, so the fallback is never taken.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Long-term or temporary, by the prefix.
    pub fn kind(&self) -> AccessKeyKind {
        if self.0.starts_with(b"ASIA") { AccessKeyKind::Temporary } else { AccessKeyKind::LongTerm }
    }

    /// The account packed into the id, if the id has that layout.
    pub fn account(&self) -> Option<AccountId> {
        let mut packed: u128 = 0;
        for &byte in self.0.iter().skip(4) {
            packed = (packed << 5) | u128::from(base32_value(byte)?);
        }
        AccountId::from_number((packed >> 39) as u64 & 0xff_ffff_ffff)
    }

    /// The last four characters, for logs.
    pub fn last_four(&self) -> &str {
        self.as_str().get(16..).unwrap_or_default()
    }
}

text_type!(AccessKeyId, AccessKeyIdError);

/// A digit of RFC 4648 base32.
fn base32_digit(value: u8) -> u8 {
    if value < 26 { b'A' + value } else { b'2' + (value - 26) }
}

fn base32_value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// Prints `ASIA…WXYZ`: how an id appears where people read it.
impl AccessKeyId {
    /// A short form for screens and logs.
    pub fn short(&self) -> impl fmt::Display + '_ {
        struct Short<'a>(&'a AccessKeyId);
        impl fmt::Display for Short<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let prefix = self.0.as_str().get(..4).unwrap_or_default();
                write!(f, "{prefix}…{}", self.0.last_four())
            }
        }
        Short(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn account_is_read_back_from_a_key_of_aws() {
        let id: AccessKeyId = "ASIAQNZGKIQY56JQ7WML".parse().unwrap();
        assert_eq!(id.account().unwrap().to_string(), "029608264753");
        assert_eq!(id.kind(), AccessKeyKind::Temporary);
    }

    #[test]
    fn minted_ids_carry_their_account() {
        for account in ["000000000000", "123456789012", "999999999999"] {
            let account = account.parse().unwrap();
            for byte in [0, 0x5a, 0xff] {
                let id = AccessKeyId::mint(AccessKeyKind::LongTerm, account, &mut Fixed(byte));
                assert_eq!(id.account(), Some(account));
                assert_eq!(AccessKeyId::try_new(id.as_str()), Ok(id));
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in
            ["", "AKIA", "AKIAIOSFODNN7EXAMPL", "AXIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7examPLE"]
        {
            assert!(AccessKeyId::try_new(bad).is_err(), "{bad}");
        }
    }
}
