use std::sync::Arc;

use rolecall_identity::UniqueIdKind;

use super::entity::{
    self, DESCRIPTION, change, encoded, new_entity, operation, path_prefix, tag_elements, tags,
    target, with_resource_tags,
};
use super::page::page;
use super::{boundary, quota, trust_document};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern, number};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, Holder, Role, RoleSettings};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateRole", false, CREATE_PARAMS, create_target, create_role),
    operation("DeleteRole", false, &["RoleName"], role_target, delete_role),
    operation("GetRole", true, &["RoleName"], role_target, get_role),
    operation("ListRoles", true, &["Marker", "MaxItems", "PathPrefix"], list_target, list_roles),
    operation(
        "UpdateAssumeRolePolicy",
        false,
        &["PolicyDocument", "RoleName"],
        role_target,
        update_assume_role_policy,
    ),
    operation(
        "UpdateRole",
        false,
        &["Description", "MaxSessionDuration", "RoleName"],
        role_target,
        update_role,
    ),
];

const CREATE_PARAMS: &[&str] = &[
    "AssumeRolePolicyDocument",
    "Description",
    "MaxSessionDuration",
    "Path",
    "PermissionsBoundary",
    "RoleName",
    "Tags.member.N.Key",
    "Tags.member.N.Value",
];
/// A role name on creation; look-ups take up to 128 characters.
const NEW_NAME: Field = Field::new("RoleName", 1, 64, Pattern::NameNonEmpty);
pub(super) const NAME: Field = Field::new("RoleName", 1, 128, Pattern::NameNonEmpty);
const TRUST: Field = Field::new("AssumeRolePolicyDocument", 1, 131_072, Pattern::Any);
const NEW_TRUST: Field = Field::new("PolicyDocument", 1, 131_072, Pattern::Any);
const SESSION_SECONDS_DEFAULT: i64 = 3600;

pub(super) fn role_target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("RoleName").unwrap_or_default();
    let role = call.account().and_then(|account| account.role(name));
    let arn = role.map(|role| role.arn.clone());
    let target = target(call, params, "role", arn, name);
    with_resource_tags(target, role.map_or(&[], |role| &role.tags))
}

/// A role that is handed to EC2.
///
/// Source: IAM user guide, "Grant a user permissions to pass a role to an AWS service".
pub(crate) fn passed_to_ec2(call: &Call<'_>, name: &str) -> Target {
    let role = call.account().and_then(|account| account.role(name));
    let arn = role.map(|role| role.arn.clone());
    let target = target(call, &Params::default(), "role", arn, name);
    let target = target.with("iam:PassedToService", "ec2.amazonaws.com");
    with_resource_tags(target, role.map_or(&[], |role| &role.tags))
}

fn create_target(call: &Call<'_>, params: &Params) -> Target {
    // Tags that do not read are refused by the operation.
    let tags = tags(params).unwrap_or_default();
    boundary::with_key(role_target(call, params), params).tagging("iam:TagRole", &tags)
}

fn list_target(call: &Call<'_>, params: &Params) -> Target {
    entity::list_target(call, params, "role")
}

/// The role a request names.
pub(super) fn find_role<'a>(call: &Call<'a>, name: &str) -> Result<&'a Arc<Role>, ApiError> {
    let role = call.account().and_then(|account| account.role(name));
    role.ok_or_else(|| ApiError::no_such_entity("role", name))
}

