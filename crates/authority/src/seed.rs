//! A world described in a file: accounts, users, roles, instances, buckets, networks.
//!
//! The text is TOML and parsed at the rim; here its values become changes, in the order of the
//! fields below: a role may trust a user, or a role that stands before it.

mod containers;
mod defaults;
mod names;
mod pod_identity;
mod task;
mod world;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use rolecall_identity::{AccessKeyId, AccountId, Arn, InstanceId};
use serde::Deserialize;

use crate::state::{HttpTokens, Interface};

pub use pod_identity::{SeedJwks, SeedPodIdentity, SeedPodIdentityAssociation};
pub use task::{SeedTask, SeedTaskContainer};
pub use world::SeedError;

/// The file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Seed {
    /// The account of everything that names none, and the owner of the buckets.
    pub account: AccountId,
    /// The region of everything that names none.
    #[serde(default = "defaults::region")]
    pub region: String,
    /// Customer managed policies.
    #[serde(default, rename = "policy")]
    pub policies: Vec<SeedPolicy>,
    /// Users.
    #[serde(default, rename = "user")]
    pub users: Vec<SeedUser>,
    /// Roles.
    #[serde(default, rename = "role")]
    pub roles: Vec<SeedRole>,
    /// Instance profiles.
    #[serde(default, rename = "instance-profile")]
    pub instance_profiles: Vec<SeedInstanceProfile>,
    /// Instances.
    #[serde(default, rename = "instance")]
    pub instances: Vec<SeedInstance>,
    /// Networks of load balancers in front of the API. Each of their connections must begin with a
    /// header of the PROXY protocol, version 2; nobody else's may.
    #[serde(default)]
    pub trusted_proxies: Vec<IpNet>,
    /// Further addresses of the metadata service. They are opened at every start, also of a data
    /// folder that holds a world already.
    #[serde(default)]
    pub imds: Vec<SeedImds>,
    /// Tasks of ECS.
    #[serde(default, rename = "task")]
    pub tasks: Vec<SeedTask>,
    /// EKS clusters, and the addresses of their Pod Identity agents. The addresses are opened at every
    /// start, as those of `imds`.
    #[serde(default, rename = "pod-identity")]
    pub pod_identity: Vec<SeedPodIdentity>,
    /// Buckets.
    #[serde(default, rename = "bucket")]
    pub buckets: Vec<SeedBucket>,
    /// Networks that stand for VPCs.
    #[serde(default, rename = "network")]
    pub networks: Vec<SeedNetwork>,
}

/// A policy: managed, or inline in a user or role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedPolicy {
    /// The account, for a managed policy.
    pub account: Option<AccountId>,
    /// The name.
    pub name: String,
    /// The document, as JSON text.
    pub document: String,
}

/// A user.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedUser {
    /// The account.
    pub account: Option<AccountId>,
    /// The name.
    pub name: String,
    /// `/` or `/…/`.
    #[serde(default = "defaults::path")]
    pub path: String,
    /// Tags on the user.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Managed policies by ARN.
    #[serde(default)]
    pub managed_policies: Vec<Arn>,
    /// The boundary by ARN.
    pub permissions_boundary: Option<Arn>,
    /// Inline policies.
    #[serde(default, rename = "policy")]
    pub policies: Vec<SeedPolicy>,
    /// Access keys.
    #[serde(default, rename = "access-key")]
    pub access_keys: Vec<SeedAccessKey>,
}

/// An access key; what is left out is made.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedAccessKey {
    /// `AKIA…`
    pub id: Option<AccessKeyId>,
    /// The secret.
    pub secret: Option<String>,
}

/// A role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedRole {
    /// The account.
    pub account: Option<AccountId>,
    /// The name.
    pub name: String,
    /// `/` or `/…/`.
    #[serde(default = "defaults::path")]
    pub path: String,
    /// What it is for, in words.
    pub description: Option<String>,
    /// Longest session, 3600 to 43200 seconds.
    #[serde(default = "defaults::session_seconds_max")]
    pub max_session_seconds: i64,
    /// Who may assume it, as JSON text.
    pub trust_policy: String,
    /// Tags on the role.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Managed policies by ARN.
    #[serde(default)]
    pub managed_policies: Vec<Arn>,
    /// The boundary by ARN.
    pub permissions_boundary: Option<Arn>,
    /// Inline policies.
    #[serde(default, rename = "policy")]
    pub policies: Vec<SeedPolicy>,
}

/// An instance profile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedInstanceProfile {
    /// The account.
    pub account: Option<AccountId>,
    /// The name.
    pub name: String,
    /// `/` or `/…/`.
    #[serde(default = "defaults::path")]
    pub path: String,
    /// The role it hands out.
    pub role: Option<String>,
}

