use rolecall_identity::{SessionClaims, SessionTag};

use crate::error::ApiError;
use crate::params::Params;
use crate::state::Tag;
use crate::sts::session_policy::SessionPolicies;
use crate::tags::{is_same_key, read_tags};

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
        let requested = read_tags(params, DUPLICATE_TAG)?;
        let session_tag = |Tag { key, value }| SessionTag { key, value, transitive: false };
        let mut requested: Vec<SessionTag> = requested.into_iter().map(session_tag).collect();
        for key in &transitive {
            let tag = requested.iter_mut().find(|tag| is_same_key(&tag.key, key));
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

    /// Whether there is none, not even an inherited one.
    pub(super) const fn is_empty(&self) -> bool {
        self.requested.is_empty() && self.inherited.is_empty()
    }

    /// Condition keys of the request. Inherited tags are passed like the others.
    ///
    /// Source: IAM user guide, "Pass session tags in AWS STS", role chaining.
    pub(super) fn set_keys<'a>(&'a self, context: &mut rolecall_policy::RequestContext<'a>) {
        if self.is_empty() {
            return;
        }
        let tags = || self.inherited.iter().chain(&self.requested);
        for tag in tags() {
            context.set(format!("aws:RequestTag/{}", tag.key), tag.value.as_str());
        }
        context.set_many("aws:TagKeys", tags().map(|tag| tag.key.as_str()));
        let transitive = tags().filter(|tag| tag.transitive);
        context.set_many("sts:TransitiveTagKeys", transitive.map(|tag| tag.key.as_str()));
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

fn has_key(tags: &[SessionTag], key: &str) -> bool {
    tags.iter().any(|tag| is_same_key(&tag.key, key))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterValue", message)
}

const NOT_AMONG_TAGS: &str =
    "The specified transitive tag key must be included in the requested tags.";
const CONFLICTS: &str = "One of the specified transitive tag keys can't be set because it \
                         conflicts with a transitive tag key from the calling session.";
/// The code of a tag key that stands twice.
pub(super) const DUPLICATE_TAG: &str = "InvalidParameterValue";
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
        assert_eq!(SessionTags::read(&twice, None).unwrap_err().code, DUPLICATE_TAG);
        let kelvin = params(&[("Tags.member.1.Key", "Kind"), ("Tags.member.2.Key", "\u{212a}ind")]);
        assert_eq!(SessionTags::read(&kelvin, None).unwrap_err().code, DUPLICATE_TAG);
        let absent = params(&[("TransitiveTagKeys.member.1", "Team")]);
        assert_eq!(SessionTags::read(&absent, None).unwrap_err().message, NOT_AMONG_TAGS);
    }
}
