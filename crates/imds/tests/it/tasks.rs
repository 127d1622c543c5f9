//! A host with two tasks, as in the ECS developer guide's example of version 4.

use std::collections::BTreeMap;
use std::net::IpAddr;

use proptest::prelude::*;
use rolecall_identity::Timestamp;
use rolecall_imds::container::task_metadata::{
    ContainerFacts, ContainerType, HostTasks, LaunchType, Limits, NetworkFacts, NetworkMode,
    PathId, Status, TaskError, TaskFacts, respond,
};
use serde_json::{Value, json};

pub(crate) const TASK_ARN: &str =
    "arn:aws:ecs:us-west-2:111122223333:task/default/158d1c8083dd49d6b527399fd6414f5c";
pub(crate) const AGENT_ID: &str = "3bcd5b52-26c5-4a3a-8f5b-5a2e4e2b1f0a";
const ENDPOINT_ID: &str = "cccf3f2e-6a5e-4f3b-9f6d-1f7f5a6f2f10-2531612879";
const SOURCE: &str = "10.0.2.106";

/// What the endpoint looks at.
pub(crate) struct Host {
    pub(crate) tasks: Vec<TaskFacts>,
    stats: BTreeMap<String, Value>,
}

impl Host {
    /// A task of the service `MyService`, and one of no service behind the bridge.
    pub(crate) fn new() -> Self {
        let mut alone = task(vec![]);
        alone.agent_id = PathId::new("a-agent");
        alone.task_arn = TASK_ARN.replace("158d", "258d");
        alone.service_name = String::new();
        alone.containers = ["a-one", "a-two"].map(|name| bare(&alone, name)).into();
        let stats = json!({"num_procs": 0, "read": "2027-01-15T08:00:00Z"});
        Self {
            tasks: vec![task(vec![curl()]), alone],
            stats: BTreeMap::from([(curl().docker_id, stats)]),
        }
    }

    pub(crate) fn view(&self, peers_shown: bool) -> HostTasks<'_> {
        HostTasks { tasks: &self.tasks, stats: &self.stats, peers_shown }
    }
}

fn task(containers: Vec<ContainerFacts>) -> TaskFacts {
    TaskFacts {
        agent_id: PathId::new(AGENT_ID),
        cluster: "default".into(),
        task_arn: TASK_ARN.into(),
        family: "curltest".into(),
        revision: "26".into(),
        desired_status: Some(Status::Running),
        known_status: Status::Running,
        limits: Some(Limits { cpu: Some(0.25), memory: Some(512) }),
        pull_started_at: Some(at("2020-10-02T00:43:06.2Z")),
        pull_stopped_at: Some(at("2020-10-02T00:43:06.315Z")),
        execution_stopped_at: None,
        availability_zone: "us-west-2d".into(),
        task_tags: BTreeMap::from([("team".into(), "blue".into())]),
        container_instance_tags: BTreeMap::new(),
        launch_type: Some(LaunchType::Ec2),
        errors: vec![TaskError {
            error_field: "ContainerInstanceTags".into(),
            error_code: "AccessDeniedException".into(),
            error_message: "no".into(),
            status_code: 400,
            request_id: "r".into(),
            resource_arn: "arn:i".into(),
        }],
        containers,
        vpc_id: "vpc-0123456789abcdef0".into(),
        service_name: "MyService".into(),
        group: String::new(),
        clock_drift: None,
        ephemeral_storage_metrics: None,
        fault_injection_enabled: false,
        availability_zone_id: String::new(),
    }
}

fn curl() -> ContainerFacts {
    let network = NetworkFacts {
        attachment_index: Some(0),
        mac_address: "0e:9e:32:c7:48:85".into(),
        ipv4_subnet_cidr_block: "10.0.2.0/24".into(),
        private_dns_name: "ip-10-0-2-106.us-west-2.compute.internal".into(),
        subnet_gateway_ipv4_address: "10.0.2.1/24".into(),
        ..NetworkFacts::new(NetworkMode::Awsvpc, vec![SOURCE.parse().unwrap()])
    };
    ContainerFacts {
        endpoint_id: PathId::new(ENDPOINT_ID),
        docker_id: "ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66".into(),
        name: "curl".into(),
        docker_name: "ecs-curltest-24-curl-cca48e8dcadd97805600".into(),
        image: "111122223333.dkr.ecr.us-west-2.amazonaws.com/curltest:latest".into(),
        image_id: "sha256:d691691e9652".into(),
        ports: vec![],
        labels: task(vec![]).labels("curl"),
        desired_status: Status::Running,
        known_status: Status::Running,
        exit_code: None,
        limits: Limits { cpu: Some(10.0), memory: Some(128) },
        created_at: Some(at("2020-10-02T00:15:07.62Z")),
        started_at: Some(at("2020-10-02T00:15:08Z")),
        finished_at: None,
        container_type: ContainerType::Normal,
        networks: vec![network],
        health: None,
        volumes: vec![],
        log_driver: "awslogs".into(),
        log_options: BTreeMap::from([("awslogs-group".into(), "/ecs/metadata".into())]),
        container_arn: "arn:aws:ecs:us-west-2:111122223333:container/0206b271-b33f".into(),
        snapshotter: String::new(),
        restart_count: None,
    }
}

