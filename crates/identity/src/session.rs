use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Arn, InstanceId, Timestamp, UniqueId};

/// Who a session is, sealed into its token. What it may do is decided from live policies.
///
/// Source: contract/authority.md section 9.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClaims {
    /// The account the session acts in.
    pub account: AccountId,
    /// Whose session it is.
    pub principal: SessionPrincipal,
    /// When it was issued (`aws:TokenIssueTime`).
    pub issued_at: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// `SourceIdentity`, once set it stays down the chain.
    pub source_identity: Option<String>,
    /// Session tags, inherited ones included.
    pub tags: Vec<SessionTag>,
    /// Inline session policies, as written.
    pub policies: Vec<String>,
    /// Managed policies used as session policies.
    pub policy_arns: Vec<Arn>,
    /// When MFA was proved, if it was.
    pub mfa_at: Option<Timestamp>,
    /// How many roles were assumed to get here: 1 for the first.
    pub chain_depth: u8,
    /// The instance the credentials were delivered to, for role credentials from the metadata service.
    pub instance: Option<InstanceBinding>,
}

/// Whose session it is.
///
/// INVARIANT: a sealed token holds a variant by its place, so a new one stands at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionPrincipal {
    /// `GetFederationToken` of a user.
    Federated {
        /// The federated user's name.
        name: String,
        /// The user who federated.
        user: UniqueId,
        /// That user's name.
        user_name: String,
    },
    /// An assumed role.
    Role {
        /// The role's unique id: a role recreated under the same name is another one.
        role: UniqueId,
        /// The role's name, without path.
        role_name: String,
        /// The session's name.
        session_name: String,
    },
    /// `GetSessionToken` of the account root.
    Root,
    /// `GetSessionToken` of a user.
    User {
        /// The user's unique id.
        user: UniqueId,
        /// The user's name.
        user_name: String,
    },
    /// An instance, as itself: not its role.
    Instance {
        /// The instance.
        id: InstanceId,
    },
}

/// A session tag. Keys are unique without case, their case is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTag {
    /// The key.
    pub key: String,
    /// The value, possibly empty.
    pub value: String,
    /// Whether the tag is inherited by the next role in a chain.
    pub transitive: bool,
}

/// The instance a key set was delivered to: what binds a stolen key to its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceBinding {
    /// `ec2:SourceInstanceARN`
    pub instance_arn: Arn,
    /// The id at the end of that ARN.
    pub instance_id: InstanceId,
    /// `aws:Ec2InstanceSourceVpc`
    pub vpc_id: String,
    /// `aws:Ec2InstanceSourcePrivateIPv4`
    pub private_ip: IpAddr,
    /// `ec2:RoleDelivery`
    pub delivery: RoleDelivery,
}

/// Which version of the metadata service delivered a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RoleDelivery {
    /// Fetched without a metadata token.
    V1,
    /// Fetched with a metadata token.
    V2,
}

impl RoleDelivery {
    /// `1.0` or `2.0`, as the condition key and CloudTrail write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }
}
