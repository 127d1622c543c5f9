//! contract/policy.md section 3: which policies must allow.

use rolecall_policy::*;
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn sections_3_2_to_3_4_grants() {
    for case in rows(include_str!("../cases/grants.jsonl")) {
        let decision = decided(&case, false);
        assert_eq!(decision, case["expected"].as_str().unwrap(), "{case}");
    }
}

#[test]
fn an_explicit_deny_wins_over_each_grant() {
    for case in rows(include_str!("../cases/grants.jsonl")) {
        assert_eq!(decided(&case, true), "explicitDeny", "{case}");
    }
}

/// `allowed`, `explicitDeny`, or the kind of policy that does not allow.
fn decided(case: &Value, denied: bool) -> String {
    let trust = case["trust"] == true;
    let (allowing, silent) = (allow_all(), silent());
    let deny = policy(
        PolicyKind::Identity,
        json!({"Effect": "Deny", "NotAction": "sqs:*", "Resource": "*"}),
    );
    let either = |allows: &Value| match allows {
        Value::Bool(allows) => Some([named(if *allows { &allowing } else { &silent })]),
        _ => None,
    };
    let (boundary, session) = (either(&case["boundary"]), either(&case["session"]));
    let identity =
        [named(if case["identity"] == true { &allowing } else { &silent }), named(&deny)];
    let own = own_policy(&case["own"], trust);
    let set = PolicySet {
        identity: if denied { &identity } else { &identity[..1] },
        boundary: boundary.as_ref().map(|policies| policies.as_slice()),
        session: session.as_ref().map(|policies| policies.as_slice()),
        resource: own.as_ref().filter(|_| !trust).map(named),
        ..Default::default()
    };
    let context = RequestContext::default();
    let request = Request {
        principal: who(case["who"].as_str().unwrap()),
        action: if trust { "sts:AssumeRole" } else { "s3:GetObject" },
        resource: if trust { ASSUMED } else { OBJECT },
        resource_account: Some(if case["other"] == true { other_account() } else { account() }),
        context: &context,
    };
    let decision = match own.as_ref().filter(|_| trust) {
        Some(own) => evaluate_trust(named(own), &set, &request),
        None => evaluate(&set, &request),
    };
    match decision {
        Decision::ImplicitDeny { kind, .. } => kind.to_string(),
        other => other.as_str().to_owned(),
    }
}

fn own_policy(principal: &Value, trust: bool) -> Option<Policy> {
    if principal.is_null() {
        return None;
    }
    Some(if trust {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole*"});
        policy(PolicyKind::Trust, statement)
    } else {
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"});
        policy(PolicyKind::Resource, statement)
    })
}

#[test]
fn everyone_with_a_principal_arn_condition_is_not_limited() {
    let own = policy(
        PolicyKind::Resource,
        json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
               "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}),
    );
    let silent = silent();
    let limits = [named(&silent)];
    let set = PolicySet {
        boundary: Some(&limits),
        session: Some(&limits),
        resource: Some(named(&own)),
        ..Default::default()
    };
    for (arn, expected) in [(ROLE, true), ("arn:aws:iam::123456789012:role/x", false)] {
        let mut context = RequestContext::default();
        context.set("aws:PrincipalArn", arn);
        assert_eq!(evaluate(&set, &get_object(role(), &context)).is_allowed(), expected);
    }
}

