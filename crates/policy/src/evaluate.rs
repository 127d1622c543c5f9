//! The decision. Source: contract/policy.md section 3.

mod steps;

pub use steps::{Says, Step};

use crate::decision::{
    Decision, MatchedStatement, Mismatch, PolicyType, REASONS_MAX, ROOT_PERMISSION, Reason,
};
use crate::principal::Reach;
use crate::statement::{Asked, Obstacle, Statement};
use crate::{Policy, Request, RequestPrincipal};

/// A policy with the name decisions show.
#[derive(Debug, Clone, Copy)]
pub struct Named<'p> {
    /// An ARN or the name of an inline policy.
    pub name: &'p str,
    /// The policy.
    pub policy: &'p Policy,
}

/// All policies that apply to a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicySet<'p> {
    /// Policies of the caller and its groups.
    pub identity: &'p [Named<'p>],
    /// The permissions boundary; `Some` means there is one, and it must allow.
    pub boundary: Option<&'p [Named<'p>]>,
    /// Session policies; `Some` means some were passed, and one must allow.
    pub session: Option<&'p [Named<'p>]>,
    /// The policy on the resource.
    pub resource: Option<Named<'p>>,
    /// The endpoint's policies; `Some` if the request came through one, and one must allow.
    pub endpoint: Option<&'p [Named<'p>]>,
    /// Service control policies of every level from the root down; each level must allow. Leave it
    /// empty for the management account and service-linked roles (section 3.1).
    pub service_control: &'p [&'p [Named<'p>]],
    /// Resource control policies, likewise.
    pub resource_control: &'p [&'p [Named<'p>]],
}

/// Decides a request.
///
/// A Deny in any policy wins; then every control policy and the endpoint must allow; then resource
/// and identity policies, the boundary and the session policies as sections 3.1 to 3.3 say.
pub fn evaluate<'p>(policies: &PolicySet<'p>, request: &Request<'_>) -> Decision<'p> {
    Judge::of_request(policies, request).decide()
}

/// Decides whether a role may be assumed: `sts:AssumeRole` and its kin, `sts:TagSession` and
/// `sts:SetSourceIdentity` (section 3.4). `request.resource_account` is the role's.
///
/// The trust policy must itself allow. In one account, naming the exact principal is enough; naming
/// the account needs the caller's own policies too, and so does everything across accounts. A role
/// that assumes itself is a caller like any other. `caller.resource` is not looked at.
pub fn evaluate_trust<'p>(
    trust: Named<'p>,
    caller: &PolicySet<'p>,
    request: &Request<'_>,
) -> Decision<'p> {
    Judge::of_trust(Some(trust), caller, request).decide()
}

pub(crate) struct Judge<'s, 'p, 'r> {
    policies: &'s PolicySet<'p>,
    /// The policy of the resource itself: a resource or trust policy.
    own: Option<[Named<'p>; 1]>,
    own_kind: PolicyType,
    own_must_allow: bool,
    same_account: bool,
    asked: Asked<'r>,
}

type Permission<'p> = Result<MatchedStatement<'p>, Decision<'p>>;

impl<'s, 'p, 'r> Judge<'s, 'p, 'r> {
    /// See [`evaluate`].
    pub(crate) fn of_request(policies: &'s PolicySet<'p>, request: &'r Request<'r>) -> Self {
        let account = request.principal.account();
        let same_account = account.is_some()
            && (request.resource_account.is_none() || request.resource_account == account);
        Self {
            policies,
            own: policies.resource.map(|named| [named]),
            own_kind: PolicyType::Resource,
            own_must_allow: !same_account,
            same_account,
            asked: Asked::new(request),
        }
    }

    /// See [`evaluate_trust`]. A role without a trust policy trusts nobody.
    pub(crate) fn of_trust(
        trust: Option<Named<'p>>,
        caller: &'s PolicySet<'p>,
        request: &'r Request<'r>,
    ) -> Self {
        let account = request.principal.account();
        Self {
            policies: caller,
            own: trust.map(|named| [named]),
            own_kind: PolicyType::Trust,
            own_must_allow: true,
            same_account: account.is_some() && request.resource_account == account,
            asked: Asked::new(request),
        }
    }

