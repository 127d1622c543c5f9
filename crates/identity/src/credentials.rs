use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{AccessKeyId, Timestamp};

/// The secret half of an access key. Zeroed on drop, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretAccessKey(String);

/// A session token as the client carries it. Zeroed on drop, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken(String);

/// What a client signs with. Source: STS API reference, `Credentials`.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The public id.
    pub access_key_id: AccessKeyId,
    /// The secret.
    pub secret_access_key: SecretAccessKey,
    /// The token that must accompany a temporary key.
    pub session_token: Option<SessionToken>,
    /// When a temporary key ends.
    pub expiration: Option<Timestamp>,
}

macro_rules! secret {
    ($type:ident) => {
        impl $type {
            /// Wraps a secret.
            pub fn new(secret: impl Into<String>) -> Self {
                Self(secret.into())
            }

            /// The secret in the clear, for signing or for the wire to its owner.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    };
}

secret!(SecretAccessKey);
secret!(SessionToken);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(format!("{secret:?}"), "SecretAccessKey(…)");
    }
}
