//! Inline policies, attached policies and boundaries: the same for users and roles.

use rolecall_identity::Arn;
use rolecall_policy::{Policy, PolicyKind};

use super::entity::{change, encoded, operation, path_prefix};
use super::page::page;
use super::roles::role_target;
use super::users::user_target;
use super::{boundary, quota, roles, users};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, Holder, PolicyAttachments};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("AttachRolePolicy", false, &["PolicyArn", "RoleName"], role_arn_target, |c, p| {
        attach(c, p, role)
    }),
    operation("AttachUserPolicy", false, &["PolicyArn", "UserName"], user_arn_target, |c, p| {
        attach(c, p, user)
    }),
    operation("DeleteRolePermissionsBoundary", false, &["RoleName"], role_target, |c, p| {
        unbound(c, p, role)
    }),
    operation("DeleteRolePolicy", false, &["PolicyName", "RoleName"], role_target, |c, p| {
        delete(c, p, role)
    }),
    operation("DeleteUserPermissionsBoundary", false, &["UserName"], user_target, |c, p| {
        unbound(c, p, user)
    }),
    operation("DeleteUserPolicy", false, &["PolicyName", "UserName"], user_target, |c, p| {
        delete(c, p, user)
    }),
    operation("DetachRolePolicy", false, &["PolicyArn", "RoleName"], role_arn_target, |c, p| {
        detach(c, p, role)
    }),
    operation("DetachUserPolicy", false, &["PolicyArn", "UserName"], user_arn_target, |c, p| {
        detach(c, p, user)
    }),
    operation("GetRolePolicy", true, &["PolicyName", "RoleName"], role_target, |c, p| {
        get(c, p, role)
    }),
    operation("GetUserPolicy", true, &["PolicyName", "UserName"], user_target, |c, p| {
        get(c, p, user)
    }),
    operation(
        "ListAttachedRolePolicies",
        true,
        &["Marker", "MaxItems", "PathPrefix", "RoleName"],
        role_target,
        |c, p| list_attached(c, p, role),
    ),
    operation(
        "ListAttachedUserPolicies",
        true,
        &["Marker", "MaxItems", "PathPrefix", "UserName"],
        user_target,
        |c, p| list_attached(c, p, user),
    ),
    operation(
        "ListRolePolicies",
        true,
        &["Marker", "MaxItems", "RoleName"],
        role_target,
        |c, p| list_inline(c, p, role),
    ),
    operation(
        "ListUserPolicies",
        true,
        &["Marker", "MaxItems", "UserName"],
        user_target,
        |c, p| list_inline(c, p, user),
    ),
    operation(
        "PutRolePermissionsBoundary",
        false,
        &["PermissionsBoundary", "RoleName"],
        role_bound_target,
        |c, p| bound(c, p, role),
    ),
    operation(
        "PutRolePolicy",
        false,
        &["PolicyDocument", "PolicyName", "RoleName"],
        role_target,
        |c, p| put(c, p, role),
    ),
    operation(
        "PutUserPermissionsBoundary",
        false,
        &["PermissionsBoundary", "UserName"],
        user_bound_target,
        |c, p| bound(c, p, user),
    ),
    operation(
        "PutUserPolicy",
        false,
        &["PolicyDocument", "PolicyName", "UserName"],
        user_target,
        |c, p| put(c, p, user),
    ),
];

const POLICY_NAME: Field = Field::new("PolicyName", 1, 128, Pattern::NameNonEmpty);
const POLICY_DOCUMENT: Field = Field::new("PolicyDocument", 1, 131_072, Pattern::Any);
const POLICY_ARN: Field = Field::new("PolicyArn", 20, 2048, Pattern::Any);

/// Finds the user or role that a request names.
type FindHolder = fn(&Call<'_>, &Params) -> Result<Holder, ApiError>;

fn role(call: &Call<'_>, params: &Params) -> Result<Holder, ApiError> {
    let role = roles::find_role(call, roles::NAME.required(params)?)?;
    Ok(Holder::Role(role.name.clone()))
}

fn user(call: &Call<'_>, params: &Params) -> Result<Holder, ApiError> {
    let user = users::find_user(call, users::NAME.required(params)?)?;
    Ok(Holder::User(user.name.clone()))
}

fn role_arn_target(call: &Call<'_>, params: &Params) -> Target {
    role_target(call, params).with("iam:PolicyARN", params.get("PolicyArn").unwrap_or_default())
}

fn user_arn_target(call: &Call<'_>, params: &Params) -> Target {
    user_target(call, params).with("iam:PolicyARN", params.get("PolicyArn").unwrap_or_default())
}

fn role_bound_target(call: &Call<'_>, params: &Params) -> Target {
    boundary::with_key(role_target(call, params), params)
}

fn user_bound_target(call: &Call<'_>, params: &Params) -> Target {
    boundary::with_key(user_target(call, params), params)
}

fn held<'a>(call: &Call<'a>, holder: &Holder) -> Result<&'a PolicyAttachments, ApiError> {
    let held = call.account().and_then(|account| account.attachments(holder));
    held.ok_or_else(|| ApiError::internal(format!("{holder} vanished")))
}

