//! Which service account a pod acts for: the EKS Pod Identity agent.
//!
//! Four steps, of which the third is the caller's:
//!
//! 1. [`authenticate`] checks host and token, and alone makes a [`ServiceAccount`].
//! 2. [`Associations::role_of`] finds the role of that service account.
//! 3. Credentials are minted for the role, with [`session_tags`] and a [`session_name`].
//! 4. [`credentials_response`] renders them.
//!
//! Source: EKS user guide, "Learn how EKS Pod Identity grants pods access to AWS services";
//! contract/imds.md 1.11. Tokens are those of Kubernetes: RFC 7519, signed with RS256 or ES256.

mod association;
mod claims;
mod host;
mod jwks;
mod refusal;
mod session;
mod token;

use rolecall_identity::{AccountId, Credentials, Timestamp};
use serde_json::Value;

pub use association::{Associations, DuplicateAssociation};
pub use claims::{AUDIENCE, CLOCK_SKEW_SECONDS_MAX, ClaimError, ServiceAccount};
pub use host::AllowedHosts;
pub use jwks::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, Jwks, JwksError};
pub use refusal::Refusal;
pub use session::{Cluster, ClusterError, session_name, session_tags};
pub use token::{Malformed, TOKEN_BYTES_MAX};

use super::credentials::{deliverable_end, session_token};
use super::json::{object, response};
use crate::document::time;
use crate::path::normalise;
use crate::request::Presented;
use crate::response::Response;

/// A request to the agent.
#[derive(Debug, Clone, Copy)]
pub struct PodIdentityRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as received.
    pub target: &'a str,
    /// `Host`.
    pub host: Presented<'a>,
    /// `Authorization`: the token, without a scheme before it.
    pub authorization: Presented<'a>,
}

/// Whom the agent believes.
#[derive(Debug, Clone)]
pub struct PodIdentitySettings {
    /// The hosts it may be called by.
    pub hosts: AllowedHosts,
    /// The issuer of the cluster's tokens, as `iss` has it. An empty one issues nothing.
    pub issuer: String,
    /// The issuer's public keys.
    pub keys: Jwks,
}

/// Proves who asks: the service account of a token that was checked in every respect.
pub fn authenticate(
    now: Timestamp,
    settings: &PodIdentitySettings,
    request: &PodIdentityRequest<'_>,
) -> Result<ServiceAccount, Refusal> {
    if normalise(request.target).as_deref() != Some("v1/credentials") {
        return Err(Refusal::Path);
    }
    if request.method != "GET" {
        return Err(Refusal::Method);
    }
    settings.hosts.check(request.target, request.host)?;
    let presented = match request.authorization {
        Presented::Absent | Presented::Once(b"") => return Err(Refusal::NoToken),
        Presented::Many => return Err(Malformed::SeveralTokens.into()),
        Presented::Once(presented) => presented,
    };
    let claims = token::verify(presented, &settings.keys)?;
    Ok(ServiceAccount::of(claims, &settings.issuer, now)?)
}

/// Delivers what was minted for a service account; 503 if less than ten minutes of it are left.
pub fn credentials_response(
    now: Timestamp,
    keys: &Credentials,
    account: &AccountId,
) -> Result<Response, Refusal> {
    let end = deliverable_end(now, keys.expiration).ok_or(Refusal::NoCredentials)?;
    let body = object(&[
        ("AccessKeyId", Value::from(keys.access_key_id.as_str())),
        ("SecretAccessKey", Value::from(keys.secret_access_key.expose())),
        ("Token", session_token(keys)),
        ("AccountId", Value::from(account.to_string())),
        ("Expiration", time(end)),
    ]);
    Ok(response(200, body))
}
