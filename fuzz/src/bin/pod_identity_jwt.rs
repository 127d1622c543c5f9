//! Tokens for the EKS Pod Identity agent, and the key sets of their issuer.
//!
//! `authorization: signed` stands for a token of the issuer: its header and its claims are the first
//! and the second line of the body. Any other is a stranger's.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::{Corpus, fuzz_target};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rolecall_fuzz::{Lines, NOW, TextRequest};
use rolecall_imds::Presented;
use rolecall_imds::container::pod_identity::{
    AllowedHosts, Associations, Cluster, Jwks, PodIdentityRequest, PodIdentitySettings,
    ServiceAccount, authenticate, session_name, session_tags,
};
use serde_json::json;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_slice(&[7; 32]).unwrap());
static SETTINGS: LazyLock<PodIdentitySettings> = LazyLock::new(|| PodIdentitySettings {
    hosts: AllowedHosts::link_local(),
    issuer: "https://oidc.example/id/EXAMPLE".into(),
    keys: Jwks::parse(&jwks()).unwrap(),
});
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster-of-tests";
    Cluster::try_new(arn.parse().unwrap()).unwrap()
});

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = TextRequest::parse(bytes) else { return Corpus::Reject };
    if text.method == "JWKS" {
        let Ok(json) = std::str::from_utf8(text.body) else { return Corpus::Reject };
        let _ = Jwks::parse(json).map_err(|error| error.to_string());
        return Corpus::Keep;
    }
    let signed;
    let authorization = match text.presented("authorization") {
        Presented::Once(b"signed") => {
            let Some(token) = sign(text.body) else { return Corpus::Reject };
            signed = token;
            Presented::Once(signed.as_bytes())
        }
        other => other,
    };
    let is_signed = text.header("authorization") == Some("signed");
    let request = PodIdentityRequest {
        method: text.method,
        target: text.target,
        host: text.presented("host"),
        authorization,
    };
    match authenticate(NOW, &SETTINGS, &request) {
        Ok(account) => {
            assert!(is_signed && text.method == "GET", "a stranger's token");
            check(&account);
        }
        Err(refusal) => {
            let answer = refusal.response();
            assert!([400, 403, 404, 405].contains(&answer.status), "{}", answer.status);
            assert!(answer.body.as_bytes().len() < 2048);
        }
    }
    Corpus::Keep
});

fn sign(body: &[u8]) -> Option<String> {
    let mut lines = Lines(body);
    let (header, claims) = (lines.next_text()?, lines.next_text()?);
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    let signature: Signature = KEY.sign(message.as_bytes());
    Some(format!("{message}.{}", encode(&signature.to_bytes())))
}

/// The names of an account that was proved fit everywhere they go.
fn check(account: &ServiceAccount) {
    assert!(account.not_after() > NOW);
    let tags = session_tags(&CLUSTER, account);
    assert!(tags.iter().all(|tag| tag.transitive && (1..=256).contains(&tag.value.len())));
    let name = session_name(&CLUSTER, account);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    assert!((2..=64).contains(&name.len()) && name.bytes().all(fits), "{name}");
    let _ = Associations::default().role_of(account).unwrap_err().response();
}

/// The public key of the issuer, and one of RSA that nobody holds the other half of.
fn jwks() -> String {
    let point = KEY.verifying_key().to_sec1_point(false);
    let encode = |coordinate: Option<&[u8]>| URL_SAFE_NO_PAD.encode(coordinate.unwrap());
    let (x, y) = (point.x().map(AsRef::as_ref), point.y().map(AsRef::as_ref));
    let modulus = URL_SAFE_NO_PAD.encode([0xd5; 256]);
    json!({"keys": [
        {"kty": "EC", "kid": "ec-1", "crv": "P-256", "x": encode(x), "y": encode(y)},
        {"kty": "RSA", "kid": "rsa-1", "use": "sig", "n": modulus, "e": "AQAB"},
    ]})
    .to_string()
}
