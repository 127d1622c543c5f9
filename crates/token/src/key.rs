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

/// A key of HMAC, and the state that it leads to: two compressions less for each use.
#[derive(Clone)]
pub(crate) struct HmacKey {
    key: Key,
    /// Zeroed on drop by sha2.
    keyed: Hmac<Sha256>,
}

impl HmacKey {
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

    /// What to feed with the message.
    pub(crate) fn hmac(&self) -> Hmac<Sha256> {
        self.keyed.clone()
    }
}

impl PartialEq for HmacKey {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for HmacKey {}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
