use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use rolecall_identity::{AccountId, Arn, InstanceId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::account::Tag;

/// A machine that gets role credentials from the metadata service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub id: InstanceId,
    /// The account that owns it.
    pub account: AccountId,
    /// The region it runs in.
    pub region: String,
    /// `us-east-1a`
    pub availability_zone: String,
    /// `use1-az6`
    pub availability_zone_id: String,
    /// `ami-…`
    pub image_id: String,
    /// `t3.micro`
    pub instance_type: String,
    /// `x86_64` or `arm64`
    pub architecture: String,
    /// `r-…`
    pub reservation_id: String,
    /// `vpc-…`
    pub vpc_id: String,
    /// The VPC's addresses.
    pub vpc_cidr: IpNet,
    /// `subnet-…`
    pub subnet_id: String,
    /// The subnet's addresses.
    pub subnet_cidr: IpNet,
    /// The VPC's IPv6 addresses.
    #[serde(default)]
    pub vpc_ipv6_cidrs: Vec<IpNet>,
    /// The subnet's IPv6 addresses.
    #[serde(default)]
    pub subnet_ipv6_cidrs: Vec<IpNet>,
    /// `eni-…`, the primary interface.
    pub interface_id: String,
    /// `02:…`
    pub mac: String,
    /// The address inside the VPC.
    pub private_ip: IpAddr,
    /// IPv6 addresses of the primary interface.
    #[serde(default)]
    pub ipv6s: Vec<Ipv6Addr>,
    /// The public address of the primary interface.
    #[serde(default)]
    pub public_ipv4: Option<Ipv4Addr>,
    /// Further interfaces.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// Names of security groups.
    pub security_groups: Vec<String>,
    /// Ids of security groups.
    pub security_group_ids: Vec<String>,
    /// The instance profile's name.
    pub profile: Option<String>,
    /// The login key.
    pub key: Option<LoginKey>,
    /// Raw user data.
    pub user_data: Option<UserData>,
    /// Metadata values that were set, by path: `None` for what is not there.
    #[serde(default)]
    pub metadata: BTreeMap<String, Option<String>>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// How the metadata service answers.
    pub metadata_options: MetadataOptions,
    /// When it was launched.
    pub launched: Timestamp,
}

/// A further network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    /// `02:…`
    pub mac: String,
    /// Its place in the instance, from 1.
    pub device_number: u8,
    /// Its addresses, one at least.
    pub private_ips: Vec<Ipv4Addr>,
    /// Its IPv6 addresses.
    #[serde(default)]
    pub ipv6s: Vec<Ipv6Addr>,
    /// The public address.
    #[serde(default)]
    pub public_ipv4: Option<Ipv4Addr>,
    /// `subnet-…`; the primary interface's if none is named.
    #[serde(default)]
    pub subnet: Option<String>,
    /// The subnet's addresses.
    #[serde(default)]
    pub subnet_cidr: Option<IpNet>,
}

/// Raw user data: any bytes, at most [`USER_DATA_BYTES_MAX`]. It often holds secrets, so it does not
/// print.
#[derive(Clone, PartialEq, Eq)]
pub struct UserData(Vec<u8>);

/// Source: EC2 user guide, "Run commands when you launch an EC2 instance with user data input".
pub const USER_DATA_BYTES_MAX: usize = 16 * 1024;

/// A login key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginKey {
    /// Its name.
    pub name: String,
    /// The line for `authorized_keys`.
    pub public_key: String,
}

/// How the metadata service answers an instance. Source: EC2 API, `InstanceMetadataOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataOptions {
    /// Whether a token is needed.
    pub http_tokens: HttpTokens,
    /// Whether it answers at all.
    pub http_endpoint: bool,
    /// IP hops a token answer may travel, 1 to 64.
    pub http_put_response_hop_limit: u8,
    /// Whether it answers over IPv6.
    pub http_protocol_ipv6: bool,
    /// Whether tags are shown.
    pub instance_metadata_tags: bool,
}

/// Whether the metadata service needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpTokens {
    /// IMDSv1 and IMDSv2.
    Optional,
    /// IMDSv2 alone.
    Required,
}

/// Addresses, or a listener, that stand for a VPC: requests from there carry `aws:SourceVpc`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Where requests come from.
    pub origin: Origin,
    /// `vpc-…`
    pub vpc_id: String,
    /// `vpce-…`
    pub endpoint_id: String,
}

/// Where requests come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Peers of these addresses.
    Cidr(IpNet),
    /// Connections that a listener of this name accepted: `api`.
    Listener(String),
}

impl Instance {
    /// Every address that the instance sends from.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let ipv4s = self.interfaces.iter().flat_map(|interface| &interface.private_ips);
        let ipv6s = self.interfaces.iter().flat_map(|interface| &interface.ipv6s);
        let ipv6s = self.ipv6s.iter().chain(ipv6s);
        std::iter::once(self.private_ip)
            .chain(ipv4s.copied().map(IpAddr::V4))
            .chain(ipv6s.copied().map(IpAddr::V6))
    }

    /// `arn:aws:ec2:REGION:ACCOUNT:instance/ID`
    pub fn arn(&self) -> Option<Arn> {
        let arn = format!("arn:aws:ec2:{}:{}:instance/{}", self.region, self.account, self.id);
        Arn::try_new(&arn).ok()
    }
}

impl UserData {
    /// `None` if it is too long.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= USER_DATA_BYTES_MAX).then_some(Self(bytes))
    }

    /// From base64, as EC2's API takes it.
    pub fn from_base64(text: &str) -> Option<Self> {
        Self::new(STANDARD.decode(text.trim()).ok()?)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for UserData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserData({} bytes)", self.0.len())
    }
}

impl Serialize for UserData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for UserData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom("not base64 of at most 16 KiB");
        Self::from_base64(&text).ok_or_else(wrong)
    }
}

impl Default for MetadataOptions {
    /// As EC2 launches instances of today's images: tokens required, one hop, no tags.
    fn default() -> Self {
        Self {
            http_tokens: HttpTokens::Required,
            http_endpoint: true,
            http_put_response_hop_limit: 1,
            http_protocol_ipv6: false,
            instance_metadata_tags: false,
        }
    }
}

impl HttpTokens {
    /// `optional` or `required`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Required => "required",
        }
    }
}

impl Network {
    /// Whether a request from `peer`, accepted by `listener`, comes from this network.
    pub fn holds(&self, peer: IpAddr, listener: &str) -> bool {
        match &self.origin {
            Origin::Cidr(cidr) => cidr.contains(&peer),
            Origin::Listener(name) => name == listener,
        }
    }
}
