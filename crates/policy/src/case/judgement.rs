use super::Case;
use super::answer::Json;
use super::policies::CasePolicy;
use crate::decision::{MatchedStatement, Mismatch, PolicyType, ROOT_PERMISSION, Reason};
use crate::evaluate::Judge;
use crate::{Decision, Named, PolicySet, Request, RequestContext, Step, needs_no_permission};

/// A case and what came of it.
pub struct Judgement<'c> {
    case: &'c Case,
    context: &'c RequestContext<'c>,
    judge: Judge<'c, 'c, 'c>,
    decision: Decision<'c>,
}

/// What stands for a policy's name when an action succeeds whatever the policies say.
const NO_PERMISSION: &str = "(no permission needed)";

impl Case {
    /// Decides the case and hands the outcome, which borrows from the case, to `then`.
    ///
    /// Where a role is assumed, the resource's policy is its trust policy: `sts:AssumeRole` and its
    /// kin, and `sts:TagSession` and `sts:SetSourceIdentity` on a role. Without one, nobody may.
    pub fn judge<R>(&self, then: impl FnOnce(&Judgement<'_>) -> R) -> R {
        let mut context = RequestContext::with_room();
        self.principal.fill(&mut context);
        self.request.fill(&mut context);
        let held = &self.policies;
        let identity = named(&held.identity);
        let boundary = held.boundary.as_deref().map(named);
        let session = held.session.as_deref().map(named);
        let endpoint = held.endpoint.as_deref().map(named);
        let scp: Vec<_> = held.scp.iter().map(|level| named(level)).collect();
        let rcp: Vec<_> = held.rcp.iter().map(|level| named(level)).collect();
        let scp: Vec<_> = scp.iter().map(Vec::as_slice).collect();
        let rcp: Vec<_> = rcp.iter().map(Vec::as_slice).collect();
        let set = PolicySet {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: held.resource.as_ref().map(CasePolicy::named),
            endpoint: endpoint.as_deref(),
            service_control: &scp,
            resource_control: &rcp,
        };
        let request = Request {
            principal: self.principal.as_request(),
            action: &self.request.action,
            resource: &self.request.resource.arn,
            resource_account: self.request.resource.account,
            context: &context,
        };
        then(&Judgement::new(self, &set, &request))
    }
}

fn named(policies: &[CasePolicy]) -> Vec<Named<'_>> {
    policies.iter().map(CasePolicy::named).collect()
}

impl<'c> Judgement<'c> {
    fn new(case: &'c Case, set: &'c PolicySet<'c>, request: &'c Request<'c>) -> Self {
        let judge = if case.request.is_of_trust() {
            Judge::of_trust(set.resource, set, request)
        } else {
            Judge::of_request(set, request)
        };
        let signed = request.principal.account().is_some();
        let decision = if signed && needs_no_permission(request.action) {
            let (kind, policy) = (PolicyType::Identity, NO_PERMISSION);
            Decision::Allowed { by: MatchedStatement { kind, policy, statement: 0, sid: None } }
        } else {
            judge.decide()
        };
        Self { case, context: request.context, judge, decision }
    }

    /// The decision.
    pub fn decision(&self) -> &Decision<'c> {
        &self.decision
    }

    /// What each kind of policy says by itself, in the order in which they are asked.
    pub fn steps(&self) -> Vec<Step<'c>> {
        self.judge.steps()
    }

    /// The condition keys, those that follow from the principal included.
    pub fn context(&self) -> &RequestContext<'c> {
        self.context
    }

    /// What decides, in one word: a field of `policies`, `trust`, `root` or `none`.
    pub fn decided_by(&self) -> &'static str {
        match &self.decision {
            Decision::Allowed { by } if by.policy == NO_PERMISSION => "none",
            Decision::Allowed { by } if by.policy == ROOT_PERMISSION => "root",
            Decision::Allowed { by } | Decision::ExplicitDeny { by } => word(by.kind),
            Decision::ImplicitDeny { kind, .. } => word(*kind),
        }
    }

    /// AWS's sentence for a refusal.
    pub fn message(&self) -> Option<String> {
        let Case { principal, request, .. } = self.case;
        let resource = Some(request.resource.arn.as_str()).filter(|&arn| arn != "*");
        let account = request.resource.account;
        // AWS: callers of another account are not told the reason. uncertain
        let own = account.is_none() || account == principal.account();
        let denied = !self.decision.is_allowed();
        denied.then(|| self.decision.message(principal.shown(), &request.action, resource, own))
    }

    /// Who asks what, in words.
    pub fn question(&self) -> (&'c str, &'c str, &'c str) {
        let Case { principal, request, .. } = self.case;
        (principal.shown(), &request.action, &request.resource.arn)
    }

    /// `{"name": …, "decision": …, "decided_by": …, "reasons": […]}` on one line.
    pub fn to_json(&self) -> String {
        self.write(false)
    }

    /// The same with AWS's sentence as `message`, which is `null` where nothing is refused.
    pub fn to_json_with_message(&self) -> String {
        self.write(true)
    }

    fn write(&self, with_message: bool) -> String {
        let mut json = Json::default();
        json.open('{');
        json.key("name").string(self.case.name());
        json.key("decision").string(self.decision.as_str());
        json.key("decided_by").string(self.decided_by());
        json.key("reasons").open('[');
        match &self.decision {
            Decision::Allowed { .. } if matches!(self.decided_by(), "none" | "root") => {}
            Decision::Allowed { by } | Decision::ExplicitDeny { by } => {
                write_reason(&mut json, by, None);
            }
            Decision::ImplicitDeny { reasons, .. } => {
                for Reason { statement, mismatch } in reasons {
                    write_reason(&mut json, statement, Some(mismatch));
                }
            }
        }
        json.close(']');
        if with_message {
            json.key("message").optional(self.message().as_deref());
        }
        json.close('}');
        json.into_text()
    }
}

fn write_reason(json: &mut Json, by: &MatchedStatement<'_>, mismatch: Option<&Mismatch<'_>>) {
    json.open('{');
    json.key("type").string(word(by.kind));
    json.key("policy").string(by.policy);
    json.key("statement").number(by.statement);
    json.key("sid").optional(by.sid);
    match mismatch {
        None => json.key("why").string("applies"),
        Some(Mismatch::Principal) => json.key("why").string("principal"),
        Some(Mismatch::Resource) => json.key("why").string("resource"),
        Some(Mismatch::Condition { operator, key, found }) => {
            json.key("why").string("condition");
            json.key("operator").string(operator);
            json.key("key").string(key);
            json.key("found");
            write_found(json, found.as_deref());
        }
    }
    json.close('}');
}

fn write_found(json: &mut Json, found: Option<&[String]>) {
    let Some(values) = found else { return json.optional(None) };
    json.open('[');
    for value in values {
        json.string(value);
    }
    json.close(']');
}

/// The field of `policies` in which policies of a kind stand.
const fn word(kind: PolicyType) -> &'static str {
    match kind {
        PolicyType::Boundary => "boundary",
        PolicyType::Endpoint => "endpoint",
        PolicyType::Identity => "identity",
        PolicyType::Resource => "resource",
        PolicyType::ResourceControl => "rcp",
        PolicyType::ServiceControl => "scp",
        PolicyType::Session => "session",
        PolicyType::Trust => "trust",
    }
}
