//! What each kind of policy says by itself, for people who ask why.

use super::{Judge, Named};
use crate::decision::{Decision, MatchedStatement, PolicyType, Reason};
use crate::principal::Reach;

/// One kind of policy, or one level of control policies, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step<'p> {
    /// The kind.
    pub kind: PolicyType,
    /// The level of control policies, counted from the root.
    pub level: Option<usize>,
    /// What it says.
    pub says: Says<'p>,
}

/// What policies of one kind say to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says<'p> {
    /// There is none of this kind, and none is needed.
    Absent,
    /// It allows.
    Allow {
        /// The statement.
        by: MatchedStatement<'p>,
    },
    /// The resource's own policy names the caller's account: the caller's policies must allow, too.
    Delegate {
        /// The statement.
        by: MatchedStatement<'p>,
    },
    /// It denies.
    Deny {
        /// The statement.
        by: MatchedStatement<'p>,
    },
    /// It neither allows nor denies.
    Silence {
        /// Statements that speak of the action and yet do not apply.
        reasons: Vec<Reason<'p>>,
    },
}

impl<'p> Judge<'_, 'p, '_> {
    /// What each kind says, in the order in which the decision asks them.
    pub(crate) fn steps(&self) -> Vec<Step<'p>> {
        let set = self.policies;
        let mut steps = Vec::new();
        self.levels(PolicyType::ResourceControl, set.resource_control, &mut steps);
        self.levels(PolicyType::ServiceControl, set.service_control, &mut steps);
        let identity = Some(set.identity).filter(|policies| self.has_own_side(policies));
        steps.extend([
            self.step(PolicyType::Endpoint, set.endpoint),
            Step { kind: self.own_kind, level: None, says: self.own_says() },
            self.step(PolicyType::Identity, identity),
            self.step(PolicyType::Boundary, set.boundary),
            self.step(PolicyType::Session, self.session()),
        ]);
        steps
    }

    fn levels(&self, kind: PolicyType, levels: &'p [&'p [Named<'p>]], steps: &mut Vec<Step<'p>>) {
        if levels.is_empty() {
            steps.push(self.step(kind, None));
        }
        steps.extend(levels.iter().enumerate().map(|(level, policies)| Step {
            level: Some(level),
            ..self.step(kind, Some(policies))
        }));
    }

    /// Who has no account has no policies of its own, but what was given is shown.
    fn has_own_side(&self, identity: &[Named<'p>]) -> bool {
        !identity.is_empty() || !self.is_stranger()
    }

    fn step(&self, kind: PolicyType, policies: Option<&[Named<'p>]>) -> Step<'p> {
        let says = match policies {
            None => Says::Absent,
            Some(policies) => self.says(kind, policies),
        };
        Step { kind, level: None, says }
    }

    fn says(&self, kind: PolicyType, policies: &[Named<'p>]) -> Says<'p> {
        if let Some(by) = self.deny_in(kind, policies) {
            return Says::Deny { by };
        }
        let allowed = match kind {
            PolicyType::Identity => self.identity(),
            _ => self.allow_in(kind, policies),
        };
        match allowed {
            Ok(by) => Says::Allow { by },
            Err(decision) => silence(decision),
        }
    }

    fn own_says(&self) -> Says<'p> {
        if let Some(by) = self.deny_in(self.own_kind, self.own()) {
            return Says::Deny { by };
        }
        match self.grant() {
            Some((Reach::Account, by)) if !self.is_stranger() => Says::Delegate { by },
            Some((reach, by)) if reach >= self.enough() => Says::Allow { by },
            _ if self.own.is_none() && !self.own_must_allow => Says::Absent,
            _ => silence(self.implicit_deny(self.own_kind, self.own())),
        }
    }
}

fn silence(decision: Decision<'_>) -> Says<'_> {
    match decision {
        Decision::ImplicitDeny { reasons, .. } => Says::Silence { reasons },
        Decision::Allowed { by } => Says::Allow { by },
        Decision::ExplicitDeny { by } => Says::Deny { by },
    }
}
