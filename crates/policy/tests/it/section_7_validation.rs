//! contract/policy.md section 7: what is refused on write, in which order, in which words.

use rolecall_policy::*;
use serde_json::json;

use crate::world::*;

#[test]
fn every_text_of_section_7() {
    for case in rows(include_str!("../cases/validation.jsonl")) {
        let kind = match case["kind"].as_str().unwrap() {
            "identity" => PolicyKind::Identity,
            "managed" => PolicyKind::Managed,
            "resource" => PolicyKind::Resource,
            "session" => PolicyKind::Session,
            "trust" => PolicyKind::Trust,
            other => panic!("{other}"),
        };
        let refusal = Policy::parse(kind, case["document"].as_str().unwrap()).err();
        let message = refusal.as_ref().map(ToString::to_string);
        assert_eq!(message.as_deref(), case["expected"].as_str(), "{case} {refusal:?}");
    }
}

#[test]
fn the_log_text_says_where() {
    for (text, detail) in [
        ("{\n \"Statement\" 1}", "line 2, column 14: expected `:` after a key"),
        (
            r#"{"Statement":[{"Effect":"Allow","Action":"x:y","Resource":"*"},
                {"Sid":"B","Effect":"Allow","Actions":"x:y","Resource":"*"}]}"#,
            "statement 1 (Sid `B`): unknown element `Actions`; \
             hint: element names have their own case",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"x:y","Action":"*","Resource":"*"}}"#,
            "line 1, column 55: the key `Action` stands twice",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"x:y","Resource":"*",
                "Condition":{"NumericEquals":{"aws:x":"many"}}}}"#,
            "statement 0: `NumericEquals` of `aws:x`: `many` is no value of this operator",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"x:y","Resource":"bucket"}}"#,
            "statement 0: resource `bucket`",
        ),
    ] {
        let error = Policy::parse(PolicyKind::Identity, text).unwrap_err();
        assert_eq!(error.detail(), detail, "{text}");
    }
}

#[test]
fn documents_have_a_limit() {
    let text =
        json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string();
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    let parse = |bytes| Policy::parse(PolicyKind::Identity, &padded(bytes));
    assert!(parse(DOCUMENT_BYTES_MAX).is_ok());
    assert!(parse(DOCUMENT_BYTES_MAX + 1).is_err());
}

#[test]
fn statements_have_a_limit() {
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let parse = |count| {
        let document = json!({"Statement": vec![statement.clone(); count]}).to_string();
        Policy::parse(PolicyKind::Identity, &document)
    };
    assert!(parse(1024).is_ok());
    let error = parse(1025).unwrap_err();
    assert_eq!(error.to_string(), "Syntax errors in policy.");
    assert_eq!(error.detail(), "more than 1024 statements");
}
