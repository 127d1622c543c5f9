use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::Mac as _;
use rolecall_identity::{
    AccessKeyId, Credentials, Entropy, SecretAccessKey, SessionClaims, SessionToken, Timestamp,
};
use zeroize::Zeroizing;

use crate::key::{HmacKey, Key};
use crate::keyring::{KeyId, Keyring};

/// Why a presented session token is refused. On the wire, `Invalid` is one answer for every cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Sealed by us for this key id, but past its end.
    #[error("the session token has expired")]
    Expired,
    /// Not ours, altered, of another key id, or of a generation that no longer opens.
    #[error("the session token is not valid for this access key id")]
    Invalid,
}

/// The claims do not fit into a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session's claims need more than {SESSION_TOKEN_BYTES_MAX} bytes of token")]
pub struct SealError;

/// A token that opened: the claims, and what derives the session's secret.
#[derive(Debug)]
pub struct OpenedToken {
    /// Who the session is.
    pub claims: SessionClaims,
    /// What the secret comes from.
    pub origin: SecretOrigin,
}

/// What a session's secret is derived from, beside the key ring. Not a secret: it is in the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretOrigin {
    key_id: KeyId,
    nonce: [u8; NONCE],
}

/// Longest session token made or read, in characters. AWS names no maximum; its own stay under 4096.
pub const SESSION_TOKEN_BYTES_MAX: usize = 16_384;

/// Largest `MinimumSessionTokenSize`. Source: STS API reference.
pub const SESSION_TOKEN_SIZE_MINIMUM_MAX: usize = 4096;

impl Keyring {
    /// Credentials for a session: a key id, the secret derived for it, and the sealed claims.
    ///
    /// The token has at least `size_min` characters (`MinimumSessionTokenSize`).
    pub fn seal_session(
        &self,
        id: AccessKeyId,
        claims: &SessionClaims,
        size_min: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Credentials, SealError> {
        let generation = &self.active;
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let room = Vec::with_capacity(CLAIMS_BYTES_USUAL);
        let packed = postcard::to_extend(claims, room).map_err(|_| SealError)?;
        let mut sealed = Zeroizing::new(packed);
        let padded = size_min.min(SESSION_TOKEN_SIZE_MINIMUM_MAX).div_ceil(4) * 3;
        let length = sealed.len().max(padded.saturating_sub(HEADER + TAG));
        sealed.resize(length, 0);
        let header = header(generation.id, &nonce);
        let tag = cipher(&generation.seal)
            .encrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(&header, id),
                sealed.as_mut_slice().into(),
            )
            .map_err(|_| SealError)?;
        let blob = [&header, sealed.as_slice(), tag.as_slice()].concat();
        let token = STANDARD.encode(blob);
        if token.len() > SESSION_TOKEN_BYTES_MAX {
            return Err(SealError);
        }
        Ok(Credentials {
            access_key_id: id,
            secret_access_key: derive_secret(&generation.secret, id, &nonce),
            session_token: Some(SessionToken::new(token)),
            expiration: Some(claims.not_after),
        })
    }

    /// Opens a token presented beside `id` at `now`.
    pub fn open_session(
        &self,
        id: AccessKeyId,
        token: &str,
        now: Timestamp,
    ) -> Result<OpenedToken, TokenError> {
        if token.len() > SESSION_TOKEN_BYTES_MAX {
            return Err(TokenError::Invalid);
        }
        let mut blob = Zeroizing::new(STANDARD.decode(token).map_err(|_| TokenError::Invalid)?);
        let (head, body) = blob.split_first_chunk_mut::<HEADER>().ok_or(TokenError::Invalid)?;
        let (key_id, nonce) = split_header(head).ok_or(TokenError::Invalid)?;
        let (sealed, tag) = body.split_last_chunk_mut::<TAG>().ok_or(TokenError::Invalid)?;
        let generation = self.opening(key_id, now).ok_or(TokenError::Invalid)?;
        cipher(&generation.seal)
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &associated(head, id),
                sealed.into(),
                (&*tag).into(),
            )
            .map_err(|_| TokenError::Invalid)?;
        let (claims, _padding): (SessionClaims, _) =
            postcard::take_from_bytes(sealed).map_err(|_| TokenError::Invalid)?;
        if now >= claims.not_after {
            return Err(TokenError::Expired);
        }
        Ok(OpenedToken { claims, origin: SecretOrigin { key_id, nonce } })
    }

    /// Whether tokens of this origin's generation still open.
    pub fn opens(&self, origin: SecretOrigin, now: Timestamp) -> bool {
        self.opening(origin.key_id, now).is_some()
    }

    /// The secret that a session signs with, from the origin in its opened token.
    ///
    /// `None` if the ring was rotated past the token's generation in between.
    pub fn secret_of(
        &self,
        id: AccessKeyId,
        origin: SecretOrigin,
        now: Timestamp,
    ) -> Option<SecretAccessKey> {
        let generation = self.opening(origin.key_id, now)?;
        Some(derive_secret(&generation.secret, id, &origin.nonce))
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&key.0).into())
}

