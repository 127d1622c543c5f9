//! Sealed session tokens and metadata tokens, and the key ring that holds their keys.
//!
//! A session token carries who a session is; nobody but a holder of the key ring can read or make
//! one, and it opens only beside the access key id it was sealed for. The secret of a session is
//! derived from the key ring and that id, so nothing about a session is stored anywhere. A metadata
//! token (IMDSv2) is a tag over its expiry and the instance it was given to.
//!
//! The reasons of a refusal are sealed as well, for whoever may ask for them
//! ([`Keyring::seal_authorization_message`]).
//!
//! Not here: what a session may do. That is decided from live policies when it is used.
//!
//! ```
//! use rolecall_identity::{Entropy, Timestamp};
//! use rolecall_token::Keyring;
//!
//! # struct Fixed(u8);
//! # impl Entropy for Fixed {
//! #     fn fill(&mut self, bytes: &mut [u8]) { self.0 += 1; bytes.fill(self.0) }
//! # }
//! # let mut entropy = Fixed(0);
//! let now = Timestamp::from_seconds(1_440_938_160);
//! let keyring = Keyring::generate(now, &mut entropy);
//! let restored = Keyring::from_json(&keyring.to_json())?;
//! # Ok::<(), rolecall_token::KeyringFileError>(())
//! ```
//!
//! Source: contract/authority.md section 9, contract/imds.md section 1.2.

mod authorization_message;
mod file;
mod key;
mod keyring;
mod metadata;
mod opened;
mod rest;
mod session;

pub use authorization_message::{
    AUTHORIZATION_MESSAGE_BYTES_MAX, AUTHORIZATION_MESSAGE_LENGTH_MAX,
};
pub use file::KeyringFileError;
pub use keyring::{GenerationState, KeyGeneration, KeyId, Keyring, VERIFY_SECONDS_AFTER_ROTATION};
pub use metadata::{METADATA_TOKEN_LENGTH, MetadataToken, TOKEN_TTL_SECONDS_MAX, TokenTtl};
pub use rest::{SealedSecret, mint_secret};
pub use session::{
    OpenedToken, SESSION_TOKEN_BYTES_MAX, SESSION_TOKEN_SIZE_MINIMUM_MAX, SealError, SecretOrigin,
    TokenError,
};
