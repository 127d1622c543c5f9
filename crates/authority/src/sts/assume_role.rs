use std::sync::{Arc, LazyLock};

use rolecall_identity::{Arn, SessionClaims, SessionPrincipal, UniqueId};
use rolecall_policy::{
    Decision, Named, Policy, PolicyKind, PolicyType, Request, RequestContext, RequestPrincipal,
    evaluate_trust,
};

use crate::access::{CallerPolicies, Denied};
use crate::call::Call;
use crate::caller::{Caller, CallerKind};
use crate::context::fill_context;
use crate::error::ApiError;
use crate::field::{Field, Pattern, number};
use crate::operation::Done;
use crate::output::Element;
use crate::params::Params;
use crate::state::Role;
use crate::sts::session_policy::SessionPolicies;
use crate::sts::session_tags::{SessionTags, packed_size};
use crate::sts::sessions::{claims, refuse_mfa, vend};

/// Credentials of a role, if its trust policy and the caller's own policies allow.
pub(super) fn assume_role(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let asked = Asked::read(call.caller, params)?;
    if matches!(call.caller.kind(), CallerKind::Root) {
        return Err(ApiError::access_denied("Roles may not be assumed by root accounts."));
    }
    let role = authorize(call, &asked)?;
    asked.policies.must_exist(call.state, asked.role_arn.account().unwrap_or(call.account_id()))?;
    check_duration(call, &role, asked.duration)?;
    let packed = packed_size(&asked.tags, &asked.policies)?;
    let show_packed = !(asked.policies.is_empty() && asked.tags.requested.is_empty());
    let claims = session(call, &role, asked);
    let output = answer(call, params, &role, &claims, show_packed.then_some(packed))?;
    let resources = vec![(role.arn.clone(), "AWS::IAM::Role")];
    Ok(Done { output, resources, ..Done::default() })
}

/// What the request asks for, checked for form alone.
struct Asked<'a> {
    role_arn: Arn,
    session_name: &'a str,
    external_id: Option<&'a str>,
    /// The one asked for, or inherited down the chain.
    source_identity: Option<&'a str>,
    duration: i64,
    tags: SessionTags,
    policies: SessionPolicies,
}

impl<'a> Asked<'a> {
    fn read(caller: &'a Caller, params: &'a Params) -> Result<Self, ApiError> {
        let session_name = SESSION_NAME.required(params)?;
        let role_arn = read_role_arn(params)?;
        let duration = number(params, "DurationSeconds", 900..=43_200, 3600)?;
        let external_id = EXTERNAL_ID.optional(params)?;
        let source_identity = read_source_identity(caller, params)?;
        if params.list_len("ProvidedContexts.member") > 0 {
            return Err(ApiError::validation("ProvidedContexts are not supported"));
        }
        refuse_mfa(params)?;
        Ok(Self {
            session_name,
            external_id,
            source_identity,
            duration,
            tags: SessionTags::read(params, caller.claims())?,
            policies: SessionPolicies::read(params)?,
            role_arn,
        })
    }
}

/// A source identity stays the same down the chain.
fn read_source_identity<'a>(
    caller: &'a Caller,
    params: &'a Params,
) -> Result<Option<&'a str>, ApiError> {
    let asked = SOURCE_IDENTITY.optional(params)?;
    if asked.is_some_and(|identity| identity.starts_with("aws:")) {
        return Err(ApiError::validation("SourceIdentity must not begin with aws:"));
    }
    let kept = caller.claims().and_then(|claims| claims.source_identity.as_deref());
    if kept.is_some_and(|kept| asked.is_some_and(|asked| asked != kept)) {
        return Err(ApiError::access_denied(
            "The source identity of the calling session cannot be changed.",
        ));
    }
    Ok(kept.or(asked))
}

