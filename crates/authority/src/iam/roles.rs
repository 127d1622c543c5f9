use std::sync::Arc;

use rolecall_identity::{Arn, UniqueIdKind};

use super::entity::{
    DESCRIPTION, change, date, encoded, new_entity, operation, path_prefix, tag_elements, tags,
    target,
};
use super::page::page;
use super::{quota, trust_document};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern, seconds};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, Role, RoleSettings};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateRole", false, create_target, create_role),
    operation("DeleteRole", false, role_target, delete_role),
    operation("GetRole", true, role_target, get_role),
    operation("ListRoles", true, list_target, list_roles),
    operation("UpdateAssumeRolePolicy", false, role_target, update_assume_role_policy),
    operation("UpdateRole", false, role_target, update_role),
];

/// A role name on creation; look-ups take up to 128 characters.
const NEW_NAME: Field = Field::new("RoleName", 1, 64, Pattern::NameNonEmpty);
pub(super) const NAME: Field = Field::new("RoleName", 1, 128, Pattern::NameNonEmpty);
const TRUST: Field = Field::new("AssumeRolePolicyDocument", 1, 131_072, Pattern::Any);
const NEW_TRUST: Field = Field::new("PolicyDocument", 1, 131_072, Pattern::Any);
const BOUNDARY: Field = Field::new("PermissionsBoundary", 20, 2048, Pattern::Any);
const SESSION_SECONDS_DEFAULT: i64 = 3600;

pub(super) fn role_target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("RoleName").unwrap_or_default();
    let role = call.account().and_then(|account| account.role(name));
    target(call, params, "role", role.map(|role| role.path.as_str()), name)
}

fn create_target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("RoleName").unwrap_or_default();
    let mut target = target(call, params, "role", None, name);
    if let Some(boundary) = params.get("PermissionsBoundary") {
        target = target.with("iam:PermissionsBoundary", boundary);
    }
    target
}

fn list_target(call: &Call<'_>, params: &Params) -> Target {
    target(call, params, "role", params.get("PathPrefix"), "")
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
        session_seconds_max: seconds(
            params,
            "MaxSessionDuration",
            3600..=43_200,
            SESSION_SECONDS_DEFAULT,
        )?,
    };
    let trust = trust_document(call.state, document)?;
    quota::trust(document)?;
    let tags = tags(params)?;
    let boundary = boundary(call, params)?;
    let entity = new_entity(call, params, UniqueIdKind::Role, name)?;
    let arn = call.account().map(|account| account.iam_arn("role", &entity.path, name));
    let mut role = vec![
        Element::text("Path", entity.path.as_str()),
        Element::text("RoleName", name),
        Element::text("RoleId", entity.id.as_str()),
        Element::text("Arn", arn.clone().unwrap_or_default()),
        date("CreateDate", entity.created),
        Element::text("AssumeRolePolicyDocument", encoded(document)),
    ];
    role.extend(settings.description.as_deref().map(|text| Element::text("Description", text)));
    if settings.session_seconds_max != SESSION_SECONDS_DEFAULT {
        role.push(max_session(settings.session_seconds_max));
    }
    role.extend(boundary.as_ref().map(boundary_element));
    role.extend(tag_elements(&tags));
    let mut done = change(call, AccountChange::RoleCreated { entity, settings, trust, tags });
    if let Some(boundary) = boundary {
        let holder = crate::Holder::Role(name.to_owned());
        let set = AccountChange::BoundarySet { holder, boundary: Some(boundary) };
        done.changes.extend(change(call, set).changes);
    }
    done.resources = arn.map(|arn| (arn, "AWS::IAM::Role")).into_iter().collect();
    Ok(done.answering(vec![Element::fields("Role", role)]))
}

fn boundary(call: &Call<'_>, params: &Params) -> Result<Option<Arn>, ApiError> {
    let Some(text) = BOUNDARY.optional(params)? else { return Ok(None) };
    super::attachments::managed_policy(call, text).map(Some)
}

fn get_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let role = find_role(call, NAME.required(params)?)?;
    let mut fields = role_fields(call, role);
    fields.extend(tag_elements(&role.tags));
    fields.push(Element::fields("RoleLastUsed", Vec::new()));
    Ok(Done::output(vec![Element::fields("Role", fields)]))
}

/// What every listing of a role shows. Source: contract/authority.md section 6.5.
pub(super) fn role_fields(call: &Call<'_>, role: &Role) -> Vec<Element> {
    let mut fields = vec![
        Element::text("Path", role.path.as_str()),
        Element::text("RoleName", role.name.as_str()),
        Element::text("RoleId", role.id.as_str()),
        Element::text("Arn", role.arn(call.account_id())),
        date("CreateDate", role.created),
        Element::text("AssumeRolePolicyDocument", encoded(role.trust.policy.text())),
    ];
    fields.extend(role.description.as_deref().map(|text| Element::text("Description", text)));
    fields.push(max_session(role.session_seconds_max));
    fields.extend(role.policies.boundary.as_ref().map(boundary_element));
    fields
}

fn max_session(seconds: i64) -> Element {
    Element::text("MaxSessionDuration", seconds.to_string())
}

pub(super) fn boundary_element(arn: &Arn) -> Element {
    Element::fields(
        "PermissionsBoundary",
        vec![
            Element::text("PermissionsBoundaryType", "Policy"),
            Element::text("PermissionsBoundaryArn", arn.as_str()),
        ],
    )
}

fn list_roles(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let prefix = path_prefix(params)?;
    let roles = call.account().into_iter().flat_map(|account| account.roles());
    let roles = roles.filter(|role| role.path.starts_with(prefix));
    let body = |role: &&Arc<Role>| Body::Fields(role_fields(call, role));
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
        session_seconds_max: seconds(
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
