use std::sync::Arc;

use super::resource;
use crate::access::TAG_KEYS;
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::{Done, Target};
use crate::output::Element;
use crate::params::Params;
use crate::state::{Change, Instance, Tag};
use crate::tags::{is_metadata_tag_key, is_same_key};

pub(super) fn create_target(call: &Call<'_>, params: &Params) -> Target {
    target(params, "ec2:CreateTags", |id| {
        let tags = asked(params).map(|(key, value)| (key, Some(value.unwrap_or_default())));
        with_tags(resource::target(call, id), tags)
    })
}

pub(super) fn delete_target(call: &Call<'_>, params: &Params) -> Target {
    target(params, "ec2:DeleteTags", |id| {
        let target = resource::target(call, id);
        match resource::find(call, id).filter(|_| asked(params).next().is_none()) {
            // Who asks for none means them all.
            Some(instance) => with_tags(target, own(instance).map(|tag| (&*tag.key, None))),
            None => with_tags(target, asked(params)),
        }
    })
}

/// Gives instances tags; a tag of the same key gets the new value.
pub(super) fn create_tags(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instances = resources(call, params)?;
    let tags = asked(params).map(new_tag).collect::<Result<Vec<Tag>, _>>()?;
    if tags.is_empty() {
        return Err(resource::missing("tagSet"));
    }
    check_distinct(&tags)?;
    let changes = instances.into_iter().map(|instance| {
        let merged = merged(instance, &tags)?;
        Ok(changed(instance, merged))
    });
    let changes: Vec<Option<Change>> = changes.collect::<Result<_, ApiError>>()?;
    Ok(done(changes))
}

/// Takes tags from instances: of these keys, of these keys and values, or all.
pub(super) fn delete_tags(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instances = resources(call, params)?;
    let asked: Vec<(&str, Option<&str>)> = asked(params).collect();
    if let Some((key, _)) = asked.iter().find(|(key, _)| is_reserved(key)) {
        return Err(refused(key, "key", RESERVED));
    }
    let changes = instances.into_iter().map(|instance| {
        let goes = |tag: &Tag| {
            let meant = |(key, value): &(&str, Option<&str>)| {
                *key == tag.key && value.is_none_or(|value| value == tag.value)
            };
            !is_reserved(&tag.key) && (asked.is_empty() || asked.iter().any(meant))
        };
        changed(instance, instance.tags.iter().filter(|tag| !goes(tag)).cloned().collect())
    });
    Ok(done(changes.collect()))
}

/// Whether the metadata service can show these tags.
///
/// AWS: refused both when the tags come and when they are to be shown. docs
pub(super) fn check_shown(tags: &[Tag]) -> Result<(), ApiError> {
    let Some(tag) = tags.iter().find(|tag| !is_metadata_tag_key(&tag.key)) else { return Ok(()) };
    let message = format!(
        "'{}' is not a valid tag key. Tag keys must match pattern \
         ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and must not be a reserved name ('.', '..', '_index')",
        tag.key
    );
    Err(ApiError::new("InvalidParameterValue", message))
}

/// An action on everything that `ResourceId.N` names.
fn target<'a>(params: &'a Params, action: &'static str, on: impl Fn(&'a str) -> Target) -> Target {
    let mut targets = params.list("ResourceId").map(on);
    let first = targets.next().unwrap_or_else(|| Target::resource("*"));
    targets.fold(first, |first, target| first.besides(action, target))
}

/// The tags of a request. A value that is not given is no `aws:RequestTag`.
fn with_tags<'a>(target: Target, tags: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Target {
    tags.fold(target, |target, (key, value)| {
        let target = target.with(TAG_KEYS, key);
        match value {
            Some(value) => target.with(&format!("aws:RequestTag/{key}"), value),
            None => target,
        }
    })
}

/// The instances that `ResourceId.N` names.
///
/// LIMIT: nothing else has tags here, so the id of anything else is not valid.
fn resources<'a>(call: &Call<'a>, params: &Params) -> Result<Vec<&'a Arc<Instance>>, ApiError> {
    let named = params.list("ResourceId").map(|id| {
        resource::named(call, id).map_err(|error| match error.code {
            "InvalidInstanceID.Malformed" => {
                let message = format!("The ID '{}' is not valid", resource::shown(id));
                ApiError::new("InvalidID", message)
            }
            _ => error,
        })
    });
    let instances: Vec<_> = named.collect::<Result<_, _>>()?;
    if instances.is_empty() {
        return Err(resource::missing("resourceIdSet"));
    }
    Ok(instances)
}