fn create_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = NEW_NAME.required(params)?;
    let document = TRUST.required(params)?;
    if find_role(call, name).is_ok() {
        return Err(ApiError::already_exists("Role", name));
    }
    let settings = RoleSettings {
        description: DESCRIPTION.optional(params)?.map(str::to_owned),
        session_seconds_max: number(
            params,
            "MaxSessionDuration",
            3600..=43_200,
            SESSION_SECONDS_DEFAULT,
        )?,
    };
    let trust = trust_document(call.state, document)?;
    quota::trust(document)?;
    let tags = tags(params)?;
    let boundary = boundary::optional(call, params)?;
    let entity = new_entity(call, params, UniqueIdKind::Role, name)?;
    let arn = call.account().map(|account| account.iam_arn("role", &entity.path, name));
    let mut role = vec![
        Element::text("Path", entity.path.as_str()),
        Element::text("RoleName", name),
        Element::text("RoleId", entity.id.as_str()),
        Element::text("Arn", arn.clone().unwrap_or_default()),
        Element::time("CreateDate", entity.created),
        Element::text("AssumeRolePolicyDocument", encoded(document)),
    ];
    role.extend(settings.description.as_deref().map(|text| Element::text("Description", text)));
    if settings.session_seconds_max != SESSION_SECONDS_DEFAULT {
        role.push(max_session(settings.session_seconds_max));
    }
    role.extend(boundary.as_ref().map(boundary::element));
    role.extend(tag_elements(&tags));
    let done = change(call, AccountChange::RoleCreated { entity, settings, trust, tags });
    let mut done = boundary::set_with(done, call, Holder::Role(name.to_owned()), boundary);
    done.resources = arn.map(|arn| (arn, "AWS::IAM::Role")).into_iter().collect();
    Ok(done.answering(vec![Element::fields("Role", role)]))
}

fn get_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let role = find_role(call, NAME.required(params)?)?;
    let mut fields = role_fields(role);
    fields.extend(tag_elements(&role.tags));
    fields.push(Element::fields("RoleLastUsed", Vec::new()));
    Ok(Done::output(vec![Element::fields("Role", fields)]))
}

/// What every listing of a role shows. Source: contract/authority.md section 6.5.
pub(super) fn role_fields(role: &Role) -> Vec<Element> {
    let mut fields = vec![
        Element::text("Path", role.path.as_str()),
        Element::text("RoleName", role.name.as_str()),
        Element::text("RoleId", role.id.as_str()),
        Element::text("Arn", role.arn.as_str()),
        Element::time("CreateDate", role.created),
        Element::text("AssumeRolePolicyDocument", encoded(role.trust.policy.text())),
    ];
    fields.extend(role.description.as_deref().map(|text| Element::text("Description", text)));
    fields.push(max_session(role.session_seconds_max));
    fields.extend(role.policies.boundary.as_ref().map(boundary::element));
    fields
}

fn max_session(seconds: i64) -> Element {
    Element::text("MaxSessionDuration", seconds.to_string())
}

fn list_roles(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let prefix = path_prefix(params)?;
    let roles = call.account().into_iter().flat_map(|account| account.roles());
    let roles = roles.filter(|role| role.path.starts_with(prefix));
    let body = |role: &&Arc<Role>| Body::Fields(role_fields(role));
    Ok(Done::output(page(params, "Roles", roles, |role| &role.name, body)?))
}

fn update_assume_role_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = find_role(call, NAME.required(params)?)?.name.clone();
    let document = NEW_TRUST.required(params)?;
    let trust = trust_document(call.state, document)?;
    quota::trust(document)?;
    Ok(change(call, AccountChange::TrustPolicyUpdated { name, trust }))
}

fn update_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let role = find_role(call, NAME.required(params)?)?;
    let description = DESCRIPTION.optional(params)?.map(str::to_owned);
    let settings = RoleSettings {
        description: description.or_else(|| role.description.clone()),
        session_seconds_max: number(
            params,
            "MaxSessionDuration",
            3600..=43_200,
            role.session_seconds_max,
        )?,
    };
    let name = role.name.clone();
    Ok(change(call, AccountChange::RoleUpdated { name, settings }))
}

fn delete_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let role = find_role(call, NAME.required(params)?)?;
    if !role.policies.inline.is_empty() {
        return Err(ApiError::delete_conflict("delete policies"));
    }
    if !role.policies.attached.is_empty() {
        return Err(ApiError::delete_conflict("detach all policies"));
    }
    let mut profiles = call.account().into_iter().flat_map(|account| account.instance_profiles());
    let held = |held: Option<&str>| held.is_some_and(|held| held.eq_ignore_ascii_case(&role.name));
    if profiles.any(|profile| held(profile.role.as_deref())) {
        return Err(ApiError::delete_conflict("remove roles from instance profile"));
    }
    let name = role.name.clone();
    Ok(change(call, AccountChange::RoleDeleted { name }))
}
