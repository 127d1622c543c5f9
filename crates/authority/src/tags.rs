use rolecall_policy::RequestContext;

use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;
use crate::state::Tag;

/// `Tags` of a request for a user, a role or a session; the services name a duplicate differently.
pub(crate) fn read_tags(params: &Params, duplicate: &'static str) -> Result<Vec<Tag>, ApiError> {
    let count = params.list_len("Tags.member");
    if count > TAGS_MAX {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {TAGS_MAX}"
        )));
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(count);
    for n in 1..=count {
        let field = |name: &str| params.get(&format!("Tags.member.{n}.{name}"));
        let key = TAG_KEY.check(field("Key").unwrap_or_default())?;
        let value = TAG_VALUE.check(field("Value").unwrap_or_default())?;
        if tags.iter().any(|tag| is_same_key(&tag.key, key)) {
            return Err(ApiError::new(duplicate, DUPLICATE));
        }
        tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
    }
    Ok(tags)
}

/// Whether two tag keys are one: as condition keys are compared, or a policy would see another tag
/// than the one that was checked.
pub(crate) fn is_same_key(a: &str, b: &str) -> bool {
    RequestContext::is_same_key(a, b)
}

/// Whether the metadata service can show a tag of this key: as one segment of a path.
///
/// Source: EC2 user guide, "View tags for your EC2 instances using instance metadata".
pub(crate) fn is_metadata_tag_key(key: &str) -> bool {
    let reserved = matches!(key, "" | "." | ".." | "_index");
    !reserved && key.chars().all(|c| c.is_ascii_alphanumeric() || "+-=.,_:@".contains(c))
}

const DUPLICATE: &str = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
const TAG_KEY: Field = Field::new("Key", 1, 128, Pattern::TagKey);
const TAG_VALUE: Field = Field::new("Value", 0, 256, Pattern::TagValue);
const TAGS_MAX: usize = 50;
