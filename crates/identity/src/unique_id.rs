use crate::Entropy;
use crate::text::text_type;

/// An IAM unique id: a four-letter kind and 17 characters, as in `AROADBQP57FF2AEXAMPLE`.
///
/// It tells a role from a later role of the same name. Source: IAM user guide, "Unique identifiers".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueId(Box<str>);

/// The text is not a unique id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a unique id: expected 21 characters such as `AROA…`")]
pub struct UniqueIdError(String);

/// What a unique id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniqueIdKind {
    /// `AIPA`
    InstanceProfile,
    /// `ANPA`
    ManagedPolicy,
    /// `AROA`
    Role,
    /// `AIDA`
    User,
}

impl UniqueIdKind {
    /// The four letters.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::InstanceProfile => "AIPA",
            Self::ManagedPolicy => "ANPA",
            Self::Role => "AROA",
            Self::User => "AIDA",
        }
    }
}

impl UniqueId {
    /// A new id.
    pub fn mint(kind: UniqueIdKind, entropy: &mut dyn Entropy) -> Self {
        let mut random = [0; 17];
        entropy.fill(&mut random);
        let mut text = String::with_capacity(21);
        text.push_str(kind.prefix());
        text.extend(random.iter().map(|byte| {
            let value = byte & 31;
            char::from(if value < 26 { b'A' + value } else { b'2' + (value - 26) })
        }));
        Self(text.into())
    }

    /// Parses an id.
    pub fn try_new(text: &str) -> Result<Self, UniqueIdError> {
        let alphabet = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if text.len() == 21 && text.starts_with('A') && alphabet {
            Ok(Self(text.into()))
        } else {
            Err(UniqueIdError(text.to_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_type!(UniqueId, UniqueIdError);
