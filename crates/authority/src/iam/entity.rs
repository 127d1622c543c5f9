//! What users, roles, profiles and policies share.

use rolecall_identity::{UniqueId, UniqueIdKind, percent};

use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{Account, AccountChange, Change, NewEntity, Tag};
use crate::tags::read_tags;

pub(super) const PATH: Field = Field::new("Path", 1, 512, Pattern::Path);
pub(super) const DESCRIPTION: Field = Field::new("Description", 0, 1000, Pattern::Any);
const PATH_PREFIX: Field = Field::new("PathPrefix", 1, 512, Pattern::Any);

/// The id, name, path and time of a new entity.
pub(super) fn new_entity(
    call: &mut Call<'_>,
    params: &Params,
    kind: UniqueIdKind,
    name: &str,
) -> Result<NewEntity, ApiError> {
    let path = PATH.optional(params)?.unwrap_or("/").to_owned();
    let id: UniqueId = UniqueId::mint(kind, call.entropy);
    Ok(NewEntity { id, name: name.to_owned(), path, created: call.now.whole_second() })
}

/// The caller's account, where an answer needs it.
pub(super) fn own_account<'a>(call: &Call<'a>) -> Result<&'a Account, ApiError> {
    call.account().ok_or_else(|| ApiError::internal("the account is gone"))
}

/// A change in the caller's account.
pub(super) fn change(call: &Call<'_>, change: AccountChange) -> Done {
    Done::change(Change::AccountChanged { account: call.account_id(), change })
}

/// Tags of a request for a new user or role.
pub(super) fn tags(params: &Params) -> Result<Vec<Tag>, ApiError> {
    read_tags(params, "InvalidInput")
}

pub(super) fn tag_elements(tags: &[Tag]) -> Option<Element> {
    let items = tags.iter().map(|tag| {
        Body::Fields(vec![
            Element::text("Key", tag.key.as_str()),
            Element::text("Value", tag.value.as_str()),
        ])
    });
    (!tags.is_empty()).then(|| Element::items("Tags", items))
}

pub(super) fn path_prefix(params: &Params) -> Result<&str, ApiError> {
    Ok(PATH_PREFIX.optional(params)?.unwrap_or("/"))
}

/// A document as answers carry it: percent-encoded per RFC 3986 section 2.3.
pub(super) fn encoded(document: &str) -> String {
    percent::encode(document, b"")
}

/// An operation on the thing that its target finds.
pub(super) const fn operation(
    name: &'static str,
    read_only: bool,
    params: &'static [&'static str],
    target: fn(&Call<'_>, &Params) -> Target,
    run: crate::operation::Handler,
) -> Operation {
    Operation { name, gate: crate::operation::Gate::Policy(target), read_only, params, run }
}

/// What a name stands for: the ARN of what exists, in its own case and path, because operations
/// find it without case; or else of the name as given, with the path asked for.
pub(super) fn target(
    call: &Call<'_>,
    params: &Params,
    kind: &str,
    existing: Option<String>,
    name: &str,
) -> Target {
    let path = params.get("Path").unwrap_or("/");
    let given = || format!("arn:aws:iam::{}:{kind}{path}{name}", call.account_id());
    Target::resource(existing.unwrap_or_else(given))
}

/// A list is decided on the path it asks for.
pub(super) fn list_target(call: &Call<'_>, params: &Params, kind: &str) -> Target {
    let path = params.get("PathPrefix").unwrap_or("/");
    Target::resource(format!("arn:aws:iam::{}:{kind}{path}", call.account_id()))
}

/// The tags of what exists.
pub(super) fn with_resource_tags(target: Target, tags: &[Tag]) -> Target {
    tags.iter().fold(target, |target, Tag { key, value }| {
        let target = target.with(&format!("aws:ResourceTag/{key}"), value);
        target.with(&format!("iam:ResourceTag/{key}"), value)
    })
}
