use rolecall_identity::{AccountId, Timestamp};
use rolecall_policy::{
    Decision, Named, Permitted, Policy, PolicySet, PolicyType, Request, RequestContext, evaluate,
};

use crate::authorization_message::authorization_message;
use crate::call::Connection;
use crate::caller::{Caller, CallerKind};
use crate::context::fill_context;
use crate::error::ApiError;
use crate::state::{PolicyAttachments, State};

/// One question: may this caller do this, here, now?
pub struct AccessRequest<'a> {
    /// The state whose policies decide.
    pub state: &'a State,
    /// Who asks.
    pub caller: &'a Caller,
    /// How the request came.
    pub connection: &'a Connection,
    /// The region of the credential scope.
    pub region: &'a str,
    /// When.
    pub now: Timestamp,
    /// `service:Operation`
    pub action: &'a str,
    /// The ARN acted on, or `*`.
    pub resource: &'a str,
    /// Who owns it, if that is known.
    pub resource_account: Option<AccountId>,
    /// The policy on the resource itself.
    pub resource_policy: Option<(&'a str, &'a Policy)>,
    /// Condition keys of this service. `aws:TagKeys` may stand more than once: it has all its values.
    pub keys: &'a [(&'a str, &'a str)],
}

/// A refusal: what the caller is told, and what the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// AWS's sentence. Its reason is left out for callers of another account.
    pub message: String,
    /// Policy, statement and condition key.
    pub detail: String,
}

/// Permits `subject` if live policies allow the question.
///
/// A policy that is attached but gone, or a boundary that is gone, allows nothing.
pub fn permit<T>(request: &AccessRequest<'_>, subject: T) -> Result<Permitted<T>, Denied> {
    judge(request, subject, |decision, question| Denied::new(decision, request.caller, question))
}

/// The same, where a refusal carries its whole account as JSON: see `authorization_message`.
pub(crate) fn permit_or_account(request: &AccessRequest<'_>) -> Result<(), (Denied, String)> {
    let denied = |decision: &Decision<'_>, question: &Request<'_>| {
        let account = authorization_message(decision, request.caller, question);
        (Denied::new(decision, request.caller, question), account)
    };
    judge(request, (), denied).map(Permitted::into_subject)
}

/// `denied` is asked for a refusal alone.
fn judge<T, E>(
    request: &AccessRequest<'_>,
    subject: T,
    denied: impl FnOnce(&Decision<'_>, &Request<'_>) -> E,
) -> Result<Permitted<T>, E> {
    let mut context = RequestContext::with_room();
    fill_context(&mut context, request.caller, request.connection, request.region, request.now);
    let (tag_keys, keys): (Vec<_>, Vec<_>) =
        request.keys.iter().copied().partition(|(key, _)| *key == TAG_KEYS);
    for (key, value) in keys {
        context.set(key, value);
    }
    context.set_many(TAG_KEYS, tag_keys.into_iter().map(|(_, value)| value));
    let policies = CallerPolicies::of(request.state, request.caller);
    let mut set = policies.set();
    set.resource = request.resource_policy.map(|(name, policy)| Named { name, policy });
    let question = Request {
        principal: request.caller.principal(),
        action: request.action,
        resource: request.resource,
        resource_account: request.resource_account,
        context: &context,
    };
    // Not even a resource policy that names everyone gives an instance itself anything.
    let decision = if request.caller.is_identity_alone() {
        Decision::ImplicitDeny { kind: PolicyType::Identity, reasons: Vec::new() }
    } else {
        evaluate(&set, &question)
    };
    match &request.connection.watch {
        // What an instance is alone is no matter of policies.
        Some(watch) if !request.caller.is_identity_alone() => {
            let tell = |decision: &Decision<'_>| {
                watch.add(Denied::new(decision, request.caller, &question));
            };
            Ok(Permitted::watching(&decision, subject, tell))
        }
        _ => Permitted::by(&decision, subject).map_err(|_| denied(&decision, &question)),
    }
}

/// The one multivalued key that requests here have.
pub(crate) const TAG_KEYS: &str = "aws:TagKeys";

impl Denied {
    pub(crate) fn new(decision: &Decision<'_>, caller: &Caller, question: &Request<'_>) -> Self {
        let resource = Some(question.resource).filter(|&resource| resource != "*");
        let own = question.resource_account.is_none_or(|account| account == caller.account());
        Self {
            message: decision.message(caller.arn(), question.action, resource, own),
            detail: decision.explain(),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self { detail: Some(denied.detail), ..Self::access_denied(denied.message) }
    }
}

/// The policies on a caller's own side.
pub(crate) struct CallerPolicies<'a> {
    identity: Vec<Named<'a>>,
    boundary: Option<Vec<Named<'a>>>,
    session: Option<Vec<Named<'a>>>,
}

impl<'a> CallerPolicies<'a> {
    pub(crate) fn of(state: &'a State, caller: &'a Caller) -> Self {
        let attachments = match caller.kind() {
            CallerKind::Federated { user, .. } | CallerKind::User(user) => Some(&user.policies),
            CallerKind::Role { role, .. } => Some(&role.policies),
            CallerKind::Instance(_) | CallerKind::Root => None,
        };
        Self {
            identity: attachments.map(|held| identity(state, held)).unwrap_or_default(),
            boundary: attachments.and_then(|held| boundary(state, held)),
            session: caller.session_policies().map(|policies| {
                policies.iter().map(|policy| Named { name: "session policy", policy }).collect()
            }),
        }
    }

    pub(crate) fn set(&self) -> PolicySet<'_> {
        PolicySet {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            ..PolicySet::default()
        }
    }
}

fn identity<'a>(state: &'a State, held: &'a PolicyAttachments) -> Vec<Named<'a>> {
    let inline = held.inline.iter().map(|(name, policy)| Named { name, policy });
    let managed = held.attached.iter().filter_map(|arn| {
        let managed = state.managed_policy(arn)?;
        Some(Named { name: arn.as_str(), policy: &managed.policy })
    });
    inline.chain(managed).collect()
}

fn boundary<'a>(state: &'a State, held: &'a PolicyAttachments) -> Option<Vec<Named<'a>>> {
    let arn = held.boundary.as_ref()?;
    let managed = state.managed_policy(arn);
    Some(
        managed
            .map(|managed| Named { name: arn.as_str(), policy: &managed.policy })
            .into_iter()
            .collect(),
    )
}
