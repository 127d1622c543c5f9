use super::claims::ClaimError;
use super::token::Malformed;
use crate::response::{ContentType, Response};

/// Why the agent gives no credentials. The text is what the client reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: the token is genuine and must not be used here or now.
    #[error("Service account token failed basic claim validations: {0}")]
    Claims(#[from] ClaimError),
    /// 403: called by a name that may be somebody else's.
    #[error(
        "Access Denied. Called agent through invalid address, \
         please use either {allowed} address not {host}"
    )]
    Host {
        /// The hosts that are allowed, as Go prints a list.
        allowed: String,
        /// The host that was used.
        host: String,
    },
    /// 400: the token is no token of the issuer.
    #[error("Service account token cannot be parsed: {0}")]
    Malformed(#[from] Malformed),
    /// 405: not `GET`.
    #[error("")]
    Method,
    /// 404: no role is associated with the service account.
    // AWS: uncertain, EKS Auth's code and a text of ours.
    #[error(
        "ResourceNotFoundException: no association was found for service account \
         `{name}` in namespace `{namespace}`"
    )]
    NoAssociation {
        /// The namespace.
        namespace: String,
        /// The service account.
        name: String,
    },
    /// 503: no credentials with enough life left.
    // AWS: uncertain, as above.
    #[error("ServiceUnavailableException: credentials are not available yet")]
    NoCredentials,
    /// 400: no token.
    #[error("Service account token cannot be empty")]
    NoToken,
    /// 404: another path.
    #[error("404 page not found")]
    Path,
}

impl Refusal {
    /// The answer on the wire.
    pub fn response(&self) -> Response {
        let status = match self {
            Self::Claims(_) | Self::Malformed(_) | Self::NoToken => 400,
            Self::Host { .. } => 403,
            Self::NoAssociation { .. } | Self::Path => 404,
            Self::Method => return Response { allow: Some("GET"), ..Response::empty(405) },
            Self::NoCredentials => 503,
        };
        Response::with_body(status, ContentType::Text, self.to_string())
    }
}
