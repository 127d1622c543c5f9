//! contract/policy.md section 8: each mistake of a peer, with a test that fails on it.

use std::time::{Duration, Instant};

use rolecall_policy::*;
use serde_json::json;

use crate::world::*;

#[test]
fn an_unresolved_variable_matches_a_negated_operator() {
    let context = context(&[("aws:a", "x")]);
    assert!(met(json!({"StringNotEquals": {"aws:a": "${aws:SourceVpc}"}}), &context));
}

#[test]
fn an_absent_key_matches_a_negated_operator() {
    let context = RequestContext::default();
    for operator in [
        "StringNotEquals",
        "StringNotEqualsIgnoreCase",
        "StringNotLike",
        "ArnNotEquals",
        "ArnNotLike",
    ] {
        assert!(met(json!({operator: {"aws:a": "arn:aws:iam::1:x"}}), &context), "{operator}");
    }
    assert!(met(json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), &context));
    assert!(met(json!({"NumericNotEquals": {"aws:a": "1"}}), &context));
    assert!(met(json!({"DateNotEquals": {"aws:a": "2026"}}), &context));
}

#[test]
fn several_values_of_a_negated_operator_are_all_excluded() {
    for (value, expected) in [("a", false), ("b", false), ("c", true)] {
        let context = context(&[("aws:a", value)]);
        assert_eq!(met(json!({"StringNotEquals": {"aws:a": ["a", "b"]}}), &context), expected);
    }
}

#[test]
fn quantified_negation_looks_at_each_value() {
    let mut context = RequestContext::default();
    context.set_many("aws:TagKeys", ["a", "c"]);
    let condition = |quantifier: &str| {
        let operator = format!("{quantifier}:StringNotEquals");
        json!({operator: {"aws:TagKeys": ["a", "b"]}})
    };
    assert!(!met(condition("ForAllValues"), &context));
    assert!(met(condition("ForAnyValue"), &context));
}

#[test]
fn keys_and_tag_keys_have_no_case() {
    let context = context(&[("AWS:PrincipalTag/TEAM", "red")]);
    assert!(met(json!({"StringEquals": {"aws:principaltag/team": "red"}}), &context));
    assert!(met(
        json!({"StringEquals": {"aws:PrincipalTag/Team": "${AWS:principalTAG/tEAM}"}}),
        &context
    ));
}

#[test]
fn a_condition_never_vanishes() {
    let conditional = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:a": "x"}}});
    let policy = policy(PolicyKind::Identity, conditional);
    let context = RequestContext::default();
    assert!(!user_may(&policy, "s3:GetObject", OBJECT, &context));
}

#[test]
fn not_action_and_not_resource_never_vanish() {
    let context = RequestContext::default();
    let allow = |element: &str, value: &str| {
        let mut statement = json!({"Effect": "Allow", element: value});
        for (other, opposite) in [("Action", "NotAction"), ("Resource", "NotResource")] {
            if element != opposite {
                statement[other] = json!("*");
            }
        }
        policy(PolicyKind::Identity, statement)
    };
    assert!(!user_may(&allow("NotAction", "s3:*"), "s3:GetObject", OBJECT, &context));
    assert!(user_may(&allow("NotAction", "s3:*"), "sqs:X", OBJECT, &context));
    assert!(!user_may(&allow("NotResource", OBJECT), "s3:GetObject", OBJECT, &context));
    assert!(user_may(&allow("NotResource", "arn:aws:s3:::x"), "s3:GetObject", OBJECT, &context));
}

#[test]
fn an_external_id_is_not_ignored() {
    let trust = policy(
        PolicyKind::Trust,
        json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole",
               "Condition": {"StringEquals": {"sts:ExternalId": "42"}}}),
    );
    for (id, expected) in [(Some("42"), true), (Some("43"), false), (None, false)] {
        let keys: Vec<_> = id.map(|id| ("sts:ExternalId", id)).into_iter().collect();
        let context = context(&keys);
        let request =
            Request { action: "sts:AssumeRole", resource: ASSUMED, ..get_object(role(), &context) };
        let decision = evaluate_trust(named(&trust), &PolicySet::default(), &request);
        assert_eq!(decision.is_allowed(), expected, "{id:?}");
    }
}

#[test]
fn nothing_means_no() {
    let context = RequestContext::default();
    for principal in ["anonymous", "federated", "role", "user", "ec2.amazonaws.com", "idp.example"]
    {
        let request = get_object(who(principal), &context);
        assert!(!evaluate(&PolicySet::default(), &request).is_allowed(), "{principal}");
    }
}

#[test]
fn a_question_mark_is_a_wildcard() {
    let context = context(&[("aws:a", "ab")]);
    assert!(met(json!({"StringLike": {"aws:a": "a?"}}), &context));
}

/// Exponential backtracking would take longer than the world lasts, quadratic about a minute.
#[test]
fn hostile_patterns_are_matched_in_time() {
    let mut context = RequestContext::default();
    context.set("aws:a", "a".repeat(50_000));
    let started = Instant::now();
    for pattern in [
        format!("{}b", "a*".repeat(100)),
        format!("{}b*", "*a".repeat(100)),
        format!("{}b*", "*a?".repeat(60)),
        format!("*{}b", "?".repeat(200)),
    ] {
        assert!(!met(json!({"StringLike": {"aws:a": pattern}}), &context));
    }
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn statements_of_other_services_are_not_in_the_way() {
    let mut statements: Vec<_> = (0..500)
        .map(|n| json!({"Effect": "Allow", "Action": format!("svc{n}:*"), "Resource": "*"}))
        .collect();
    statements.push(json!({"Effect": "Deny", "Action": ["S3:Del*", "svc7:x"], "Resource": "*"}));
    statements.push(json!({"Effect": "Allow", "Action": ["s3:*", "s3:Get*"], "Resource": "*"}));
    let policy = policy(PolicyKind::Identity, json!(statements));
    let context = RequestContext::default();
    for (action, expected) in [
        ("svc0:a", true),
        ("SVC499:a", true),
        ("svc7:X", false),
        ("svc7:y", true),
        ("svc500:a", false),
        ("svc:a", false),
        ("s3:GetObject", true),
        ("s3:DeleteObject", false),
    ] {
        assert_eq!(user_may(&policy, action, OBJECT, &context), expected, "{action}");
    }
}
