use std::fmt;

use hmac::{Hmac, KeyInit};
use rolecall_identity::Entropy;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A key of 256 bits. Zeroed on drop, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key(pub(crate) [u8; 32]);

impl Key {
    pub(crate) fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }
}

/// A key for tags, and the HMAC state that it leads to: two compressions less for each tag.
#[derive(Clone)]
pub(crate) struct TagKey {
    key: Key,
    /// Zeroed on drop by sha2.
    keyed: Hmac<Sha256>,
}

impl TagKey {
    pub(crate) fn new(key: Key) -> Self {
        let mut block = [0; 64];
        block.iter_mut().zip(key.0).for_each(|(to, from)| *to = from);
        let keyed = Hmac::new(&block.into());
        block.zeroize();
        Self { key, keyed }
    }

    pub(crate) const fn key(&self) -> &Key {
        &self.key
    }

    /// What to feed with what is tagged.
    pub(crate) fn hmac(&self) -> Hmac<Sha256> {
        self.keyed.clone()
    }
}

impl PartialEq for TagKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for TagKey {}

impl fmt::Debug for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
