use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use super::status::NetworkMode;

/// A network of a container, as version 4 shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct NetworkFacts {
    pub network_mode: NetworkMode,
    #[serde(rename = "IPv4Addresses")]
    pub ipv4_addresses: Vec<Ipv4Addr>,
    #[serde(rename = "IPv6Addresses", skip_serializing_if = "Vec::is_empty")]
    pub ipv6_addresses: Vec<Ipv6Addr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_index: Option<u32>,
    #[serde(rename = "MACAddress", skip_serializing_if = "String::is_empty")]
    pub mac_address: String,
    #[serde(rename = "IPv4SubnetCIDRBlock", skip_serializing_if = "String::is_empty")]
    pub ipv4_subnet_cidr_block: String,
    #[serde(rename = "IPv6SubnetCIDRBlock", skip_serializing_if = "String::is_empty")]
    pub ipv6_subnet_cidr_block: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_name_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domain_name_search_list: Vec<String>,
    #[serde(rename = "PrivateDNSName", skip_serializing_if = "String::is_empty")]
    pub private_dns_name: String,
    /// With its prefix length: `10.0.2.1/24`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subnet_gateway_ipv4_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subnet_gateway_ipv6_address: String,
}

impl NetworkFacts {
    /// A network of which nothing more is known.
    pub fn new(network_mode: NetworkMode, ipv4_addresses: Vec<Ipv4Addr>) -> Self {
        Self {
            network_mode,
            ipv4_addresses,
            ipv6_addresses: Vec::new(),
            attachment_index: None,
            mac_address: String::new(),
            ipv4_subnet_cidr_block: String::new(),
            ipv6_subnet_cidr_block: String::new(),
            domain_name_servers: Vec::new(),
            domain_name_search_list: Vec::new(),
            private_dns_name: String::new(),
            subnet_gateway_ipv4_address: String::new(),
            subnet_gateway_ipv6_address: String::new(),
        }
    }
}
