use rolecall_identity::UniqueIdKind;

use super::entity::{self, change, new_entity, operation, own_account, path_prefix, target};
use super::page::page;
use super::quota;
use super::roles::{self, find_role, role_fields};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, InstanceProfile, NewEntity};

pub(super) const OPERATIONS: &[Operation] = &[
    operation(
        "AddRoleToInstanceProfile",
        false,
        &["InstanceProfileName", "RoleName"],
        add_role_target,
        add_role,
    ),
    operation(
        "CreateInstanceProfile",
        false,
        &["InstanceProfileName", "Path"],
        profile_target,
        create_instance_profile,
    ),
    operation(
        "DeleteInstanceProfile",
        false,
        &["InstanceProfileName"],
        profile_target,
        delete_instance_profile,
    ),
    operation(
        "GetInstanceProfile",
        true,
        &["InstanceProfileName"],
        profile_target,
        get_instance_profile,
    ),
    operation(
        "ListInstanceProfiles",
        true,
        &["Marker", "MaxItems", "PathPrefix"],
        list_target,
        list_instance_profiles,
    ),
    operation(
        "ListInstanceProfilesForRole",
        true,
        &["Marker", "MaxItems", "RoleName"],
        roles::role_target,
        list_for_role,
    ),
    operation(
        "RemoveRoleFromInstanceProfile",
        false,
        &["InstanceProfileName", "RoleName"],
        profile_target,
        remove_role,
    ),
];

const NAME: Field = Field::new("InstanceProfileName", 1, 128, Pattern::NameNonEmpty);

fn profile_target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("InstanceProfileName").unwrap_or_default();
    let profile = call.account().and_then(|account| account.instance_profile(name));
    let arn = profile.map(|profile| profile.arn.clone());
    target(call, params, "instance-profile", arn, name)
}

/// Who puts a role into a profile hands the role to EC2.
fn add_role_target(call: &Call<'_>, params: &Params) -> Target {
    let role = roles::passed_to_ec2(call, params.get("RoleName").unwrap_or_default());
    profile_target(call, params).besides("iam:PassRole", role)
}

fn list_target(call: &Call<'_>, params: &Params) -> Target {
    entity::list_target(call, params, "instance-profile")
}

fn find<'a>(call: &Call<'a>, params: &Params) -> Result<&'a InstanceProfile, ApiError> {
    let name = NAME.required(params)?;
    let profile = call.account().and_then(|account| account.instance_profile(name));
    profile.ok_or_else(|| {
        let message = format!("Instance Profile {name} cannot be found.");
        ApiError::new("NoSuchEntity", message)
    })
}

fn create_instance_profile(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = NAME.required(params)?;
    if find(call, params).is_ok() {
        let message = format!("Instance Profile {name} already exists.");
        return Err(ApiError::new("EntityAlreadyExists", message));
    }
    let entity = new_entity(call, params, UniqueIdKind::InstanceProfile, name)?;
    let NewEntity { id, name, path, created } = entity.clone();
    let arn = own_account(call)?.iam_arn("instance-profile", &path, &name);
    let profile = InstanceProfile { id, arn, name, path, created, role: None };
    let fields = profile_fields(call, &profile);
    let done = change(call, AccountChange::InstanceProfileCreated(entity));
    Ok(done.answering(vec![Element::fields("InstanceProfile", fields)]))
}

fn profile_fields(call: &Call<'_>, profile: &InstanceProfile) -> Vec<Element> {
    let role = profile.role.as_deref().and_then(|name| find_role(call, name).ok());
    let roles = role.map(|role| Body::Fields(role_fields(role)));
    vec![
        Element::text("Path", profile.path.as_str()),
        Element::text("InstanceProfileName", profile.name.as_str()),
        Element::text("InstanceProfileId", profile.id.as_str()),
        Element::text("Arn", profile.arn.as_str()),
        Element::time("CreateDate", profile.created),
        Element::items("Roles", roles),
    ]
}

fn get_instance_profile(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let fields = profile_fields(call, find(call, params)?);
    Ok(Done::output(vec![Element::fields("InstanceProfile", fields)]))
}

fn list_instance_profiles(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let prefix = path_prefix(params)?;
    list(call, params, |profile| profile.path.starts_with(prefix))
}

fn list_for_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let role = find_role(call, roles::NAME.required(params)?)?;
    list(call, params, |profile| holds(profile, &role.name))
}

fn list(
    call: &Call<'_>,
    params: &Params,
    shown: impl Fn(&InstanceProfile) -> bool,
) -> Result<Done, ApiError> {
    let profiles = call.account().into_iter().flat_map(|account| account.instance_profiles());
    let profiles = profiles.filter(|profile| shown(profile));
    let body = |profile: &&InstanceProfile| Body::Fields(profile_fields(call, profile));
    Ok(Done::output(page(params, "InstanceProfiles", profiles, |profile| &profile.name, body)?))
}

fn add_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let profile = find(call, params)?;
    let role = find_role(call, roles::NAME.required(params)?)?;
    if profile.role.is_some() {
        return Err(quota::exceeded("InstanceSessionsPerInstanceProfile", 1));
    }
    set_role(call, profile, Some(role.name.clone()))
}

fn remove_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let profile = find(call, params)?;
    let role = roles::NAME.required(params)?;
    if !holds(profile, role) {
        return Err(ApiError::no_such_entity("role", role));
    }
    set_role(call, profile, None)
}

fn set_role(
    call: &Call<'_>,
    profile: &InstanceProfile,
    role: Option<String>,
) -> Result<Done, ApiError> {
    let name = profile.name.clone();
    Ok(change(call, AccountChange::InstanceProfileRoleSet { name, role }))
}

fn delete_instance_profile(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let profile = find(call, params)?;
    if profile.role.is_some() {
        return Err(ApiError::delete_conflict("remove roles from instance profile"));
    }
    let name = profile.name.clone();
    Ok(change(call, AccountChange::InstanceProfileDeleted { name }))
}

fn holds(profile: &InstanceProfile, role: &str) -> bool {
    profile.role.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(role))
}
