//! What is sealed: session tokens, metadata tokens, refusals' accounts.
//!
//! The first line is an access key id, the second a token; the whole also stands for the texts of a
//! session that is sealed here.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::{Counting, Lines, NOW, keyring};
use rolecall_identity::{
    AccessKeyId, AccountId, InstanceId, SessionClaims, SessionPrincipal, SessionTag,
};
use rolecall_token::{
    AUTHORIZATION_MESSAGE_BYTES_MAX, Keyring, SESSION_TOKEN_BYTES_MAX, TOKEN_TTL_SECONDS_MAX,
    TokenError, TokenTtl,
};

static RING: LazyLock<Keyring> = LazyLock::new(keyring);
static INSTANCE: LazyLock<InstanceId> = LazyLock::new(|| "i-0123456789abcdef0".parse().unwrap());
static ACCOUNT: LazyLock<AccountId> = LazyLock::new(|| "123456789012".parse().unwrap());
static ID: LazyLock<AccessKeyId> = LazyLock::new(|| "ASIAIOSFODNN7EXAMPLE".parse().unwrap());

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut lines = Lines(bytes);
    let id = lines.next_text().and_then(|id| id.parse::<AccessKeyId>().ok());
    let token = lines.next_text().unwrap_or_default();
    let opened = RING.open_session(id.unwrap_or(*ID), token, NOW);
    assert_eq!(opened.unwrap_err(), TokenError::Invalid, "nobody sealed this");
    assert_eq!(RING.open_metadata(token.as_bytes(), &INSTANCE, NOW), None);
    assert_eq!(RING.open_authorization_message(*ACCOUNT, token, NOW), None);
    if let Some(ttl) = TokenTtl::parse(token.as_bytes()) {
        assert!(ttl.seconds() <= TOKEN_TTL_SECONDS_MAX);
        let token = RING.seal_metadata(&INSTANCE, ttl, NOW, &mut Counting::default());
        let left = RING.open_metadata(token.expose().as_bytes(), &INSTANCE, NOW);
        assert_eq!(left.unwrap_or_default(), ttl.seconds());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_session(text);
        check_message(text);
    }
    Corpus::Keep
});

/// A session opens as it was sealed, beside its own key id, and not with a changed character.
fn check_session(text: &str) {
    let claims = claims(text);
    let size_min = text.len() % 5000;
    let sealed = RING.seal_session(*ID, &claims, size_min, &mut Counting(text.len() as u8));
    let Ok(sealed) = sealed else { return };
    let token = sealed.session_token.unwrap();
    assert!((size_min.min(4096)..=SESSION_TOKEN_BYTES_MAX).contains(&token.expose().len()));
    let opened = RING.open_session(*ID, token.expose(), NOW).unwrap();
    assert_eq!(opened.claims, claims);
    let secret = RING.secret_of(*ID, opened.origin, NOW).unwrap();
    assert_eq!(secret.expose(), sealed.secret_access_key.expose());

    let other = "ASIAI44QH8DHBEXAMPLE".parse().unwrap();
    assert!(RING.open_session(other, token.expose(), NOW).is_err());
    assert_eq!(
        RING.open_session(*ID, token.expose(), claims.not_after).unwrap_err(),
        TokenError::Expired
    );
    let mut changed = token.expose().as_bytes().to_vec();
    let at = text.len().wrapping_mul(31) % changed.len();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    assert!(RING.open_session(*ID, &changed, NOW).is_err());
}

fn check_message(text: &str) {
    let sealed = RING.seal_authorization_message(*ACCOUNT, text, &mut Counting::default());
    assert_eq!(sealed.is_some(), text.len() <= AUTHORIZATION_MESSAGE_BYTES_MAX);
    let opened = sealed.map(|sealed| RING.open_authorization_message(*ACCOUNT, &sealed, NOW));
    assert!(opened.is_none_or(|opened| opened.as_deref() == Some(text)));
}

fn claims(text: &str) -> SessionClaims {
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default().to_owned();
    SessionClaims {
        account: *ACCOUNT,
        principal: SessionPrincipal::Role {
            role: "AROAIOSFODNN7EXAMPLEA".parse().unwrap(),
            role_name: next(),
            session_name: next(),
        },
        issued_at: NOW,
        not_after: NOW.plus_seconds(3600),
        source_identity: Some(next()).filter(|identity| !identity.is_empty()),
        tags: vec![SessionTag {
            key: next(),
            value: next(),
            transitive: text.len().is_multiple_of(2),
        }],
        policies: lines.map(str::to_owned).collect(),
        policy_arns: vec![],
        mfa_at: None,
        chain_depth: text.len() as u8,
        instance: None,
    }
}
