//! The condition keys that are known. Source: contract/policy.md section 5; IAM user guide, "AWS
//! global condition context keys"; service authorization reference for STS, IAM, EC2 and S3.

use super::nearest::nearest;
use crate::RequestContext;
use crate::operator::Family;

/// A condition key, or (with a slash at its end) a family of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) many: bool,
    pub(super) absent: Absent,
    /// Whether rolecall knows it; AWS has more.
    pub(super) supported: bool,
}

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Anything, as tags do.
    Any,
    Arn,
    Bool,
    Date,
    /// Seconds: a date, and a number.
    Epoch,
    Ip,
    /// An address that AWS's own examples compare as a string.
    IpOrText,
    Number,
    /// A number that is written like a version.
    NumberOrText,
    Text,
}

/// When a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// In requests that a Deny may well have been written for.
    Evades,
    /// In requests that are of another kind.
    Meant,
    Never,
    /// In unsigned requests.
    Unsigned,
}

impl Holds {
    /// Whether an operator compares such values.
    pub(super) fn fits(self, family: Family) -> bool {
        match family {
            Family::Null => true,
            Family::Arn => matches!(self, Self::Any | Self::Arn),
            Family::Binary => self == Self::Any,
            Family::Bool => matches!(self, Self::Any | Self::Bool),
            Family::Date(_) => matches!(self, Self::Any | Self::Date | Self::Epoch),
            Family::Ip => matches!(self, Self::Any | Self::Ip | Self::IpOrText),
            Family::Numeric(_) => {
                matches!(self, Self::Any | Self::Epoch | Self::Number | Self::NumberOrText)
            }
            Family::Text(_) => matches!(
                self,
                Self::Any | Self::Arn | Self::IpOrText | Self::NumberOrText | Self::Text
            ),
        }
    }

    /// What the values are, and what compares them.
    pub(super) fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Any | Self::Text => ("a string", "`StringEquals` or `StringLike`"),
            Self::Arn => ("an ARN", "`ArnEquals` or `ArnLike`"),
            Self::Bool => ("a truth value", "`Bool`"),
            Self::Date => ("a date", "`DateLessThan` and its kin"),
            Self::Epoch => ("a moment in seconds", "`DateLessThan` or `NumericLessThan`"),
            Self::Ip => ("an address", "`IpAddress` or `NotIpAddress`"),
            Self::IpOrText => ("an address", "`IpAddress` or `StringEquals`"),
            Self::Number | Self::NumberOrText => ("a number", "`NumericEquals` and its kin"),
        }
    }
}

/// The key of a name, without case; of a family, its row.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.is(name))
}

/// What is not known of a name.
pub(super) enum Unknown {
    /// Nobody sets it; the nearest known key, if one is near.
    Certain(Option<String>),
    /// Its service has more keys than are listed here.
    Possible,
}

/// How sure it is that a name without row is no key.
pub(super) fn unknown(name: &str) -> Unknown {
    let nearest = nearest_key(name);
    let prefix = name.split_once(':').map(|(prefix, _)| prefix.to_ascii_lowercase());
    match prefix.as_deref() {
        Some("aws" | "iam" | "sts") | None => Unknown::Certain(nearest),
        Some(_) if nearest.is_some() => Unknown::Certain(nearest),
        Some(_) => Unknown::Possible,
    }
}

/// The known key whose letters differ least. A family keeps what stands after its slash.
fn nearest_key(name: &str) -> Option<String> {
    let (head, tail) = match name.split_once('/') {
        Some((head, tail)) => (format!("{head}/"), tail),
        None => (name.to_owned(), ""),
    };
    let near = nearest(&head, KEYS.iter().map(|key| key.name), DISTANCE_MAX)?;
    Some(format!("{near}{tail}"))
}

/// How many letters may differ in a slip.
const DISTANCE_MAX: usize = 2;

impl Key {
    fn is(&self, name: &str) -> bool {
        match self.name.ends_with('/') {
            true => name
                .split_at_checked(self.name.len())
                .is_some_and(|(head, tag)| head.eq_ignore_ascii_case(self.name) && !tag.is_empty()),
            false => RequestContext::is_same_key(self.name, name),
        }
    }

    const fn many(self) -> Self {
        Self { many: true, ..self }
    }

    const fn unsupported(self) -> Self {
        Self { supported: false, ..self }
    }
}

const fn key(name: &'static str, holds: Holds, absent: Absent) -> Key {
    Key { name, holds, many: false, absent, supported: true }
}

