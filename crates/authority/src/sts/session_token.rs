use rolecall_identity::SessionPrincipal;

use crate::call::Call;
use crate::caller::CallerKind;
use crate::error::ApiError;
use crate::field::number;
use crate::operation::Done;
use crate::params::Params;
use crate::sts::sessions::{claims, refuse_mfa, vend};

/// Temporary credentials of the caller itself. No policy gates it; session credentials cannot call.
pub(super) fn get_session_token(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    if call.caller.claims().is_some() {
        return Err(ApiError::access_denied(
            "Cannot call GetSessionToken with session credentials",
        ));
    }
    let asked = number(params, "DurationSeconds", 900..=129_600, 43_200)?;
    refuse_mfa(params)?;
    let (principal, duration) = match call.caller.kind() {
        CallerKind::User(user) => {
            let (user, user_name) = (user.id.clone(), user.name.clone());
            (SessionPrincipal::User { user, user_name }, asked)
        }
        _ => (SessionPrincipal::Root, asked.min(ROOT_SECONDS_MAX)),
    };
    let claims = claims(call, principal, duration);
    Ok(Done::output(vend(call, params, &claims)?))
}

pub(super) const PARAMS: &[&str] =
    &["DurationSeconds", "MinimumSessionTokenSize", "SerialNumber", "TokenCode"];

/// A longer session of the root silently becomes this. Source: STS API reference.
pub(super) const ROOT_SECONDS_MAX: i64 = 3600;
