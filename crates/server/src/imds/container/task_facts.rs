use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use rolecall_authority::{LaunchType, NetworkMode, Task, TaskContainer};
use rolecall_identity::Timestamp;
use rolecall_imds::container::task_metadata::{
    self, ContainerFacts, ContainerType, Limits, NetworkFacts, PathId, Status, TaskFacts,
};
use rolecall_token::Keyring;
use serde_json::{Value, json};

/// A task of the state as its metadata endpoint tells of it: it runs, from its first moment on.
pub(super) fn facts(task: &Task, keyring: &Keyring) -> TaskFacts {
    let arn = task.arn.as_str();
    let started = Some(task.started);
    let mut facts = TaskFacts {
        agent_id: PathId::new(keyring.path_id("ecs-agent", arn)),
        // AWS: docs, the examples of version 4 for EC2 and for Fargate.
        cluster: match task.launch_type {
            LaunchType::Fargate => task.arn.cluster_arn(),
            LaunchType::Ec2 | LaunchType::External => task.arn.cluster().to_owned(),
        },
        task_arn: arn.to_owned(),
        family: task.family.clone(),
        revision: task.revision.to_string(),
        desired_status: Some(Status::Running),
        known_status: Status::Running,
        limits: Some(Limits {
            cpu: task.cpu_units.map(|units| f64::from(units) / UNITS_OF_A_VCPU),
            memory: task.memory_mib,
        }),
        pull_started_at: started,
        pull_stopped_at: started,
        execution_stopped_at: None,
        availability_zone: task.availability_zone.clone(),
        task_tags: task.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        container_instance_tags: Default::default(),
        launch_type: Some(launch_type(task.launch_type)),
        errors: Vec::new(),
        containers: Vec::new(),
        vpc_id: task.vpc_id.clone(),
        service_name: task.service.clone().unwrap_or_default(),
        group: match &task.service {
            Some(service) => format!("service:{service}"),
            None => format!("family:{}", task.family),
        },
        clock_drift: None,
        ephemeral_storage_metrics: None,
        fault_injection_enabled: false,
        availability_zone_id: task.availability_zone_id.clone(),
    };
    facts.containers =
        task.containers.iter().map(|one| container(&facts, task, one, keyring)).collect();
    facts
}

fn container(
    facts: &TaskFacts,
    task: &Task,
    container: &TaskContainer,
    keyring: &Keyring,
) -> ContainerFacts {
    let name = &container.name;
    let mut labels = container.labels.clone();
    labels.extend(facts.labels(name));
    let short = container.docker_id.get(..20).unwrap_or(&container.docker_id);
    ContainerFacts {
        endpoint_id: PathId::new(keyring.path_id("ecs-container", container.arn.as_str())),
        docker_id: container.docker_id.clone(),
        name: name.clone(),
        docker_name: format!("ecs-{}-{}-{name}-{short}", task.family, task.revision),
        image: container.image.clone(),
        image_id: container.image_id.clone(),
        ports: Vec::new(),
        labels,
        desired_status: Status::Running,
        known_status: Status::Running,
        exit_code: None,
        limits: Limits { cpu: container.cpu_units.map(f64::from), memory: container.memory_mib },
        created_at: Some(task.started),
        started_at: Some(task.started),
        finished_at: None,
        container_type: ContainerType::Normal,
        networks: vec![network(task)],
        health: None,
        volumes: Vec::new(),
        log_driver: String::new(),
        log_options: Default::default(),
        container_arn: container.arn.to_string(),
        snapshotter: String::new(),
        restart_count: None,
    }
}

fn network(task: &Task) -> NetworkFacts {
    let ipv4s: Vec<Ipv4Addr> = task.addresses.iter().filter_map(|ip| ipv4(*ip)).collect();
    let ipv6s: Vec<Ipv6Addr> = task.addresses.iter().filter_map(|ip| ipv6(*ip)).collect();
    let own_name = ipv4s.first().map(|address| private_name(*address, task.arn.region()));
    let mode = match task.network_mode {
        NetworkMode::Awsvpc => task_metadata::NetworkMode::Awsvpc,
        NetworkMode::Bridge => task_metadata::NetworkMode::Bridge,
        NetworkMode::Host => task_metadata::NetworkMode::Host,
    };
    let network = NetworkFacts { ipv6_addresses: ipv6s, ..NetworkFacts::new(mode, ipv4s) };
    match task.network_mode {
        NetworkMode::Awsvpc => NetworkFacts {
            attachment_index: Some(0),
            mac_address: task.mac.clone(),
            ipv4_subnet_cidr_block: task.subnet_cidr.to_string(),
            private_dns_name: own_name.unwrap_or_default(),
            subnet_gateway_ipv4_address: gateway(task.subnet_cidr).unwrap_or_default(),
            ..network
        },
        // What they share with others is not theirs to tell.
        NetworkMode::Bridge | NetworkMode::Host => network,
    }
}

/// What Docker says of a container, of which no more is known than what it may use: nothing runs, so
/// every counter is zero.
pub(super) fn stats(container: &ContainerFacts, now: Timestamp) -> Value {
    let cpu = json!({
        "cpu_usage": { "total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0 },
        "throttling_data": { "periods": 0, "throttled_periods": 0, "throttled_time": 0 },
    });
    let counters = ["rx_bytes", "rx_dropped", "rx_errors", "rx_packets"];
    let counters =
        counters.into_iter().chain(["tx_bytes", "tx_dropped", "tx_errors", "tx_packets"]);
    let interface: serde_json::Map<String, Value> =
        counters.map(|name| (name.to_owned(), Value::from(0))).collect();
    let limit = container.limits.memory.map(|mebibytes| mebibytes.saturating_mul(1 << 20));
    let mut memory = json!({ "usage": 0, "stats": {} });
    if let (Some(limit), Some(fields)) = (limit, memory.as_object_mut()) {
        fields.insert("limit".to_owned(), Value::from(limit));
    }
    json!({
        "read": now.iso8601().to_string(),
        "preread": NEVER,
        "pids_stats": {},
        "blkio_stats": {},
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": cpu,
        "precpu_stats": cpu,
        "memory_stats": memory,
        "name": format!("/{}", container.docker_name),
        "id": container.docker_id,
        "networks": { "eth0": interface },
    })
}

const fn launch_type(launch_type: LaunchType) -> task_metadata::LaunchType {
    match launch_type {
        LaunchType::Ec2 => task_metadata::LaunchType::Ec2,
        LaunchType::External => task_metadata::LaunchType::External,
        LaunchType::Fargate => task_metadata::LaunchType::Fargate,
    }
}

/// The first address of the subnet, with its prefix length. Source: VPC user guide, "Subnet CIDR
/// blocks".
fn gateway(subnet: IpNet) -> Option<String> {
    let first = subnet.hosts().next()?;
    Some(format!("{first}/{}", subnet.prefix_len()))
}

fn private_name(address: Ipv4Addr, region: &str) -> String {
    let host = address.to_string().replace('.', "-");
    match region {
        "us-east-1" => format!("ip-{host}.ec2.internal"),
        _ => format!("ip-{host}.{region}.compute.internal"),
    }
}

const fn ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

const fn ipv6(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some(address),
    }
}

const UNITS_OF_A_VCPU: f64 = 1024.0;
/// The moment of a measurement that was not: Go's zero time.
const NEVER: &str = "0001-01-01T00:00:00Z";
