//! contract/policy.md section 2: every operator against absent, empty and present keys.

use rolecall_policy::RequestContext;
use serde_json::{Value, json};

use crate::world::*;

/// What a positive and what a negated operator says.
type Says = (bool, bool);

const T: bool = true;
const F: bool = false;

/// Prefix and suffix; then: key absent, null set, a value that compares, one that does not, both.
#[rustfmt::skip]
const MATRIX: [(&str, &str, [Says; 5]); 6] = [
    ("",              "",         [(F, T), (F, T), (T, F), (F, T), (T, T)]),
    ("",              "IfExists", [(T, T), (F, T), (T, F), (F, T), (T, T)]),
    ("ForAllValues:", "",         [(T, T), (T, T), (T, F), (F, T), (F, F)]),
    ("ForAllValues:", "IfExists", [(T, T), (T, T), (T, F), (F, T), (F, F)]),
    ("ForAnyValue:",  "",         [(F, F), (F, F), (T, F), (F, T), (T, T)]),
    ("ForAnyValue:",  "IfExists", [(T, T), (F, F), (T, F), (F, T), (T, T)]),
];

#[test]
fn every_operator_in_every_situation() {
    for case in rows(include_str!("../cases/operators.jsonl")) {
        let text = |member: &str| case[member].as_str().unwrap().to_owned();
        let (operator, hit, miss) = (text("operator"), text("hit"), text("miss"));
        for (prefix, suffix, [absent, null_set, on_hit, on_miss, on_both]) in MATRIX {
            let name = format!("{prefix}{operator}{suffix}");
            let situations: [(&[&str], Says); 6] = [
                (&[], absent),
                (&[""], null_set),
                (&[&hit], on_hit),
                (&[&miss], on_miss),
                (&[&hit, &miss], on_both),
                (&[&miss, &hit], on_both),
            ];
            for (values, (positive, negated)) in situations {
                let expected = if case["negated"] == true { negated } else { positive };
                let met = met_with(&name, &case["value"], values);
                assert_eq!(met, expected, "{name} {} {values:?}", case["value"]);
            }
        }
    }
}

fn met_with(operator: &str, value: &Value, values: &[&str]) -> bool {
    let mut context = RequestContext::default();
    context.set_many("Some:Key/x", values.iter().copied());
    met(json!({operator: {"some:KEY/X": value}}), &context)
}

#[test]
fn null_asks_for_presence() {
    let (absent, present) = (RequestContext::default(), context(&[("aws:x", "1")]));
    for (value, when_absent, when_present) in [
        (json!("true"), true, false),
        (json!("false"), false, true),
        (json!(true), true, false),
        (json!(false), false, true),
        (json!(["true", "false"]), true, true),
    ] {
        assert_eq!(met(json!({"Null": {"AWS:X": value}}), &absent), when_absent, "{value}");
        assert_eq!(met(json!({"Null": {"AWS:X": value}}), &present), when_present, "{value}");
    }
}

#[test]
fn keys_and_operators_are_joined_by_and() {
    let context = context(&[("aws:a", "1"), ("aws:b", "2")]);
    for (condition, expected) in [
        (json!({}), true),
        (json!({"StringEquals": {}}), true),
        (json!({"Unknown": {}}), true),
        (json!({"StringEquals": {"aws:a": "1", "aws:b": "2"}}), true),
        (json!({"StringEquals": {"aws:a": "1", "aws:b": "1"}}), false),
        (json!({"StringEquals": {"aws:a": "1"}, "StringLike": {"aws:b": "2"}}), true),
        (json!({"StringEquals": {"aws:a": "1"}, "StringLike": {"aws:b": "1"}}), false),
        (json!({"StringEquals": {"aws:a": []}}), false),
        (json!({"StringNotEquals": {"aws:a": []}}), true),
    ] {
        assert_eq!(met(condition.clone(), &context), expected, "{condition}");
    }
}

#[test]
fn section_2_1_variables_in_conditions() {
    let mut context = context(&[("aws:a", "x*"), ("aws:b", "x*"), ("aws:c", "xy")]);
    context.set("aws:arn", ROLE);
    context.set_many("aws:many", ["x*"]);
    for (condition, expected) in [
        (json!({"StringEquals": {"aws:a": "${aws:b}"}}), true),
        (json!({"StringEquals": {"aws:c": "${aws:b}"}}), false),
        (json!({"StringLike": {"aws:c": "${aws:b}"}}), false),
        (json!({"StringLike": {"aws:c": "x${*}"}}), false),
        (json!({"StringLike": {"aws:a": "x${*}"}}), true),
        (json!({"StringEqualsIgnoreCase": {"aws:a": "${aws:B}"}}), true),
        (json!({"StringEquals": {"aws:a": "${aws:none}"}}), false),
        (json!({"StringNotEquals": {"aws:a": "${aws:none}"}}), true),
        (json!({"StringNotLike": {"aws:a": "${aws:none}*"}}), true),
        (json!({"StringNotEqualsIgnoreCase": {"aws:a": "${aws:none}"}}), true),
        (json!({"ArnNotLike": {"aws:arn": "${aws:none}"}}), true),
        (json!({"ArnNotEquals": {"aws:arn": "arn:aws:iam::${aws:none}:role/*"}}), true),
        (json!({"ArnEquals": {"aws:arn": "${aws:arn}"}}), true),
        (json!({"StringNotEquals": {"aws:a": ["${aws:none}", "x*"]}}), false),
        (json!({"StringEquals": {"aws:a": ["${aws:none}", "x*"]}}), true),
        (json!({"StringEquals": {"aws:a": "${aws:none, 'x*'}"}}), true),
        (json!({"StringLike": {"aws:c": "${aws:none, 'x*'}"}}), false),
        (json!({"StringEquals": {"aws:a": "${aws:many}"}}), false),
        (json!({"StringNotEquals": {"aws:a": "${aws:many}"}}), true),
        (json!({"ForAnyValue:StringNotEquals": {"aws:many": "${aws:none}"}}), true),
        (json!({"ForAllValues:StringEquals": {"aws:many": "${aws:none}"}}), false),
    ] {
        assert_eq!(met(condition.clone(), &context), expected, "{condition}");
    }
}
