//! contract/policy.md section 4: the sentences of refusals, and ours for the log.

use rolecall_policy::*;
use serde_json::json;

use crate::world::*;

const KINDS: [(PolicyType, &str, &str); 8] = [
    (
        PolicyType::Boundary,
        "because no permissions boundary allows the s3:GetObject action",
        "with an explicit deny in a permissions boundary",
    ),
    (
        PolicyType::Endpoint,
        "because no VPC endpoint policy allows the s3:GetObject action",
        "with an explicit deny in a VPC endpoint policy",
    ),
    (
        PolicyType::Identity,
        "because no identity-based policy allows the s3:GetObject action",
        "with an explicit deny in an identity-based policy",
    ),
    (
        PolicyType::Resource,
        "because no resource-based policy allows the s3:GetObject action",
        "with an explicit deny in a resource-based policy",
    ),
    (
        PolicyType::ResourceControl,
        "because no resource control policy allows the s3:GetObject action",
        "with an explicit deny in a resource control policy",
    ),
    (
        PolicyType::ServiceControl,
        "because no service control policy allows the s3:GetObject action",
        "with an explicit deny in a service control policy",
    ),
    (
        PolicyType::Session,
        "because no session policy allows the s3:GetObject action",
        "with an explicit deny in a session policy",
    ),
    (
        PolicyType::Trust,
        "because no role trust policy allows the s3:GetObject action",
        "with an explicit deny in the role trust policy",
    ),
];

#[test]
fn each_kind_has_its_sentence() {
    let head =
        format!("User: {SESSION} is not authorized to perform: s3:GetObject on resource: {OBJECT}");
    for (kind, implicit, explicit) in KINDS {
        let by = MatchedStatement { kind, policy: "secret", statement: 0, sid: Some("Secret") };
        let missing = Decision::ImplicitDeny { kind, reasons: Vec::new() };
        let denied = Decision::ExplicitDeny { by };
        for (decision, reason) in [(missing, implicit), (denied, explicit)] {
            let message =
                |with_reason| decision.message(SESSION, "s3:GetObject", Some(OBJECT), with_reason);
            assert_eq!(message(true), format!("{head} {reason}"));
            assert_eq!(message(false), head);
        }
    }
}

#[test]
fn an_action_without_resource_leaves_the_part_out() {
    let decision = Decision::ImplicitDeny { kind: PolicyType::Trust, reasons: Vec::new() };
    assert_eq!(
        decision.message(USER, "sts:AssumeRole", None, true),
        "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: sts:AssumeRole \
         because no role trust policy allows the sts:AssumeRole action"
    );
}

#[test]
fn the_log_names_policy_statement_and_key() {
    let own = policy(
        PolicyKind::Identity,
        json!([
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"},
            {"Sid": "Team", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
             "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}},
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
             "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            {"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        ]),
    );
    let identity = [Named { name: "inline\n", policy: &own }];
    let set = PolicySet { identity: &identity, ..Default::default() };
    let explained = |values: &[(&'static str, &'static str)]| {
        let context = context(values);
        evaluate(&set, &get_object(user(), &context)).explain()
    };
    assert_eq!(
        explained(&[("aws:SourceIp", "192.0.2.1")]),
        "no identity-based policy allows it: \
         identity-based policy `inline\\n`, statement 0: another resource; \
         identity-based policy `inline\\n`, statement 1 (Sid `Team`): StringEquals not met, \
         key `aws:PrincipalTag/team` is absent; \
         identity-based policy `inline\\n`, statement 2: IpAddress not met, \
         key `aws:SourceIp` is [\"192.0.2.1\"]"
    );
    assert_eq!(
        explained(&[("aws:PrincipalTag/team", "red")]),
        "allowed by identity-based policy `inline\\n`, statement 1 (Sid `Team`)"
    );
    assert_eq!(
        explained(&[("aws:SecureTransport", "false")]),
        "denied by identity-based policy `inline\\n`, statement 3 (Sid `No`)"
    );
}

#[test]
fn a_grant_that_falls_short_names_the_principal() {
    let own =
        policy(PolicyKind::Trust, json!({"Effect": "Allow", "Principal": "*", "Action": "sts:*"}));
    let context = RequestContext::default();
    let request = Request { action: "sts:AssumeRole", ..get_object(who("idp.example"), &context) };
    assert_eq!(
        evaluate_trust(named(&own), &PolicySet::default(), &request).explain(),
        "no role trust policy allows it: role trust policy `p`, statement 0: another principal"
    );
}

#[test]
fn reasons_have_a_limit() {
    let near = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other"});
    let own = policy(PolicyKind::Identity, json!(vec![near; REASONS_MAX + 1]));
    let (identity, context) = ([named(&own)], RequestContext::default());
    let set = PolicySet { identity: &identity, ..Default::default() };
    match evaluate(&set, &get_object(user(), &context)) {
        Decision::ImplicitDeny { reasons, .. } => assert_eq!(reasons.len(), REASONS_MAX),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_that_speaks_of_the_action_is_said_so() {
    let context = RequestContext::default();
    let decision = evaluate(&PolicySet::default(), &get_object(user(), &context));
    assert_eq!(decision.explain(), "no identity-based policy allows it: none speaks of the action");
}