fn put(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let name = POLICY_NAME.required(params)?.to_owned();
    let document = POLICY_DOCUMENT.required(params)?.to_owned();
    Policy::parse(PolicyKind::Identity, &document)
        .map_err(|error| ApiError::malformed_policy(&error))?;
    quota::inline(&holder, held(call, &holder)?, &name, &document)?;
    Ok(change(call, AccountChange::PolicyPut { holder, name, document }))
}

fn get(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let name = POLICY_NAME.required(params)?;
    let policy = held(call, &holder)?.inline.get(name).ok_or_else(|| no_policy(&holder, name))?;
    let owner = match &holder {
        Holder::Role(role) => Element::text("RoleName", role.as_str()),
        Holder::User(user) => Element::text("UserName", user.as_str()),
    };
    Ok(Done::output(vec![
        owner,
        Element::text("PolicyName", name),
        Element::text("PolicyDocument", encoded(policy.text())),
    ]))
}

fn delete(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let name = POLICY_NAME.required(params)?.to_owned();
    if !held(call, &holder)?.inline.contains_key(&name) {
        return Err(no_policy(&holder, &name));
    }
    Ok(change(call, AccountChange::PolicyDeleted { holder, name }))
}

fn list_inline(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let names = held(call, &holder)?.inline.keys();
    let body = |name: &&String| Body::Text((*name).clone());
    Ok(Done::output(page(params, "PolicyNames", names, |name| name, body)?))
}

fn attach(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let policy = managed_policy(call, POLICY_ARN.required(params)?)?;
    let held = held(call, &holder)?;
    if held.attached.contains(&policy) {
        return Ok(Done::default());
    }
    quota::attached(&holder, held)?;
    Ok(change(call, AccountChange::PolicyAttached { holder, policy }))
}

fn detach(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let text = POLICY_ARN.required(params)?;
    let attached = held(call, &holder)?.attached.iter().find(|arn| arn.as_str() == text);
    let Some(policy) = attached.cloned() else {
        let message = format!("Policy {text} was not found.");
        return Err(ApiError::new("NoSuchEntity", message));
    };
    Ok(change(call, AccountChange::PolicyDetached { holder, policy }))
}

fn list_attached(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let prefix = path_prefix(params)?;
    let path = |arn: &Arn| arn.resource_of("policy").map(|name| format!("/{name}"));
    let arns = held(call, &holder)?.attached.iter();
    let arns = arns.filter(|arn| path(arn).is_some_and(|path| path.starts_with(prefix)));
    let body = |arn: &&Arn| {
        Body::Fields(vec![
            Element::text("PolicyName", policy_name(arn)),
            Element::text("PolicyArn", arn.as_str()),
        ])
    };
    Ok(Done::output(page(params, "AttachedPolicies", arns, |arn| arn.as_str(), body)?))
}

fn bound(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    let boundary = Some(boundary::required(call, params)?);
    Ok(change(call, AccountChange::BoundarySet { holder, boundary }))
}

fn unbound(call: &mut Call<'_>, params: &Params, find: FindHolder) -> Result<Done, ApiError> {
    let holder = find(call, params)?;
    Ok(change(call, AccountChange::BoundarySet { holder, boundary: None }))
}

/// A managed policy that exists, of AWS or of the caller's account.
pub(super) fn managed_policy(call: &Call<'_>, text: &str) -> Result<Arn, ApiError> {
    let arn = parse_arn(text)?;
    if call.state.managed_policy_for(call.account_id(), &arn).is_some() {
        return Ok(arn);
    }
    let message = format!("Policy {text} does not exist or is not attachable.");
    Err(ApiError::new("NoSuchEntity", message))
}

pub(super) fn parse_arn(text: &str) -> Result<Arn, ApiError> {
    Arn::try_new(text).map_err(|_| ApiError::validation("Invalid ARN:  Could not be parsed!"))
}

fn policy_name(arn: &Arn) -> &str {
    arn.as_str().rsplit('/').next().unwrap_or_default()
}

fn no_policy(holder: &Holder, name: &str) -> ApiError {
    let kind = match holder {
        Holder::Role(_) => "role",
        Holder::User(_) => "user",
    };
    let message = format!("The {kind} policy with name {name} cannot be found.");
    ApiError::new("NoSuchEntity", message)
}
