use super::filters::Filters;
use super::resource;
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Done;
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{Instance, Tag};

/// The tags of the caller's instances in the region; filters pick some.
pub(super) fn describe_tags(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let filters = Filters::read(params, By::read)?;
    let all = resource::own(call)
        .flat_map(|instance| instance.tags.iter().map(move |tag| (instance.as_ref(), tag)));
    let shown = all.filter(|(instance, tag)| filters.pass(|by, value| by.is(instance, tag, value)));
    let items = shown.map(|(instance, tag)| {
        Body::Fields(vec![
            Element::text("resourceId", instance.id.as_str()),
            Element::text("resourceType", INSTANCE),
            Element::text("key", tag.key.as_str()),
            Element::text("value", tag.value.as_str()),
        ])
    });
    Ok(Done::output(vec![Element::items("tagSet", items)]))
}

/// What a filter looks at.
enum By<'a> {
    Key,
    ResourceId,
    ResourceType,
    /// A tag of this key and that value.
    Tag(&'a str),
    Value,
}

impl<'a> By<'a> {
    fn read(name: &'a str) -> Option<Self> {
        Some(match name {
            "key" => Self::Key,
            "resource-id" => Self::ResourceId,
            "resource-type" => Self::ResourceType,
            "value" => Self::Value,
            _ => Self::Tag(name.strip_prefix("tag:")?),
        })
    }

    fn is(&self, instance: &Instance, tag: &Tag, value: &str) -> bool {
        match self {
            Self::Key => tag.key == value,
            Self::ResourceId => instance.id.as_str() == value,
            Self::ResourceType => value == INSTANCE,
            Self::Tag(key) => tag.key == *key && tag.value == value,
            Self::Value => tag.value == value,
        }
    }
}

/// The one kind of resource that has tags here.
const INSTANCE: &str = "instance";
