//! Policy documents: what parses evaluates, a `Deny` never allows and a session never widens.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_identity::AccountId;
use rolecall_policy::{
    Decision, Named, Policy, PolicyKind, PolicySet, Request, RequestContext, RequestPrincipal,
    evaluate, evaluate_trust,
};

static CONTEXT: LazyLock<RequestContext<'static>> = LazyLock::new(context);
static ALLOW: LazyLock<Policy> = LazyLock::new(|| everything("Allow"));
static DENY: LazyLock<Policy> = LazyLock::new(|| everything("Deny"));

const USER: &str = "arn:aws:iam::123456789012:user/ana";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let parse = |kind| match Policy::parse(kind, text) {
        Ok(policy) => {
            assert_eq!(policy.text(), text);
            Some(policy)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.detail().is_empty());
            None
        }
    };
    for request in requests() {
        for kind in [PolicyKind::Identity, PolicyKind::Managed, PolicyKind::Session] {
            if let Some(policy) = parse(kind) {
                check_own(&policy, &request);
            }
        }
        if let Some(policy) = parse(PolicyKind::Resource) {
            let set = PolicySet { resource: Some(named(&policy)), ..PolicySet::default() };
            check(&evaluate(&set, &request), &request);
        }
    }
    if let Some(policy) = parse(PolicyKind::Trust) {
        let _ = policy.principal_arns().count();
        for request in requests() {
            let request = Request { action: "sts:AssumeRole", ..request };
            let allow = [named(&ALLOW)];
            let caller = PolicySet { identity: &allow, ..PolicySet::default() };
            check(&evaluate_trust(named(&policy), &caller, &request), &request);
        }
    }
    Corpus::Keep
});

fn check_own(policy: &Policy, request: &Request<'_>) {
    let (own, all, deny) = ([named(policy)], [named(&ALLOW)], [named(policy), named(&DENY)]);
    let decision = evaluate(&PolicySet { identity: &own, ..PolicySet::default() }, request);
    check(&decision, request);
    let applying = policy.applying(request);
    let denies = applying.iter().any(|statement| !statement.allows);
    let allows = applying.iter().any(|statement| statement.allows);
    assert_eq!(decision.is_allowed(), allows && !denies);
    assert!(policy.speaking_of(request.action).len() >= applying.len());

    let denied = evaluate(&PolicySet { identity: &deny, ..PolicySet::default() }, request);
    assert!(!denied.is_allowed(), "one more Deny never allows");
    for narrowed in [
        PolicySet { identity: &all, session: Some(&own), ..PolicySet::default() },
        PolicySet { identity: &all, boundary: Some(&own), ..PolicySet::default() },
    ] {
        let narrowed = evaluate(&narrowed, request);
        check(&narrowed, request);
        assert_eq!(narrowed.is_allowed(), decision.is_allowed(), "it narrows all to itself");
    }
    let none = PolicySet { session: Some(&own), ..PolicySet::default() };
    assert!(!evaluate(&none, request).is_allowed(), "a session never widens");
}

fn check(decision: &Decision<'_>, request: &Request<'_>) {
    assert!(!decision.explain().is_empty());
    let told = decision.message(USER, request.action, Some(request.resource), true);
    assert!(told.starts_with("User: "));
}

fn named(policy: &Policy) -> Named<'_> {
    Named { name: "p", policy }
}

fn everything(effect: &str) -> Policy {
    let statement = format!(r#"{{"Effect": "{effect}", "Action": "*", "Resource": "*"}}"#);
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
    Policy::parse(PolicyKind::Identity, &text).unwrap()
}

fn requests() -> [Request<'static>; 2] {
    let account: AccountId = "123456789012".parse().unwrap();
    let role = RequestPrincipal::Role {
        account,
        role_arn: "arn:aws:iam::123456789012:role/path/app",
        session_arn: "arn:aws:sts::123456789012:assumed-role/app/s",
    };
    let object = Request {
        principal: RequestPrincipal::User { account, arn: USER },
        action: "s3:GetObject",
        resource: "arn:aws:s3:::bucket/users/ana/key",
        resource_account: Some(account),
        context: &CONTEXT,
    };
    let resource = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0";
    [object, Request { principal: role, action: "ec2:StartInstances", resource, ..object }]
}

fn context() -> RequestContext<'static> {
    let mut context = RequestContext::default();
    for (key, value) in [
        ("aws:username", "ana"),
        ("aws:userid", "AIDAIOSFODNN7EXAMPLEA"),
        ("aws:SourceIp", "192.0.2.1"),
        ("aws:CurrentTime", "2027-01-15T08:00:00Z"),
        ("aws:EpochTime", "1800000000"),
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalTag/team", "blue"),
        ("aws:PrincipalArn", USER),
        ("aws:MultiFactorAuthAge", "60"),
        ("ec2:RoleDelivery", "2.0"),
        ("s3:prefix", "home/ana/"),
    ] {
        context.set(key, value);
    }
    context.set_many("aws:TagKeys", ["team", "cost"]);
    context
}
