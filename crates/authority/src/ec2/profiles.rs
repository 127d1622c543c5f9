//! The instance profile that a request names, and the role that goes with it.

use super::resource::{invalid, missing};
use crate::call::Call;
use crate::error::ApiError;
use crate::iam::passed_to_ec2;
use crate::operation::Target;
use crate::params::Params;
use crate::state::InstanceProfile;

/// The profile, by name or by ARN.
pub(super) fn named<'a>(call: &Call<'a>, params: &Params) -> Result<&'a InstanceProfile, ApiError> {
    match (params.get("IamInstanceProfile.Name"), params.get("IamInstanceProfile.Arn")) {
        (Some(name), None) => by_name(call, name).ok_or_else(|| {
            invalid(name, "iamInstanceProfile.name", "Invalid IAM Instance Profile name")
        }),
        (None, Some(arn)) => by_arn(call, arn).ok_or_else(|| {
            invalid(arn, "iamInstanceProfile.arn", "Invalid IAM Instance Profile ARN")
        }),
        (None, None) => Err(missing("iamInstanceProfile.name")),
        (Some(_), Some(_)) => Err(ApiError::new(
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with \
             'iamInstanceProfile.arn'",
        )),
    }
}

/// What giving an instance this profile takes: the right to pass the profile's role to EC2.
///
/// A profile without a role passes none; whoever puts one in later must be allowed to pass it.
pub(super) fn with_profile(
    target: Target,
    call: &Call<'_>,
    profile: &InstanceProfile,
    instance_arn: &str,
) -> Target {
    let target = target.with("ec2:NewInstanceProfile", &profile.arn);
    match &profile.role {
        Some(role) => {
            let role = passed_to_ec2(call, role).with("iam:AssociatedResourceArn", instance_arn);
            target.besides("iam:PassRole", role)
        }
        None => target,
    }
}

fn by_name<'a>(call: &Call<'a>, name: &str) -> Option<&'a InstanceProfile> {
    call.account()?.instance_profile(name)
}

fn by_arn<'a>(call: &Call<'a>, arn: &str) -> Option<&'a InstanceProfile> {
    let profile = by_name(call, arn.rsplit('/').next()?)?;
    (profile.arn == arn).then_some(profile)
}