/// An instance; what is left out is what a small instance of today has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedInstance {
    /// The account.
    pub account: Option<AccountId>,
    /// `i-…`
    pub id: InstanceId,
    /// The region.
    pub region: Option<String>,
    /// The instance profile's name.
    pub profile: Option<String>,
    /// `ami-…`
    #[serde(default = "defaults::image_id")]
    pub image_id: String,
    /// `t3.micro`
    #[serde(default = "defaults::instance_type")]
    pub instance_type: String,
    /// `vpc-…`
    #[serde(default = "defaults::vpc_id")]
    pub vpc: String,
    /// The VPC's addresses.
    #[serde(default = "defaults::vpc_cidr")]
    pub vpc_cidr: IpNet,
    /// `subnet-…`
    #[serde(default = "defaults::subnet_id")]
    pub subnet: String,
    /// The subnet's addresses.
    #[serde(default = "defaults::subnet_cidr")]
    pub subnet_cidr: IpNet,
    /// The address inside the VPC.
    #[serde(default = "defaults::private_ip")]
    pub private_ip: IpAddr,
    /// `02:…`
    #[serde(default = "defaults::mac")]
    pub mac: String,
    /// Names of security groups.
    #[serde(default = "defaults::security_groups")]
    pub security_groups: Vec<String>,
    /// The login key's name.
    pub key_name: Option<String>,
    /// The login key's line for `authorized_keys`.
    pub public_key: Option<String>,
    /// The zone: `us-east-1a`.
    pub availability_zone: Option<String>,
    /// `x86_64` or `arm64`.
    #[serde(default = "defaults::architecture")]
    pub architecture: String,
    /// The VPC's IPv6 addresses.
    pub vpc_ipv6_cidr: Option<IpNet>,
    /// The subnet's IPv6 addresses.
    pub subnet_ipv6_cidr: Option<IpNet>,
    /// IPv6 addresses of the primary interface.
    #[serde(default)]
    pub ipv6s: Vec<Ipv6Addr>,
    /// The public address of the primary interface.
    pub public_ipv4: Option<Ipv4Addr>,
    /// Further interfaces.
    #[serde(default, rename = "interface")]
    pub interfaces: Vec<Interface>,
    /// Raw user data, as text.
    pub user_data: Option<String>,
    /// Raw user data that is no text.
    pub user_data_base64: Option<String>,
    /// Metadata values by path, such as `"spot/instance-action"`; `false` for what is not there.
    #[serde(default)]
    pub metadata: BTreeMap<String, SeedValue>,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// `optional` or `required`.
    #[serde(default = "defaults::http_tokens")]
    pub http_tokens: HttpTokens,
    /// IP hops a token answer may travel.
    #[serde(default = "defaults::hop_limit")]
    pub http_put_response_hop_limit: u8,
    /// Whether the metadata service answers at all.
    #[serde(default = "defaults::http_endpoint")]
    pub http_endpoint: bool,
    /// Whether it answers over IPv6.
    #[serde(default)]
    pub http_protocol_ipv6: bool,
    /// Whether tags are shown.
    #[serde(default)]
    pub instance_metadata_tags: bool,
}

/// An address of the metadata service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedImds {
    /// `HOST:PORT`
    pub address: SocketAddr,
    /// The network interface that connections must come through.
    pub interface: Option<String>,
    /// The network namespace to listen in, as a path.
    pub namespace: Option<PathBuf>,
    /// The instance that everybody there is.
    pub instance: Option<InstanceId>,
    /// Whether a peer is the instance that has its address.
    #[serde(default)]
    pub by_source: bool,
    /// Whether it refuses proxies, browsers and other names than its own.
    #[serde(default)]
    pub hardened: bool,
    /// Whether a connection may ask again; AWS ends it after each answer.
    #[serde(default)]
    pub keep_alive: bool,
    /// Whether a token of no lifetime is refused; EC2 gives it out, dead.
    #[serde(default)]
    pub strict_ttl: bool,
    /// Further names that a hardened one may be called by.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// A metadata value.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum SeedValue {
    /// `false`: the path is not found.
    Absent(bool),
    /// The text of a leaf.
    Text(String),
}

/// A bucket of the S3 store.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedBucket {
    /// The name.
    pub name: String,
    /// The bucket policy, as JSON text.
    pub policy: Option<String>,
    /// Objects to begin with.
    #[serde(default, rename = "object")]
    pub objects: Vec<SeedObject>,
}

/// An object.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedObject {
    /// The key.
    pub key: String,
    /// The content, as text.
    pub content: String,
}

/// Addresses, or a listener, that stand for a VPC. One of `cidr` and `listener` must be there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedNetwork {
    /// Peers of these addresses.
    pub cidr: Option<IpNet>,
    /// Connections that a listener of this name accepted.
    pub listener: Option<String>,
    /// `vpc-…`
    pub vpc: String,
    /// `vpce-…`
    pub endpoint: String,
}

/// Secrets do not print.
impl std::fmt::Debug for SeedAccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedAccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}
