//! What versions 2 and 3 show: less, and the containers of a task before its limits.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use rolecall_identity::Timestamp;
use serde::Serialize;

use super::facts::{ContainerFacts, Health, Limits, Port, TaskError, TaskFacts, Volume};
use super::network::NetworkFacts;
use super::status::{ContainerType, NetworkMode, Status};
use super::wire::moment;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EarlierTask<'a> {
    cluster: &'a str,
    #[serde(rename = "TaskARN")]
    task_arn: &'a str,
    family: &'a str,
    revision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    desired_status: Option<Status>,
    known_status: Status,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    containers: Vec<EarlierContainer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pull_started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    pull_stopped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    execution_stopped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "str::is_empty")]
    availability_zone: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_instance_tags: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [TaskError],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EarlierContainer<'a> {
    docker_id: &'a str,
    name: &'a str,
    docker_name: &'a str,
    image: &'a str,
    #[serde(rename = "ImageID")]
    image_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ports: &'a [Port],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    desired_status: Status,
    known_status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    limits: Limits,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "moment")]
    finished_at: Option<Timestamp>,
    #[serde(rename = "Type")]
    container_type: ContainerType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    networks: Vec<EarlierNetwork<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a Health>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    volumes: &'a [Volume],
}

#[derive(Serialize)]
struct EarlierNetwork<'a> {
    #[serde(rename = "NetworkMode")]
    network_mode: NetworkMode,
    #[serde(rename = "IPv4Addresses")]
    ipv4_addresses: &'a [Ipv4Addr],
    #[serde(rename = "IPv6Addresses", skip_serializing_if = "<[_]>::is_empty")]
    ipv6_addresses: &'a [Ipv6Addr],
}

impl<'a> EarlierTask<'a> {
    pub(super) fn of(task: &'a TaskFacts, with_tags: bool) -> Self {
        let shown = |tags: &'a BTreeMap<String, String>| {
            Some(tags).filter(|tags| with_tags && !tags.is_empty())
        };
        Self {
            cluster: &task.cluster,
            task_arn: &task.task_arn,
            family: &task.family,
            revision: &task.revision,
            desired_status: task.desired_status,
            known_status: task.known_status,
            containers: task.containers.iter().map(EarlierContainer::of).collect(),
            limits: task.limits,
            pull_started_at: task.pull_started_at,
            pull_stopped_at: task.pull_stopped_at,
            execution_stopped_at: task.execution_stopped_at,
            availability_zone: &task.availability_zone,
            task_tags: shown(&task.task_tags),
            container_instance_tags: shown(&task.container_instance_tags),
            errors: if with_tags { &task.errors } else { &[] },
        }
    }
}

impl<'a> EarlierContainer<'a> {
    pub(super) fn of(container: &'a ContainerFacts) -> Self {
        Self {
            docker_id: &container.docker_id,
            name: &container.name,
            docker_name: &container.docker_name,
            image: &container.image,
            image_id: &container.image_id,
            ports: &container.ports,
            labels: &container.labels,
            desired_status: container.desired_status,
            known_status: container.known_status,
            exit_code: container.exit_code,
            limits: container.limits,
            created_at: container.created_at,
            started_at: container.started_at,
            finished_at: container.finished_at,
            container_type: container.container_type,
            networks: container.networks.iter().map(EarlierNetwork::of).collect(),
            health: container.health.as_ref(),
            volumes: &container.volumes,
        }
    }
}

impl<'a> EarlierNetwork<'a> {
    fn of(network: &'a NetworkFacts) -> Self {
        Self {
            network_mode: network.network_mode,
            ipv4_addresses: &network.ipv4_addresses,
            ipv6_addresses: &network.ipv6_addresses,
        }
    }
}
