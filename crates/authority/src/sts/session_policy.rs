use rolecall_identity::{AccountId, Arn, SessionClaims};
use rolecall_policy::{Policy, PolicyKind};

use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;
use crate::state::State;

/// The policies that a request cuts its session with.
#[derive(Debug, Default)]
pub(super) struct SessionPolicies {
    inline: Option<String>,
    managed: Vec<Arn>,
}

impl SessionPolicies {
    /// Reads `Policy` and `PolicyArns`, and looks for none of them.
    pub(super) fn read(params: &Params) -> Result<Self, ApiError> {
        let inline = POLICY.optional(params)?;
        if let Some(text) = inline {
            Policy::parse(PolicyKind::Session, text)
                .map_err(|error| ApiError::malformed_policy(&error))?;
        }
        let count = params.list_len("PolicyArns.member");
        if count > POLICY_ARNS_MAX {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value at 'policyArns' failed to satisfy \
                 constraint: Member must have length less than or equal to {POLICY_ARNS_MAX}"
            )));
        }
        let managed = params
            .list_field("PolicyArns.member", "arn")
            .map(|text| {
                Arn::try_new(text).map_err(|_| ApiError::validation(format!("{text} is invalid")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { inline: inline.map(str::to_owned), managed })
    }

    /// Managed policies must be of `account` or of AWS. Ask only for callers who may know.
    pub(super) fn must_exist(&self, state: &State, account: AccountId) -> Result<(), ApiError> {
        let missing = |arn: &&Arn| state.managed_policy_for(account, arn).is_none();
        match self.managed.iter().find(missing) {
            Some(arn) => Err(ApiError::new(
                "NoSuchEntity",
                format!("Policy {arn} does not exist or is not attachable."),
            )),
            None => Ok(()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inline.is_none() && self.managed.is_empty()
    }

    /// Characters that count against the allotment.
    pub(super) fn packed_characters(&self) -> usize {
        let inline = self.inline.as_ref().map_or(0, |text| text.chars().count());
        inline + self.managed.iter().map(|arn| arn.as_str().len()).sum::<usize>()
    }

    pub(super) fn seal_into(self, claims: &mut SessionClaims) {
        claims.policies = self.inline.into_iter().collect();
        claims.policy_arns = self.managed;
    }
}

const POLICY: Field = Field::new("Policy", 1, 2048, Pattern::Any);
const POLICY_ARNS_MAX: usize = 10;
