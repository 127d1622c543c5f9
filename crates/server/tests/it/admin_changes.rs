//! Who may change a world at its admin address, what is recorded of it, and the clock.

use rolecall_testkit::{TestWorld, Wire};
use serde_json::{Value, json};

use crate::admin::tail;

const DEVELOPMENT: &str = include_str!("../../../rolecall/src/development.toml");
const FAULT: &str = "/instances/i-0123456789abcdef0/fault";

fn send(world: &TestWorld, method: &str, path: &str, headers: &[&str], body: &str) -> u16 {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.1\r\n{lines}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    Wire::send(&world.admin(), request.as_bytes()).status
}

#[test]
fn a_change_is_json_from_no_page() {
    let world = TestWorld::movable(DEVELOPMENT);
    let (host, json) = ("host: localhost", "content-type: application/json");
    let hang = r#"{"kind":"hang"}"#;
    for (method, path, body) in [
        ("PUT", FAULT, hang),
        ("DELETE", FAULT, ""),
        ("POST", "/instances/i-0123456789abcdef0/scenario", r#"{"name":"rebalance"}"#),
        ("PATCH", "/instances/i-0123456789abcdef0/metadata", r#"{"hostname":"x"}"#),
        ("POST", "/clock", r#"{"advance-seconds":60}"#),
        ("POST", "/nothing", "{}"),
    ] {
        for headers in [
            vec![host],
            vec![host, "content-type: text/plain"],
            vec![host, "content-type: application/x-www-form-urlencoded"],
            vec![host, "content-type: multipart/form-data; boundary=x"],
            vec![host, json, "origin: http://localhost:8222"],
            vec![host, json, "origin: null"],
            vec![host, json, "origin:"],
            vec!["host: rebound.example", json],
        ] {
            assert_eq!(send(&world, method, path, &headers, body), 403, "{method} {headers:?}");
        }
    }
    assert_eq!(world.metadata("meta-data/events/recommendations/rebalance").status, 404);
    assert!(world.metadata("meta-data/hostname").text() != "x");
    assert_eq!(send(&world, "PUT", FAULT, &[host, json], r#"{"kind":{"delay":0}}"#), 200);
    assert_eq!(send(&world, "POST", "/nothing", &[host, json], "{}"), 404);
    assert_eq!(send(&world, "POST", FAULT, &[host, json], hang), 404, "another method");
}

#[test]
fn a_change_has_a_largest_size() {
    let world = TestWorld::start();
    let path = "/instances/i-0123456789abcdef0/metadata";
    let of = |bytes: usize| {
        let body = json!({ "hostname": "" }).to_string();
        let value = "a".repeat(bytes - body.len());
        world.admin_change("PATCH", path, &json!({ "hostname": value }).to_string()).status
    };
    assert_eq!((of(256 * 1024), of(256 * 1024 + 1)), (200, 413));
}

#[test]
fn every_change_is_recorded() {
    let world = TestWorld::movable(DEVELOPMENT);
    let instance = "/instances/i-0123456789abcdef0";
    let id = "i-0123456789abcdef0";
    let changes = [
        ("PUT", "/fault", r#"{"kind":{"delay":5},"on":"reads","times":2}"#),
        ("DELETE", "/fault", ""),
        ("POST", "/scenario", r#"{"name":"spot-interruption"}"#),
        ("PATCH", "/metadata", r#"{"hostname":"x","profile":false,"mac":null}"#),
    ];
    for (method, path, body) in changes {
        assert_eq!(world.admin_change(method, &format!("{instance}{path}"), body).status, 200);
    }
    let moved = world.admin_change("POST", "/clock", r#"{"advance-seconds":3600}"#);
    let now: Value = serde_json::from_slice(&moved.body).unwrap();
    // What is refused is no change.
    world.admin_change("PUT", &format!("{instance}/fault"), "{}");

    let records = tail(&world, 7);
    let ours = records.iter().filter(|record| record["eventSource"] == "rolecall.internal");
    let ours: Vec<_> =
        ours.map(|r| (r["eventName"].clone(), r["requestParameters"].clone())).collect();
    let fault = json!({ "kind": { "delay": 5 }, "on": "reads", "times": 2 });
    let scenario = json!({ "name": "spot-interruption", "action": "terminate", "in-seconds": 120 });
    let values = json!({ "hostname": "x", "profile": false, "mac": null });
    let expected = [
        ("SetFault", json!({ "instanceId": id, "fault": fault })),
        ("EndFault", json!({ "instanceId": id })),
        ("PlayScenario", json!({ "instanceId": id, "scenario": scenario })),
        ("SetInstanceMetadata", json!({ "instanceId": id, "values": values })),
        ("AdvanceClock", json!({ "aheadSeconds": 3600, "now": now["now"] })),
    ];
    assert_eq!(ours, expected.map(|(name, parameters)| (json!(name), parameters)));
    for record in records.iter().filter(|record| record["eventSource"] == "rolecall.internal") {
        assert_eq!(record["userIdentity"]["type"], "AWSService");
        assert_eq!(record["userIdentity"]["invokedBy"], "rolecall.internal");
        assert_eq!(record["recipientAccountId"], "123456789012");
        assert_eq!(record["errorCode"], Value::Null);
    }
}

#[test]
fn the_clock_is_moved_and_keys_follow() {
    let world = TestWorld::movable(DEVELOPMENT);
    let keys = world.instance_keys();
    let before = world.now();
    let advance = |seconds: i64| {
        let body = json!({ "advance-seconds": seconds }).to_string();
        world.admin_change("POST", "/clock", &body)
    };
    let reply = advance(7 * 3600);
    let said: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &said["aheadSeconds"]), (200, &json!(7 * 3600)));
    assert!((7 * 3600..7 * 3600 + 60).contains(&world.now().seconds_since(before)));
    let new = world.instance_keys();
    assert_ne!(new.id, keys.id);
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(world.query(&new, "sts", form).status, 200);
    assert_eq!(world.query(&keys, "sts", form).error().0, "ExpiredToken");
    // A client knows nothing of the move: both clocks are right for what is signed, none else.
    let admin = world.administrator();
    for (behind, status) in [(0, 200), (7 * 3600, 200), (3600, 403), (8 * 3600, 403)] {
        let at = world.now().plus_seconds(-behind);
        let query = admin.query(&world.api(), "sts", form, at).send(&world.api());
        let object = admin.s3(&world.api(), "GET", "/examplebucket/hello.txt", b"", at);
        let object = object.send(&world.api());
        assert_eq!((query.status, object.status), (status, status), "{behind}");
    }
    let back: Value = serde_json::from_slice(&advance(-7 * 3600).body).unwrap();
    assert_eq!(back["aheadSeconds"], 0);
}

#[test]
fn the_clock_has_bounds_and_may_not_be_movable() {
    let world = TestWorld::movable(DEVELOPMENT);
    let advance = |body: &str| {
        let reply = world.admin_change("POST", "/clock", body);
        (reply.status, reply.text())
    };
    let too_far = (400, "the clock is moved by 3162240000 seconds at most\n".to_owned());
    for seconds in [3_162_240_001, -3_162_240_001, i64::MAX, i64::MIN] {
        assert_eq!(advance(&format!("{{\"advance-seconds\":{seconds}}}")), too_far, "{seconds}");
    }
    assert_eq!(advance("{\"advance-seconds\":3162240000}").0, 200);
    assert_eq!(advance("{\"advance-seconds\":1}"), too_far, "all in all");
    assert_eq!(advance("{\"advance-seconds\":-3162240000}").0, 200);
    assert_eq!(advance("{}").0, 400);

    let standing = TestWorld::start();
    let reply = standing.admin_change("POST", "/clock", "{\"advance-seconds\":1}");
    let why = "this world's clock cannot be moved\n";
    assert_eq!((reply.status, &*reply.text()), (400, why));
    let shown: Value = serde_json::from_slice(&standing.admin_get("/clock").body).unwrap();
    assert_eq!(shown, json!({ "now": "2026-11-22T10:00:00Z" }));
}