    pub(crate) fn decide(&self) -> Decision<'p> {
        if let Some(by) = self.explicit_deny() {
            return Decision::ExplicitDeny { by };
        }
        match self.guardrails().and_then(|()| self.permission()) {
            Ok(by) => Decision::Allowed { by },
            Err(denied) => denied,
        }
    }

    fn explicit_deny(&self) -> Option<MatchedStatement<'p>> {
        let set = self.policies;
        let levels = |kind, levels: &'p [&'p [Named<'p>]]| {
            levels.iter().find_map(|level| self.deny_in(kind, level))
        };
        levels(PolicyType::ResourceControl, set.resource_control)
            .or_else(|| levels(PolicyType::ServiceControl, set.service_control))
            .or_else(|| self.deny_in(PolicyType::Endpoint, set.endpoint.unwrap_or_default()))
            .or_else(|| self.deny_in(self.own_kind, self.own()))
            .or_else(|| self.deny_in(PolicyType::Identity, set.identity))
            .or_else(|| self.deny_in(PolicyType::Boundary, set.boundary.unwrap_or_default()))
            .or_else(|| self.deny_in(PolicyType::Session, set.session.unwrap_or_default()))
    }

    /// What must allow whoever asks and however it was granted.
    fn guardrails(&self) -> Result<(), Decision<'p>> {
        for level in self.policies.resource_control {
            self.allow_in(PolicyType::ResourceControl, level)?;
        }
        for level in self.policies.service_control {
            self.allow_in(PolicyType::ServiceControl, level)?;
        }
        if let Some(endpoint) = self.policies.endpoint {
            self.allow_in(PolicyType::Endpoint, endpoint)?;
        }
        Ok(())
    }

    fn permission(&self) -> Permission<'p> {
        let grant = self.grant();
        let reach = grant.map_or(Reach::None, |(reach, _)| reach);
        let stranger = self.is_stranger();
        if self.own_must_allow && reach < self.enough() {
            return Err(self.implicit_deny(self.own_kind, self.own()));
        }
        let by = match grant {
            Some((_, by)) if stranger => return Ok(by),
            Some((Reach::Direct, by)) if self.same_account => return Ok(by),
            Some((Reach::Limited, by)) if self.same_account => by,
            _ => self.identity()?,
        };
        if let Some(boundary) = self.policies.boundary {
            self.allow_in(PolicyType::Boundary, boundary)?;
        }
        if let Some(session) = self.session() {
            self.allow_in(PolicyType::Session, session)?;
        }
        Ok(by)
    }

    fn is_stranger(&self) -> bool {
        self.asked.request.principal.account().is_none()
    }

    /// What the resource's own policy must grant, where it has to allow: a caller without account
    /// has no policies of its own that a delegation could rest on.
    fn enough(&self) -> Reach {
        if self.is_stranger() { Reach::Limited } else { Reach::Account }
    }

    /// The farthest reaching Allow of the resource's own policy.
    fn grant(&self) -> Option<(Reach, MatchedStatement<'p>)> {
        let [named] = self.own?;
        let mut best: Option<(Reach, MatchedStatement<'p>)> = None;
        for statement in named.policy.allows(self.asked.action) {
            let reach = statement.allows(self.asked);
            if reach > best.map_or(Reach::None, |(reach, _)| reach) {
                best = Some((reach, matched(self.own_kind, named, statement)));
            }
        }
        best
    }

    fn identity(&self) -> Permission<'p> {
        let allowed = self.allow_in(PolicyType::Identity, self.policies.identity);
        match self.asked.request.principal {
            RequestPrincipal::Root { .. } => allowed.or(Ok(MatchedStatement {
                kind: PolicyType::Identity,
                policy: ROOT_PERMISSION,
                statement: 0,
                sid: None,
            })),
            _ => allowed,
        }
    }

    /// A federated user session without session policies may do nothing (section 3.4).
    fn session(&self) -> Option<&'p [Named<'p>]> {
        match self.asked.request.principal {
            RequestPrincipal::Federated { .. } => Some(self.policies.session.unwrap_or_default()),
            _ => self.policies.session,
        }
    }

    fn own(&self) -> &[Named<'p>] {
        self.own.as_ref().map_or(&[], |own| own)
    }

    fn deny_in(&self, kind: PolicyType, policies: &[Named<'p>]) -> Option<MatchedStatement<'p>> {
        policies.iter().find_map(|&named| {
            let mut denies = named.policy.denies(self.asked.action);
            let deny = denies.find(|statement| statement.denies(self.asked))?;
            Some(matched(kind, named, deny))
        })
    }

    fn allow_in(&self, kind: PolicyType, policies: &[Named<'p>]) -> Permission<'p> {
        let allow = policies.iter().find_map(|&named| {
            let mut allows = named.policy.allows(self.asked.action);
            let allow = allows.find(|statement| statement.allows(self.asked) > Reach::None)?;
            Some(matched(kind, named, allow))
        });
        allow.ok_or_else(|| self.implicit_deny(kind, policies))
    }

    /// Looks again, for what the log should say. Only a refused request pays for it.
    fn implicit_deny(&self, kind: PolicyType, policies: &[Named<'p>]) -> Decision<'p> {
        let enough = if kind == self.own_kind { self.enough() } else { Reach::Account };
        let reasons = policies.iter().flat_map(|&named| {
            named.policy.allows(self.asked.action).filter_map(move |statement| {
                let mismatch = self.mismatch(statement.obstacle(self.asked, enough)?);
                Some(Reason { statement: matched(kind, named, statement), mismatch })
            })
        });
        Decision::ImplicitDeny { kind, reasons: reasons.take(REASONS_MAX).collect() }
    }

    fn mismatch(&self, obstacle: Obstacle<'p>) -> Mismatch<'p> {
        match obstacle {
            Obstacle::Principal => Mismatch::Principal,
            Obstacle::Resource => Mismatch::Resource,
            Obstacle::Condition(condition) => {
                let found = self.asked.request.context.lookup(condition.key());
                Mismatch::Condition {
                    operator: condition.operator(),
                    key: condition.key(),
                    found: found.map(|values| values.iter().map(ToString::to_string).collect()),
                }
            }
        }
    }
}

fn matched<'p>(
    kind: PolicyType,
    named: Named<'p>,
    statement: &'p Statement,
) -> MatchedStatement<'p> {
    MatchedStatement {
        kind,
        policy: named.name,
        statement: statement.index,
        sid: statement.sid.as_deref(),
    }
}
