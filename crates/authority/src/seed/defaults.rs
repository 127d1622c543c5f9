//! What a seed leaves out.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};

use crate::state::{HttpTokens, LaunchType, NetworkMode};

pub(super) fn region() -> String {
    "us-east-1".into()
}

pub(super) fn path() -> String {
    "/".into()
}

pub(super) const fn session_seconds_max() -> i64 {
    3600
}

pub(super) fn image_id() -> String {
    "ami-0abcdef1234567890".into()
}

pub(super) fn instance_type() -> String {
    "t3.micro".into()
}

pub(super) fn vpc_id() -> String {
    "vpc-0123456789abcdef0".into()
}

pub(super) fn vpc_cidr() -> IpNet {
    net(Ipv4Addr::new(10, 0, 0, 0), 16)
}

pub(super) fn subnet_id() -> String {
    "subnet-0123456789abcdef0".into()
}

pub(super) fn subnet_cidr() -> IpNet {
    net(Ipv4Addr::new(10, 0, 0, 0), 24)
}

pub(super) const fn private_ip() -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 10))
}

pub(super) fn mac() -> String {
    "02:00:17:3a:5c:9e".into()
}

pub(super) fn security_groups() -> Vec<String> {
    vec!["default".into()]
}

pub(super) const fn http_tokens() -> HttpTokens {
    HttpTokens::Required
}

pub(super) fn architecture() -> String {
    "x86_64".into()
}

pub(super) const fn http_endpoint() -> bool {
    true
}

pub(super) const fn hop_limit() -> u8 {
    1
}

pub(super) const fn revision() -> u32 {
    1
}

pub(super) const fn launch_type() -> LaunchType {
    LaunchType::Fargate
}

pub(super) const fn network_mode() -> NetworkMode {
    NetworkMode::Awsvpc
}

pub(super) fn task_addresses() -> Vec<IpAddr> {
    vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, 20))]
}

pub(super) fn task_mac() -> String {
    "02:00:17:3a:5c:b0".into()
}

/// A quarter of a vCPU, the smallest task of Fargate.
pub(super) const fn task_cpu() -> u32 {
    256
}

/// In MiB, as above.
pub(super) const fn task_memory() -> u64 {
    512
}

/// The port beside those of the other addresses of a development world.
pub(super) const fn pod_identity_address() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1340)
}

fn net(address: Ipv4Addr, prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new(address, prefix).unwrap_or_default())
}
