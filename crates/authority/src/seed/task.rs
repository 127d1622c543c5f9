use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use rolecall_identity::{AccountId, Arn};
use serde::Deserialize;

use super::defaults;
use crate::state::{LaunchType, NetworkMode};

/// A task of ECS; what is left out is what a small task of Fargate has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedTask {
    /// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`; made from the next three and a new id without it.
    pub arn: Option<Arn>,
    /// The account.
    pub account: Option<AccountId>,
    /// The region.
    pub region: Option<String>,
    /// The cluster's name: `default`.
    pub cluster: Option<String>,
    /// The task definition's family.
    pub family: String,
    /// The task definition's revision.
    #[serde(default = "defaults::revision")]
    pub revision: u32,
    /// The service that started it: such a task alone can be protected from scale-in.
    pub service: Option<String>,
    /// The name of its role, which must trust `ecs-tasks.amazonaws.com`.
    pub role: Option<String>,
    /// `EC2`, `EXTERNAL` or `FARGATE`.
    #[serde(default = "defaults::launch_type")]
    pub launch_type: LaunchType,
    /// `awsvpc`, `bridge` or `host`.
    #[serde(default = "defaults::network_mode")]
    pub network_mode: NetworkMode,
    /// Its addresses, by which version 2 of the metadata endpoint knows it.
    #[serde(default = "defaults::task_addresses")]
    pub addresses: Vec<IpAddr>,
    /// `02:…`
    #[serde(default = "defaults::task_mac")]
    pub mac: String,
    /// `vpc-…`
    #[serde(default = "defaults::vpc_id")]
    pub vpc: String,
    /// The subnet's addresses.
    #[serde(default = "defaults::subnet_cidr")]
    pub subnet_cidr: IpNet,
    /// The zone: `us-east-1a`.
    pub availability_zone: Option<String>,
    /// CPU units, of which 1024 are one vCPU.
    #[serde(default = "defaults::task_cpu")]
    pub cpu: u32,
    /// In MiB.
    #[serde(default = "defaults::task_memory")]
    pub memory: u64,
    /// Tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Containers; one of the family's name without any.
    #[serde(default, rename = "container")]
    pub containers: Vec<SeedTaskContainer>,
}

/// A container of a task.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedTaskContainer {
    /// Its name in the task definition.
    pub name: String,
    /// Its image: `NAME:latest` of its own name.
    pub image: Option<String>,
    /// Labels beside those of ECS.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// CPU units.
    pub cpu: Option<u32>,
    /// In MiB.
    pub memory: Option<u64>,
}
