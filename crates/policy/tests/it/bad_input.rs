//! What strangers may send: every answer is a clear refusal or a bounded piece of work.

use rolecall_policy::*;
use serde_json::json;

use crate::world::*;

const KINDS: [PolicyKind; 5] = [
    PolicyKind::Identity,
    PolicyKind::Managed,
    PolicyKind::Resource,
    PolicyKind::Session,
    PolicyKind::Trust,
];

/// What is wrong with a document that no kind of policy may be.
fn refused(text: &str) -> String {
    let details = KINDS.map(|kind| Policy::parse(kind, text).unwrap_err().detail().to_owned());
    assert!(details.iter().all(|detail| *detail == details[0]), "{details:?}");
    details[0].clone()
}

fn allow(resource: &str) -> String {
    json!({"Version": "2012-10-17",
           "Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}})
    .to_string()
}

#[test]
fn a_megabyte_is_refused_unread() {
    for text in ["[", "{\"a\":", "\u{e9}", " ", "\"", "\0"] {
        let megabyte = text.repeat(1_048_576 / text.len());
        assert_eq!(refused(&megabyte), "more than 131072 bytes");
    }
}

#[test]
fn a_document_as_large_as_may_be_is_answered() {
    let value = "arn:aws:s3:::*a?b*";
    let count = (DOCUMENT_BYTES_MAX - 200) / (value.len() + 3);
    let text = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": vec![value; count],
    }})
    .to_string();
    assert!(text.len() > DOCUMENT_BYTES_MAX * 9 / 10);
    let policy = Policy::parse(PolicyKind::Managed, &text).unwrap();
    let context = RequestContext::default();
    assert!(!user_may(&policy, "s3:GetObject", "arn:aws:s3:::accb", &context));
    assert!(user_may(&policy, "s3:GetObject", "arn:aws:s3:::acb", &context));
}

#[test]
fn ten_thousand_wildcards_are_refused() {
    let pieces = "a value of more than 256 wildcards, variables and texts";
    for sign in ["?", "*?", "a*", "${a}"] {
        let text = allow(&format!("arn:aws:s3:::{}", sign.repeat(10_000)));
        let error = Policy::parse(PolicyKind::Identity, &text).unwrap_err();
        assert!(error.detail().contains(pieces), "{sign}: {}", error.detail());
    }
    // They mean one.
    let stars = Policy::parse(PolicyKind::Identity, &allow(&"*".repeat(10_000)));
    assert_eq!(
        stars.unwrap_err().to_string(),
        format!("Resource {} must be in ARN format or \"*\".", "*".repeat(10_000))
    );
    let stars = allow(&format!("arn:aws:s3:::{}", "*".repeat(10_000)));
    assert!(Policy::parse(PolicyKind::Identity, &stars).is_ok());
}

#[test]
fn deep_nesting_is_refused_where_it_is_too_deep() {
    for (open, column) in [("[", 17), ("{\"a\":", 81), ("[{\"a\":", 49)] {
        let expected = format!("line 1, column {}: nested deeper than 16 levels", column + 1);
        assert_eq!(refused(&open.repeat(131_072 / open.len())), expected, "{open}");
    }
    let condition = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let statement = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
    );
    assert!(refused(&statement).ends_with("nested deeper than 16 levels"));
}

#[test]
fn what_is_no_utf_8_is_refused() {
    let bytes =
        b"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:\xff\xfe\",\"Resource\":\"*\"}}";
    assert!(String::from_utf8(bytes.to_vec()).is_err(), "a policy is made of text alone");
    let replaced = String::from_utf8_lossy(bytes);
    assert!(refused(&replaced).contains("may not hold the character \\u{fffd}"));
    for half in ["\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud800x"] {
        let text = format!(r#"{{"Statement":"{half}"}}"#);
        assert!(refused(&text).ends_with("half of a surrogate pair in a string"), "{half}");
    }
}

#[test]
fn a_repeated_key_is_refused_at_every_level() {
    let statement = r#""Effect":"Allow","Action":"sts:*""#;
    for (text, key) in [
        (format!(r#"{{"Statement":{{{statement}}},"Statement":{{{statement}}}}}"#), "Statement"),
        (format!(r#"{{"Statement":{{{statement},"Effect":"Deny"}}}}"#), "Effect"),
        (format!(r#"{{"Statement":{{{statement},"\u0041ction":"*"}}}}"#), "Action"),
        (format!(r#"{{"Statement":{{{statement},"Principal":{{"AWS":"*","AWS":"*"}}}}}}"#), "AWS"),
        (
            format!(r#"{{"Statement":{{{statement},"Condition":{{"Bool":{{}},"Bool":{{}}}}}}}}"#),
            "Bool",
        ),
        (format!(r#"{{"Statement":{{{statement},"Condition":{{"Bool":{{"k":1,"k":1}}}}}}}}"#), "k"),
    ] {
        let refused = refused(&text);
        assert!(refused.ends_with(&format!("the key `{key}` stands twice")), "{text}: {refused}");
    }
}

/// Keys that differ in case are two conditions on one key: both must hold, neither vanishes.
#[test]
fn the_same_key_in_other_case_does_not_vanish() {
    let condition = json!({"StringEquals": {"aws:a": "x", "AWS:A": "y"}});
    for value in ["x", "y"] {
        assert!(!met(condition.clone(), &context(&[("aws:a", value)])), "{value}");
    }
}

#[test]
fn requests_without_end_are_answered() {
    let policy = policy(
        PolicyKind::Identity,
        json!({"Effect": "Allow", "Action": "s3:*a*b", "Resource": "arn:aws:s3:::*a*b",
               "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": "*a*b"}}}),
    );
    let mut context = RequestContext::default();
    let long = "a".repeat(100_000);
    context.set_many("aws:TagKeys", vec!["ab"; 10_000]);
    for key in 0..1_000 {
        context.set(format!("aws:RequestTag/{key}"), "x");
    }
    let (action, resource) = (format!("s3:{long}"), format!("arn:aws:s3:::{long}"));
    assert!(!user_may(&policy, &action, &resource, &context));
    let (action, resource) = (format!("s3:{long}b"), format!("arn:aws:s3:::{long}b"));
    assert!(user_may(&policy, &action, &resource, &context));
}
