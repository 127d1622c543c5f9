//! What tasks are told about themselves. contract/imds.md section 4, row 116, and 1.12.

use rolecall_testkit::{Imds, TestWorld};
use serde_json::{Value, json};

use crate::containers::{WEB, get, json, task, world};

/// A path below the first endpoint of a task.
fn endpoint(world: &TestWorld, family: &str, version: &str, path: &str) -> String {
    format!("/{version}/{}{path}", task(world, family).containers[0].endpoint.expose())
}

#[test]
fn row_116_a_container_is_told_what_it_is() {
    let world = world();
    let reply = get(&world, &endpoint(&world, "web", "v4", ""));
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let app = json(&reply);
    assert_eq!((&app["Name"], &app["Image"]), (&json!("app"), &json!("shop:1")));
    assert_eq!(app["Limits"], json!({"Memory": 128}));
    assert_eq!(app["KnownStatus"], "RUNNING");
    assert_eq!(app["CreatedAt"], "2026-11-22T10:00:00Z");
    let labels = json!({
        "com.amazonaws.ecs.cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/blue",
        "com.amazonaws.ecs.container-name": "app",
        "com.amazonaws.ecs.task-arn": WEB,
        "com.amazonaws.ecs.task-definition-family": "web",
        "com.amazonaws.ecs.task-definition-version": "7",
        "tier": "front",
    });
    assert_eq!(app["Labels"], labels);
    let network = json!([{
        "NetworkMode": "awsvpc",
        "IPv4Addresses": ["127.0.0.2"],
        "AttachmentIndex": 0,
        "MACAddress": "02:00:17:3a:5c:b0",
        "IPv4SubnetCIDRBlock": "10.0.0.0/24",
        "PrivateDNSName": "ip-127-0-0-2.ec2.internal",
        "SubnetGatewayIpv4Address": "10.0.0.1/24",
    }]);
    assert_eq!(app["Networks"], network);
}

#[test]
fn row_116_a_container_is_told_of_its_task() {
    let world = world();
    let read = |path: &str| json(&get(&world, &endpoint(&world, "web", "v4", path)));
    let told = read("/task");
    for (name, value) in [
        ("TaskARN", json!(WEB)),
        ("Family", json!("web")),
        ("Revision", json!("7")),
        ("ServiceName", json!("shop")),
        ("LaunchType", json!("FARGATE")),
        ("Limits", json!({"CPU": 0.25, "Memory": 512})),
        ("AvailabilityZone", json!("us-east-1a")),
        ("FaultInjectionEnabled", json!(false)),
        ("TaskTags", Value::Null),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    let names: Vec<_> = told["Containers"].as_array().unwrap().iter().map(|c| &c["Name"]).collect();
    assert_eq!(names, ["app", "log"]);
    assert_eq!(read("/taskWithTags")["TaskTags"], json!({"team": "blue"}));
    // On an instance of the cluster the cluster goes by its name.
    let idle = json(&get(&world, &endpoint(&world, "idle", "v4", "/task")));
    assert_eq!((&idle["Cluster"], &idle["LaunchType"]), (&json!("default"), &json!("EC2")));
    let earlier = json(&get(&world, &endpoint(&world, "web", "v3", "/task")));
    assert_eq!((&earlier["TaskARN"], &earlier["LaunchType"]), (&json!(WEB), &Value::Null));
}

/// Nothing runs behind a task of a seed, so its counters are zero; what it may use is known.
#[test]
fn row_116_statistics_are_those_of_docker() {
    let world = world();
    let read = |path: &str| json(&get(&world, &endpoint(&world, "web", "v4", path)));
    let stats = read("/stats");
    assert_eq!(stats["memory_stats"]["limit"], 128 << 20);
    assert_eq!(stats["cpu_stats"]["cpu_usage"]["total_usage"], 0);
    assert_eq!(
        (&stats["num_procs"], &stats["networks"]["eth0"]["rx_bytes"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(stats["read"], "2026-11-22T10:00:00Z");
    world.advance_seconds(10);
    assert_eq!(read("/stats")["read"], "2026-11-22T10:00:10Z");
    let all = read("/task/stats");
    assert_eq!(all.as_object().unwrap().len(), 2);
    assert_eq!(all[stats["id"].as_str().unwrap()]["name"], stats["name"]);
}

#[test]
fn row_116_an_id_that_nobody_has() {
    let world = world();
    let agent = task(&world, "web").agent.expose();
    for (target, message) in [
        (
            "/v4/unknown".to_owned(),
            "V4 container metadata handler: unable to get container ID from request: unable to get \
             docker ID from v3 endpoint ID: unknown",
        ),
        (
            "/v4/unknown/task".to_owned(),
            "V4 task metadata handler: unable to get task arn from request: unable to get task Arn \
             from v3 endpoint ID: unknown",
        ),
        (
            "/v4/unknown/stats".to_owned(),
            "V4 container stats handler: unable to get container ID from request: unable to get \
             docker ID from v3 endpoint ID: unknown",
        ),
    ] {
        let reply = get(&world, &target);
        assert_eq!((reply.status, json(&reply)), (404, json!(message)), "{target}");
    }
    // An id is good for one purpose, and no task is told of the others.
    for target in [format!("/v4/{agent}"), endpoint(&world, "web", "v4", "/tasks")] {
        assert_eq!(get(&world, &target).status, 404, "{target}");
    }
}

#[test]
fn version_2_knows_a_task_by_its_address() {
    let world = world();
    let agent = Imds::at(world.settings().addresses.container);
    let read = |last, path: &str| agent.from_loopback(last).ask("GET", path, &[]);
    assert_eq!(json(&read(2, "/v2/metadata"))["Family"], "web");
    assert_eq!(json(&read(3, "/v2/metadata"))["Family"], "idle");
    assert_eq!(json(&read(2, "/v2/metadataWithTags"))["TaskTags"], json!({"team": "blue"}));
    assert_eq!(json(&read(2, "/v2/stats")).as_object().unwrap().len(), 2);
    assert_eq!((read(4, "/v2/metadata").status, read(4, "/v2/stats").status), (404, 404));
}