fn read_role_arn(params: &Params) -> Result<Arn, ApiError> {
    let text = ROLE_ARN.required(params)?;
    let invalid = || ApiError::validation(format!("{text} is invalid"));
    let arn = Arn::try_new(text).map_err(|_| invalid())?;
    let is_role = arn.service() == "iam" && arn.resource_of("role").is_some();
    if is_role && arn.account().is_some() { Ok(arn) } else { Err(invalid()) }
}

/// The role, if the caller may assume it. What is inherited must be permitted like what is asked
/// for. A role that does not exist is refused like one that does.
fn authorize(call: &Call<'_>, asked: &Asked<'_>) -> Result<Arc<Role>, ApiError> {
    let role = call.state.role(&asked.role_arn).map(Arc::clone);
    let mut actions = vec!["sts:AssumeRole"];
    if !asked.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if asked.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    for action in actions {
        decide(call, asked, role.as_deref(), action)?;
    }
    role.ok_or_else(|| ApiError::internal("a role that does not exist was permitted"))
}

fn decide(
    call: &Call<'_>,
    asked: &Asked<'_>,
    role: Option<&Role>,
    action: &str,
) -> Result<(), Denied> {
    let trust = role.map(|role| role.trust.policy.as_ref()).or(TRUSTS_NOBODY.as_ref());
    let stand_in = role.and_then(|role| replaced_principal(call, role));
    let mut context = RequestContext::with_room();
    fill_context(&mut context, call.caller, call.connection, call.region, call.now);
    set_keys(&mut context, asked, role);
    let policies = CallerPolicies::of(call.state, call.caller);
    let question = Request {
        principal: principal(call, stand_in.as_ref()),
        action,
        resource: asked.role_arn.as_str(),
        resource_account: asked.role_arn.account(),
        context: &context,
    };
    let decision = match trust {
        Some(policy) => {
            let trust = Named { name: "trust policy", policy };
            evaluate_trust(trust, &policies.set(), &question)
        }
        None => Decision::ImplicitDeny { kind: PolicyType::Trust, reasons: Vec::new() },
    };
    if decision.is_allowed() {
        return Ok(());
    }
    let denied = Denied::new(&decision, call.caller, &question);
    match (&call.connection.watch, role) {
        (Some(watch), Some(_)) => {
            watch.add(denied);
            Ok(())
        }
        _ => Err(denied),
    }
}

fn set_keys<'a>(context: &mut RequestContext<'a>, asked: &'a Asked<'_>, role: Option<&'a Role>) {
    context.set("sts:RoleSessionName", asked.session_name);
    context.set("sts:DurationSeconds", asked.duration.to_string());
    if let Some(id) = asked.external_id {
        context.set("sts:ExternalId", id);
    }
    if let Some(identity) = asked.source_identity {
        context.set("sts:SourceIdentity", identity);
    }
    for tag in role.map_or(&[] as &[_], |role| &role.tags) {
        context.set(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
    }
    asked.tags.set_keys(context);
}

/// The caller's unique id, if the trust policy means an earlier entity of the caller's name.
fn replaced_principal(call: &Call<'_>, role: &Role) -> Option<UniqueId> {
    let id = match call.caller.kind() {
        CallerKind::Federated { user, .. } | CallerKind::User(user) => &user.id,
        CallerKind::Role { role, .. } => &role.id,
        CallerKind::Instance(_) | CallerKind::Root => return None,
    };
    if role.trust.principals.is_empty() {
        return None;
    }
    let meant = role.trust.principals.get(&Arn::try_new(call.caller.issuer_arn()).ok()?)?;
    (meant != id).then(|| id.clone())
}

/// The caller as the trust policy sees it: by ARN, or by a unique id that no policy names.
fn principal<'a>(call: &'a Call<'_>, stand_in: Option<&'a UniqueId>) -> RequestPrincipal<'a> {
    match (call.caller.principal(), stand_in) {
        (principal, None) => principal,
        (RequestPrincipal::Role { account, .. }, Some(id)) => {
            RequestPrincipal::Role { account, role_arn: id.as_str(), session_arn: id.as_str() }
        }
        (RequestPrincipal::User { account, .. }, Some(id)) => {
            RequestPrincipal::User { account, arn: id.as_str() }
        }
        (principal, Some(_)) => principal,
    }
}

