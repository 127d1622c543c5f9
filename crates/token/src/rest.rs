use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rolecall_identity::{AccessKeyId, Entropy, SecretAccessKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keyring::Keyring;

/// A long-term secret as it stands in the change log: encrypted, and bound to its key id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SealedSecret(String);

impl Keyring {
    /// Encrypts a long-term secret for storage. `None` only past the cipher's limit of 256 GiB.
    pub fn seal_secret(
        &self,
        id: AccessKeyId,
        secret: &SecretAccessKey,
        entropy: &mut dyn Entropy,
    ) -> Option<SealedSecret> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let mut sealed = Zeroizing::new(secret.expose().as_bytes().to_vec());
        let tag = XChaCha20Poly1305::new((&self.rest.0).into())
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                id.as_str().as_bytes(),
                sealed.as_mut_slice().into(),
            )
            .ok()?;
        Some(SealedSecret(STANDARD.encode([&nonce, sealed.as_slice(), tag.as_slice()].concat())))
    }

    /// Decrypts a stored secret; `None` if it is not ours or was stored for another key id.
    pub fn open_secret(&self, id: AccessKeyId, sealed: &SealedSecret) -> Option<SecretAccessKey> {
        let mut blob = Zeroizing::new(STANDARD.decode(&sealed.0).ok()?);
        let (nonce, body) = blob.split_first_chunk_mut::<NONCE>()?;
        let (secret, tag) = body.split_last_chunk_mut::<TAG>()?;
        XChaCha20Poly1305::new((&self.rest.0).into())
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                id.as_str().as_bytes(),
                (&mut *secret).into(),
                (&*tag).into(),
            )
            .ok()?;
        Some(SecretAccessKey::new(str::from_utf8(secret).ok()?))
    }
}

/// A new long-term secret: 40 characters of base64, as AWS makes them.
pub fn mint_secret(entropy: &mut dyn Entropy) -> SecretAccessKey {
    let mut bytes = Zeroizing::new([0; 30]);
    entropy.fill(bytes.as_mut_slice());
    SecretAccessKey::new(STANDARD.encode(bytes.as_slice()))
}

const NONCE: usize = 24;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use rolecall_identity::Timestamp;

    use super::*;
    use crate::session::tests::Counting;

    #[test]
    fn a_secret_opens_for_its_own_key_id_alone() {
        let mut entropy = Counting::default();
        let ring = Keyring::generate(Timestamp::from_seconds(0), &mut entropy);
        let id: AccessKeyId = "AKIAIOSFODNN7EXAMPLE".parse().unwrap();
        let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let sealed = ring.seal_secret(id, &secret, &mut entropy).unwrap();
        assert_eq!(ring.open_secret(id, &sealed), Some(secret));
        let other = "AKIAIOSFODNN7EXAMPLF".parse().unwrap();
        assert_eq!(ring.open_secret(other, &sealed), None);
    }
}