fn header(id: KeyId, nonce: &[u8; NONCE]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let parts = MAGIC.iter().chain(&[VERSION]).chain(&id.0).chain(nonce);
    for (to, from) in header.iter_mut().zip(parts) {
        *to = *from;
    }
    header
}

fn split_header(header: &[u8; HEADER]) -> Option<(KeyId, [u8; NONCE])> {
    let rest = header.strip_prefix(&MAGIC)?.strip_prefix(&[VERSION])?;
    let (id, nonce) = rest.split_first_chunk::<4>()?;
    Some((KeyId(*id), nonce.try_into().ok()?))
}

/// What is authenticated but not stored: a token never opens beside another key id.
fn associated(header: &[u8; HEADER], id: AccessKeyId) -> [u8; HEADER + 20] {
    let mut associated = [0; HEADER + 20];
    for (to, from) in associated.iter_mut().zip(header.iter().chain(id.as_str().as_bytes())) {
        *to = *from;
    }
    associated
}

/// HKDF's expansion to the first 30 bytes (RFC 5869 section 2.3): a single block, so it is HMAC of
/// the information and the block's number.
fn derive_secret(key: &HmacKey, id: AccessKeyId, nonce: &[u8; NONCE]) -> SecretAccessKey {
    let mut hmac = key.hmac();
    [b"rolecall-sk-v1", id.as_str().as_bytes(), nonce, &[1]].iter().for_each(|it| hmac.update(it));
    let block = Zeroizing::new(<[u8; 32]>::from(hmac.finalize().into_bytes()));
    let [bytes @ .., _, _] = &*block;
    SecretAccessKey::new(STANDARD.encode(bytes))
}

/// `rOLe` in base64: lets a scanner tell our tokens.
const MAGIC: [u8; 3] = [0xac, 0xe2, 0xde];
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HEADER: usize = 3 + 1 + 4 + NONCE;
/// Room for claims without policies.
const CLAIMS_BYTES_USUAL: usize = 512;

#[cfg(test)]
pub(crate) mod tests {
    use rolecall_identity::{AccessKeyKind, SessionPrincipal, UniqueId, UniqueIdKind};

    use super::*;
    use crate::VERIFY_SECONDS_AFTER_ROTATION;

