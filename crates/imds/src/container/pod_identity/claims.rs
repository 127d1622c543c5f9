use rolecall_identity::Timestamp;
use serde::Deserialize;

use super::token::Signed;

/// The audience a token must be for. Source: contract/imds.md 1.11.
pub const AUDIENCE: &str = "pods.eks.amazonaws.com";
/// How far the clock of the issuer may be ahead. A token is never used past its end.
pub const CLOCK_SKEW_SECONDS_MAX: i64 = 60;

/// Why a genuine token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// `aud` is not [`AUDIENCE`].
    #[error("token has invalid audience")]
    Audience,
    /// `exp` is past.
    #[error("token is expired")]
    Expired,
    /// `iat` is to come.
    #[error("token used before issued")]
    Issued,
    /// `iss` is not the cluster.
    #[error("token has invalid issuer")]
    Issuer,
    /// There is no `exp`.
    #[error("token is missing required claim: exp claim is required")]
    NoExpiry,
    /// `kubernetes.io` names no pod, or has names that Kubernetes does not give.
    #[error("token is not bound to a pod")]
    NotBound,
    /// `nbf` is to come.
    #[error("token is not valid yet")]
    NotYet,
    /// `sub` is not the service account of `kubernetes.io`.
    #[error("token has invalid subject")]
    Subject,
}

/// A service account of a cluster and the pod that acts for it, proved by a token of the cluster.
///
/// Its names are names of Kubernetes: letters, digits, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    bound: Bound,
    not_after: Timestamp,
}

impl ServiceAccount {
    /// Checks the claims. Source: RFC 7519 section 4.1; Kubernetes, "Bound service account tokens".
    pub(super) fn of(signed: Signed, issuer: &str, now: Timestamp) -> Result<Self, ClaimError> {
        let claims = signed.into_claims();
        if issuer.is_empty() || claims.iss.as_deref() != Some(issuer) {
            return Err(ClaimError::Issuer);
        }
        if !claims.aud.names(AUDIENCE) {
            return Err(ClaimError::Audience);
        }
        let not_after = Timestamp::from_seconds(claims.exp.ok_or(ClaimError::NoExpiry)?);
        let latest = now.plus_seconds(CLOCK_SKEW_SECONDS_MAX);
        let is_ahead = |at: Option<i64>| at.is_some_and(|at| Timestamp::from_seconds(at) > latest);
        if now >= not_after {
            return Err(ClaimError::Expired);
        }
        if is_ahead(claims.nbf) {
            return Err(ClaimError::NotYet);
        }
        if is_ahead(claims.iat) {
            return Err(ClaimError::Issued);
        }
        let bound = claims.kubernetes.filter(Bound::is_named).ok_or(ClaimError::NotBound)?;
        if claims.sub.as_deref() != Some(&*bound.subject()) {
            return Err(ClaimError::Subject);
        }
        Ok(Self { bound, not_after })
    }

    /// The namespace of service account and pod.
    pub fn namespace(&self) -> &str {
        &self.bound.namespace
    }

    /// The service account's name.
    pub fn name(&self) -> &str {
        &self.bound.serviceaccount.name
    }

    /// The service account's unique id.
    pub fn uid(&self) -> &str {
        &self.bound.serviceaccount.uid
    }

    /// The pod's name.
    pub fn pod(&self) -> &str {
        &self.bound.pod.name
    }

    /// The pod's unique id.
    pub fn pod_uid(&self) -> &str {
        &self.bound.pod.uid
    }

    /// The node the pod runs on. Kubernetes says it since 1.30.
    pub fn node(&self) -> Option<&str> {
        self.bound.node.as_ref().map(|node| node.name.as_str())
    }

    /// The unique id of that node.
    pub fn node_uid(&self) -> Option<&str> {
        self.bound.node.as_ref().map(|node| node.uid.as_str())
    }

    /// When the token ends: no answer may be kept for it longer.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

/// The claims of a token, as it makes them. Others are not ours to read.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    #[serde(default)]
    aud: Audience,
    exp: Option<i64>,
    nbf: Option<i64>,
    iat: Option<i64>,
    #[serde(rename = "kubernetes.io")]
    kubernetes: Option<Bound>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    Many(Vec<String>),
    One(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Bound {
    namespace: String,
    serviceaccount: Named,
    pod: Named,
    node: Option<Named>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Named {
    name: String,
    uid: String,
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::Many(all) => all.iter().any(|one| one == audience),
            Self::One(one) => one == audience,
        }
    }
}

impl Default for Audience {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Bound {
    fn is_named(&self) -> bool {
        let all = [Some(&self.serviceaccount), Some(&self.pod), self.node.as_ref()];
        is_name(&self.namespace, NAMESPACE_BYTES_MAX)
            && !self.namespace.contains('.')
            && all.into_iter().flatten().all(|named| {
                is_name(&named.name, NAME_BYTES_MAX) && is_name(&named.uid, UID_BYTES_MAX)
            })
    }

    fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.serviceaccount.name)
    }
}

/// A name of Kubernetes (RFC 1123), which fits a session tag and a session name.
fn is_name(name: &str, bytes_max: usize) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    !name.is_empty() && name.len() <= bytes_max && name.bytes().all(fits)
}

/// Source: Kubernetes, "Object names and ids".
const NAMESPACE_BYTES_MAX: usize = 63;
const NAME_BYTES_MAX: usize = 253;
const UID_BYTES_MAX: usize = 64;
