use std::collections::BTreeMap;

use rolecall_identity::{Arn, UniqueId};
use rolecall_policy::{Policy, PolicyKind};

use crate::error::ApiError;
use crate::state::{State, TrustDocument};

/// A trust policy, with the unique ids of the roles and users it names.
///
/// A principal that does not exist is refused, as IAM refuses it.
pub(crate) fn trust_document(state: &State, document: &str) -> Result<TrustDocument, ApiError> {
    let policy = Policy::parse(PolicyKind::Trust, document)
        .map_err(|error| ApiError::malformed_policy(&error))?;
    let mut principals = BTreeMap::new();
    for text in policy.principal_arns() {
        let Ok(arn) = Arn::try_new(text) else { continue };
        if let Some(id) = existing(state, &arn).ok_or_else(|| invalid_principal(text))? {
            principals.insert(arn, id);
        }
    }
    Ok(TrustDocument { document: document.to_owned(), principals })
}

/// `None`: does not exist. `Some(None)`: exists, or need not, and has no unique id to keep.
fn existing(state: &State, arn: &Arn) -> Option<Option<UniqueId>> {
    if arn.service() != "iam" {
        return Some(None);
    }
    if arn.resource_of("role").is_some() {
        Some(Some(state.role(arn)?.id.clone()))
    } else if arn.resource_of("user").is_some() {
        Some(Some(state.user(arn)?.id.clone()))
    } else {
        state.account(arn.account()?).map(|_| None)
    }
}

fn invalid_principal(arn: &str) -> ApiError {
    let message = format!("Invalid principal in policy: \"AWS\":\"{arn}\"");
    ApiError::new("MalformedPolicyDocument", message)
}
