//! What every operation that vends credentials shares.

use rolecall_identity::{AccessKeyId, AccessKeyKind, Credentials, SessionClaims, SessionPrincipal};
use rolecall_token::{SESSION_TOKEN_BYTES_MAX, SESSION_TOKEN_SIZE_MINIMUM_MAX};

use crate::call::Call;
use crate::error::ApiError;
use crate::field::number;
use crate::output::Element;
use crate::params::Params;

/// A session of `principal` that begins now.
pub(super) fn claims(
    call: &Call<'_>,
    principal: SessionPrincipal,
    duration_seconds: i64,
) -> SessionClaims {
    let issued_at = call.now.whole_second();
    SessionClaims {
        account: call.account_id(),
        principal,
        issued_at,
        not_after: issued_at.plus_seconds(duration_seconds),
        source_identity: None,
        tags: Vec::new(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        mfa_at: None,
        chain_depth: 0,
        instance: None,
    }
}

/// Seals a session and answers its credentials.
pub(super) fn vend(
    call: &mut Call<'_>,
    params: &Params,
    claims: &SessionClaims,
) -> Result<Vec<Element>, ApiError> {
    let most = SESSION_TOKEN_SIZE_MINIMUM_MAX as i64;
    let size_min = number(params, "MinimumSessionTokenSize", 0..=most, 0)?;
    let id = AccessKeyId::mint(AccessKeyKind::Temporary, claims.account, call.entropy);
    let size_min = usize::try_from(size_min).unwrap_or_default();
    let credentials = call
        .keyring
        .seal_session(id, claims, size_min, call.entropy)
        .map_err(|error| ApiError::new("PackedPolicyTooLarge", error.to_string()))?;
    let size = credentials.session_token.as_ref().map_or(0, |token| token.expose().len());
    let utilization = size * 100 / SESSION_TOKEN_BYTES_MAX;
    Ok(vec![
        Element::fields("Credentials", elements(&credentials)),
        Element::text("SessionTokenSize", size.to_string()),
        Element::text("SessionTokenUtilization", utilization.to_string()),
    ])
}

fn elements(credentials: &Credentials) -> Vec<Element> {
    let token = credentials.session_token.as_ref();
    let expiration = credentials.expiration.map(|end| Element::time("Expiration", end));
    [
        Element::text("AccessKeyId", credentials.access_key_id.as_str()),
        Element::secret("SecretAccessKey", credentials.secret_access_key.expose()),
        Element::secret("SessionToken", token.map(|token| token.expose()).unwrap_or_default()),
    ]
    .into_iter()
    .chain(expiration)
    .collect()
}

/// MFA devices do not exist here yet, so no code is right.
pub(super) fn refuse_mfa(params: &Params) -> Result<(), ApiError> {
    if params.get("SerialNumber").is_none() && params.get("TokenCode").is_none() {
        return Ok(());
    }
    Err(ApiError::access_denied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
         serial number is valid and associated with this user.",
    ))
}
