//! contract/policy.md section 1: actions, resources, principals.

use rolecall_policy::*;
use serde_json::json;

use crate::world::*;

#[test]
fn actions_are_compared_without_case() {
    for (action, asked, expected) in [
        ("*", "s3:GetObject", true),
        ("*:*", "s3:GetObject", true),
        ("s3:*", "s3:GetObject", true),
        ("S3:getobject", "s3:GetObject", true),
        ("s3:GetObject", "S3:GETOBJECT", true),
        ("s3:Get*", "s3:GetObject", true),
        ("s3:Get*", "s3:PutObject", false),
        ("s3:*object", "s3:GetObject", true),
        ("s3:G?tObject", "s3:GetObject", true),
        ("s3:GetObject?", "s3:GetObject", false),
        ("s3:GetObject", "s3:GetObjectAcl", false),
        ("sqs:*", "s3:GetObject", false),
        ("s3:${*}", "s3:GetObject", false),
        ("s3:GetObject", "GetObject", false),
        ("*", "GetObject", true),
    ] {
        for (element, expected) in [("Action", expected), ("NotAction", !expected)] {
            let statement = json!({"Effect": "Allow", element: action, "Resource": "*"});
            let policy = policy(PolicyKind::Identity, statement);
            let context = RequestContext::default();
            let may = user_may(&policy, asked, OBJECT, &context);
            assert_eq!(may, expected, "{element} {action} {asked}");
        }
    }
}

#[test]
fn resources_are_compared_with_case_and_wildcards() {
    for (resource, asked, expected) in [
        ("*", "*", true),
        ("*", OBJECT, true),
        ("arn:aws:s3:::*", "*", false),
        ("arn:aws:s3:::bucket/*", OBJECT, true),
        ("arn:aws:s3:::bucket/k?y", OBJECT, true),
        ("arn:aws:s3:::Bucket/key", OBJECT, false),
        ("arn:*:s3:::bucket/key", OBJECT, true),
        ("arn:aws-cn:s3:::bucket/key", OBJECT, false),
        ("arn:aws:s3:::bucket", OBJECT, false),
        ("arn:aws:s3:::*key", "arn:aws:s3:::bucket/a/b/key", true),
        ("arn:aws:sqs:*:123456789012:q*", "arn:aws:sqs:eu-west-1:123456789012:q:1", true),
        ("arn:*:s3:::x", "arn:aws:sqs:s3:::x", false),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/a*a/x", true),
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/ana/x", false),
        ("arn:aws:s3:::home/${aws:PrincipalTag/team}", "arn:aws:s3:::home/", false),
        ("arn:aws:s3:::home/${aws:PrincipalTag/team, 'red'}", "arn:aws:s3:::home/red", true),
        ("arn:aws:s3:::${*}", OBJECT, false),
        ("arn:aws:s3:::${*}", "arn:aws:s3:::*", true),
        ("other:aws:s3:::bucket/key", OBJECT, false),
        ("arn:aws:word", "arn:aws:word", true),
    ] {
        for (element, expected) in [("Resource", expected), ("NotResource", !expected)] {
            let statement = json!({"Effect": "Allow", "Action": "*", element: resource});
            let policy = policy(PolicyKind::Identity, statement);
            let context = context(&[("aws:username", "a*a")]);
            let may = user_may(&policy, "s3:GetObject", asked, &context);
            assert_eq!(may, expected, "{element} {resource} {asked}");
        }
    }
}

#[test]
fn the_older_language_has_no_variables() {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "arn:aws:s3:::${aws:username}",
        "Condition": {"StringEquals": {"aws:x": "${aws:username}"}}}}"#;
    let policy = Policy::parse(PolicyKind::Identity, text).unwrap();
    let literal = context(&[("aws:username", "ana"), ("aws:x", "${aws:username}")]);
    assert!(user_may(&policy, "s3:GetObject", "arn:aws:s3:::${aws:username}", &literal));
    let plain = context(&[("aws:username", "ana"), ("aws:x", "ana")]);
    assert!(!user_may(&policy, "s3:GetObject", "arn:aws:s3:::${aws:username}", &plain));
    assert!(!user_may(&policy, "s3:GetObject", "arn:aws:s3:::ana", &literal));
}

#[test]
fn a_document_keeps_its_text_and_names_its_principals() {
    let text = json!({"Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"AWS": [ROLE, "123456789012"], "Service": "ec2.amazonaws.com"}},
        {"Effect": "Deny", "Principal": {"AWS": USER}, "Action": "sts:*"},
    ]})
    .to_string();
    let policy = Policy::parse(PolicyKind::Trust, &text).unwrap();
    assert_eq!(policy.text(), text);
    assert_eq!(format!("{policy:?}"), format!("Policy({text:?})"));
    let spaced = Policy::parse(PolicyKind::Trust, &text.replace(',', " ,\n\t")).unwrap();
    assert_eq!(spaced.quota_characters(), text.chars().count());
    assert_eq!(policy.principal_arns().collect::<Vec<_>>(), [ROLE, USER]);
}
