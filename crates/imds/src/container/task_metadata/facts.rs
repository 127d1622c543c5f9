use std::collections::BTreeMap;
use std::net::IpAddr;

use rolecall_identity::Timestamp;
use serde::Serialize;

use super::network::NetworkFacts;
use super::path_id::PathId;
use super::status::{ContainerType, LaunchType, NetworkMode, Status};
use super::wire::{moment, number};

/// A task, as version 4 shows it with its tags. The fields stand in the order of the document;
/// what is empty is left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct TaskFacts {
    /// The last segment of `ECS_AGENT_URI`, one for each task. Not in the document.
    #[serde(skip)]
    pub agent_id: PathId,
    pub cluster: String,
    #[serde(rename = "TaskARN")]
    pub task_arn: String,
    pub family: String,
    pub revision: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_status: Option<Status>,
    pub known_status: Status,
    /// In vCPUs and MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub pull_started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub pull_stopped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub execution_stopped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub availability_zone: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub task_tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub container_instance_tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<LaunchType>,
    /// Why tags could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<TaskError>,
    pub containers: Vec<ContainerFacts>,
    #[serde(rename = "VPCID", skip_serializing_if = "String::is_empty")]
    pub vpc_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_drift: Option<ClockDrift>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage_metrics: Option<EphemeralStorage>,
    pub fault_injection_enabled: bool,
    #[serde(rename = "AvailabilityZoneID", skip_serializing_if = "String::is_empty")]
    pub availability_zone_id: String,
}

/// A container, as version 4 shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct ContainerFacts {
    /// The id in the paths of versions 3 and 4. Not in the document.
    #[serde(skip)]
    pub endpoint_id: PathId,
    pub docker_id: String,
    pub name: String,
    pub docker_name: String,
    pub image: String,
    #[serde(rename = "ImageID")]
    pub image_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    pub desired_status: Status,
    pub known_status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// In CPU units and MiB.
    pub limits: Limits,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub finished_at: Option<Timestamp>,
    #[serde(rename = "Type")]
    pub container_type: ContainerType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub log_driver: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub log_options: BTreeMap<String, String>,
    #[serde(rename = "ContainerARN", skip_serializing_if = "String::is_empty")]
    pub container_arn: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub snapshotter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_count: Option<u32>,
}

/// What a task or a container may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Limits {
    /// vCPUs of a task, CPU units of a container.
    #[serde(rename = "CPU", skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub cpu: Option<f64>,
    /// In MiB.
    #[serde(rename = "Memory", skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
}

/// A port of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name")]
pub struct Port {
    pub container_port: u16,
    /// `tcp` or `udp`.
    pub protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_port: Option<u16>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_ip: String,
}

/// What the health check of a container says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct Health {
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pub status_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// A volume of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name")]
pub struct Volume {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub docker_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    pub destination: String,
}

/// Why a part of the answer is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct TaskError {
    pub error_field: String,
    pub error_code: String,
    pub error_message: String,
    pub status_code: u16,
    pub request_id: String,
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
}

/// How far the clock of the host is off.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct ClockDrift {
    /// In milliseconds.
    #[serde(serialize_with = "number")]
    pub clock_error_bound: Option<f64>,
    #[serde(serialize_with = "moment")]
    pub reference_timestamp: Option<Timestamp>,
    /// `SYNCHRONIZED` or `NOT_SYNCHRONIZED`.
    pub clock_synchronization_status: String,
}

/// The disk of a task, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "each field is the key of the same name, contract/imds.md 1.12")]
pub struct EphemeralStorage {
    pub utilized: u64,
    pub reserved: u64,
}

impl TaskFacts {
    /// The labels that the agent sets on a container of this task.
    pub fn labels(&self, container: &str) -> BTreeMap<String, String> {
        let labels = [
            ("cluster", self.cluster.as_str()),
            ("container-name", container),
            ("task-arn", &self.task_arn),
            ("task-definition-family", &self.family),
            ("task-definition-version", &self.revision),
        ];
        let owned = |(key, value): (&str, &str)| (format!("com.amazonaws.ecs.{key}"), value.into());
        labels.into_iter().map(owned).collect()
    }

    /// What is shown to who does not ask for tags.
    pub(super) fn without_tags(&self) -> Self {
        Self {
            task_tags: BTreeMap::new(),
            container_instance_tags: BTreeMap::new(),
            errors: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether a container of the task has the address, and has it alone: that of the host is of
    /// every process there.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        let networks = self.containers.iter().flat_map(|container| &container.networks);
        let mut own = networks.filter(|network| network.network_mode != NetworkMode::Host);
        own.any(|network| match address.to_canonical() {
            IpAddr::V4(address) => network.ipv4_addresses.contains(&address),
            IpAddr::V6(address) => network.ipv6_addresses.contains(&address),
        })
    }
}
