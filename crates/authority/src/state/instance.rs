use std::net::IpAddr;

use ipnet::IpNet;
use rolecall_identity::{AccountId, Arn, InstanceId, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// `eni-…`
    pub interface_id: String,
    /// `02:…`
    pub mac: String,
    /// The address inside the VPC.
    pub private_ip: IpAddr,
    /// Names of security groups.
    pub security_groups: Vec<String>,
    /// Ids of security groups.
    pub security_group_ids: Vec<String>,
    /// The instance profile's name.
    pub profile: Option<String>,
    /// The login key.
    pub key: Option<LoginKey>,
    /// Raw user data, at most 16 KiB.
    pub user_data: Option<String>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// How the metadata service answers.
    pub metadata_options: MetadataOptions,
    /// When it was launched.
    pub launched: Timestamp,
}

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
    /// `arn:aws:ec2:REGION:ACCOUNT:instance/ID`
    pub fn arn(&self) -> Option<Arn> {
        let arn = format!("arn:aws:ec2:{}:{}:instance/{}", self.region, self.account, self.id);
        Arn::try_new(&arn).ok()
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
