use rolecall_identity::{SessionClaims, SessionTag};

use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;
use crate::sts::session_policy::SessionPolicies;

/// The tags of a new session: those asked for, and those inherited down the chain.
#[derive(Debug, Default)]
pub(super) struct SessionTags {
    pub(super) requested: Vec<SessionTag>,
    inherited: Vec<SessionTag>,
}

impl SessionTags {
    /// Reads `Tags` and `TransitiveTagKeys`. Source: contract/authority.md sections 2 to 4.
    pub(super) fn read(params: &Params, caller: Option<&SessionClaims>) -> Result<Self, ApiError> {
        let transitive: Vec<&str> = params.list("TransitiveTagKeys.member").collect();
        let mut requested = read_tags(params)?;
        for key in &transitive {
            let tag = requested.iter_mut().find(|tag| tag.key.eq_ignore_ascii_case(key));
            tag.ok_or_else(|| invalid(NOT_AMONG_TAGS))?.transitive = true;
        }
        let inherited: Vec<SessionTag> = caller
            .map(|claims| claims.tags.iter().filter(|tag| tag.transitive).cloned().collect())
            .unwrap_or_default();
        let conflict = requested.iter().any(|tag| has_key(&inherited, &tag.key));
        if conflict {
            return Err(invalid(CONFLICTS));
        }
        Ok(Self { requested, inherited })
    }

    /// What the session carries.
    pub(super) fn into_tags(self) -> Vec<SessionTag> {
        [self.inherited, self.requested].concat()
    }

    /// Condition keys of the request.
    pub(super) fn set_keys<'a>(&'a self, context: &mut rolecall_policy::RequestContext<'a>) {
        if self.requested.is_empty() {
            return;
        }
        for tag in &self.requested {
            context.set(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        context.set_many("aws:TagKeys", self.requested.iter().map(|tag| tag.key.as_str()));
        let transitive = self.requested.iter().filter(|tag| tag.transitive);
        let keys: Vec<&str> = transitive.map(|tag| tag.key.as_str()).collect();
        if !keys.is_empty() {
            context.set_many("sts:TransitiveTagKeys", keys);
        }
    }
}

/// `PackedPolicySize` in percent, or the refusal of what does not fit.
///
/// AWS's packing is not public; tags are calibrated to its one recorded answer
/// (contract/authority.md section 2).
pub(super) fn packed_size(
    tags: &SessionTags,
    policies: &SessionPolicies,
) -> Result<usize, ApiError> {
    let characters: usize = tags.requested.iter().map(|t| t.key.len() + t.value.len() + 2).sum();
    let of_tags = characters * 100 / TAG_CHARACTERS;
    let of_policies = policies.packed_characters() * 100 / POLICY_CHARACTERS;
    for (percent, what) in [(of_tags, "tags"), (of_policies, "policy")] {
        if percent > 100 {
            return Err(ApiError::new(
                "PackedPolicyTooLarge",
                format!("Packed size of session {what} consumes {percent}% of allotted space."),
            ));
        }
    }
    Ok(of_tags.max(of_policies))
}

fn read_tags(params: &Params) -> Result<Vec<SessionTag>, ApiError> {
    let count = params.list_len("Tags.member");
    if count > TAGS_MAX {
        return Err(ApiError::validation(format!(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member \
             must have length less than or equal to {TAGS_MAX}"
        )));
    }
    let mut tags: Vec<SessionTag> = Vec::with_capacity(count);
    for n in 1..=count {
        let field = |name: &str| params.get(&format!("Tags.member.{n}.{name}"));
        let key = TAG_KEY.check(field("Key").unwrap_or_default())?;
        let value = TAG_VALUE.check(field("Value").unwrap_or_default())?;
        if has_key(&tags, key) {
            return Err(invalid(DUPLICATE));
        }
        tags.push(SessionTag { key: key.into(), value: value.into(), transitive: false });
    }
    Ok(tags)
}

fn has_key(tags: &[SessionTag], key: &str) -> bool {
    tags.iter().any(|tag| tag.key.eq_ignore_ascii_case(key))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

const NOT_AMONG_TAGS: &str =
    "The specified transitive tag key must be included in the requested tags.";
const DUPLICATE: &str = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
const CONFLICTS: &str = "One of the specified transitive tag keys can't be set because it \
                         conflicts with a transitive tag key from the calling session.";
const TAG_KEY: Field = Field::new("Key", 1, 128, Pattern::TagKey);
const TAG_VALUE: Field = Field::new("Value", 0, 256, Pattern::TagValue);
const TAGS_MAX: usize = 50;
/// Characters of tags that make 100 %.
const TAG_CHARACTERS: usize = 459;
/// Characters of session policies that make 100 %.
const POLICY_CHARACTERS: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let text: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        Params::parse(&text.join("&")).unwrap()
    }

    #[test]
    fn the_packed_size_is_that_of_the_recorded_answer() {
        let pairs: Vec<(String, String)> = (1..=9)
            .flat_map(|n| {
                [
                    (format!("Tags.member.{n}.Key"), format!("T{n}")),
                    (format!("Tags.member.{n}.Value"), "a".repeat(250)),
                ]
            })
            .collect();
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let tags = SessionTags::read(&params(&pairs), None).unwrap();
        let error = packed_size(&tags, &SessionPolicies::default()).unwrap_err();
        assert_eq!(error.message, "Packed size of session tags consumes 498% of allotted space.");
    }

    #[test]
    fn keys_are_unique_without_case_and_transitive_ones_must_be_there() {
        let twice = params(&[("Tags.member.1.Key", "Team"), ("Tags.member.2.Key", "team")]);
        assert_eq!(SessionTags::read(&twice, None).unwrap_err().message, DUPLICATE);
        let absent = params(&[("TransitiveTagKeys.member.1", "Team")]);
        assert_eq!(SessionTags::read(&absent, None).unwrap_err().message, NOT_AMONG_TAGS);
    }
}
