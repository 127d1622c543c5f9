//! Quotas, in characters without white space. Source: IAM user guide, "IAM and AWS STS quotas".

use rolecall_policy::Policy;

use crate::error::ApiError;
use crate::state::{Holder, PolicyAttachments};

pub(super) const ACCESS_KEYS_PER_USER: usize = 2;
const ATTACHED_MAX: usize = 10;
const MANAGED_POLICY_CHARACTERS: usize = 6144;
const ROLE_INLINE_CHARACTERS: usize = 10_240;
const TRUST_POLICY_CHARACTERS: usize = 2048;
const USER_INLINE_CHARACTERS: usize = 2048;

pub(super) fn trust(document: &str) -> Result<(), ApiError> {
    within(document, TRUST_POLICY_CHARACTERS, "ACLSizePerRole")
}

pub(super) fn managed(document: &str) -> Result<(), ApiError> {
    within(document, MANAGED_POLICY_CHARACTERS, "PolicySize")
}

/// All inline policies of one user or role together.
pub(super) fn inline(
    holder: &Holder,
    held: &PolicyAttachments,
    name: &str,
    document: &str,
) -> Result<(), ApiError> {
    let (kind, most) = match holder {
        Holder::Role(_) => ("role", ROLE_INLINE_CHARACTERS),
        Holder::User(_) => ("user", USER_INLINE_CHARACTERS),
    };
    let others = held.inline.iter().filter(|(known, _)| known.as_str() != name);
    let sum: usize =
        others.map(|(_, policy): (_, &std::sync::Arc<Policy>)| size(policy.text())).sum();
    if sum + size(document) <= most {
        return Ok(());
    }
    let name = holder.name();
    let message = format!("Maximum policy size of {most} bytes exceeded for {kind} {name}");
    Err(ApiError::new("LimitExceeded", message))
}

pub(super) fn attached(holder: &Holder, held: &PolicyAttachments) -> Result<(), ApiError> {
    if held.attached.len() < ATTACHED_MAX {
        return Ok(());
    }
    let quota = match holder {
        Holder::Role(_) => "PoliciesPerRole",
        Holder::User(_) => "PoliciesPerUser",
    };
    Err(exceeded(quota, ATTACHED_MAX))
}

pub(super) fn exceeded(quota: &str, most: usize) -> ApiError {
    ApiError::new("LimitExceeded", format!("Cannot exceed quota for {quota}: {most}"))
}

fn within(document: &str, most: usize, quota: &str) -> Result<(), ApiError> {
    if size(document) <= most { Ok(()) } else { Err(exceeded(quota, most)) }
}

fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_ascii_whitespace()).count()
}