/// Of the other task, whose containers share an address.
fn bare(task: &TaskFacts, name: &str) -> ContainerFacts {
    let address = "10.0.2.200".parse().unwrap();
    ContainerFacts {
        endpoint_id: PathId::new(format!("{name}-endpoint")),
        docker_id: name.into(),
        name: name.into(),
        labels: task.labels(name),
        networks: vec![NetworkFacts::new(NetworkMode::Bridge, vec![address])],
        ..curl()
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

#[test]
fn an_id_that_was_never_given_is_nobody() {
    let mut host = Host::new();
    host.tasks[0].containers[0].endpoint_id = PathId::default();
    for target in ["/v4", "/v4/", "/v4//task", "/v4/task", "/v3//task"] {
        let answer = respond(&host.view(true), SOURCE.parse().unwrap(), target);
        assert_eq!(answer.status, 404, "{target}");
    }
}

/// Version 2 tells tasks apart by address: an address of two tasks is of nobody.
#[test]
fn a_shared_address_is_of_nobody() {
    let mut host = Host::new();
    let answer = |host: &Host, source: &str| {
        respond(&host.view(false), source.parse().unwrap(), "/v2/metadata").status
    };
    assert_eq!(answer(&host, SOURCE), 200);
    assert_eq!(answer(&host, &format!("::ffff:{SOURCE}")), 200);
    assert_eq!(answer(&host, "10.0.2.107"), 404);
    let shared: Vec<_> = host.tasks[1].containers[0].networks.clone();
    host.tasks[0].containers[0].networks.extend(shared);
    assert_eq!(answer(&host, "10.0.2.200"), 404);
    assert_eq!(answer(&host, SOURCE), 200);
}

/// Whoever runs on a host has its address.
#[test]
fn the_address_of_the_host_is_of_nobody() {
    let mut host = Host::new();
    for container in &mut host.tasks[1].containers {
        container.networks[0].network_mode = NetworkMode::Host;
    }
    let answer = respond(&host.view(false), "10.0.2.200".parse().unwrap(), "/v2/metadata");
    assert_eq!(answer.status, 404);
}

/// A task reaches its own containers by `DockerId`, and nobody else's.
#[test]
fn version_2_names_containers_of_the_own_task_only() {
    let host = Host::new();
    let source: IpAddr = "10.0.2.200".parse().unwrap();
    let status = |id: &str| {
        let target = format!("/v2/metadata/{id}");
        respond(&host.view(false), source, &target).status
    };
    assert_eq!((status("a-one"), status("a-two"), status(&curl().docker_id)), (200, 200, 404));
}

/// Rolecall's agent ids and endpoint ids are secrets: no document and no `Debug` shows them.
#[test]
fn nothing_shows_an_id_that_proves_the_caller() {
    let host = Host::new();
    let printed = format!("{:?} {:#?}", host.tasks, host.tasks);
    assert!(!printed.contains(AGENT_ID) && !printed.contains(ENDPOINT_ID), "{printed}");
    for path in ["", "/task", "/taskWithTags", "/tasks", "/stats", "/task/stats", "/tasks/stats"] {
        for version in ["v3", "v4"] {
            let target = format!("/{version}/{ENDPOINT_ID}{path}");
            let answer = respond(&host.view(true), SOURCE.parse().unwrap(), &target);
            let text = answer.body.as_str();
            assert!(answer.status == 200 || version == "v3", "{target}");
            for id in [AGENT_ID, ENDPOINT_ID, "a-agent", "a-one-endpoint"] {
                assert!(answer.status == 404 || !text.contains(id), "{target}");
            }
        }
    }
}

proptest! {
    #[test]
    fn strangers_read_nothing(
        target in prop_oneof!["/v[2345]/[a-z/%0-9.?]{0,24}", ".{0,64}"], peers: bool,
    ) {
        let host = Host::new();
        let answer = respond(&host.view(peers), "10.9.9.9".parse().unwrap(), &target);
        prop_assert_eq!(answer.status, 404);
        prop_assert!(!answer.body.as_str().contains("curltest"));
    }
}
