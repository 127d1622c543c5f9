use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rolecall_identity::{Arn, Timestamp, UniqueId};
use rolecall_policy::{Policy, PolicyKind};

use super::account::ManagedPolicy;

/// A managed policy of AWS that this authority knows.
pub(super) fn aws_policy(arn: &str) -> Option<&'static ManagedPolicy> {
    aws_policies().get(arn)
}

/// All of them, by ARN.
pub(super) fn aws_policies() -> &'static BTreeMap<String, ManagedPolicy> {
    static POLICIES: OnceLock<BTreeMap<String, ManagedPolicy>> = OnceLock::new();
    POLICIES.get_or_init(|| KNOWN.iter().filter_map(read).collect())
}

fn read(&(name, id, actions): &(&str, &str, &str)) -> Option<(String, ManagedPolicy)> {
    let arn = format!("arn:aws:iam::aws:policy/{name}");
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}]}}"#
    );
    let policy = ManagedPolicy {
        id: UniqueId::try_new(id).ok()?,
        arn: Arn::try_new(&arn).ok()?,
        name: name.to_owned(),
        path: "/".to_owned(),
        created: Timestamp::from_seconds(CREATED),
        description: None,
        policy: Arc::new(Policy::parse(PolicyKind::Managed, &document).ok()?),
    };
    Some((arn, policy))
}

/// Name, id, allowed actions. Source: AWS managed policy reference, in their shortest form: the
/// services that this authority does not have are left out.
const KNOWN: &[(&str, &str, &str)] = &[
    ("AdministratorAccess", "ANPAROLECALL000000001", r#""*""#),
    ("AmazonEC2FullAccess", "ANPAROLECALL000000002", r#""ec2:*""#),
    ("AmazonEC2ReadOnlyAccess", "ANPAROLECALL000000003", r#""ec2:Describe*","ec2:Get*""#),
    ("AmazonS3FullAccess", "ANPAROLECALL000000004", r#""s3:*","s3-object-lambda:*""#),
    (
        "AmazonS3ReadOnlyAccess",
        "ANPAROLECALL000000005",
        r#""s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*""#,
    ),
    ("IAMFullAccess", "ANPAROLECALL000000006", r#""iam:*""#),
    ("IAMReadOnlyAccess", "ANPAROLECALL000000007", r#""iam:Get*","iam:List*","iam:Simulate*""#),
];

/// 2015-02-06, when AWS introduced managed policies.
const CREATED: i64 = 1_423_180_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_reads() {
        for entry in KNOWN {
            assert!(read(entry).is_some(), "{}", entry.0);
        }
        assert!(aws_policy("arn:aws:iam::aws:policy/AdministratorAccess").is_some());
        assert!(aws_policy("arn:aws:iam::aws:policy/Unknown").is_none());
    }
}
