use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::claims::Claims;
use super::jwks::Jwks;

/// Longest token read. Those of Kubernetes have about one kilobyte.
pub const TOKEN_BYTES_MAX: usize = 8192;

/// Why a text is no token of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// `none`, a shared secret, or another algorithm than the key's.
    #[error("token signature is invalid: signing method is not that of the key")]
    Algorithm,
    /// The header or the claims are not base64url, not JSON or not of their form.
    #[error("token is malformed: could not decode the {0}")]
    Part(&'static str),
    /// Not three parts.
    #[error("token contains an invalid number of segments")]
    Segments,
    /// `Authorization` was given several times.
    #[error("token is malformed: there are several")]
    SeveralTokens,
    /// Somebody else signed it, or it was changed.
    #[error("token signature is invalid")]
    Signature,
    /// Past the limit.
    #[error("token is malformed: it has more than {TOKEN_BYTES_MAX} bytes")]
    TooLong,
    /// No `kid`, or one that no key has.
    #[error("token is unverifiable: its key is not known")]
    UnknownKey,
    /// An extension that must be understood (`crit`, RFC 7515 section 4.1.11).
    #[error("token is unverifiable: it needs an extension that is not known")]
    UnknownExtension,
}

/// Claims that a key of the issuer signed. Nothing but [`verify`] makes one.
pub(super) struct Signed(Claims);

impl Signed {
    pub(super) fn into_claims(self) -> Claims {
        self.0
    }
}

/// Checks the signature of a JWS in compact form, and reads its claims only then.
///
/// Source: RFC 7515 section 5.2, RFC 8725 sections 3.1 to 3.3.
pub(super) fn verify(presented: &[u8], keys: &Jwks) -> Result<Signed, Malformed> {
    if presented.len() > TOKEN_BYTES_MAX {
        return Err(Malformed::TooLong);
    }
    let text = str::from_utf8(presented).map_err(|_| Malformed::Segments)?;
    let (message, signature) = text.rsplit_once('.').ok_or(Malformed::Segments)?;
    let (header, claims) = message.split_once('.').ok_or(Malformed::Segments)?;
    if claims.contains('.') {
        return Err(Malformed::Segments);
    }
    let header: Header = json(header, "header")?;
    if header.crit.is_some() {
        return Err(Malformed::UnknownExtension);
    }
    let kid = header.kid.ok_or(Malformed::UnknownKey)?;
    let key = keys.key(&kid).ok_or(Malformed::UnknownKey)?;
    if header.alg != key.algorithm() {
        return Err(Malformed::Algorithm);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Malformed::Signature)?;
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(Malformed::Signature);
    }
    Ok(Signed(json(claims, "claims")?))
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

fn json<T: for<'de> Deserialize<'de>>(part: &str, name: &'static str) -> Result<T, Malformed> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed::Part(name))?;
    serde_json::from_slice(&bytes).map_err(|_| Malformed::Part(name))
}
