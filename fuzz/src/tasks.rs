use std::collections::BTreeMap;

use rolecall_imds::container::task_metadata::{
    ContainerFacts, ContainerType, HostTasks, LaunchType, Limits, NetworkFacts, NetworkMode,
    PathId, Status, TaskFacts,
};
use serde_json::{Value, json};

/// The id of the first task at the agent.
pub const AGENT_ID: &str = "3bcd5b52-26c5-4a3a-8f5b-5a2e4e2b1f0a";

/// A host with two tasks: one of a service with an address of its own, one of no service.
pub struct Host {
    pub tasks: Vec<TaskFacts>,
    stats: BTreeMap<String, Value>,
}

impl Host {
    pub fn new() -> Self {
        let first = task(AGENT_ID, "MyService", container("curl", NetworkMode::Awsvpc, 106));
        let second = task("agent-two", "", container("alone", NetworkMode::Bridge, 200));
        let stats = BTreeMap::from([("docker-curl".to_owned(), json!({"num_procs": 0}))]);
        Self { tasks: vec![first, second], stats }
    }

    pub fn view(&self, peers_shown: bool) -> HostTasks<'_> {
        HostTasks { tasks: &self.tasks, stats: &self.stats, peers_shown }
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

fn task(agent_id: &str, service: &str, container: ContainerFacts) -> TaskFacts {
    TaskFacts {
        agent_id: PathId::new(agent_id),
        cluster: "default".into(),
        task_arn: format!("arn:aws:ecs:us-west-2:111122223333:task/default/{}", container.name),
        family: "family-of-tests".into(),
        revision: "26".into(),
        desired_status: Some(Status::Running),
        known_status: Status::Running,
        limits: Some(Limits { cpu: Some(0.25), memory: Some(512) }),
        pull_started_at: Some(crate::NOW),
        pull_stopped_at: None,
        execution_stopped_at: None,
        availability_zone: "us-west-2d".into(),
        task_tags: BTreeMap::from([("team".into(), "blue".into())]),
        container_instance_tags: BTreeMap::new(),
        launch_type: Some(LaunchType::Ec2),
        errors: vec![],
        containers: vec![container],
        vpc_id: String::new(),
        service_name: service.into(),
        group: String::new(),
        clock_drift: None,
        ephemeral_storage_metrics: None,
        fault_injection_enabled: false,
        availability_zone_id: String::new(),
    }
}

fn container(name: &str, mode: NetworkMode, last: u8) -> ContainerFacts {
    ContainerFacts {
        endpoint_id: PathId::new(format!("endpoint-{name}")),
        docker_id: format!("docker-{name}"),
        name: name.into(),
        docker_name: String::new(),
        image: String::new(),
        image_id: String::new(),
        ports: vec![],
        labels: BTreeMap::new(),
        desired_status: Status::Running,
        known_status: Status::Running,
        exit_code: None,
        limits: Limits { cpu: Some(10.0), memory: Some(128) },
        created_at: None,
        started_at: None,
        finished_at: None,
        container_type: ContainerType::Normal,
        networks: vec![NetworkFacts::new(mode, vec![[10, 0, 2, last].into()])],
        health: None,
        volumes: vec![],
        log_driver: String::new(),
        log_options: BTreeMap::new(),
        container_arn: String::new(),
        snapshotter: String::new(),
        restart_count: None,
    }
}
