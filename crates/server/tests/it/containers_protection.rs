//! Tasks that keep themselves from being scaled in. contract/imds.md 1.12.

use rolecall_testkit::{Reply, TestWorld, Wire};
use serde_json::json;

use crate::containers::{WEB, json, seed, task, world};

fn ask(world: &TestWorld, family: &str, method: &str, body: &str) -> Reply {
    let (agent, length) = (task(world, family).agent.expose(), body.len());
    let request = format!(
        "{method} /api/{agent}/task-protection/v1/state HTTP/1.1\r\nhost: x\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    Wire::send(&world.settings().addresses.container.to_string(), request.as_bytes())
}

fn state(end: Option<&str>) -> serde_json::Value {
    let (date, enabled) = (end, end.is_some());
    json!({"protection": {
        "ExpirationDate": date, "ProtectionEnabled": enabled, "TaskArn": WEB,
    }})
}

#[test]
fn a_task_protects_itself_for_a_time() {
    let world = world();
    let read = || json(&ask(&world, "web", "GET", ""));
    assert_eq!(read(), state(None));
    let body = r#"{"ProtectionEnabled":true,"ExpiresInMinutes":60}"#;
    let protected = state(Some("2026-11-22T11:00:00Z"));
    assert_eq!(json(&ask(&world, "web", "PUT", body)), protected);
    assert_eq!(read(), protected);
    world.advance_seconds(3599);
    assert_eq!(read(), protected);
    world.advance_seconds(1);
    assert_eq!(read(), state(None), "it ends by itself");
    let two_hours = state(Some("2026-11-22T13:00:00Z"));
    assert_eq!(json(&ask(&world, "web", "PUT", r#"{"ProtectionEnabled":true}"#)), two_hours);
    assert_eq!(json(&ask(&world, "web", "PUT", r#"{"ProtectionEnabled":false}"#)), state(None));
    assert_eq!(read(), state(None));
}

#[test]
fn what_was_answered_outlasts_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let started = || TestWorld::with(&seed(), Some(folder.path().to_owned()));
    let first = started();
    let protected = json(&ask(&first, "web", "PUT", r#"{"ProtectionEnabled":true}"#));
    first.stop();
    assert_eq!(json(&ask(&started(), "web", "GET", "")), protected);
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let world = world();
    let failure = |reply: &Reply| json(reply)["failure"]["Reason"].clone();
    let body = r#"{"ProtectionEnabled":true}"#;
    assert_eq!(failure(&ask(&world, "idle", "PUT", body)), "TASK_NOT_VALID");
    let long = format!("{body}{}", " ".repeat(1024));
    for (body, status) in [
        ("", 400),
        ("{}", 400),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":0}"#, 400),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2881}"#, 400),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2880}"#, 200),
        (r#"{"ProtectionEnabled":false}"#, 200),
        (&long, 400),
    ] {
        let reply = ask(&world, "web", "PUT", body);
        assert_eq!(reply.status, status, "{body}: {}", reply.text());
    }
    assert_eq!(ask(&world, "web", "POST", "").status, 405);
    let request = "PUT /api/unknown/task-protection/v1/state HTTP/1.1\r\nhost: x\r\n\
                   content-length: 26\r\n\r\n{\"ProtectionEnabled\":true}";
    let container = world.settings().addresses.container.to_string();
    assert_eq!(Wire::send(&container, request.as_bytes()).status, 404);
    assert_eq!(json(&ask(&world, "web", "GET", "")), state(None));
    let changes: Vec<_> = world
        .records()
        .into_iter()
        .filter(|record| record["eventName"] == "UpdateTaskProtection")
        .map(|record| record["requestParameters"]["protectionEnabled"].clone())
        .collect();
    assert_eq!(changes, [true, false], "what changed something is recorded");
}