    #[derive(Default)]
    pub(crate) struct Counting(u8);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_mul(29).wrapping_add(17);
                *byte = self.0;
            }
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_440_938_160)
    }

    fn claims(entropy: &mut dyn Entropy) -> SessionClaims {
        SessionClaims {
            account: "123456789012".parse().unwrap(),
            principal: SessionPrincipal::Role {
                role: UniqueId::mint(UniqueIdKind::Role, entropy),
                role_name: "s3access".into(),
                session_name: "i-0123456789abcdef0".into(),
            },
            issued_at: now(),
            not_after: now().plus_seconds(3600),
            source_identity: None,
            tags: Vec::new(),
            policies: Vec::new(),
            policy_arns: Vec::new(),
            mfa_at: None,
            chain_depth: 0,
            instance: None,
        }
    }

    fn session() -> (Keyring, AccessKeyId, SessionClaims, Credentials) {
        let mut entropy = Counting::default();
        let ring = Keyring::generate(now(), &mut entropy);
        let claims = claims(&mut entropy);
        let id = AccessKeyId::mint(AccessKeyKind::Temporary, claims.account, &mut entropy);
        let credentials = ring.seal_session(id, &claims, 0, &mut entropy).unwrap();
        (ring, id, claims, credentials)
    }

    fn token(credentials: &Credentials) -> &str {
        credentials.session_token.as_ref().unwrap().expose()
    }

    #[test]
    fn what_was_sealed_opens_with_its_secret() {
        let (ring, id, claims, credentials) = session();
        let opened = ring.open_session(id, token(&credentials), now()).unwrap();
        assert_eq!(opened.claims, claims);
        assert_eq!(
            ring.secret_of(id, opened.origin, now()).unwrap(),
            credentials.secret_access_key
        );
        assert_eq!(credentials.secret_access_key.expose().len(), 40);
        assert!(token(&credentials).starts_with("rOLe"));
    }

    #[test]
    fn a_secret_is_what_hkdf_expands_to() {
        let (mut entropy, nonce) = (Counting::default(), [7; NONCE]);
        let key = Key::generate(&mut entropy);
        let account = "123456789012".parse().unwrap();
        let id = AccessKeyId::mint(AccessKeyKind::Temporary, account, &mut entropy);
        let mut expected = [0; 30];
        let info = [b"rolecall-sk-v1", id.as_str().as_bytes(), &nonce];
        let hkdf = hkdf::Hkdf::<sha2::Sha256>::from_prk(&key.0).unwrap();
        hkdf.expand_multi_info(&info, &mut expected).unwrap();
        let derived = derive_secret(&HmacKey::new(key), id, &nonce);
        assert_eq!(derived.expose(), STANDARD.encode(expected));
    }

    #[test]
    fn principals_keep_their_places_in_tokens() {
        let id = UniqueId::mint(UniqueIdKind::User, &mut Counting::default());
        let (user, user_name) = (id.clone(), "u".to_owned());
        for (place, principal) in [
            SessionPrincipal::Federated {
                name: "f".into(),
                user: id.clone(),
                user_name: "u".into(),
            },
            SessionPrincipal::Role { role: id, role_name: "r".into(), session_name: "s".into() },
            SessionPrincipal::Root,
            SessionPrincipal::User { user, user_name },
            SessionPrincipal::Instance { id: "i-0123456789abcdef0".parse().unwrap() },
        ]
        .iter()
        .enumerate()
        {
            assert_eq!(usize::from(postcard::to_allocvec(principal).unwrap()[0]), place);
        }
    }

    #[test]
    fn a_token_of_another_key_id_does_not_open() {
        let (ring, id, _, credentials) = session();
        let other = AccessKeyId::try_new(&id.as_str().replace(id.last_four(), "AAAA")).unwrap();
        assert_ne!(other, id);
        let refused = ring.open_session(other, token(&credentials), now());
        assert_eq!(refused.unwrap_err(), TokenError::Invalid);
    }

    #[test]
    fn any_changed_character_is_refused() {
        let (ring, id, _, credentials) = session();
        let sealed = token(&credentials);
        for position in 0..sealed.len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = ring.open_session(id, &changed, now());
            assert_eq!(opened.unwrap_err(), TokenError::Invalid, "at {position}");
        }
        for end in 0..sealed.len() {
            assert!(ring.open_session(id, &sealed[..end], now()).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_session_ends_at_its_last_second() {
        let (ring, id, claims, credentials) = session();
        let last = Timestamp::from_millis(claims.not_after.millis() - 1);
        assert!(ring.open_session(id, token(&credentials), last).is_ok());
        let ended = ring.open_session(id, token(&credentials), claims.not_after);
        assert_eq!(ended.unwrap_err(), TokenError::Expired);
    }

    #[test]
    fn rotation_keeps_live_sessions_and_drops_ended_generations() {
        let (mut ring, id, _, credentials) = session();
        let mut entropy = Counting(3);
        ring.rotate(now().plus_seconds(60), &mut entropy);
        assert!(ring.open_session(id, token(&credentials), now().plus_seconds(61)).is_ok());
        let end = now().plus_seconds(60 + VERIFY_SECONDS_AFTER_ROTATION);
        assert_eq!(
            ring.open_session(id, token(&credentials), end).unwrap_err(),
            TokenError::Invalid
        );
        ring.rotate(end, &mut entropy);
        assert_eq!(ring.generations().count(), 2);
    }

    #[test]
    fn a_revoked_generation_ends_its_sessions() {
        let (mut ring, id, _, credentials) = session();
        let old = ring.active.id;
        ring.rotate(now(), &mut Counting(3));
        assert!(ring.revoke(old));
        assert!(ring.open_session(id, token(&credentials), now()).is_err());
        assert!(!ring.revoke(ring.active.id));
    }

    #[test]
    fn a_token_is_padded_to_the_size_asked_for() {
        let (ring, id, claims, _) = session();
        for size in [0, 1000, 4095, 4096] {
            let credentials = ring.seal_session(id, &claims, size, &mut Counting(9)).unwrap();
            assert!(token(&credentials).len() >= size);
            assert_eq!(ring.open_session(id, token(&credentials), now()).unwrap().claims, claims);
        }
        let past = ring.seal_session(id, &claims, usize::MAX, &mut Counting(9)).unwrap();
        assert_eq!(token(&past).len(), SESSION_TOKEN_SIZE_MINIMUM_MAX);
    }

    #[test]
    fn a_token_has_a_largest_size() {
        let (ring, id, mut claims, _) = session();
        claims.policies = vec!["x".repeat(SESSION_TOKEN_BYTES_MAX)];
        assert_eq!(ring.seal_session(id, &claims, 0, &mut Counting(9)).unwrap_err(), SealError);
        let long = "A".repeat(SESSION_TOKEN_BYTES_MAX + 1);
        assert!(ring.open_session(id, &long, now()).is_err());
    }
}
