//! The tables of contract/policy.md as cases: `cases/section_*.test.jsonl`.
//!
//! They are plain data in the format of docs/policy-tools.md, so that
//! `rolecall policy test crates/policy/tests/cases` runs them, too.

use rolecall_policy::case::{Case, CaseReader, Judgement};
use serde_json::{Value, json};

use crate::world::rows;

const TABLES: [(&str, &str); 7] = [
    ("3.1", include_str!("../cases/section_3_1.test.jsonl")),
    ("3.2", include_str!("../cases/section_3_2.test.jsonl")),
    ("3.3", include_str!("../cases/section_3_3.test.jsonl")),
    ("3.4", include_str!("../cases/section_3_4.test.jsonl")),
    ("3.5", include_str!("../cases/section_3_5.test.jsonl")),
    ("6", include_str!("../cases/section_6.test.jsonl")),
    ("8", include_str!("../cases/section_8.test.jsonl")),
];

#[test]
fn each_row_of_the_tables() {
    let mut reader = CaseReader::default();
    let mut wrong = Vec::new();
    for (section, table) in TABLES {
        for line in table.lines() {
            let case = read(&mut reader, line);
            let expected = case.expected().unwrap();
            case.judge(|judgement| {
                if !expected.is_of(judgement.decision()) {
                    wrong.push(format!("{section} {}: {:?}", case.name(), judgement.decision()));
                }
            });
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_each_kind_says_fits_the_decision() {
    use rolecall_policy::{Decision, Says};
    let mut reader = CaseReader::default();
    for line in TABLES.iter().flat_map(|(_, table)| table.lines()) {
        let case = read(&mut reader, line);
        case.judge(|judgement| {
            let says =
                |wanted| judgement.steps().into_iter().filter(move |step| step.kind == wanted);
            let denies = |says: &Says<'_>| matches!(says, Says::Deny { .. });
            let any_denies = judgement.steps().iter().any(|step| denies(&step.says));
            match judgement.decision() {
                Decision::ExplicitDeny { by } => {
                    let first = judgement.steps().into_iter().find(|step| denies(&step.says));
                    assert_eq!(first.map(|step| step.says), Some(Says::Deny { by: *by }), "{line}");
                }
                Decision::Allowed { .. } if judgement.decided_by() == "none" => {}
                Decision::Allowed { by } => {
                    let allows = Says::Allow { by: *by };
                    assert!(!any_denies && says(by.kind).any(|step| step.says == allows), "{line}");
                }
                Decision::ImplicitDeny { kind, reasons } => {
                    let silence = Says::Silence { reasons: reasons.clone() };
                    assert!(!any_denies && says(*kind).any(|step| step.says == silence), "{line}");
                }
            }
        });
    }
}

#[test]
fn what_is_not_understood_is_told() {
    let mut reader = CaseReader::default();
    for row in rows(include_str!("../cases/not_understood.jsonl")) {
        let text = match &row["case"] {
            Value::String(text) => text.clone(),
            patch => patched(patch).to_string(),
        };
        let told = match reader.read(&text) {
            Ok(_) => panic!("{text}"),
            Err(error) => error,
        };
        let place = told.to_string();
        let what = place.split_once(": ").map_or("", |(_, what)| what);
        match row["refused"].as_str() {
            // What follows IAM's message is ours, and for people.
            Some(refused) => assert!(what.starts_with(&format!("{refused} (")), "{text}: {what}"),
            None => assert_eq!(what, row["error"].as_str().unwrap(), "{text}"),
        }
    }
}

#[test]
fn the_place_of_an_error_is_told_and_may_be_moved() {
    let text = "{\"name\": \"x\",\n  \"action\": 7}";
    let error = CaseReader::default().read(text).unwrap_err();
    assert_eq!(error.name(), Some("x"));
    let line =
        r#"{"name":"x","error":"line 2, column 13: `action`: expected a string, found a number"}"#;
    assert_eq!(error.to_json(), line);
    let moved = error.on_line(7).to_json();
    assert_eq!(moved, line.replace("line 2", "line 8"));
    let nameless = CaseReader::default().read("[]").unwrap_err();
    let line = r#"{"name":null,"error":"line 1, column 1: expected an object, found a list"}"#;
    assert_eq!(nameless.to_json(), line);
}

#[test]
fn a_name_is_found_after_the_error() {
    let error = CaseReader::default().read(r#"{"x": {"a": [1]}, "name": "late"}"#).unwrap_err();
    assert_eq!(error.name(), Some("late"));
}

#[test]
fn an_answer_has_one_shape() {
    let condition = json!({"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:referer": "x"}});
    let allow = |resource: &str, condition: Option<&Value>| {
        let mut statement =
            json!({"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": resource});
        if let Some(condition) = condition {
            statement["Condition"] = condition.clone();
        }
        json!({"Version": "2012-10-17", "Statement": statement})
    };
    let deny = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
    let everything = allow("*", None);
    let near = allow("*", Some(&condition));
    let context = json!({"aws:SourceVpc": "vpc-1", "aws:Referer": ["y", "\u{e9}\""]});
    for (policies, context, expected) in [
        (
            json!({"identity": [near, everything]}),
            json!({}),
            r#""allowed","decided_by":"identity","reasons":[{"type":"identity","policy":"identity[1]","statement":0,"sid":"Read","why":"applies"}]}"#,
        ),
        (
            json!({"identity": [everything], "scp": [[everything], [everything, deny]]}),
            json!({}),
            r#""explicitDeny","decided_by":"scp","reasons":[{"type":"scp","policy":"scp[1][1]","statement":0,"sid":null,"why":"applies"}]}"#,
        ),
        (
            json!({"identity": [near]}),
            json!({}),
            r#""implicitDeny","decided_by":"identity","reasons":[{"type":"identity","policy":"identity[0]","statement":0,"sid":"Read","why":"condition","operator":"StringEquals","key":"aws:SourceVpc","found":null}]}"#,
        ),
        (
            json!({"identity": [near]}),
            context,
            r#""implicitDeny","decided_by":"identity","reasons":[{"type":"identity","policy":"identity[0]","statement":0,"sid":"Read","why":"condition","operator":"StringEquals","key":"aws:referer","found":["y","é\""]}]}"#,
        ),
        (
            json!({"identity": [allow("arn:aws:s3:::other", None)], "session": []}),
            json!({}),
            r#""implicitDeny","decided_by":"identity","reasons":[{"type":"identity","policy":"identity[0]","statement":0,"sid":"Read","why":"resource"}]}"#,
        ),
        (
            json!({"identity": [everything], "boundary": []}),
            json!({}),
            r#""implicitDeny","decided_by":"boundary","reasons":[]}"#,
        ),
    ] {
        let patch = json!({"policies": policies, "context": context});
        let line = judged(&patched(&patch).to_string(), |judgement| judgement.to_json());
        assert_eq!(line, format!(r#"{{"name":"c","decision":{expected}"#));
    }
}

#[test]
fn what_decides_may_be_no_policy() {
    let root = json!({"type": "root", "arn": "arn:aws:iam::123456789012:root"});
    for (patch, expected) in [
        (json!({"principal": root}), "root"),
        (json!({"action": "sts:GetCallerIdentity", "resource": {"arn": "*"}}), "none"),
    ] {
        let line = judged(&patched(&patch).to_string(), |judgement| judgement.to_json());
        let end = format!(r#""decision":"allowed","decided_by":"{expected}","reasons":[]}}"#);
        assert!(line.ends_with(&end), "{line}");
    }
}

#[test]
fn keys_follow_from_the_principal() {
    let tags = json!({"Team": "red"});
    for (principal, context, expected) in [
        (
            json!({"type": "role-session", "arn": "arn:aws-cn:sts::123456789012:assumed-role/app/s",
                   "tags": tags}),
            json!({}),
            json!({"aws:PrincipalAccount": ["123456789012"],
                   "aws:PrincipalArn": ["arn:aws-cn:iam::123456789012:role/app"],
                   "aws:PrincipalType": ["AssumedRole"], "aws:PrincipalTag/Team": ["red"]}),
        ),
        (
            json!({"type": "role-session", "arn": "arn:aws:sts::123456789012:assumed-role/app/s",
                   "role_arn": "arn:aws:iam::123456789012:role/path/app", "tags": tags}),
            json!({"AWS:principaltag/TEAM": "blue", "aws:principalarn": [], "aws:userid": "AROA:s",
                   "aws:PrincipalType": ["x", "y"]}),
            json!({"aws:PrincipalAccount": ["123456789012"], "aws:PrincipalType": ["x", "y"],
                   "AWS:principaltag/TEAM": ["blue"], "aws:userid": ["AROA:s"]}),
        ),
        (
            json!({"type": "role", "arn": "arn:aws:iam::123456789012:role/path/app"}),
            json!({"a:Number": 1.50, "a:Bool": true}),
            json!({"aws:PrincipalAccount": ["123456789012"], "aws:PrincipalType": ["AssumedRole"],
                   "aws:PrincipalArn": ["arn:aws:iam::123456789012:role/path/app"],
                   "a:Number": ["1.5"], "a:Bool": ["true"]}),
        ),
        (
            json!({"type": "user", "arn": "arn:aws:iam::123456789012:user/path/ana"}),
            json!({}),
            json!({"aws:PrincipalAccount": ["123456789012"], "aws:PrincipalType": ["User"],
                   "aws:PrincipalArn": ["arn:aws:iam::123456789012:user/path/ana"],
                   "aws:username": ["ana"]}),
        ),
        (
            json!({"type": "federated", "arn": "arn:aws:sts::123456789012:federated-user/web"}),
            json!({}),
            json!({"aws:PrincipalAccount": ["123456789012"], "aws:PrincipalType": ["FederatedUser"],
                   "aws:PrincipalArn": ["arn:aws:sts::123456789012:federated-user/web"]}),
        ),
        (
            json!({"type": "root", "arn": "arn:aws:iam::123456789012:root"}),
            json!({}),
            json!({"aws:PrincipalAccount": ["123456789012"], "aws:PrincipalType": ["Account"],
                   "aws:PrincipalArn": ["arn:aws:iam::123456789012:root"]}),
        ),
        (json!({"type": "service", "arn": "ec2.amazonaws.com"}), json!({}), json!({})),
        (json!({"type": "federated", "arn": "accounts.google.com"}), json!({}), json!({})),
        (json!({"type": "anonymous", "arn": "", "account": ""}), json!({}), json!({})),
    ] {
        let text = patched(&json!({"principal": principal, "context": context})).to_string();
        let found = judged(&text, |judgement| {
            let keys = judgement.context().iter();
            keys.map(|(key, values)| (key.to_owned(), json!(values))).collect()
        });
        assert_eq!(Value::Object(found), expected, "{text}");
    }
}

#[test]
fn the_sentence_is_awss() {
    let bucket = "arn:aws:s3:::bucket/key";
    for (patch, expected) in [
        (
            json!({}),
            Some(
                "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: \
                 s3:GetObject on resource: arn:aws:s3:::bucket/key because no identity-based \
                 policy allows the s3:GetObject action",
            ),
        ),
        (
            json!({"resource": {"arn": bucket, "account": "210987654321"}}),
            Some(
                "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: \
                 s3:GetObject on resource: arn:aws:s3:::bucket/key",
            ),
        ),
        (
            json!({"principal": {"type": "anonymous"}, "resource": {"arn": "*"}}),
            Some(
                "User: anonymous is not authorized to perform: s3:GetObject because no \
                 resource-based policy allows the s3:GetObject action",
            ),
        ),
        (json!({"action": "sts:GetSessionToken"}), None),
    ] {
        let text = patched(&patch).to_string();
        assert_eq!(judged(&text, |judgement| judgement.message()).as_deref(), expected, "{text}");
        let line = judged(&text, |judgement| judgement.to_json_with_message());
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["message"], json!(expected), "{text}");
    }
}

#[test]
fn a_test_reads_its_policies_from_files() {
    let document = json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    .to_string();
    let mut files = |path: &str| match path {
        "allow.json" => Ok(document.clone()),
        "bad.json" => Ok("{}".to_owned()),
        _ => Err(format!("no file `{path}`")),
    };
    let text = |path: &str| {
        patched(&json!({"policies": {"identity": [path]}, "expect": "allowed"})).to_string()
    };
    let mut reader = CaseReader::default();
    let case = reader.read_test(&text("allow.json"), &mut files).unwrap();
    let line = case.judge(|judgement| judgement.to_json());
    assert!(line.contains(r#""policy":"allow.json","statement":0"#), "{line}");
    for (path, expected) in [
        (
            "bad.json",
            "`policies.identity[0]`: `bad.json`: Syntax errors in policy. (no statement; hint: \
             `Statement` is an object or a list of them)",
        ),
        ("none.json", "`policies.identity[0]`: no file `none.json`"),
    ] {
        let error = reader.read_test(&text(path), &mut files).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    assert!(reader.read(&text("allow.json")).is_err(), "plain cases hold their policies");
}

#[test]
fn a_document_ends_where_its_bracket_closes() {
    let sid = "a}]\"{\\";
    let document = json!({"Version": "2012-10-17", "Id": "[{\\\"", "Statement": [
        {"Sid": sid, "Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let text = patched(&json!({"policies": {"identity": [document, document]}})).to_string();
    let line = judged(&text, |judgement| judgement.to_json());
    let answer: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(answer["reasons"][0]["sid"], sid);
}

/// However a case is cut or bent, reading it ends with an answer.
#[test]
fn broken_cases_never_panic() {
    let mut reader = CaseReader::default();
    let text = TABLES[5].1.lines().next().unwrap();
    for at in 0..text.len() {
        let Some(cut) = text.get(..at) else { continue };
        assert!(reader.read_test(cut, &mut |_| Err(String::new())).is_err(), "{cut}");
        for byte in ["\"", "{", "]", "\\", "0", "\u{e9}"] {
            let bent = format!("{cut}{byte}{}", text.get(at + 1..).unwrap_or_default());
            if let Ok(case) = reader.read_test(&bent, &mut |_| Err(String::new())) {
                case.judge(|judgement| judgement.to_json_with_message());
            }
        }
    }
}

#[test]
fn cases_have_a_length_limit() {
    use rolecall_policy::case::CASE_BYTES_MAX;
    let case = patched(&json!({})).to_string();
    let padded = |length: usize| format!("{case}{}", " ".repeat(length - case.len()));
    assert!(CaseReader::default().read(&padded(CASE_BYTES_MAX)).is_ok());
    assert!(CaseReader::default().read(&padded(CASE_BYTES_MAX + 1)).is_err());
}

#[test]
fn keys_have_a_limit() {
    use rolecall_policy::case::KEYS_MAX;
    for at_limit in [true, false] {
        let count = if at_limit { KEYS_MAX } else { KEYS_MAX + 1 };
        let keys: Value = (0..count).map(|n| (format!("a:{n}"), json!("x"))).collect();
        let mut tagged = json!({"principal": {"type": "user",
            "arn": "arn:aws:iam::123456789012:user/ana"}});
        tagged["principal"]["tags"] = keys.clone();
        for patch in [json!({"context": keys}), tagged] {
            assert_eq!(CaseReader::default().read(&patched(&patch).to_string()).is_ok(), at_limit);
        }
    }
}

/// A small case with some of its fields replaced; `null` takes a field away.
fn patched(patch: &Value) -> Value {
    let mut case = json!({
        "name": "c",
        "principal": {"type": "user", "arn": "arn:aws:iam::123456789012:user/ana"},
        "action": "s3:GetObject",
        "resource": {"arn": "arn:aws:s3:::bucket/key", "account": "123456789012"},
        "context": {},
        "policies": {},
    });
    for (field, value) in patch.as_object().unwrap() {
        case[field] = value.clone();
        if value.is_null() {
            case.as_object_mut().unwrap().remove(field);
        }
    }
    case
}

fn read(reader: &mut CaseReader, line: &str) -> Case {
    let read = reader.read_test(line, &mut |path| Err(format!("no file `{path}`")));
    read.unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn judged<R>(text: &str, then: impl Fn(&Judgement<'_>) -> R) -> R {
    let case = CaseReader::default().read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    case.judge(|judgement| then(judgement))
}