use Absent::{Evades, Meant, Never, Unsigned};
use Holds::{Any, Arn, Bool, Date, Epoch, Ip, IpOrText, Number, NumberOrText, Text};

const KEYS: &[Key] = &[
    key("aws:AssumedRoot", Bool, Meant).unsupported(),
    key("aws:CalledVia", Text, Evades).many(),
    key("aws:CalledViaFirst", Text, Evades),
    key("aws:CalledViaLast", Text, Evades),
    key("aws:CurrentTime", Date, Never),
    key("aws:Ec2InstanceSourcePrivateIPv4", IpOrText, Meant),
    key("aws:Ec2InstanceSourceVpc", Text, Meant),
    key("aws:EpochTime", Epoch, Never),
    key("aws:FederatedProvider", Text, Meant).unsupported(),
    key("aws:MultiFactorAuthAge", Number, Evades),
    key("aws:MultiFactorAuthPresent", Bool, Evades),
    key("aws:PrincipalAccount", Text, Unsigned),
    key("aws:PrincipalArn", Arn, Unsigned),
    key("aws:PrincipalIsAWSService", Bool, Unsigned).unsupported(),
    key("aws:PrincipalOrgID", Text, Evades),
    key("aws:PrincipalOrgPaths", Text, Evades).many().unsupported(),
    key("aws:PrincipalServiceName", Text, Meant).unsupported(),
    key("aws:PrincipalServiceNamesList", Text, Meant).many().unsupported(),
    key("aws:PrincipalTag/", Any, Meant),
    key("aws:PrincipalType", Text, Unsigned),
    key("aws:Referer", Text, Evades),
    key("aws:RequestTag/", Any, Meant),
    key("aws:RequestedRegion", Text, Never),
    key("aws:ResourceAccount", Text, Meant).unsupported(),
    key("aws:ResourceOrgID", Text, Meant).unsupported(),
    key("aws:ResourceOrgPaths", Text, Meant).many().unsupported(),
    key("aws:ResourceTag/", Any, Meant),
    key("aws:SecureTransport", Bool, Never),
    key("aws:SourceAccount", Text, Evades),
    key("aws:SourceArn", Arn, Evades),
    key("aws:SourceIdentity", Text, Evades),
    key("aws:SourceIp", Ip, Evades),
    key("aws:SourceOrgID", Text, Evades).unsupported(),
    key("aws:SourceOrgPaths", Text, Evades).many().unsupported(),
    key("aws:SourceVpc", Text, Evades),
    key("aws:SourceVpcArn", Arn, Evades).unsupported(),
    key("aws:SourceVpce", Text, Evades),
    key("aws:TagKeys", Text, Meant).many(),
    key("aws:TokenIssueTime", Date, Meant),
    key("aws:UserAgent", Text, Evades),
    key("aws:ViaAWSService", Bool, Never),
    key("aws:VpcSourceIp", Ip, Evades),
    key("aws:VpceAccount", Text, Evades).unsupported(),
    key("aws:VpceOrgID", Text, Evades).unsupported(),
    key("aws:VpceOrgPaths", Text, Evades).many().unsupported(),
    key("aws:userid", Text, Unsigned),
    key("aws:username", Text, Meant),
    key("ec2:Attribute/", Any, Meant),
    key("ec2:AvailabilityZone", Text, Meant),
    key("ec2:CreateAction", Text, Meant),
    key("ec2:EbsOptimized", Bool, Meant),
    key("ec2:Encrypted", Bool, Meant),
    key("ec2:ImageID", Text, Meant),
    key("ec2:InstanceID", Text, Meant),
    key("ec2:InstanceMetadataTags", Text, Meant),
    key("ec2:InstanceProfile", Arn, Meant),
    key("ec2:InstanceType", Text, Meant),
    key("ec2:MetadataHttpEndpoint", Text, Meant),
    key("ec2:MetadataHttpPutResponseHopLimit", Number, Meant),
    key("ec2:MetadataHttpTokens", Text, Meant),
    key("ec2:NewInstanceProfile", Arn, Meant),
    key("ec2:Owner", Text, Meant),
    key("ec2:Region", Text, Meant),
    key("ec2:ResourceTag/", Any, Meant),
    key("ec2:RoleDelivery", NumberOrText, Meant),
    key("ec2:SourceInstanceARN", Arn, Meant),
    key("ec2:Subnet", Arn, Meant),
    key("ec2:Tenancy", Text, Meant),
    key("ec2:VolumeSize", Number, Meant),
    key("ec2:VolumeType", Text, Meant),
    key("ec2:Vpc", Arn, Meant),
    key("iam:AWSServiceName", Text, Meant).unsupported(),
    key("iam:AssociatedResourceArn", Arn, Meant),
    key("iam:FIDO-FIPS-140-2-certification", Text, Meant).unsupported(),
    key("iam:FIDO-FIPS-140-3-certification", Text, Meant).unsupported(),
    key("iam:FIDO-certification", Text, Meant).unsupported(),
    key("iam:OrganizationsPolicyId", Text, Meant).unsupported(),
    key("iam:PassedToService", Text, Meant),
    key("iam:PermissionsBoundary", Arn, Meant),
    key("iam:PolicyARN", Arn, Meant),
    key("iam:RegisterSecurityKey", Text, Meant).unsupported(),
    key("iam:ResourceTag/", Any, Meant),
    key("iam:ServiceSpecificCredentialAgeDays", Number, Meant).unsupported(),
    key("iam:ServiceSpecificCredentialServiceName", Text, Meant).unsupported(),
    key("s3:ExistingObjectTag/", Any, Meant),
    key("s3:RequestObjectTag/", Any, Meant),
    key("s3:RequestObjectTagKeys", Text, Meant).many(),
    key("s3:ResourceAccount", Text, Never),
    key("s3:TlsVersion", Number, Meant),
    key("s3:authType", Text, Unsigned),
    key("s3:delimiter", Text, Meant),
    key("s3:if-match", Text, Meant),
    key("s3:if-none-match", Text, Meant),
    key("s3:max-keys", Number, Meant),
    key("s3:prefix", Text, Meant),
    key("s3:signatureAge", Number, Meant),
    key("s3:signatureversion", Text, Unsigned),
    key("s3:versionid", Text, Meant),
    key("s3:x-amz-acl", Text, Meant),
    key("s3:x-amz-content-sha256", Text, Meant),
    key("s3:x-amz-copy-source", Text, Meant),
    key("s3:x-amz-metadata-directive", Text, Meant),
    key("s3:x-amz-server-side-encryption", Text, Meant),
    key("s3:x-amz-server-side-encryption-aws-kms-key-id", Arn, Meant),
    key("s3:x-amz-storage-class", Text, Meant),
    key("sts:AWSServiceName", Text, Meant),
    key("sts:DurationSeconds", Number, Meant),
    key("sts:ExternalId", Text, Evades),
    key("sts:IdentityTokenAudience", Text, Meant).many().unsupported(),
    key("sts:RequestContext/", Any, Meant).unsupported(),
    key("sts:RequestContextProviders", Arn, Meant).many().unsupported(),
    key("sts:RoleSessionName", Text, Meant),
    key("sts:SigningAlgorithm", Text, Meant).unsupported(),
    key("sts:SourceIdentity", Text, Evades),
    key("sts:TaskPolicyArn", Arn, Meant).unsupported(),
    key("sts:TransitiveTagKeys", Text, Meant).many(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_case_and_by_family() {
        assert_eq!(find("AWS:ec2instancesourceVPC").unwrap().name, "aws:Ec2InstanceSourceVpc");
        assert_eq!(find("aws:principaltag/Team").unwrap().name, "aws:PrincipalTag/");
        assert!(find("aws:PrincipalTag/").is_none());
        assert!(find("aws:SourceIP4").is_none());
    }

    #[test]
    fn a_slip_has_its_nearest() {
        let nearest = |name: &str| match unknown(name) {
            Unknown::Certain(nearest) => nearest,
            Unknown::Possible => Some("possible".to_owned()),
        };
        for (name, expected) in [
            ("aws:SourceIP4", Some("aws:SourceIp")),
            ("aws:PrincipleTag/Team", Some("aws:PrincipalTag/Team")),
            ("aw:SourceIp", Some("aws:SourceIp")),
            ("aws:Nothing", None),
            ("SourceIp", None),
            ("sts:ExternalID2", Some("sts:ExternalId")),
            ("kms:ViaService", Some("possible")),
            ("token.actions.example.com:sub", Some("possible")),
            ("s3:prefixes", Some("s3:prefix")),
        ] {
            assert_eq!(nearest(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn rows_are_in_order_and_of_one_kind() {
        assert!(KEYS.is_sorted_by_key(|key| key.name));
    }
}
