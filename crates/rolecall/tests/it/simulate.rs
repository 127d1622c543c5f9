//! What policies would say, and why they said no, with the AWS CLI.

use rolecall_testkit::{Client, Clients, Dev, Ran};
use serde_json::{Value, json};

use crate::dev;

const ROLE: &str = "arn:aws:iam::123456789012:role/s3access";

/// Runs an AWS CLI as the administrator; `None` without that CLI.
fn aws(world: &Dev, client: Client, words: &[&str]) -> Option<Ran> {
    let variables = world.variables_with(&world.administrator());
    Clients::find().run(client, words, &variables)
}

/// What it prints.
fn printed(world: &Dev, client: Client, words: &[&str]) -> Option<Value> {
    let ran = aws(world, client, words)?;
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{client:?} {words:?}");
    Some(serde_json::from_str(&ran.text()).unwrap())
}

#[test]
fn a_roles_policies_are_simulated() {
    let world = dev(&[]);
    for client in Client::COMMAND_LINES {
        let words = [
            "iam",
            "simulate-principal-policy",
            "--policy-source-arn",
            ROLE,
            "--action-names",
            "s3:GetObject",
            "s3:PutObject",
            "--resource-arns",
            "arn:aws:s3:::examplebucket/x",
            "arn:aws:s3:::other/x",
        ];
        // Two pages, which the CLI asks for one after the other.
        let words = [&words[..], &["--page-size", "3"]].concat();
        let Some(answer) = printed(&world, client, &words) else { continue };
        let results = answer["EvaluationResults"].as_array().unwrap();
        let told = |result: &Value| {
            ["EvalActionName", "EvalResourceName", "EvalDecision"]
                .map(|name| result[name].as_str().unwrap().to_owned())
        };
        let (ours, other) = ("arn:aws:s3:::examplebucket/x", "arn:aws:s3:::other/x");
        assert_eq!(
            results.iter().map(told).collect::<Vec<_>>(),
            [
                ["s3:GetObject", ours, "allowed"],
                ["s3:GetObject", other, "implicitDeny"],
                ["s3:PutObject", ours, "implicitDeny"],
                ["s3:PutObject", other, "implicitDeny"],
            ],
            "{client:?}"
        );
        let matched = json!([{
            "SourcePolicyId": "role_s3access_read-examplebucket",
            "SourcePolicyType": "role",
            "StartPosition": {"Line": 3, "Column": 17},
            "EndPosition": {"Line": 4, "Column": 94},
        }]);
        assert_eq!(results[0]["MatchedStatements"], matched, "{client:?}");
        let specific = &results[0]["ResourceSpecificResults"][0];
        assert_eq!(specific["EvalResourceDecision"], "allowed");
        assert_eq!(specific["MatchedStatements"], matched);
    }
}

/// AWS's own simulator would say `allowed`: it does not look at trust policies.
#[test]
fn trust_policies_take_part() {
    let world = dev(&[]);
    let admin = "arn:aws:iam::123456789012:user/admin";
    for client in Client::COMMAND_LINES {
        let words =
            ["iam", "simulate-principal-policy", "--policy-source-arn", admin, "--action-names"];
        let ro = "arn:aws:iam::123456789012:role/ec2-ro";
        let words = [&words[..], &["sts:AssumeRole", "--resource-arns", ro, ROLE]].concat();
        let words = [&words[..], &["--query", "EvaluationResults[].EvalDecision"]].concat();
        let Some(answer) = printed(&world, client, &words) else { continue };
        assert_eq!(answer, json!(["allowed", "implicitDeny"]), "{client:?}");
    }
}

/// Source: AWS CLI reference, `simulate-custom-policy`, example.
#[test]
fn a_custom_policy_is_simulated() {
    let world = dev(&[]);
    let policy = concat!(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","#,
        r#""Resource":"*","Condition":{"DateGreaterThan":"#,
        r#"{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#
    );
    let time =
        "ContextKeyName=aws:CurrentTime,ContextKeyValues=2019-04-25T11:00:00Z,ContextKeyType=date";
    for client in Client::COMMAND_LINES {
        let words = [
            "iam",
            "simulate-custom-policy",
            "--policy-input-list",
            policy,
            "--action-names",
            "dynamodb:CreateBackup",
        ];
        let Some(answer) = printed(&world, client, &words) else { continue };
        assert_eq!(
            answer,
            json!({"EvaluationResults": [{
                "EvalActionName": "dynamodb:CreateBackup",
                "EvalResourceName": "*",
                "EvalDecision": "implicitDeny",
                "MatchedStatements": [],
                "MissingContextValues": ["aws:CurrentTime"],
            }]}),
            "{client:?}"
        );
        let words = [&words[..], &["--context-entries", time]].concat();
        let answer = printed(&world, client, &words).unwrap();
        assert_eq!(
            answer["EvaluationResults"][0],
            json!({
                "EvalActionName": "dynamodb:CreateBackup",
                "EvalResourceName": "*",
                "EvalDecision": "allowed",
                "MatchedStatements": [{
                    "SourcePolicyId": "PolicyInputList.1",
                    "SourcePolicyType": "none",
                    "StartPosition": {"Line": 1, "Column": 38},
                    "EndPosition": {"Line": 1, "Column": 167},
                }],
                "MissingContextValues": [],
            }),
            "{client:?}"
        );
        let keys = ["iam", "get-context-keys-for-custom-policy", "--policy-input-list", policy];
        let answer = printed(&world, client, &keys).unwrap();
        assert_eq!(answer, json!({"ContextKeyNames": ["aws:CurrentTime"]}));
    }
}

#[test]
fn a_refusal_of_ec2_is_decoded() {
    let world = dev(&[]);
    for client in Client::COMMAND_LINES {
        let words = ["ec2", "describe-regions"];
        let Some(ran) = Clients::find().run(client, &words, &world.variables()) else { continue };
        assert_ne!(ran.code, 0, "{client:?}");
        let (told, sealed) =
            ran.stderr.trim().split_once(". Encoded authorization failure message: ").unwrap();
        let session = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";
        assert!(
            told.ends_with(&format!(
                "(UnauthorizedOperation) when calling the DescribeRegions operation: You are not \
                 authorized to perform this operation. User: {session} is not authorized to \
                 perform: ec2:DescribeRegions because no identity-based policy allows the \
                 ec2:DescribeRegions action"
            )),
            "{told}"
        );
        let words = ["sts", "decode-authorization-message", "--encoded-message"];
        let answer = printed(&world, client, &[&words[..], &[sealed]].concat()).unwrap();
        let message = answer["DecodedMessage"].as_str().unwrap();
        let message: Value = serde_json::from_str(message).unwrap();
        assert_eq!((&message["allowed"], &message["explicitDeny"]), (&json!(false), &json!(false)));
        assert_eq!(message["context"]["principal"]["arn"], session);
        assert_eq!(message["context"]["action"], "ec2:DescribeRegions");
        let conditions = message["context"]["conditions"]["items"].as_array().unwrap();
        let delivery = json!({"key": "ec2:RoleDelivery", "values": {"items": [{"value": "2.0"}]}});
        assert!(conditions.contains(&delivery), "{message}");
        let refused = aws(&world, client, &[&words[..], &[&sealed[1..]]].concat()).unwrap();
        let said = refused.stderr.trim();
        assert!(
            said.ends_with(
                "(InvalidAuthorizationMessageException) when calling the \
                 DecodeAuthorizationMessage operation: Message could not be decoded. It is \
                 invalid, or it has expired."
            ),
            "{said}"
        );
    }
}
