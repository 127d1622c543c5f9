use rolecall_identity::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::key::{HmacKey, Key};
use crate::keyring::{GenerationState, KeyGeneration, KeyId, Keyring};
use crate::opened::OpenedTokens;

/// The text is not a key ring file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringFileError {
    /// A key or an id is not hexadecimal of the right length.
    #[error("`{field}` is not {bytes} bytes in hexadecimal")]
    Field {
        /// Which field.
        field: &'static str,
        /// How many bytes it holds.
        bytes: usize,
    },
    /// There must be exactly one generation that seals.
    #[error("expected one active key generation, found {0}")]
    Active(usize),
    /// Not the JSON this version writes.
    #[error("not a key ring of version {VERSION}")]
    Json(#[source] serde_json::Error),
    /// Written by another version.
    #[error("the key ring has version {0}, this program reads version {VERSION}")]
    Version(u32),
}

impl Keyring {
    /// The ring as the text of its file, which must be readable by its owner alone.
    pub fn to_json(&self) -> Zeroizing<String> {
        let file = File {
            version: VERSION,
            generations: self.generations().map(Generation::from).collect(),
            metadata: hex::encode(self.metadata.key().0),
            rest: hex::encode(self.rest.0),
        };
        // A struct of strings and numbers always serialises.
        Zeroizing::new(serde_json::to_string_pretty(&file).unwrap_or_default())
    }

    /// Reads the text of a key ring file.
    pub fn from_json(text: &str) -> Result<Self, KeyringFileError> {
        let file: File = serde_json::from_str(text).map_err(KeyringFileError::Json)?;
        if file.version != VERSION {
            return Err(KeyringFileError::Version(file.version));
        }
        let generations =
            file.generations.iter().map(Generation::read).collect::<Result<Vec<_>, _>>()?;
        let (mut active, older): (Vec<_>, Vec<_>) =
            generations.into_iter().partition(|g| g.state == GenerationState::Active);
        let count = active.len();
        match (active.pop(), count) {
            (Some(active), 1) => Ok(Self {
                active,
                older,
                metadata: HmacKey::new(key("metadata", &file.metadata)?),
                opened: OpenedTokens::default(),
                rest: key("rest", &file.rest)?,
            }),
            _ => Err(KeyringFileError::Active(count)),
        }
    }
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    generations: Vec<Generation>,
    metadata: String,
    rest: String,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Generation {
    id: String,
    #[zeroize(skip)]
    state: State,
    seal: String,
    secret: String,
    #[zeroize(skip)]
    not_before: Timestamp,
    #[zeroize(skip)]
    not_after: Option<Timestamp>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Active,
    Revoked,
    Verify,
}

impl From<&KeyGeneration> for Generation {
    fn from(generation: &KeyGeneration) -> Self {
        Self {
            id: generation.id.to_string(),
            state: match generation.state {
                GenerationState::Active => State::Active,
                GenerationState::Revoked => State::Revoked,
                GenerationState::Verify => State::Verify,
            },
            seal: hex::encode(generation.seal.0),
            secret: hex::encode(generation.secret.key().0),
            not_before: generation.not_before,
            not_after: generation.not_after,
        }
    }
}

impl Generation {
    fn read(&self) -> Result<KeyGeneration, KeyringFileError> {
        Ok(KeyGeneration {
            id: KeyId(bytes("id", &self.id)?),
            state: match self.state {
                State::Active => GenerationState::Active,
                State::Revoked => GenerationState::Revoked,
                State::Verify => GenerationState::Verify,
            },
            seal: key("seal", &self.seal)?,
            secret: HmacKey::new(key("secret", &self.secret)?),
            not_before: self.not_before,
            not_after: self.not_after,
        })
    }
}

fn key(field: &'static str, text: &str) -> Result<Key, KeyringFileError> {
    bytes(field, text).map(Key)
}

fn bytes<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], KeyringFileError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| KeyringFileError::Field { field, bytes: N })?;
    Ok(bytes)
}

const VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::Counting;

    #[test]
    fn a_ring_survives_its_file() {
        let mut entropy = Counting::default();
        let mut ring = Keyring::generate(Timestamp::from_seconds(0), &mut entropy);
        ring.rotate(Timestamp::from_seconds(10), &mut entropy);
        assert_eq!(Keyring::from_json(&ring.to_json()).unwrap(), ring);
    }

    #[test]
    fn other_files_are_refused() {
        let ring = Keyring::generate(Timestamp::from_seconds(0), &mut Counting::default());
        let text = ring.to_json();
        for (from, to) in [
            ("\"version\": 1", "\"version\": 2"),
            ("\"active\"", "\"verify\""),
            ("\"metadata\": \"", "\"metadata\": \"zz"),
            ("\"rest\"", "\"unknown\""),
        ] {
            assert!(text.contains(from));
            assert!(Keyring::from_json(&text.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn keys_do_not_print() {
        let ring = Keyring::generate(Timestamp::from_seconds(0), &mut Counting::default());
        let shown = format!("{ring:?}");
        assert!(!shown.contains(&hex::encode(ring.active.seal.0)), "{shown}");
        assert!(shown.contains("Key(…)"));
    }
}