/// Chaining is capped at an hour, the role has its own maximum.
fn check_duration(call: &Call<'_>, role: &Role, asked: i64) -> Result<(), ApiError> {
    if call.caller.claims().is_some() && asked > CHAINED_SECONDS_MAX {
        return Err(ApiError::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining.",
        ));
    }
    if asked > role.session_seconds_max {
        return Err(ApiError::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(())
}

fn session(call: &Call<'_>, role: &Role, asked: Asked<'_>) -> SessionClaims {
    let principal = SessionPrincipal::Role {
        role: role.id.clone(),
        role_name: role.name.clone(),
        session_name: asked.session_name.to_owned(),
    };
    let mut claims = claims(call, principal, asked.duration);
    claims.account = asked.role_arn.account().unwrap_or(claims.account);
    let before = call.caller.claims();
    claims.source_identity = asked.source_identity.map(str::to_owned);
    claims.chain_depth = before.map_or(0, |claims| claims.chain_depth).saturating_add(1);
    claims.tags = asked.tags.into_tags();
    asked.policies.seal_into(&mut claims);
    claims
}

fn answer(
    call: &mut Call<'_>,
    params: &Params,
    role: &Role,
    claims: &SessionClaims,
    packed: Option<usize>,
) -> Result<Vec<Element>, ApiError> {
    let name = SESSION_NAME.required(params)?;
    let account = claims.account.as_str();
    let arn = ["arn:aws:sts::", account, ":assumed-role/", &role.name, "/", name].concat();
    let mut output = vend(call, params, claims)?;
    output.push(Element::fields(
        "AssumedRoleUser",
        vec![
            Element::text("AssumedRoleId", [role.id.as_str(), ":", name].concat()),
            Element::text("Arn", arn),
        ],
    ));
    output.extend(packed.map(|size| Element::text("PackedPolicySize", size.to_string())));
    let identity = claims.source_identity.as_deref();
    output.extend(identity.map(|identity| Element::text("SourceIdentity", identity)));
    Ok(output)
}

pub(super) const PARAMS: &[&str] = &[
    "DurationSeconds",
    "ExternalId",
    "MinimumSessionTokenSize",
    "Policy",
    "PolicyArns.member.N.arn",
    "ProvidedContexts.member.N.ContextAssertion",
    "ProvidedContexts.member.N.ProviderArn",
    "RoleArn",
    "RoleSessionName",
    "SerialNumber",
    "SourceIdentity",
    "Tags.member.N.Key",
    "Tags.member.N.Value",
    "TokenCode",
    "TransitiveTagKeys.member.N",
];
const ROLE_ARN: Field = Field::new("RoleArn", 20, 2048, Pattern::Any);
const SESSION_NAME: Field = Field::new("RoleSessionName", 2, 64, Pattern::Name);
const SOURCE_IDENTITY: Field = Field::new("SourceIdentity", 2, 64, Pattern::Name);
const EXTERNAL_ID: Field = Field::new("ExternalId", 2, 1224, Pattern::ExternalId);
/// Longest session of a role assumed with session credentials. Source: STS API reference.
const CHAINED_SECONDS_MAX: i64 = 3600;
/// Stands in for the trust policy of a role that does not exist: the caller's own policies are
/// judged as for any role, and the answer is the same.
pub(crate) static TRUSTS_NOBODY: LazyLock<Option<Policy>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny",
        "Principal":{"Service":"nobody.invalid"},"Action":"sts:AssumeRole"}}"#;
    Policy::parse(PolicyKind::Trust, text).ok()
});
