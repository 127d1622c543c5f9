use rolecall_identity::{AccountId, Credentials, Entropy, SessionPrincipal, Timestamp};
use rolecall_token::Keyring;

use crate::instance_session::{Delivered, deliver};
use crate::service_trust::ServiceAssumes;
use crate::state::{Instance, Role, State};

/// The two key sets that the metadata service holds for an instance. They end together.
#[derive(Debug, Clone)]
pub struct InstanceCredentials {
    /// The account of the role.
    pub account: AccountId,
    /// The role's name.
    pub role_name: String,
    /// The role's ARN.
    pub role_arn: String,
    /// What a fetch without a metadata token gets.
    pub v1: Credentials,
    /// What a fetch with a metadata token gets.
    pub v2: Credentials,
    /// When they were made.
    pub issued_at: Timestamp,
    /// When they end.
    pub expiration: Timestamp,
}

/// Why an instance has no role credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstanceRoleError {
    /// The instance has no profile.
    #[error("the instance has no instance profile")]
    NoProfile,
    /// The profile was deleted.
    #[error("instance profile `{0}` does not exist")]
    ProfileGone(String),
    /// The profile holds no role, or one that was deleted.
    #[error("instance profile `{0}` has no role")]
    RoleGone(String),
    /// The role's trust policy does not let EC2 assume it.
    #[error("role `{0}` does not trust ec2.amazonaws.com")]
    TrustDenied(String),
    /// The role could be assumed, and nobody made credentials of it: the instance's data is not fit
    /// for an ARN, or the session does not fit a token.
    #[error("no credentials of role `{0}` can be made for the instance")]
    Unavailable(String),
}

/// Credentials are minted anew when they have this long left: thirty minutes.
///
/// botocore rewrites the expiry of what has less than 25 minutes (contract/imds.md section 0).
pub const ROTATE_SECONDS_BEFORE_END: i64 = 30 * 60;

/// Assumes the role of an instance's profile as EC2 does, once for each delivery version.
pub fn mint_instance_credentials(
    state: &State,
    keyring: &Keyring,
    instance: &Instance,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<InstanceCredentials, InstanceRoleError> {
    let role = instance_role(state, instance)?;
    let assumed = ServiceAssumes {
        service: "ec2.amazonaws.com",
        account: instance.account,
        role,
        session_name: instance.id.as_str(),
        source: None,
        tags: &[],
    };
    if !assumed.is_trusted_with(&["sts:AssumeRole"], now) {
        return Err(InstanceRoleError::TrustDenied(role.name.clone()));
    }
    let principal = SessionPrincipal::Role {
        role: role.id.clone(),
        role_name: role.name.clone(),
        session_name: instance.id.to_string(),
    };
    let delivered = deliver(keyring, instance, &principal, now, entropy);
    let Delivered { v1, v2, issued_at, expiration } =
        delivered.ok_or_else(|| InstanceRoleError::Unavailable(role.name.clone()))?;
    Ok(InstanceCredentials {
        account: instance.account,
        role_name: role.name.clone(),
        role_arn: role.arn.clone(),
        v1,
        v2,
        issued_at,
        expiration,
    })
}

/// The role of an instance's profile, whether or not it trusts EC2.
pub fn instance_role<'a>(
    state: &'a State,
    instance: &Instance,
) -> Result<&'a Role, InstanceRoleError> {
    let name = instance.profile.as_deref().ok_or(InstanceRoleError::NoProfile)?;
    let account = state.account(instance.account);
    let profile = account.and_then(|account| account.instance_profile(name));
    let profile = profile.ok_or_else(|| InstanceRoleError::ProfileGone(name.to_owned()))?;
    let role = profile.role.as_deref().and_then(|role| account?.role(role));
    role.map(AsRef::as_ref).ok_or_else(|| InstanceRoleError::RoleGone(name.to_owned()))
}
