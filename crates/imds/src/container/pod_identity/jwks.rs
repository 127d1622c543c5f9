use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::BoxedUint;
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;
use serde::Deserialize;

/// Longest key set read.
pub const JWKS_BYTES_MAX: usize = 64 * 1024;
/// Most keys in a set: an issuer has one or two, and more while it rotates.
pub const JWKS_KEYS_MAX: usize = 32;

/// The public keys of an issuer, by their ids. Source: RFC 7517.
///
/// A key has one algorithm, which follows from its kind: RS256 for RSA, ES256 for P-256. What the
/// header of a token says is compared with it, and chooses nothing.
#[derive(Debug, Clone)]
pub struct Jwks(BTreeMap<String, PublicKey>);

/// The text is not a key set that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// A key of a kind we use that is none.
    #[error("key `{kid}` is not a public key: {reason}")]
    BadKey {
        /// The key's id.
        kid: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An id that two keys have.
    #[error("two keys have the id `{0}`")]
    Duplicate(String),
    /// Not the JSON of a key set.
    #[error("not a JSON Web Key Set: {0}")]
    Form(String),
    /// Nothing in it that signs with RS256 or ES256.
    #[error("no key with an id signs with RS256 or ES256")]
    NoKeys,
    /// Past a limit.
    #[error("more than {JWKS_BYTES_MAX} bytes or {JWKS_KEYS_MAX} keys")]
    TooLarge,
}

#[derive(Debug, Clone)]
pub(super) enum PublicKey {
    Es256(p256::ecdsa::VerifyingKey),
    Rs256(rsa::PublicKey),
}

impl Jwks {
    /// Reads a key set. Keys for other uses or algorithms, and keys without id, are passed over.
    pub fn parse(json: &str) -> Result<Self, JwksError> {
        if json.len() > JWKS_BYTES_MAX {
            return Err(JwksError::TooLarge);
        }
        let set: Set = serde_json::from_str(json).map_err(|e| JwksError::Form(e.to_string()))?;
        if set.keys.len() > JWKS_KEYS_MAX {
            return Err(JwksError::TooLarge);
        }
        let mut keys = BTreeMap::new();
        for jwk in set.keys {
            let Some(kid) = jwk.kid.clone().filter(|kid| !kid.is_empty()) else { continue };
            let read = jwk.public_key();
            let read = read.map_err(|reason| JwksError::BadKey { kid: kid.clone(), reason })?;
            let Some(key) = read else { continue };
            if keys.insert(kid.clone(), key).is_some() {
                return Err(JwksError::Duplicate(kid));
            }
        }
        if keys.is_empty() { Err(JwksError::NoKeys) } else { Ok(Self(keys)) }
    }

    pub(super) fn key(&self, kid: &str) -> Option<&PublicKey> {
        self.0.get(kid)
    }
}

impl PublicKey {
    /// The only algorithm it verifies.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    /// Source: RFC 7518 sections 3.3 and 3.4.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::Rs256(key) => {
                let key = rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key.clone());
                rsa::pkcs1v15::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
        }
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Jwk>,
}

/// One key; other members are not ours to read.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// `None` for a key of no use here.
    fn public_key(&self) -> Result<Option<PublicKey>, &'static str> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return Ok(None);
        }
        match (self.kty.as_str(), self.alg.as_deref(), self.crv.as_deref()) {
            ("RSA", None | Some("RS256"), _) => self.rsa().map(Some),
            ("EC", None | Some("ES256"), Some("P-256")) => self.p256().map(Some),
            _ => Ok(None),
        }
    }

    fn rsa(&self) -> Result<PublicKey, &'static str> {
        let [n, e] = [(&self.n, "`n`"), (&self.e, "`e`")].map(|(text, name)| decoded(text, name));
        let [n, e] = [n?, e?].map(|bytes| BoxedUint::from_be_slice_vartime(&bytes));
        rsa::PublicKey::new_with_size_limits(n, e, RSA_BITS_MIN..=RSA_BITS_MAX)
            .map(PublicKey::Rs256)
            .map_err(|_| "expected 2048 to 4096 bits and an odd exponent")
    }

    fn p256(&self) -> Result<PublicKey, &'static str> {
        let coordinate = |text, name| {
            let bytes = decoded(text, name)?;
            <[u8; 32]>::try_from(bytes).map_err(|_| "a coordinate is not of 32 bytes")
        };
        let [x, y] = [coordinate(&self.x, "`x`")?, coordinate(&self.y, "`y`")?];
        let point = [&[SEC1_UNCOMPRESSED][..], &x, &y].concat();
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
            .map(PublicKey::Es256)
            .map_err(|_| "the point is not on the curve")
    }
}

fn decoded(text: &Option<String>, name: &'static str) -> Result<Vec<u8>, &'static str> {
    let text = text.as_deref().ok_or(name)?;
    if text.len() > NUMBER_CHARACTERS_MAX {
        return Err("a number is too long");
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a number is not base64url")
}

/// Source: RFC 7518 section 3.3.
const RSA_BITS_MIN: usize = 2048;
const RSA_BITS_MAX: usize = 4096;
/// 512 bytes in base64.
const NUMBER_CHARACTERS_MAX: usize = 683;
/// Source: SEC 1 section 2.3.3.
const SEC1_UNCOMPRESSED: u8 = 4;
