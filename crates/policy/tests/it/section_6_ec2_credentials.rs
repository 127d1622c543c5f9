//! contract/policy.md section 6: credentials of an instance work at that instance only.

use rolecall_policy::*;
use serde_json::{Value, json};

use crate::world::*;

/// What the token of an instance's role says.
const INSTANCE: [(&str, &str); 4] = [
    ("aws:Ec2InstanceSourceVpc", "vpc-1"),
    ("aws:Ec2InstanceSourcePrivateIPv4", "10.0.0.7"),
    ("ec2:SourceInstanceARN", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"),
    ("ec2:RoleDelivery", "2.0"),
];

type Keys = &'static [(&'static str, &'static str)];

fn decide(published: &Policy, keys: &[(&'static str, &'static str)]) -> Decision<'static> {
    let (allowing, mut context) = (allow_all(), RequestContext::default());
    for &(key, value) in keys {
        context.set(key, value);
    }
    let identity = [named(&allowing), named(published)];
    let set = PolicySet { identity: &identity, ..Default::default() };
    match evaluate(&set, &get_object(role(), &context)) {
        Decision::ExplicitDeny { by } => {
            Decision::ExplicitDeny { by: MatchedStatement { policy: "p", sid: None, ..by } }
        }
        Decision::Allowed { by } => {
            Decision::Allowed { by: MatchedStatement { policy: "p", sid: None, ..by } }
        }
        other => panic!("{other:?}"),
    }
}

fn published() -> Policy {
    let text = include_str!("../cases/ec2_credentials.json");
    Policy::parse(PolicyKind::Managed, text).unwrap()
}

#[test]
fn the_published_policy_in_every_situation() {
    let situations: [(&str, bool, Keys, bool); 12] = [
        ("the instance itself", true, &[VPC, ADDRESS, ROLE_ARN, DIRECT], true),
        (
            "a thief on the internet",
            true,
            &[ROLE_ARN, DIRECT, ("aws:SourceIp", "192.0.2.66")],
            false,
        ),
        ("a thief, service key missing", true, &[ROLE_ARN, ("aws:SourceIp", "192.0.2.66")], false),
        ("a thief, principal key missing", true, &[DIRECT], false),
        (
            "a thief in another VPC",
            true,
            &[("aws:SourceVpc", "vpc-2"), ADDRESS, ROLE_ARN, DIRECT],
            false,
        ),
        ("a neighbour", true, &[VPC, ("aws:VpcSourceIp", "10.0.0.8"), ROLE_ARN, DIRECT], false),
        ("a neighbour, address unknown", true, &[VPC, ROLE_ARN, DIRECT], false),
        ("empty VPC", true, &[("aws:SourceVpc", ""), ADDRESS, ROLE_ARN, DIRECT], false),
        ("wildcard as VPC", true, &[("aws:SourceVpc", "*"), ADDRESS, ROLE_ARN, DIRECT], false),
        ("a role of no instance", false, &[ROLE_ARN, DIRECT, ("aws:SourceIp", "192.0.2.66")], true),
        ("onward by a service", true, &[ROLE_ARN, ("aws:ViaAWSService", "true")], true),
        (
            "EC2 itself",
            true,
            &[
                ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/aws:ec2-infrastructure"),
                DIRECT,
            ],
            true,
        ),
    ];
    let published = published();
    for (situation, of_instance, more, expected) in situations {
        let instance: &[_] = if of_instance { &INSTANCE } else { &[] };
        let keys = [instance, more].concat();
        assert_eq!(decide(&published, &keys).is_allowed(), expected, "{situation}");
    }
}

const VPC: (&str, &str) = ("aws:SourceVpc", "vpc-1");
const ADDRESS: (&str, &str) = ("aws:VpcSourceIp", "10.0.0.7");
const ROLE_ARN: (&str, &str) = ("aws:PrincipalArn", ROLE);
const DIRECT: (&str, &str) = ("aws:ViaAWSService", "false");

#[test]
fn conditions_on_the_sealed_keys() {
    for (condition, denied) in [
        (json!({"NumericLessThan": {"ec2:RoleDelivery": "2.0"}}), false),
        (json!({"NumericLessThan": {"ec2:RoleDelivery": "2.1"}}), true),
        (json!({"NotIpAddress": {"aws:EC2InstanceSourcePrivateIPv4": "10.0.0.0/8"}}), false),
        (json!({"NotIpAddress": {"aws:EC2InstanceSourcePrivateIPv4": "10.1.0.0/16"}}), true),
        (json!({"StringNotEquals": {"aws:Ec2InstanceSourcePrivateIPv4": "10.0.0.7"}}), false),
        (json!({"StringNotEqualsIfExists": {"aws:EC2InstanceSourceVPC": "vpc-1"}}), false),
        (json!({"StringNotEqualsIfExists": {"aws:EC2InstanceSourceVPC": "vpc-2"}}), true),
        (
            json!({"NotIpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"},
                "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::*:role/exempt"},
                "BoolIfExists": {"aws:ViaAWSService": "false"}}),
            true,
        ),
    ] {
        let deny = deny_all_if(condition.clone());
        assert_eq!(!decide(&deny, &INSTANCE).is_allowed(), denied, "{condition}");
    }
}

#[test]
fn revocation_denies_older_sessions() {
    let revoke =
        deny_all_if(json!({"DateLessThan": {"aws:TokenIssueTime": "2026-01-02T03:04:05.678Z"}}));
    for (issued, denied) in
        [(Some("2026-01-02T03:04:05Z"), true), (Some("2026-01-02T03:04:06Z"), false), (None, false)]
    {
        let keys: Vec<_> =
            issued.map(|issued| ("aws:TokenIssueTime", issued)).into_iter().collect();
        assert_eq!(!decide(&revoke, &keys).is_allowed(), denied, "{issued:?}");
    }
}

fn deny_all_if(condition: Value) -> Policy {
    let statement =
        json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
    policy(PolicyKind::Identity, statement)
}
