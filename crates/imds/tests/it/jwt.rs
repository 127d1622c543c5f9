//! Service account tokens, signed with keys that are made here.

use std::convert::Infallible;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rolecall_imds::container::pod_identity::{
    AUDIENCE, AllowedHosts, Associations, Jwks, PodIdentitySettings, TOKEN_BYTES_MAX,
};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::Sha256;
use rsa::signature::{RandomizedSigner, SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::ISSUED;

pub(crate) const ISSUER: &str = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE";
/// How long tokens live: a day.
pub(crate) const LIFETIME: i64 = 86_400;
pub(crate) const RSA_KID: &str = "rsa-1";
pub(crate) const EC_KID: &str = "ec-1";

/// A token, by what is right or wrong with it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Jwt {
    Absent,
    AlgEs256WithRsaKey,
    AlgHs256,
    AlgNone,
    AlgNoneWithoutSignature,
    Bearer,
    /// One character of the claims is another.
    Changed,
    Crit,
    Empty,
    Es256,
    FourParts,
    Garbage,
    Good,
    KidAbsent,
    KidUnknown,
    NoAudience,
    NoExpiry,
    NoPod,
    OtherAudience,
    OtherIssuer,
    OtherSubject,
    TooLong,
    Twice,
    TwoParts,
    Unassociated,
    /// Signed by a key that is not in the set, under the id of one that is.
    WrongKey,
}

impl Jwt {
    /// The values of `Authorization`.
    pub(crate) fn values(self) -> Vec<String> {
        let good = || rs256(&claims());
        let header = |alg: &str| json!({"alg": alg, "kid": RSA_KID});
        let one = match self {
            Self::Absent => return vec![],
            Self::Twice => return vec![good(), good()],
            Self::AlgEs256WithRsaKey => signed(&header("ES256"), &claims(), rsa_signature),
            Self::AlgHs256 => signed(&header("HS256"), &claims(), |_| vec![7; 32]),
            Self::AlgNone => signed(&header("none"), &claims(), rsa_signature),
            Self::AlgNoneWithoutSignature => signed(&header("none"), &claims(), |_| vec![]),
            Self::Bearer => format!("Bearer {}", good()),
            Self::Changed => {
                let [header, claims, signature] = parts(&good());
                [header, claims.replacen('J', "I", 1), signature].join(".")
            }
            Self::Crit => {
                let header = json!({"alg": "RS256", "kid": RSA_KID, "crit": ["b64"], "b64": true});
                signed(&header, &claims(), rsa_signature)
            }
            Self::Empty => String::new(),
            Self::Es256 => es256(&claims()),
            Self::FourParts => format!("{}.e30", good()),
            Self::Garbage => "not-a-token".into(),
            Self::Good => good(),
            Self::KidAbsent => signed(&json!({"alg": "RS256"}), &claims(), rsa_signature),
            Self::KidUnknown => {
                signed(&json!({"alg": "RS256", "kid": "rsa-9"}), &claims(), rsa_signature)
            }
            Self::NoAudience => rs256(&without("aud")),
            Self::NoExpiry => rs256(&without("exp")),
            Self::NoPod => rs256(&with("/kubernetes.io/pod", Value::Null)),
            Self::OtherAudience => rs256(&with("/aud", json!(["sts.amazonaws.com"]))),
            Self::OtherIssuer => rs256(&with("/iss", json!(format!("{ISSUER}2")))),
            Self::OtherSubject => {
                rs256(&with("/sub", json!("system:serviceaccount:kube-system:admin")))
            }
            Self::TooLong => {
                let padding = "x".repeat(TOKEN_BYTES_MAX);
                rs256(&with("/jti", json!(padding)))
            }
            Self::TwoParts => parts(&good())[..2].join("."),
            Self::Unassociated => {
                let mut claims = with("/sub", json!("system:serviceaccount:default:other"));
                claims["kubernetes.io"]["serviceaccount"]["name"] = json!("other");
                rs256(&claims)
            }
            Self::WrongKey => {
                let other = p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap();
                signed(&json!({"alg": "ES256", "kid": EC_KID}), &claims(), |message| {
                    let signature: p256::ecdsa::Signature = other.sign(message);
                    signature.to_vec()
                })
            }
        };
        vec![one]
    }
}

