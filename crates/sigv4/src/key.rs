use std::fmt;

use constant_time_eq::constant_time_eq;
use hmac::{Hmac, KeyInit, Mac};
use rolecall_identity::SecretAccessKey;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::encode;
use crate::scope::{CredentialScope, TERMINATOR};

/// The keyed HMAC state for one secret, day, region and service.
///
/// Holding the state and not the key saves two compressions per signature, so it is the value to
/// cache (contract/sigv4.md section 15). The hash states are zeroed on drop by sha2; it never
/// prints.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

/// A signature: the 32 bytes of an HMAC-SHA256. Compared in constant time.
#[derive(Clone, Copy)]
pub struct Signature([u8; 32]);

impl SigningKey {
    /// Derives the key: HMAC over date, region, service and `aws4_request`.
    pub fn derive(secret: &SecretAccessKey, scope: &CredentialScope<'_>) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose().as_bytes());
        let mut state = keyed(&first);
        for part in [scope.date, scope.region, scope.service, TERMINATOR] {
            state.update(part.as_bytes());
            let mut key: [u8; 32] = state.finalize().into_bytes().into();
            state = keyed(&key);
            key.zeroize();
        }
        Self(state)
    }

    /// Signs a string to sign.
    pub fn sign(&self, string_to_sign: &[u8]) -> Signature {
        let mut state = self.0.clone();
        state.update(string_to_sign);
        Signature(state.finalize().into_bytes().into())
    }
}

impl Signature {
    /// Reads 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        encode::unhex(text).map(Self)
    }

    /// The 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> [u8; 64] {
        encode::hex(&self.0)
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for Signature {}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The digits are ASCII, so the fallback is never taken.
        f.write_str(str::from_utf8(&self.to_hex()).unwrap_or_default())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// HMAC keyed with `key`, brought to one block as RFC 2104 says: hashed if longer, then padded.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0_u8; BLOCK_BYTES];
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => {
            let hashed: [u8; 32] = Sha256::digest(key).into();
            block.iter_mut().zip(hashed).for_each(|(to, from)| *to = from);
        }
    }
    let state = Hmac::new(&block.into());
    block.zeroize();
    state
}

/// The block of SHA-256.
const BLOCK_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: CredentialScope<'_> =
        CredentialScope { date: "20150830", region: "us-east-1", service: "iam" };

    fn signature(secret: &str, text: &[u8]) -> String {
        SigningKey::derive(&SecretAccessKey::new(secret), &SCOPE).sign(text).to_string()
    }

    /// The example of "Create a signed AWS API request", IAM user guide.
    #[test]
    fn the_documented_example() {
        let text = b"AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/iam/aws4_request\n\
            f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59";
        assert_eq!(
            signature("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", text),
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }

    /// RFC 4231 case 6 has a key of 131 bytes; ours are checked against the plain construction.
    #[test]
    fn secrets_longer_than_a_block_are_hashed_first() {
        for len in [59, 60, 61, 200] {
            let key = vec![b'k'; len + 4];
            let mut plain = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            let mut ours = keyed(&key);
            plain.update(b"text");
            ours.update(b"text");
            assert_eq!(plain.finalize().into_bytes(), ours.finalize().into_bytes(), "{len}");
        }
    }

    #[test]
    fn keys_do_not_print() {
        let key = SigningKey::derive(&SecretAccessKey::new("secret"), &SCOPE);
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }
}
