//! The policies of a simulation: those of a user or role, and those that the request brings.

use std::sync::Arc;

use rolecall_identity::Arn;
use rolecall_policy::{Named, Policy, PolicyKind};

use super::input::{invalid, list};
use super::keys::keys_of_statements;
use super::principal::Entity;
use super::spans::{Span, spans};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;

/// A policy with the name that answers give it.
#[derive(Debug)]
pub(super) struct Source {
    /// `SourcePolicyId`
    pub(super) id: String,
    /// `SourcePolicyType`
    pub(super) kind: &'static str,
    pub(super) policy: Arc<Policy>,
    statements: Vec<StatementFacts>,
}

/// What is told of a statement.
#[derive(Debug)]
pub(super) struct StatementFacts {
    pub(super) span: Span,
    pub(super) keys: Vec<String>,
}

impl Source {
    pub(super) fn new(id: String, kind: &'static str, policy: Arc<Policy>) -> Self {
        let facts = spans(policy.text()).into_iter().zip(keys_of_statements(policy.text()));
        let statements = facts.map(|(span, keys)| StatementFacts { span, keys }).collect();
        Self { id, kind, policy, statements }
    }

    /// A document that the request brings.
    pub(super) fn given(
        id: String,
        source: &'static str,
        kind: PolicyKind,
        text: &str,
    ) -> Result<Self, ApiError> {
        let policy = Policy::parse(kind, text).map_err(|error| ApiError {
            detail: Some(error.detail().to_owned()),
            ..invalid(format!("Invalid policy document {id}: {error}"))
        })?;
        Ok(Self::new(id, source, Arc::new(policy)))
    }

    pub(super) fn named(&self) -> Named<'_> {
        Named { name: &self.id, policy: &self.policy }
    }

    pub(super) fn statement(&self, index: usize) -> Option<&StatementFacts> {
        self.statements.get(index)
    }

    /// The keys of every statement.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(|facts| &facts.keys).map(String::as_str)
    }
}

/// The policies of a user or role. One that is attached and gone leaves nothing to simulate.
pub(super) fn of_entity(call: &Call<'_>, entity: &Entity<'_>) -> Result<Vec<Source>, ApiError> {
    let (kind, holder) = (entity.kind, entity.name);
    let inline = entity.policies.inline.iter().map(|(name, policy)| {
        Ok(Source::new(format!("{kind}_{holder}_{name}"), kind, Arc::clone(policy)))
    });
    let managed = entity.policies.attached.iter().map(|arn| managed(call, arn));
    inline.chain(managed).collect()
}

/// The boundary of a user or role.
pub(super) fn boundary_of_entity(
    call: &Call<'_>,
    entity: &Entity<'_>,
) -> Result<Option<Source>, ApiError> {
    entity.policies.boundary.as_ref().map(|arn| managed(call, arn)).transpose()
}

fn managed(call: &Call<'_>, arn: &Arn) -> Result<Source, ApiError> {
    let gone = || ApiError::new("PolicyEvaluation", format!("The policy {arn} does not exist."));
    let policy = call.state.managed_policy(arn).ok_or_else(gone)?;
    let kind = if arn.account_text() == "aws" { "aws-managed" } else { "user-managed" };
    Ok(Source::new(policy.name.clone(), kind, Arc::clone(&policy.policy)))
}

/// `PolicyInputList`
pub(super) fn given(params: &Params) -> Result<Vec<Source>, ApiError> {
    let texts = list(params, &POLICY_INPUT, "PolicyInputList.member")?;
    let read = |(n, text): (usize, &&str)| {
        Source::given(format!("PolicyInputList.{}", n + 1), "none", PolicyKind::Identity, text)
    };
    texts.iter().enumerate().map(read).collect()
}

/// `PermissionsBoundaryPolicyInputList`, which replaces the boundary there is.
pub(super) fn given_boundary(params: &Params) -> Result<Option<Source>, ApiError> {
    let texts = list(params, &BOUNDARY_INPUT, "PermissionsBoundaryPolicyInputList.member")?;
    let read = |text: &str| {
        let id = "PermissionsBoundaryPolicyInputList.1".to_owned();
        Source::given(id, "none", PolicyKind::Identity, text)
    };
    match *texts {
        [] => Ok(None),
        [text] => read(text).map(Some),
        _ => Err(invalid("PermissionsBoundaryPolicyInputList takes one policy.")),
    }
}

/// `PolicyInputList`, for the operations that cannot do without.
pub(super) const POLICY_INPUT: Field = Field::new("PolicyInputList", 1, 131_072, Pattern::Any);
const BOUNDARY_INPUT: Field =
    Field::new("PermissionsBoundaryPolicyInputList", 1, 131_072, Pattern::Any);