#[test]
fn of_grants_alike_the_first_is_named_and_a_farther_one_before_it() {
    let allow = |sid: &str, principal: &str| {
        json!({"Sid": sid, "Effect": "Allow", "Principal": {"AWS": principal},
               "Action": "*", "Resource": "*"})
    };
    for (statements, expected) in [
        (json!([allow("A", ROLE), allow("B", ROLE)]), "A"),
        (json!([allow("A", ROLE), allow("B", SESSION), allow("C", SESSION)]), "B"),
        (json!([allow("A", SESSION), allow("B", ROLE)]), "A"),
    ] {
        let own = policy(PolicyKind::Resource, statements);
        let set = PolicySet { resource: Some(named(&own)), ..Default::default() };
        let context = RequestContext::default();
        match evaluate(&set, &get_object(role(), &context)) {
            Decision::Allowed { by } => assert_eq!(by.sid, Some(expected)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_level_of_control_policies_must_allow() {
    let (allowing, silent) = (allow_all(), silent());
    let (yes, no) = ([named(&allowing)], [named(&silent)]);
    let either = [named(&silent), named(&allowing)];
    let context = RequestContext::default();
    for (levels, expected) in [
        (vec![], true),
        (vec![&yes[..]], true),
        (vec![&either[..], &yes[..]], true),
        (vec![&yes[..], &no[..]], false),
        (vec![&no[..], &yes[..]], false),
        (vec![&[][..]], false),
    ] {
        for principal in ["role", "user", "root"] {
            let request = get_object(who(principal), &context);
            let service =
                PolicySet { identity: &yes, service_control: &levels, ..Default::default() };
            let resource =
                PolicySet { identity: &yes, resource_control: &levels, ..Default::default() };
            for (set, kind) in
                [(service, PolicyType::ServiceControl), (resource, PolicyType::ResourceControl)]
            {
                let decision = evaluate(&set, &request);
                assert_eq!(decision.is_allowed(), expected, "{principal} {decision:?}");
                if let Decision::ImplicitDeny { kind: missing, .. } = decision {
                    assert_eq!(missing, kind);
                }
            }
        }
    }
}

#[test]
fn an_endpoint_policy_takes_part() {
    let (allowing, silent, context) = (allow_all(), silent(), RequestContext::default());
    let (yes, no) = ([named(&allowing)], [named(&silent)]);
    for (endpoint, expected) in [(None, true), (Some(&yes[..]), true), (Some(&no[..]), false)] {
        let set = PolicySet { identity: &yes, endpoint, ..Default::default() };
        assert_eq!(evaluate(&set, &get_object(user(), &context)).is_allowed(), expected);
    }
}

#[test]
fn a_control_policy_for_everyone_holds_for_web_identities_too() {
    let full = policy(
        PolicyKind::Resource,
        json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}),
    );
    let trust = own_policy(&json!({"Federated": "idp.example"}), true).unwrap();
    let (level, context) = ([named(&full)], RequestContext::default());
    let levels = [&level[..]];
    let set = PolicySet { resource_control: &levels, ..Default::default() };
    let request = Request {
        principal: who("idp.example"),
        action: "sts:AssumeRoleWithWebIdentity",
        resource: ASSUMED,
        resource_account: Some(account()),
        context: &context,
    };
    assert!(evaluate_trust(named(&trust), &set, &request).is_allowed());
}

#[test]
fn a_deny_of_any_kind_is_found_first() {
    let (allowing, context) = (allow_all(), RequestContext::default());
    let deny = policy(
        PolicyKind::Identity,
        json!({"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
    );
    let (yes, no) = ([named(&allowing)], [named(&deny)]);
    let both = [named(&allowing), named(&deny)];
    let levels = [&both[..]];
    let set = PolicySet { identity: &yes, ..Default::default() };
    for (kind, set) in [
        (PolicyType::Identity, PolicySet { identity: &both, ..set }),
        (PolicyType::Boundary, PolicySet { boundary: Some(&both), ..set }),
        (PolicyType::Session, PolicySet { session: Some(&no), ..set }),
        (PolicyType::Resource, PolicySet { resource: Some(no[0]), ..set }),
        (PolicyType::Endpoint, PolicySet { endpoint: Some(&both), ..set }),
        (PolicyType::ServiceControl, PolicySet { service_control: &levels, ..set }),
        (PolicyType::ResourceControl, PolicySet { resource_control: &levels, ..set }),
    ] {
        let by = MatchedStatement { kind, policy: "p", statement: 0, sid: Some("No") };
        let decision = evaluate(&set, &get_object(user(), &context));
        assert_eq!(decision, Decision::ExplicitDeny { by });
    }
}

#[test]
fn not_principal_exempts_only_who_is_listed_throughout() {
    let account = "123456789012";
    for (listed, principal, denied) in [
        (json!([account, ROLE, SESSION]), "role", false),
        (json!([account, ROLE]), "role", true),
        (json!([ROLE, SESSION]), "role", true),
        (json!([account, SESSION]), "role", true),
        (json!([account, USER]), "user", false),
        (json!([account]), "user", true),
        (json!([USER]), "user", true),
        (json!([account, USER, FEDERATED]), "federated", false),
        (json!([account, USER]), "federated", true),
        (json!([account]), "root", false),
        (json!([account]), "anonymous", true),
        (json!(["*"]), "anonymous", false),
        (json!([account]), "ec2.amazonaws.com", true),
    ] {
        let own = policy(
            PolicyKind::Resource,
            json!([
                {"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"},
                {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            ]),
        );
        let set = PolicySet { resource: Some(named(&own)), ..Default::default() };
        let context = RequestContext::default();
        let decision = evaluate(&set, &get_object(who(principal), &context));
        assert_eq!(!decision.is_allowed(), denied, "{listed} {principal}");
    }
}

#[test]
fn not_principal_exempts_services_and_providers_by_their_kind_and_name() {
    let provider = "arn:aws:iam::123456789012:oidc-provider/idp.example";
    for (listed, principal, denied) in [
        (json!({"Service": "ec2.amazonaws.com"}), "ec2.amazonaws.com", false),
        (json!({"Service": "ec2.amazonaws.com"}), "s3.amazonaws.com", true),
        (json!({"Federated": "ec2.amazonaws.com"}), "ec2.amazonaws.com", true),
        (json!({"Federated": provider}), provider, false),
        (json!({"Federated": ["accounts.google.com", provider]}), provider, false),
        (json!({"Federated": "accounts.google.com"}), provider, true),
        (json!({"Service": provider}), provider, true),
        (json!({"AWS": "123456789012"}), provider, true),
        (json!({"Federated": provider}), "role", true),
    ] {
        let own = policy(
            PolicyKind::Resource,
            json!({"Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*"}),
        );
        let set = PolicySet { resource: Some(named(&own)), ..Default::default() };
        let context = RequestContext::default();
        let decision = evaluate(&set, &get_object(who(principal), &context));
        assert_eq!(decision.as_str() == "explicitDeny", denied, "{listed} {principal}");
    }
}

#[test]
fn allow_with_not_principal_means_everyone_else() {
    for (listed, principal, allowed) in [
        (json!(USER), "anonymous", true),
        (json!(USER), "role", true),
        (json!(USER), "user", false),
        (json!("123456789012"), "user", false),
        (json!(ROLE), "role", false),
        (json!(SESSION), "role", false),
        (json!([USER, ROLE]), "role", false),
        (json!([USER, ROLE]), "anonymous", true),
        (json!(USER), "idp.example", false),
    ] {
        let own = policy(
            PolicyKind::Resource,
            json!({"Effect": "Allow", "Action": "*", "Resource": "*",
                   "NotPrincipal": {"AWS": listed}}),
        );
        let set = PolicySet { resource: Some(named(&own)), ..Default::default() };
        let context = RequestContext::default();
        let decision = evaluate(&set, &get_object(who(principal), &context));
        assert_eq!(decision.is_allowed(), allowed, "{listed} {principal}");
    }
}

#[test]
fn allow_with_not_principal_is_limited() {
    let own = policy(
        PolicyKind::Resource,
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": USER}, "Action": "*", "Resource": "*"}),
    );
    let (silent, context) = (silent(), RequestContext::default());
    let limits = [named(&silent)];
    let set =
        PolicySet { resource: Some(named(&own)), boundary: Some(&limits), ..Default::default() };
    assert!(!evaluate(&set, &get_object(role(), &context)).is_allowed());
}

#[test]
fn a_deny_means_each_principal_it_lists() {
    for (principal, denied) in
        [("role", true), ("user", true), ("federated", true), ("root", false), ("anonymous", false)]
    {
        let own = policy(
            PolicyKind::Resource,
            json!([
                {"Effect": "Deny", "Principal": {"AWS": [SESSION, USER]},
                 "Action": "*", "Resource": "*"},
                {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            ]),
        );
        let set = PolicySet { resource: Some(named(&own)), ..Default::default() };
        let context = RequestContext::default();
        let decision = evaluate(&set, &get_object(who(principal), &context));
        assert_eq!(!decision.is_allowed(), denied, "{principal}");
    }
}

#[test]
fn a_role_assumes_itself_only_if_its_trust_policy_says_so() {
    let allowing = allow_all();
    let identity = [named(&allowing)];
    let set = PolicySet { identity: &identity, ..Default::default() };
    let context = RequestContext::default();
    let request =
        Request { action: "sts:AssumeRole", resource: ROLE, ..get_object(role(), &context) };
    for (trusted, expected) in
        [(json!({"Service": "ec2.amazonaws.com"}), false), (json!({"AWS": ROLE}), true)]
    {
        let trust = own_policy(&trusted, true).unwrap();
        assert_eq!(evaluate_trust(named(&trust), &set, &request).is_allowed(), expected);
    }
}

#[test]
fn a_role_of_unknown_account_is_foreign() {
    let trust = own_policy(&json!({"AWS": ROLE}), true).unwrap();
    let context = RequestContext::default();
    let request = Request {
        action: "sts:AssumeRole",
        resource_account: None,
        ..get_object(role(), &context)
    };
    assert!(!evaluate_trust(named(&trust), &PolicySet::default(), &request).is_allowed());
}

#[test]
fn session_tags_are_checked_like_the_assumption() {
    let trust = own_policy(&json!({"AWS": ROLE}), true).unwrap();
    let context = RequestContext::default();
    for (action, expected) in
        [("sts:AssumeRole", true), ("sts:TagSession", false), ("sts:SetSourceIdentity", false)]
    {
        let request = Request { action, ..get_object(role(), &context) };
        let decision = evaluate_trust(named(&trust), &PolicySet::default(), &request);
        assert_eq!(decision.is_allowed(), expected, "{action}");
    }
}

#[test]
fn section_3_5_some_calls_need_no_permission() {
    for (action, expected) in [
        ("sts:GetCallerIdentity", true),
        ("STS:getsessiontoken", true),
        ("sts:AssumeRole", false),
        ("sts:GetFederationToken", false),
    ] {
        assert_eq!(needs_no_permission(action), expected, "{action}");
    }
}

#[test]
fn what_was_not_allowed_is_not_permitted() {
    let by = MatchedStatement { kind: PolicyType::Identity, policy: "p", statement: 0, sid: None };
    let implicit = Decision::ImplicitDeny { kind: PolicyType::Identity, reasons: Vec::new() };
    assert_eq!(Permitted::by(&implicit, 1), Err(1));
    assert_eq!(Permitted::by(&Decision::ExplicitDeny { by }, 1), Err(1));
    let permitted = Permitted::by(&Decision::Allowed { by }, 1).unwrap();
    assert_eq!(*permitted.subject(), 1);
    assert_eq!(permitted.map(|n| n + 1).into_subject(), 2);
}
