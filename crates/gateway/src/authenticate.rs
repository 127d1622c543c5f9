use std::hash::{DefaultHasher, Hasher as _};

use rolecall_authority::{Caller, State};
use rolecall_identity::{AccessKeyId, AccessKeyKind, SecretAccessKey, Timestamp};
use rolecall_sigv4::{Checked, PayloadHash, Rejection, Scratch, SigningKey, Verified, verify};
use rolecall_token::{Keyring, SealedSecret, SecretOrigin, TokenError};

use crate::key_cache::KeyCache;

/// Finds who signed a request. One for all services of a process.
#[derive(Debug, Default)]
pub struct Authenticator {
    keys: KeyCache,
}

/// A request's signer, proved; and the key, for the chunks of its body.
#[derive(Debug)]
pub struct Authenticated {
    /// Who signed.
    pub caller: Verified<Caller>,
    /// The key of the request's scope.
    pub key: SigningKey,
}

impl Authenticator {
    /// Finds the caller of a checked request and verifies its signature.
    pub fn authenticate(
        &self,
        state: &State,
        keyring: &Keyring,
        checked: &Checked<'_>,
        payload: PayloadHash,
        scratch: &mut Scratch,
        now: Timestamp,
    ) -> Result<Authenticated, Rejection> {
        let presented = checked.presented();
        let found =
            find(state, keyring, presented.access_key_id(), presented.session_token()?, now)?;
        let scope = presented.scope();
        let cached = self.keys.find(found.id, found.fingerprint, &scope);
        let (key, is_new) = match cached {
            Some(key) => (key, false),
            None => {
                let secret = found.secret.open(keyring, found.id, now);
                let secret = secret.ok_or(Rejection::TokenInvalid)?;
                (SigningKey::derive(&secret, &scope), true)
            }
        };
        let (id, fingerprint) = (found.id, found.fingerprint);
        let caller = verify(checked, payload, &key, scratch, found.caller)?;
        if is_new {
            self.keys.insert(id, fingerprint, &scope, &key);
        }
        Ok(Authenticated { caller, key })
    }
}

/// A key that exists; its secret is opened or derived only when it is needed.
struct Found<'a> {
    id: AccessKeyId,
    caller: Caller,
    fingerprint: u64,
    secret: SecretSource<'a>,
}

enum SecretSource<'a> {
    /// A long-term secret at rest.
    AtRest(&'a SealedSecret),
    /// A session's, derived.
    Session(SecretOrigin),
}

impl SecretSource<'_> {
    fn open(&self, keyring: &Keyring, id: AccessKeyId, now: Timestamp) -> Option<SecretAccessKey> {
        match self {
            Self::AtRest(sealed) => keyring.open_secret(id, sealed),
            Self::Session(origin) => keyring.secret_of(id, *origin, now),
        }
    }
}

fn find<'a>(
    state: &'a State,
    keyring: &Keyring,
    access_key_id: &str,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Found<'a>, Rejection> {
    let unknown = || Rejection::UnknownKey { access_key_id: access_key_id.to_owned() };
    let id: AccessKeyId = access_key_id.parse().map_err(|_| unknown())?;
    match (id.kind(), token) {
        (AccessKeyKind::LongTerm, Some(_)) => Err(Rejection::TokenUnexpected),
        (AccessKeyKind::Temporary, None) => {
            Err(Rejection::TokenMissing { access_key_id: access_key_id.to_owned() })
        }
        (AccessKeyKind::LongTerm, None) => {
            let (caller, sealed) = Caller::of_access_key(state, id).map_err(|_| unknown())?;
            let (fingerprint, secret) = (fingerprint(sealed), SecretSource::AtRest(sealed));
            Ok(Found { id, caller, fingerprint, secret })
        }
        (AccessKeyKind::Temporary, Some(token)) => {
            let opened = keyring.open_session(id, token, now).map_err(|error| match error {
                TokenError::Expired => Rejection::TokenExpired,
                TokenError::Invalid => Rejection::TokenInvalid,
            })?;
            let (fingerprint, origin) = (fingerprint(&opened.origin), opened.origin);
            let caller = Caller::of_session(state, id, opened.claims);
            let caller = caller.map_err(|_| Rejection::TokenInvalid)?;
            let secret = SecretSource::Session(origin);
            Ok(Found { id, caller, fingerprint, secret })
        }
    }
}

fn fingerprint(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
