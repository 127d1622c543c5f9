use std::collections::BTreeMap;
use std::fmt;

use rolecall_identity::{AccountId, Credentials, InstanceId, Timestamp};

/// What the metadata service tells an instance about itself.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the leaf of the same name, contract/imds.md 1.6")]
pub struct InstanceFacts {
    pub instance_id: InstanceId,
    pub account: AccountId,
    pub region: String,
    pub availability_zone: String,
    pub availability_zone_id: String,
    pub ami_id: String,
    pub instance_type: String,
    pub architecture: String,
    pub reservation_id: String,
    pub vpc_id: String,
    pub vpc_cidr: String,
    pub vpc_ipv6_cidrs: Vec<String>,
    /// The primary one first; an instance has at least that.
    pub interfaces: Vec<InterfaceFacts>,
    pub key: Option<LoginKeyFacts>,
    /// Raw bytes, at most 16 KiB.
    pub user_data: Option<Vec<u8>>,
    /// In the order of their keys.
    pub tags: Vec<(String, String)>,
    pub launched: Timestamp,
    pub settings: MetadataSettings,
    pub iam: IamFacts,
    /// The instance's own credentials, which only say who it is.
    pub identity: Option<KeySets>,
    /// Values that somebody set, by their path: `None` for what is not there. Everything else is
    /// derived from the facts.
    pub values: BTreeMap<String, Option<String>>,
}

/// A network interface.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the leaf of the same name, contract/imds.md 1.6")]
pub struct InterfaceFacts {
    pub interface_id: String,
    pub mac: String,
    pub device_number: u8,
    pub local_ipv4s: Vec<String>,
    pub ipv6s: Vec<String>,
    /// For the first of the local addresses.
    pub public_ipv4: Option<String>,
    pub subnet_id: String,
    pub subnet_ipv4_cidr: String,
    pub subnet_ipv6_cidrs: Vec<String>,
    pub security_groups: Vec<String>,
    pub security_group_ids: Vec<String>,
}

/// The login key of an instance.
#[derive(Debug, Clone)]
pub struct LoginKeyFacts {
    /// Its name.
    pub name: String,
    /// The line for `authorized_keys`, without newline.
    pub public_key: String,
}

/// How the service answers. Source: EC2 API reference, `InstanceMetadataOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataSettings {
    /// Whether every read needs a token.
    pub tokens_required: bool,
    /// Whether it answers at all.
    pub endpoint_enabled: bool,
    /// Whether tags are shown.
    pub tags_shown: bool,
}

/// The instance's profile and role.
#[derive(Debug, Clone)]
pub enum IamFacts {
    /// No profile: there is no `iam/`.
    NoProfile,
    /// The profile is there and its role is gone.
    NoRole {
        /// The profile's ARN.
        profile_arn: String,
        /// `AIPA…`
        profile_id: String,
        /// When that was found.
        at: Timestamp,
    },
    /// The profile was deleted.
    ProfileGone {
        /// The profile's name.
        name: String,
        /// When that was found.
        at: Timestamp,
    },
    /// The profile has a role.
    Role {
        /// The profile's ARN.
        profile_arn: String,
        /// `AIPA…`
        profile_id: String,
        /// The role and what there is to deliver of it.
        role: RoleFacts,
    },
}

/// A role and its credentials.
#[derive(Debug, Clone)]
pub enum RoleFacts {
    /// Credentials to deliver.
    Ready(Box<KeySets>),
    /// EC2 may not assume the role.
    Unauthorized {
        /// The role's name.
        role: String,
        /// When it was refused.
        at: Timestamp,
    },
    /// Credentials could not be made, and there are none left.
    Unavailable {
        /// The role's name.
        role: String,
        /// What is wrong, for the reader of the document.
        message: String,
        /// When it failed.
        at: Timestamp,
    },
}

/// The two key sets of a role: one for each version of the service. They end together.
#[derive(Debug, Clone)]
pub struct KeySets {
    /// The role's name.
    pub role_name: String,
    /// The role's ARN.
    pub role_arn: String,
    /// For reads without a token.
    pub v1: Credentials,
    /// For reads with a token.
    pub v2: Credentials,
    /// When they were made.
    pub last_updated: Timestamp,
    /// When they end.
    pub expiration: Timestamp,
}

impl InstanceFacts {
    /// The first address of the primary interface.
    pub(crate) fn private_ip(&self) -> &str {
        let first = self.interfaces.first().and_then(|interface| interface.local_ipv4s.first());
        first.map(String::as_str).unwrap_or_default()
    }
}

impl IamFacts {
    /// The key sets, if there are any.
    pub fn key_sets(&self) -> Option<&KeySets> {
        match self {
            Self::Role { role: RoleFacts::Ready(sets), .. } => Some(sets),
            _ => None,
        }
    }
}

/// User data often holds secrets: it does not print.
impl fmt::Debug for InstanceFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceFacts")
            .field("instance_id", &self.instance_id)
            .field("account", &self.account)
            .field("settings", &self.settings)
            .field("iam", &self.iam)
            .finish_non_exhaustive()
    }
}
