use std::fmt;

use rolecall_identity::{Entropy, Timestamp};

use crate::key::{HmacKey, Key};
use crate::opened::OpenedTokens;

/// The keys of an authority: what seals tokens, derives secrets, and protects secrets at rest.
///
/// One generation is active and seals; the one before it still opens, until every session that it
/// could have sealed has ended. A key ring is the authority: its file is as secret as any root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    pub(crate) active: KeyGeneration,
    pub(crate) older: Vec<KeyGeneration>,
    pub(crate) metadata: HmacKey,
    pub(crate) opened: OpenedTokens,
    pub(crate) rest: Key,
}

/// One generation of session keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGeneration {
    pub(crate) id: KeyId,
    pub(crate) state: GenerationState,
    /// Encrypts session claims.
    pub(crate) seal: Key,
    /// Derives session secrets; independent of `seal`.
    pub(crate) secret: HmacKey,
    pub(crate) not_before: Timestamp,
    /// When it stops opening tokens; `None` while active.
    pub(crate) not_after: Option<Timestamp>,
}

/// Names a generation inside a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 4]);

/// What a generation is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationState {
    /// Seals and opens.
    Active,
    /// Opens nothing any more: the switch that ends every session it sealed.
    Revoked,
    /// Opens until its `not_after`.
    Verify,
}

/// How long a rotated generation still opens tokens: the longest session, 36 hours of
/// `GetSessionToken` and `GetFederationToken` (STS API reference), and an hour.
pub const VERIFY_SECONDS_AFTER_ROTATION: i64 = 37 * 3600;

impl Keyring {
    /// A new ring with one active generation.
    pub fn generate(now: Timestamp, entropy: &mut dyn Entropy) -> Self {
        Self {
            active: KeyGeneration::generate(now, entropy),
            older: Vec::new(),
            metadata: HmacKey::new(Key::generate(entropy)),
            opened: OpenedTokens::default(),
            rest: Key::generate(entropy),
        }
    }

    /// Makes a new generation active. The old one opens until its sessions have ended; generations
    /// whose time is over leave the ring.
    pub fn rotate(&mut self, now: Timestamp, entropy: &mut dyn Entropy) {
        let next = KeyGeneration::generate(now, entropy);
        let mut last = std::mem::replace(&mut self.active, next);
        last.state = GenerationState::Verify;
        last.not_after = Some(now.plus_seconds(VERIFY_SECONDS_AFTER_ROTATION));
        self.older.retain(|generation| generation.not_after.is_none_or(|end| now < end));
        self.older.push(last);
    }

    /// Ends every session sealed under an older generation. `false` if there is none of that id;
    /// to end those of the active one, rotate first.
    pub fn revoke(&mut self, id: KeyId) -> bool {
        let found = self.older.iter_mut().find(|generation| generation.id == id);
        found.is_some_and(|generation| {
            generation.state = GenerationState::Revoked;
            true
        })
    }

    /// The generations, the active one first.
    pub fn generations(&self) -> impl Iterator<Item = &KeyGeneration> {
        std::iter::once(&self.active).chain(&self.older)
    }

    /// The generation that opens a token of `id` at `now`.
    pub(crate) fn opening(&self, id: KeyId, now: Timestamp) -> Option<&KeyGeneration> {
        self.generations().find(|generation| generation.id == id && generation.opens(now))
    }
}

impl KeyGeneration {
    fn generate(now: Timestamp, entropy: &mut dyn Entropy) -> Self {
        let mut id = [0; 4];
        entropy.fill(&mut id);
        Self {
            id: KeyId(id),
            state: GenerationState::Active,
            seal: Key::generate(entropy),
            secret: HmacKey::new(Key::generate(entropy)),
            not_before: now,
            not_after: None,
        }
    }

    /// Names the generation.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// What it is good for.
    pub const fn state(&self) -> GenerationState {
        self.state
    }

    fn opens(&self, now: Timestamp) -> bool {
        self.state != GenerationState::Revoked && self.not_after.is_none_or(|end| now < end)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
