use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use rolecall_authority::{Caller, State};
use rolecall_identity::{AccessKeyId, AccessKeyKind, SecretAccessKey, Timestamp};
use rolecall_sigv4::{Checked, PayloadHash, Rejection, Scratch, SigningKey, Verified, verify};
use rolecall_token::{Keyring, SealedSecret, SecretOrigin, TokenError};

use crate::caller_cache::CallerCache;
use crate::key_cache::KeyCache;

/// Finds who signed a request. One for all services of a process.
#[derive(Debug, Default)]
pub struct Authenticator {
    callers: CallerCache,
    keys: KeyCache,
}

/// A request's signer, proved; and the key, for the chunks of its body.
#[derive(Debug)]
pub struct Authenticated {
    /// Who signed.
    pub caller: Verified<Arc<Caller>>,
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
        let token = presented.session_token()?;
        let found = self.find(state, keyring, presented.access_key_id(), token, now)?;
        let Found { id, fingerprint, caller, secret, is_remembered } = found;
        let scope = presented.scope();
        let cached = self.keys.find(id, fingerprint, &scope);
        let is_new = cached.is_none();
        let key = match cached {
            Some(key) => key,
            None => {
                let secret = secret.open(keyring, id, now).ok_or(Rejection::TokenInvalid)?;
                SigningKey::derive(&secret, &scope)
            }
        };
        let caller = verify(checked, payload, &key, scratch, caller)?;
        if is_new {
            self.keys.insert(id, fingerprint, &scope, &key);
        }
        if let (SecretSource::Session(origin), Some(token), false) = (secret, token, is_remembered)
        {
            self.callers.insert(state, id, token, origin, Arc::clone(caller.subject()));
        }
        Ok(Authenticated { caller, key })
    }

    fn find<'a>(
        &self,
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
                Ok(Found {
                    id,
                    caller: Arc::new(caller),
                    fingerprint: fingerprint(sealed),
                    secret: SecretSource::AtRest(sealed),
                    is_remembered: false,
                })
            }
            (AccessKeyKind::Temporary, Some(token)) => self.session(state, keyring, id, token, now),
        }
    }

    fn session<'a>(
        &self,
        state: &'a State,
        keyring: &Keyring,
        id: AccessKeyId,
        token: &str,
        now: Timestamp,
    ) -> Result<Found<'a>, Rejection> {
        let remembered = self.callers.find(state, keyring, id, token, now);
        let is_remembered = remembered.is_some();
        let (origin, caller) = match remembered {
            Some(remembered) => (remembered.origin, Arc::clone(&remembered.caller)),
            None => open(state, keyring, id, token, now)?,
        };
        let (fingerprint, secret) = (fingerprint(&origin), SecretSource::Session(origin));
        Ok(Found { id, caller, fingerprint, secret, is_remembered })
    }
}

/// A key that exists; its secret is opened or derived only when it is needed.
struct Found<'a> {
    id: AccessKeyId,
    caller: Arc<Caller>,
    fingerprint: u64,
    secret: SecretSource<'a>,
    /// Whether the session's token did not have to be opened.
    is_remembered: bool,
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

/// Opens a session token and finds whose it is.
fn open(
    state: &State,
    keyring: &Keyring,
    id: AccessKeyId,
    token: &str,
    now: Timestamp,
) -> Result<(SecretOrigin, Arc<Caller>), Rejection> {
    let opened = keyring.open_session(id, token, now).map_err(|error| match error {
        TokenError::Expired => Rejection::TokenExpired,
        TokenError::Invalid => Rejection::TokenInvalid,
    })?;
    let caller = Caller::of_session(state, id, opened.claims);
    Ok((opened.origin, Arc::new(caller.map_err(|_| Rejection::TokenInvalid)?)))
}

fn fingerprint(of: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
