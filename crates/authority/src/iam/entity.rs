//! What users, roles, profiles and policies share.

use rolecall_identity::{Timestamp, UniqueId, UniqueIdKind};

use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, Change, NewEntity, Tag};

pub(super) const PATH: Field = Field::new("Path", 1, 512, Pattern::Path);
pub(super) const DESCRIPTION: Field = Field::new("Description", 0, 1000, Pattern::Any);
const PATH_PREFIX: Field = Field::new("PathPrefix", 1, 512, Pattern::Any);
const TAG_KEY: Field = Field::new("Key", 1, 128, Pattern::TagKey);
const TAG_VALUE: Field = Field::new("Value", 0, 256, Pattern::TagValue);
const TAGS_MAX: usize = 50;

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

/// A change in the caller's account.
pub(super) fn change(call: &Call<'_>, change: AccountChange) -> Done {
    Done::change(Change::AccountChanged { account: call.account_id(), change })
}

/// Tags of a request, unique without case.
pub(super) fn tags(params: &Params) -> Result<Vec<Tag>, ApiError> {
    let count = params.list_len("Tags.member");
    let mut tags: Vec<Tag> = Vec::with_capacity(count.min(TAGS_MAX));
    for n in 1..=count {
        let field = |name: &str| params.get(&format!("Tags.member.{n}.{name}"));
        let key = TAG_KEY.check(field("Key").unwrap_or_default())?;
        let value = TAG_VALUE.check(field("Value").unwrap_or_default())?;
        if tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key)) {
            let message =
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(ApiError::new("InvalidInput", message));
        }
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }
    if tags.len() > TAGS_MAX {
        let message = format!("The number of tags has reached the maximum limit: {TAGS_MAX}");
        return Err(ApiError::new("LimitExceeded", message));
    }
    Ok(tags)
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

pub(super) fn date(name: &'static str, time: Timestamp) -> Element {
    Element::text(name, time.iso8601().to_string())
}

pub(super) fn path_prefix(params: &Params) -> Result<&str, ApiError> {
    Ok(PATH_PREFIX.optional(params)?.unwrap_or("/"))
}

/// A document as answers carry it: percent-encoded per RFC 3986 section 2.3.
pub(super) fn encoded(document: &str) -> String {
    let mut encoded = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// An operation on the thing of `kind` that a parameter names.
pub(super) const fn operation(
    name: &'static str,
    read_only: bool,
    target: fn(&Call<'_>, &Params) -> Target,
    run: crate::operation::Handler,
) -> Operation {
    Operation { name, gate: crate::operation::Gate::Policy(target), read_only, run }
}

/// The account's ARN of `kind/NAME`, with the path of what exists or the path asked for.
pub(super) fn target(
    call: &Call<'_>,
    params: &Params,
    kind: &str,
    existing: Option<&str>,
    name: &str,
) -> Target {
    let path = existing.or_else(|| params.get("Path")).unwrap_or("/");
    Target::resource(format!("arn:aws:iam::{}:{kind}{path}{name}", call.account_id()))
}