pub(crate) fn settings() -> PodIdentitySettings {
    PodIdentitySettings {
        hosts: AllowedHosts::link_local(),
        issuer: ISSUER.into(),
        keys: Jwks::parse(&jwks().to_string()).unwrap(),
    }
}

pub(crate) fn associations() -> Associations {
    let mut all = Associations::default();
    let role = "arn:aws:iam::123456789012:role/role-x".parse().unwrap();
    all.insert("default", "my-account", role).unwrap();
    all
}

/// Both keys of the issuer.
pub(crate) fn jwks() -> Value {
    json!({"keys": [rsa_jwk(), ec_jwk()]})
}

pub(crate) fn rsa_jwk() -> Value {
    let (n, e) = (RSA.n().to_be_bytes(), RSA.e().to_be_bytes_trimmed_vartime());
    json!({"kty": "RSA", "kid": RSA_KID, "alg": "RS256", "use": "sig",
           "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e)})
}

pub(crate) fn ec_jwk() -> Value {
    let point = EC.verifying_key().to_sec1_point(false);
    let encode = |coordinate: Option<&[u8]>| URL_SAFE_NO_PAD.encode(coordinate.unwrap());
    json!({"kty": "EC", "kid": EC_KID, "crv": "P-256",
           "x": encode(point.x().map(AsRef::as_ref)), "y": encode(point.y().map(AsRef::as_ref))})
}

/// As Kubernetes makes them for a pod.
pub(crate) fn claims() -> Value {
    json!({
        "aud": [AUDIENCE],
        "exp": ISSUED.seconds() + LIFETIME,
        "iat": ISSUED.seconds(),
        "iss": ISSUER,
        "jti": "0e5f5d0e-2a3b-4f06-9f35-0a8b6a1d9a01",
        "kubernetes.io": {
            "namespace": "default",
            "node": {
                "name": "ip-10-0-0-10.ec2.internal",
                "uid": "11111111-2222-4333-8444-555555555555"
            },
            "pod": {
                "name": "my-pod-7d4b9c6f5-x2x9k",
                "uid": "99999999-2222-4333-8444-555555555555"
            },
            "serviceaccount": {
                "name": "my-account",
                "uid": "77777777-2222-4333-8444-555555555555"
            }
        },
        "nbf": ISSUED.seconds(),
        "sub": "system:serviceaccount:default:my-account"
    })
}

/// The claims with another value at a JSON pointer.
pub(crate) fn with(pointer: &str, value: Value) -> Value {
    let mut claims = claims();
    *claims.pointer_mut(pointer).unwrap() = value;
    claims
}

pub(crate) fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

pub(crate) fn rs256(claims: &Value) -> String {
    signed(&json!({"alg": "RS256", "kid": RSA_KID}), claims, rsa_signature)
}

pub(crate) fn es256(claims: &Value) -> String {
    signed(&json!({"alg": "ES256", "kid": EC_KID}), claims, |message| {
        let signature: p256::ecdsa::Signature = EC.sign(message);
        signature.to_vec()
    })
}

pub(crate) fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

pub(crate) fn rsa_signature(message: &[u8]) -> Vec<u8> {
    let key = rsa::pkcs1v15::SigningKey::<Sha256>::new(RSA.clone());
    key.sign_with_rng(&mut Steps(1), message).to_vec()
}

pub(crate) fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// An RSA key of `bits`.
pub(crate) fn rsa_key(bits: usize) -> rsa::PrivateKey {
    rsa::PrivateKey::new(&mut Steps(42), bits).unwrap()
}

static RSA: LazyLock<rsa::PrivateKey> = LazyLock::new(|| rsa_key(2048));
static EC: LazyLock<p256::ecdsa::SigningKey> =
    LazyLock::new(|| p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap());

/// Numbers that look drawn and are the same each time (splitmix64).
struct Steps(u64);

impl TryRng for Steps {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Steps {}
