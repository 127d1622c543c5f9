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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, PolicyKind, PolicySet, Request, RequestContext, RequestPrincipal};

    const ROLE: &str = "arn:aws:iam::123456789012:role/app";
    const ANYBODY: RequestPrincipal<'_> = RequestPrincipal::Anonymous;
    const PROVIDER: RequestPrincipal<'_> = RequestPrincipal::Provider { name: "idp.example" };

    fn session() -> RequestPrincipal<'static> {
        RequestPrincipal::Role {
            account: "123456789012".parse().unwrap(),
            role_arn: ROLE,
            session_arn: "arn:aws:sts::123456789012:assumed-role/app/i-0",
        }
    }

    /// What each kind says, in short.
    fn told(who: RequestPrincipal<'_>, owner: &str, set: &PolicySet<'_>) -> Vec<String> {
        let context = RequestContext::default();
        let request = Request {
            principal: who,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/k",
            resource_account: Some(owner.parse().unwrap()),
            context: &context,
        };
        let short = |step: Step<'_>| {
            let says = match step.says {
                Says::Absent => "absent",
                Says::Allow { .. } => "allow",
                Says::Delegate { .. } => "delegate",
                Says::Deny { .. } => "deny",
                Says::Silence { .. } => "silence",
            };
            format!("{:?}{:?} {says}", step.kind, step.level)
        };
        Judge::of_request(set, &request).steps().into_iter().map(short).collect()
    }

    fn policy(kind: PolicyKind, rest: &str) -> Policy {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*",{rest}}}}}"#
        );
        Policy::parse(kind, &text).unwrap()
    }

    #[test]
    fn the_resources_own_policy_allows_delegates_or_is_silent() {
        let (same, other) = ("123456789012", "210987654321");
        for (principal, who, owner, says) in [
            (Some(r#""*""#), ANYBODY, same, "allow"),
            (Some(r#"{"AWS":"123456789012"}"#), session(), same, "delegate"),
            (Some(r#"{"AWS":"123456789012"}"#), session(), other, "delegate"),
            (Some(r#"{"AWS":"arn:aws:iam::123456789012:role/app"}"#), session(), same, "allow"),
            (Some(r#"{"AWS":"210987654321"}"#), session(), same, "silence"),
            (Some(r#"{"AWS":"210987654321"}"#), ANYBODY, same, "silence"),
            // A web identity is trusted by its provider's name alone.
            (Some(r#""*""#), PROVIDER, same, "silence"),
            (None, session(), same, "absent"),
            (None, session(), other, "silence"),
            (None, ANYBODY, same, "silence"),
        ] {
            let own = principal.map(|principal| {
                policy(PolicyKind::Resource, &format!(r#""Principal":{principal},"Resource":"*""#))
            });
            let resource = own.as_ref().map(|policy| Named { name: "own", policy });
            let set = PolicySet { resource, ..PolicySet::default() };
            let told = told(who, owner, &set);
            assert!(
                told.contains(&format!("ResourceNone {says}")),
                "{principal:?} {who:?} {told:?}"
            );
        }
    }

    #[test]
    fn every_kind_and_level_is_told_in_the_order_of_the_decision() {
        let all = policy(PolicyKind::Managed, r#""Resource":"*""#);
        let other = policy(PolicyKind::Managed, r#""Resource":"arn:aws:s3:::c/*""#);
        let (all, other) =
            ([Named { name: "a", policy: &all }], [Named { name: "o", policy: &other }]);
        let levels: [&[Named<'_>]; 2] = [&all, &other];
        let set = PolicySet { identity: &all, service_control: &levels, ..PolicySet::default() };
        let expected = [
            "ResourceControlNone absent",
            "ServiceControlSome(0) allow",
            "ServiceControlSome(1) silence",
            "EndpointNone absent",
            "ResourceNone absent",
            "IdentityNone allow",
            "BoundaryNone absent",
            "SessionNone absent",
        ];
        assert_eq!(told(session(), "123456789012", &set), expected);
    }

    #[test]
    fn who_has_no_account_needs_no_policies_but_is_shown_those_that_were_given() {
        let all = policy(PolicyKind::Managed, r#""Resource":"*""#);
        let given = [Named { name: "a", policy: &all }];
        for (who, identity, says) in [
            (ANYBODY, &[][..], "absent"),
            (ANYBODY, &given, "allow"),
            (session(), &[], "silence"),
            (session(), &given, "allow"),
        ] {
            let set = PolicySet { identity, ..PolicySet::default() };
            let told = told(who, "123456789012", &set);
            assert!(told.contains(&format!("IdentityNone {says}")), "{who:?} {told:?}");
        }
    }
}
