//! A usual request: a session of a role, three policies of twelve statements, two conditions.
//!
//! `conformance/cedar-bench` includes this file, so that both measure the same.

use rolecall_policy::{Named, Policy, PolicyKind, PolicySet, Request, RequestContext};
use rolecall_policy::{RequestPrincipal, evaluate};

/// The role's policies.
pub(crate) const DOCUMENTS: [(&str, &str); 3] = [
    ("application", include_str!("../typical/application.json")),
    ("guardrails", include_str!("../typical/guardrails.json")),
    ("operations", include_str!("../typical/operations.json")),
];

/// What every request of such a session says of itself.
pub(crate) const KEYS: [(&str, &str); 20] = [
    ("aws:CurrentTime", "2026-11-25T07:00:00Z"),
    ("aws:EpochTime", "1795590000"),
    ("aws:SecureTransport", "true"),
    ("aws:UserAgent", "Boto3/1.42.0 md/Botocore#1.42.0"),
    ("aws:RequestedRegion", "eu-west-1"),
    ("aws:ViaAWSService", "false"),
    ("aws:SourceIp", "10.20.30.40"),
    ("aws:PrincipalArn", ROLE),
    ("aws:PrincipalAccount", "123456789012"),
    ("aws:PrincipalType", "AssumedRole"),
    ("aws:userid", "AROAEXAMPLEEXAMPLEEX:i-0123456789abcdef0"),
    ("aws:PrincipalTag/team", "red"),
    ("aws:PrincipalTag/stage", "production"),
    ("aws:TokenIssueTime", "2026-11-25T06:00:00Z"),
    ("aws:MultiFactorAuthPresent", "false"),
    ("aws:Ec2InstanceSourceVpc", "vpc-0123456789abcdef0"),
    ("aws:Ec2InstanceSourcePrivateIPv4", "10.20.30.40"),
    ("ec2:SourceInstanceARN", "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"),
    ("ec2:RoleDelivery", "2.0"),
    ("s3:authType", "REST-HEADER"),
];

/// The role's ARN.
pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/reports";
/// The session's ARN.
pub(crate) const SESSION: &str =
    "arn:aws:sts::123456789012:assumed-role/reports/i-0123456789abcdef0";
/// What the session asks for.
pub(crate) const ACTION: &str = "s3:GetObject";
/// Of which object.
pub(crate) const OBJECT: &str = "arn:aws:s3:::team-data/red/2026/11/report.csv";

/// The policies, compiled.
pub(crate) fn policies() -> Vec<(&'static str, Policy)> {
    let parse = |(name, text)| (name, Policy::parse(PolicyKind::Managed, text).unwrap());
    DOCUMENTS.into_iter().map(parse).collect()
}

/// The values of the condition keys.
pub(crate) fn context() -> RequestContext<'static> {
    let mut context = RequestContext::with_room();
    for (key, value) in KEYS {
        context.set(key, value);
    }
    context
}

/// Whether the session may have an object.
pub(crate) fn is_allowed(
    identity: &[Named<'_>],
    object: &str,
    context: &RequestContext<'_>,
) -> bool {
    let account = "123456789012".parse().unwrap();
    let request = Request {
        principal: RequestPrincipal::Role { account, role_arn: ROLE, session_arn: SESSION },
        action: ACTION,
        resource: object,
        resource_account: Some(account),
        context,
    };
    evaluate(&PolicySet { identity, ..PolicySet::default() }, &request).is_allowed()
}

/// The same rules as a function written for them: what no general engine can do without.
pub(crate) fn by_hand(action: &str, object: &str, context: &RequestContext<'_>) -> bool {
    let value = |key| context.lookup(key).and_then(|values| values.first());
    let is_ours = value("aws:SourceIp").is_none_or(|address| {
        let address = address.parse::<std::net::Ipv4Addr>();
        address.is_ok_and(|address| address.octets()[0] == 10)
    });
    let is_region = || {
        value("aws:RequestedRegion")
            .is_some_and(|region| matches!(&**region, "eu-central-1" | "eu-west-1"))
    };
    let is_own = || {
        let path = object.strip_prefix("arn:aws:s3:::team-data/");
        let team = value("aws:PrincipalTag/team");
        let rest = path.zip(team).and_then(|(path, team)| path.strip_prefix(&**team));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    is_ours && matches!(action, "s3:GetObject" | "s3:PutObject") && is_own() && is_region()
}
