//! One question of a simulation: may this caller do this to that?

use std::sync::Arc;

use rolecall_identity::AccountId;
use rolecall_policy::{
    Decision, Named, PolicySet, PolicyType, Request, RequestContext, evaluate, evaluate_trust,
    needs_no_permission,
};

use super::context::ContextEntry;
use super::keys::Keys;
use super::principal::Simulated;
use super::sources::Source;
use crate::state::Tag;
use crate::sts::TRUSTS_NOBODY;

/// All that the questions of a simulation share.
pub(super) struct Simulation {
    pub(super) caller: Simulated,
    pub(super) identity: Vec<Source>,
    pub(super) boundary: Option<Source>,
    /// `ResourcePolicy`, for what is no role that is assumed.
    pub(super) resource_policy: Option<Source>,
    pub(super) entries: Vec<ContextEntry>,
}

/// What is acted on.
pub(super) struct Resource {
    /// An ARN, or `*`.
    pub(super) name: String,
    pub(super) owner: AccountId,
    /// Of a role: who may assume it.
    pub(super) role: Option<AssumedRole>,
}

/// A role as those see it who would assume it.
pub(super) struct AssumedRole {
    /// Its trust policy, if it is known: a role without one trusts nobody.
    pub(super) trust: Option<Arc<Source>>,
    /// What the trust policy sees of a caller whose name it means for another entity.
    pub(super) stand_in: Option<String>,
    pub(super) tags: Vec<Tag>,
}

/// The answer to one question.
pub(super) struct Evaluated<'s> {
    pub(super) decision: &'static str,
    /// Our own account of it, in words.
    pub(super) explanation: String,
    pub(super) matched: Vec<(&'s Source, usize)>,
    pub(super) missing: Vec<String>,
    pub(super) allowed_by_boundary: Option<bool>,
    /// What each kind of policy says, if two accounts have a say.
    pub(super) details: Option<Vec<(&'static str, &'static str)>>,
}

/// Whether an action is decided by the trust policy of the role it is about.
pub(super) fn is_of_trust(action: &str) -> bool {
    OF_TRUST.iter().any(|known| known.eq_ignore_ascii_case(action))
}

const OF_TRUST: [&str; 5] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

impl Simulation {
    pub(super) fn evaluate<'s>(&'s self, action: &str, resource: &'s Resource) -> Evaluated<'s> {
        let role = resource.role.as_ref().filter(|_| is_of_trust(action));
        let own = match role {
            Some(role) => role.trust.as_deref(),
            None => self.resource_policy.as_ref(),
        };
        let context = self.context(role);
        let request = Request {
            principal: self.caller.principal(role.and_then(|role| role.stand_in.as_deref())),
            action,
            resource: &resource.name,
            resource_account: Some(resource.owner),
            context: &context,
        };
        let (decision, explanation) = self.decide(role.is_some(), own, &request);
        Evaluated {
            decision,
            explanation,
            matched: self.matched(decision, own, &request),
            missing: self.missing(own, &request),
            allowed_by_boundary: self
                .boundary
                .as_ref()
                .map(|boundary| say([boundary], &request) == ALLOWED),
            details: self.details(own, &request, resource.owner),
        }
    }

    /// What follows from the caller and the role; the entries of the request come last and win.
    fn context<'s>(&'s self, role: Option<&'s AssumedRole>) -> RequestContext<'s> {
        let mut context = RequestContext::with_room();
        self.caller.fill(&mut context);
        for tag in role.map_or(&[] as &[_], |role| &role.tags) {
            context.set(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
        }
        self.entries.iter().for_each(|entry| entry.set(&mut context));
        context
    }

    fn decide(
        &self,
        by_trust: bool,
        own: Option<&Source>,
        request: &Request<'_>,
    ) -> (&'static str, String) {
        if needs_no_permission(request.action) {
            return (ALLOWED, "allowed: no policy is asked".to_owned());
        }
        let identity: Vec<Named<'_>> = self.identity.iter().map(Source::named).collect();
        let boundary = self.boundary.as_ref().map(|boundary| [boundary.named()]);
        let own = own.map(Source::named);
        let set = PolicySet {
            identity: &identity,
            boundary: boundary.as_ref().map(<[_; 1]>::as_slice),
            resource: own.filter(|_| !by_trust),
            ..PolicySet::default()
        };
        let nobody = || TRUSTS_NOBODY.as_ref().map(|policy| Named { name: "(none)", policy });
        let decision = match own.filter(|_| by_trust).or_else(nobody) {
            Some(trust) if by_trust => evaluate_trust(trust, &set, request),
            None if by_trust => {
                Decision::ImplicitDeny { kind: PolicyType::Trust, reasons: Vec::new() }
            }
            _ => evaluate(&set, request),
        };
        (decision.as_str(), decision.explain())
    }

    /// The statements that make the decision: of an Allow those of the caller and of the resource;
    /// a boundary's only if it denies.
    fn matched<'s>(
        &'s self,
        decision: &str,
        own: Option<&'s Source>,
        request: &Request<'_>,
    ) -> Vec<(&'s Source, usize)> {
        let sources = own.into_iter().chain(&self.identity);
        let (sources, allows): (Vec<&Source>, _) = match decision {
            _ if needs_no_permission(request.action) => return Vec::new(),
            ALLOWED => (sources.collect(), true),
            EXPLICIT_DENY => (sources.chain(&self.boundary).collect(), false),
            _ => return Vec::new(),
        };
        let of_source = |source: &'s Source| {
            let applying = source.policy.applying(request).into_iter();
            let matched = applying.filter(move |found| found.allows == allows);
            matched.map(|found| (source, found.statement)).collect::<Vec<_>>()
        };
        sources.into_iter().flat_map(of_source).collect()
    }

    /// Keys that statements about the action ask for and the request does not have.
    fn missing(&self, own: Option<&Source>, request: &Request<'_>) -> Vec<String> {
        let mut missing = Keys::default();
        for source in own.into_iter().chain(&self.identity).chain(&self.boundary) {
            let speaking = source.policy.speaking_of(request.action);
            let statements = speaking.into_iter().filter_map(|index| source.statement(index));
            let keys = statements.flat_map(|facts| &facts.keys);
            keys.filter(|key| request.context.lookup(key).is_none())
                .for_each(|key| missing.add(key));
        }
        missing.into_vec()
    }

    /// AWS: the reference describes the kinds of policies and does not spell their names here.
    /// uncertain
    fn details(
        &self,
        own: Option<&Source>,
        request: &Request<'_>,
        owner: AccountId,
    ) -> Option<Vec<(&'static str, &'static str)>> {
        if owner == self.caller.account {
            return None;
        }
        let mut details = vec![
            ("IAM Policy", say(&self.identity, request)),
            ("Resource Policy", say(own, request)),
        ];
        let boundary = self.boundary.as_ref();
        details.extend(
            boundary.map(|boundary| ("Permissions Boundary Policy", say([boundary], request))),
        );
        Some(details)
    }
}

/// What the statements of policies say together.
fn say<'s>(sources: impl IntoIterator<Item = &'s Source>, request: &Request<'_>) -> &'static str {
    let applying = sources.into_iter().flat_map(|source| source.policy.applying(request));
    let verdicts: Vec<bool> = applying.map(|found| found.allows).collect();
    match verdicts.as_slice() {
        [] => IMPLICIT_DENY,
        verdicts if verdicts.contains(&false) => EXPLICIT_DENY,
        _ => ALLOWED,
    }
}

const ALLOWED: &str = "allowed";
const EXPLICIT_DENY: &str = "explicitDeny";
const IMPLICIT_DENY: &str = "implicitDeny";
