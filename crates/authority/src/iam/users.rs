use std::sync::Arc;

use rolecall_identity::UniqueIdKind;

use super::boundary;
use super::entity::{
    self, change, new_entity, operation, path_prefix, tag_elements, tags, target,
    with_resource_tags,
};
use super::page::page;
use crate::call::Call;
use crate::caller::CallerKind;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccessKeyOwner, AccountChange, Holder, User};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateUser", false, CREATE_PARAMS, create_target, create_user),
    operation("DeleteUser", false, &["UserName"], user_target, delete_user),
    operation("GetUser", true, &["UserName"], user_target, get_user),
    operation("ListUsers", true, &["Marker", "MaxItems", "PathPrefix"], list_target, list_users),
];

const CREATE_PARAMS: &[&str] =
    &["Path", "PermissionsBoundary", "Tags.member.N.Key", "Tags.member.N.Value", "UserName"];
const NEW_NAME: Field = Field::new("UserName", 1, 64, Pattern::NameNonEmpty);
pub(super) const NAME: Field = Field::new("UserName", 1, 128, Pattern::NameNonEmpty);

pub(super) fn user_target(call: &Call<'_>, params: &Params) -> Target {
    let own = call.caller.user_name();
    let name = params.get("UserName").or(own).unwrap_or_default();
    let user = call.account().and_then(|account| account.user(name));
    let arn = user.map(|user| user.arn.clone());
    let target = target(call, params, "user", arn, name);
    with_resource_tags(target, user.map_or(&[], |user| &user.tags))
}

fn create_target(call: &Call<'_>, params: &Params) -> Target {
    // Tags that do not read are refused by the operation.
    let tags = tags(params).unwrap_or_default();
    boundary::with_key(user_target(call, params), params).tagging("iam:TagUser", &tags)
}

fn list_target(call: &Call<'_>, params: &Params) -> Target {
    entity::list_target(call, params, "user")
}

/// The user a request names.
pub(super) fn find_user<'a>(call: &Call<'a>, name: &str) -> Result<&'a Arc<User>, ApiError> {
    let user = call.account().and_then(|account| account.user(name));
    user.ok_or_else(|| ApiError::no_such_entity("user", name))
}

/// The user a request names, or the caller.
pub(super) fn named_or_calling<'a>(
    call: &Call<'a>,
    params: &Params,
) -> Result<&'a Arc<User>, ApiError> {
    if let Some(name) = NAME.optional(params)? {
        return find_user(call, name);
    }
    match call.caller.kind() {
        CallerKind::User(user) => find_user(call, &user.name),
        _ => Err(ApiError::validation(
            "Must specify userName when calling with non-User credentials",
        )),
    }
}

fn create_user(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = NEW_NAME.required(params)?;
    if find_user(call, name).is_ok() {
        return Err(ApiError::already_exists("User", name));
    }
    let tags = tags(params)?;
    let boundary = boundary::optional(call, params)?;
    let entity = new_entity(call, params, UniqueIdKind::User, name)?;
    let arn = call.account().map(|account| account.iam_arn("user", &entity.path, name));
    let mut user = vec![
        Element::text("Path", entity.path.as_str()),
        Element::text("UserName", name),
        Element::text("UserId", entity.id.as_str()),
        Element::text("Arn", arn.unwrap_or_default()),
        Element::time("CreateDate", entity.created),
    ];
    user.extend(boundary.as_ref().map(boundary::element));
    user.extend(tag_elements(&tags));
    let done = change(call, AccountChange::UserCreated { entity, tags });
    let done = boundary::set_with(done, call, Holder::User(name.to_owned()), boundary);
    Ok(done.answering(vec![Element::fields("User", user)]))
}

fn get_user(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let user = named_or_calling(call, params)?;
    let mut fields = user_fields(user);
    fields.extend(tag_elements(&user.tags));
    Ok(Done::output(vec![Element::fields("User", fields)]))
}

fn user_fields(user: &User) -> Vec<Element> {
    let mut fields = vec![
        Element::text("Path", user.path.as_str()),
        Element::text("UserName", user.name.as_str()),
        Element::text("UserId", user.id.as_str()),
        Element::text("Arn", user.arn.as_str()),
        Element::time("CreateDate", user.created),
    ];
    fields.extend(user.policies.boundary.as_ref().map(boundary::element));
    fields
}

fn list_users(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let prefix = path_prefix(params)?;
    let users = call.account().into_iter().flat_map(|account| account.users());
    let users = users.filter(|user| user.path.starts_with(prefix));
    let body = |user: &&Arc<User>| Body::Fields(user_fields(user));
    Ok(Done::output(page(params, "Users", users, |user| &user.name, body)?))
}

fn delete_user(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let user = find_user(call, NAME.required(params)?)?;
    if !user.policies.inline.is_empty() {
        return Err(ApiError::delete_conflict("delete policies"));
    }
    if !user.policies.attached.is_empty() {
        return Err(ApiError::delete_conflict("detach all policies"));
    }
    let owner = AccessKeyOwner::User(call.account_id(), user.id.clone());
    if call.state.access_keys_of(&owner).next().is_some() {
        return Err(ApiError::delete_conflict("delete access keys"));
    }
    let name = user.name.clone();
    Ok(change(call, AccountChange::UserDeleted { name }))
}
