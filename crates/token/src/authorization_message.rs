use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rolecall_identity::{AccountId, Entropy, Timestamp};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::key::Key;
use crate::keyring::{KeyId, Keyring};

/// Longest text that is sealed, in bytes: what fits into
/// [`AUTHORIZATION_MESSAGE_LENGTH_MAX`] characters.
pub const AUTHORIZATION_MESSAGE_BYTES_MAX: usize =
    AUTHORIZATION_MESSAGE_LENGTH_MAX / 4 * 3 - HEADER - TAG;

/// Longest sealed message, in characters. Source: STS API reference, `EncodedMessage`.
pub const AUTHORIZATION_MESSAGE_LENGTH_MAX: usize = 10_240;

impl Keyring {
    /// Seals why a request of `account` was refused: whoever was refused may carry the text, and
    /// only who may ask us can read it. `None` if `text` is too long.
    ///
    /// It opens for its account alone, and no longer than sessions sealed at the same time.
    pub fn seal_authorization_message(
        &self,
        account: AccountId,
        text: &str,
        entropy: &mut dyn Entropy,
    ) -> Option<String> {
        if text.len() > AUTHORIZATION_MESSAGE_BYTES_MAX {
            return None;
        }
        let generation = &self.active;
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let header = [&[VERSION], generation.id.0.as_slice(), nonce.as_slice()].concat();
        let mut sealed = text.as_bytes().to_vec();
        let tag = cipher(generation.secret.key())?
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(&header, account),
                sealed.as_mut_slice().into(),
            )
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([&header, sealed.as_slice(), tag.as_slice()].concat()))
    }

    /// Opens a message for a caller of `account`; every refusal is the same `None`.
    pub fn open_authorization_message(
        &self,
        account: AccountId,
        sealed: &str,
        now: Timestamp,
    ) -> Option<String> {
        if sealed.len() > AUTHORIZATION_MESSAGE_LENGTH_MAX {
            return None;
        }
        let mut blob = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (header, body) = blob.split_first_chunk_mut::<HEADER>()?;
        let rest = header.strip_prefix(&[VERSION])?;
        let (id, nonce) = rest.split_first_chunk::<4>()?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let (text, tag) = body.split_last_chunk_mut::<TAG>()?;
        let generation = self.opening(KeyId(*id), now)?;
        cipher(generation.secret.key())?
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(header, account),
                text.into(),
                (&*tag).into(),
            )
            .ok()?;
        Some(str::from_utf8(text).ok()?.to_owned())
    }
}

/// A key of its own, derived: what is sealed here never opens as anything else. `None` cannot be,
/// for both lengths are within HKDF's bounds.
fn cipher(key: &Key) -> Option<XChaCha20Poly1305> {
    let mut derived = Zeroizing::new([0_u8; 32]);
    let hkdf = Hkdf::<Sha256>::from_prk(&key.0).ok()?;
    hkdf.expand(PURPOSE, derived.as_mut_slice()).ok()?;
    Some(XChaCha20Poly1305::new((&*derived).into()))
}

/// What is authenticated but not stored: a message never opens for another account.
fn associated(header: &[u8], account: AccountId) -> Vec<u8> {
    [PURPOSE, header, account.to_string().as_bytes()].concat()
}

const PURPOSE: &[u8] = b"rolecall-authorization-message-v1";
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HEADER: usize = 1 + 4 + NONCE;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VERIFY_SECONDS_AFTER_ROTATION;
    use crate::session::tests::Counting;

    const TEXT: &str = r#"{"allowed":false}"#;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_440_938_160)
    }

    fn account() -> AccountId {
        "123456789012".parse().unwrap()
    }

    /// Other bytes than the rings of these tests are made of.
    fn other_entropy() -> Counting {
        let mut entropy = Counting::default();
        entropy.fill(&mut [0]);
        entropy
    }

    fn sealed() -> (Keyring, String) {
        let mut entropy = Counting::default();
        let ring = Keyring::generate(now(), &mut entropy);
        let sealed = ring.seal_authorization_message(account(), TEXT, &mut entropy).unwrap();
        (ring, sealed)
    }

    #[test]
    fn a_message_opens_for_its_account_alone() {
        let (ring, sealed) = sealed();
        assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let opened = ring.open_authorization_message(account(), &sealed, now());
        assert_eq!(opened.as_deref(), Some(TEXT));
        let other = "210987654321".parse().unwrap();
        assert_eq!(ring.open_authorization_message(other, &sealed, now()), None);
        let another_ring = Keyring::generate(now(), &mut other_entropy());
        assert_eq!(another_ring.open_authorization_message(account(), &sealed, now()), None);
    }

    #[test]
    fn any_changed_character_is_refused() {
        let (ring, sealed) = sealed();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = ring.open_authorization_message(account(), &changed, now());
            assert_eq!(opened, None, "at {position}");
        }
        for end in 0..sealed.len() {
            let opened = ring.open_authorization_message(account(), &sealed[..end], now());
            assert_eq!(opened, None, "cut at {end}");
        }
        for bad in ["", "é", "\n", &format!("{sealed}\n"), &format!("{sealed}=")] {
            assert_eq!(ring.open_authorization_message(account(), bad, now()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_message_ends_with_its_generation() {
        let (mut ring, sealed) = sealed();
        let old = ring.active.id;
        ring.rotate(now(), &mut other_entropy());
        let end = now().plus_seconds(VERIFY_SECONDS_AFTER_ROTATION);
        let last = Timestamp::from_millis(end.millis() - 1);
        assert!(ring.open_authorization_message(account(), &sealed, last).is_some());
        assert_eq!(ring.open_authorization_message(account(), &sealed, end), None);
        assert!(ring.revoke(old));
        assert_eq!(ring.open_authorization_message(account(), &sealed, now()), None);
    }

    #[test]
    fn a_message_has_a_largest_size() {
        let (ring, _) = sealed();
        let mut entropy = Counting::default();
        let longest = "x".repeat(AUTHORIZATION_MESSAGE_BYTES_MAX);
        let sealed = ring.seal_authorization_message(account(), &longest, &mut entropy).unwrap();
        assert_eq!(sealed.len(), AUTHORIZATION_MESSAGE_LENGTH_MAX);
        let opened = ring.open_authorization_message(account(), &sealed, now());
        assert_eq!(opened, Some(longest.clone()));
        let over = format!("{longest}x");
        assert_eq!(ring.seal_authorization_message(account(), &over, &mut entropy), None);
        let over = format!("{sealed}AAAA");
        assert_eq!(ring.open_authorization_message(account(), &over, now()), None);
    }
}