fn asked(params: &Params) -> impl Iterator<Item = (&str, Option<&str>)> {
    (1..=params.list_len("Tag")).map(|n| {
        let field = |name: &str| params.get(&format!("Tag.{n}.{name}"));
        (field("Key").unwrap_or_default(), field("Value"))
    })
}

fn new_tag((key, value): (&str, Option<&str>)) -> Result<Tag, ApiError> {
    let value = value.unwrap_or_default();
    if key.is_empty() {
        return Err(refused(key, "key", "Tag key cannot be empty"));
    }
    if is_reserved(key) {
        return Err(refused(key, "key", RESERVED));
    }
    if key.chars().count() > KEY_CHARS_MAX {
        let why = format!("Tag key exceeds the maximum length of {KEY_CHARS_MAX} characters");
        return Err(refused(key, "key", &why));
    }
    if value.chars().count() > VALUE_CHARS_MAX {
        let why = format!("Tag value exceeds the maximum length of {VALUE_CHARS_MAX} characters");
        return Err(refused(value, "value", &why));
    }
    Ok(Tag { key: key.to_owned(), value: value.to_owned() })
}

fn check_distinct(tags: &[Tag]) -> Result<(), ApiError> {
    let mut rest = tags;
    while let Some((tag, others)) = rest.split_first() {
        check_new(&tag.key, others)?;
        rest = others;
    }
    Ok(())
}

/// AWS: EC2 lets keys differ by case alone. docs
///
/// They are refused here: condition keys do not tell such tags apart, so a policy would decide on
/// one of them and let the other pass.
fn check_new<'a>(key: &str, others: impl IntoIterator<Item = &'a Tag>) -> Result<(), ApiError> {
    if others.into_iter().any(|other| is_same_key(&other.key, key)) {
        let message = format!("Duplicate tag key '{key}' specified.");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    Ok(())
}

fn merged(instance: &Instance, new: &[Tag]) -> Result<Vec<Tag>, ApiError> {
    let stays = |tag: &&Tag| new.iter().all(|new| new.key != tag.key);
    let kept = instance.tags.iter().filter(stays);
    new.iter().try_for_each(|new| check_new(&new.key, kept.clone()))?;
    let mut tags: Vec<Tag> = kept.chain(new).cloned().collect();
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    if tags.iter().filter(|tag| !is_reserved(&tag.key)).count() > TAGS_MAX {
        let message = "The maximum number of Tags for a resource has been reached.";
        return Err(ApiError::new("TagLimitExceeded", message));
    }
    if instance.metadata_options.instance_metadata_tags {
        check_shown(&tags)?;
    }
    Ok(tags)
}

fn changed(instance: &Instance, tags: Vec<Tag>) -> Option<Change> {
    let instance_id = instance.id.clone();
    (tags != instance.tags).then_some(Change::InstanceTagged { instance: instance_id, tags })
}

fn done(changes: Vec<Option<Change>>) -> Done {
    let changes = changes.into_iter().flatten().collect();
    Done { output: vec![Element::text("return", "true")], changes, ..Done::default() }
}

fn own(instance: &Instance) -> impl Iterator<Item = &Tag> {
    instance.tags.iter().filter(|tag| !is_reserved(&tag.key))
}

/// What AWS itself sets: nobody else sets, changes or takes it.
fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

fn refused(value: &str, parameter: &str, why: &str) -> ApiError {
    // With spaces, unlike other parameters.
    let message =
        format!("Value ( {} ) for parameter {parameter} is invalid. {why}", resource::shown(value));
    ApiError::new("InvalidParameterValue", message)
}

const RESERVED: &str = "Tag keys starting with 'aws:' are reserved for internal use";
/// Source: EC2 user guide, "Tag your Amazon EC2 resources", restrictions.
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;
const TAGS_MAX: usize = 50;
