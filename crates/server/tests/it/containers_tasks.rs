//! Credentials of ECS tasks. contract/imds.md section 4, rows 105 to 109 and 115.

use rolecall_identity::Timestamp;
use rolecall_server::StartError;
use rolecall_testkit::{Imds, TestWorld};
use serde_json::json;

use crate::containers::{
    credentials_path, get, issued_by, json, keys, seed, task, trust, whoami, world,
};

#[test]
fn row_105_and_107_a_task_is_its_role() {
    let world = world();
    let path = credentials_path(&world, "web");
    let reply = get(&world, &path);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let text = reply.text();
    assert!(text.starts_with("{\"RoleArn\":\"arn:aws:iam::123456789012:role/task-role\","));
    let names = ["RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"];
    let places: Vec<_> = names.map(|name| text.find(&format!("\"{name}\":")).unwrap()).into();
    assert!(places.is_sorted(), "{text}");
    let document = json(&reply);
    assert_eq!(document.as_object().unwrap().len(), 5);
    let keys = keys(&document);
    let arn = "arn:aws:sts::123456789012:assumed-role/task-role/0123456789abcdef";
    assert_eq!(whoami(&world, &keys), arn);
    assert_eq!(world.s3(&keys, "GET", "/books/team-a/x", b"").text(), "of a");
    assert_eq!(world.s3(&keys, "PUT", "/books/team-a/x", b"").status, 403);
    // Both versions, any method, and again: the same document.
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(get(&world, &format!("/v1/credentials?id={id}")).text(), text);
    let agent = Imds::at(world.settings().addresses.container);
    assert_eq!(agent.ask("POST", &path, &[]).text(), text);
}

#[test]
fn row_106_an_id_that_nobody_has() {
    let world = world();
    let no_id = r#"{"code":"NoIdInRequest","message":"CredentialsV2Request: No Credential ID in the request","HTTPErrorCode":400}"#;
    let unknown = r#"{"code":"InvalidIdInRequest","message":"CredentialsV2Request: Credentials not found","HTTPErrorCode":400}"#;
    let path = credentials_path(&world, "web");
    let agent = task(&world, "web").agent.expose();
    for (target, expected) in [
        ("/v2/credentials/".to_owned(), no_id.to_owned()),
        ("/v2/credentials".to_owned(), no_id.to_owned()),
        ("/v2/credentials/unknown".to_owned(), unknown.to_owned()),
        (path[..path.len() - 1].to_owned(), unknown.to_owned()),
        // An id is good for one purpose.
        (format!("/v2/credentials/{agent}"), unknown.to_owned()),
        ("/v1/credentials?id=unknown".to_owned(), unknown.replace("V2", "V1")),
        ("/v1/credentials".to_owned(), no_id.replace("V2", "V1")),
    ] {
        let reply = get(&world, &target);
        assert_eq!((reply.status, reply.text()), (400, expected), "{target}");
    }
    assert_eq!(get(&world, "/v3").status, 404);
    // A task without role has no credentials, and no id.
    assert!(task(&world, "idle").credentials.is_none());
}

#[test]
fn row_108_a_role_that_does_not_trust_ecs() {
    let world = world();
    let pending = r#"{"code":"CredentialsUninitialized","message":"CredentialsV2Request: Credentials uninitialized for ID","HTTPErrorCode":503}"#;
    let path = credentials_path(&world, "lone");
    let reply = get(&world, &path);
    assert_eq!((reply.status, &*reply.text()), (503, pending));
    trust(&world, "ec2-role", "ecs-tasks.amazonaws.com");
    assert_eq!(get(&world, &path).status, 200);
    trust(&world, "ec2-role", "ec2.amazonaws.com");
    assert_eq!(get(&world, &path).text(), pending, "what was minted is not served any more");
}

/// The endpoint of the instance is where it was, for whoever holds its token.
#[test]
fn row_109_beside_tasks_the_instance_has_its_endpoint() {
    let world = world();
    let (path, token) = &world.settings().container_credentials;
    let agent = Imds::at(world.settings().addresses.container);
    let with = |token: &str| agent.ask("GET", path, &[&format!("authorization: {token}")]);
    let document = json(&with(token.expose()));
    assert_eq!(document["RoleArn"], "arn:aws:iam::123456789012:role/ec2-role");
    assert_eq!(document["AccountId"], "123456789012");
    assert_eq!((with("wrong").status, get(&world, path).status), (401, 401));
    // Its token opens nothing else.
    let other = format!("authorization: {}", token.expose());
    assert_eq!(agent.ask("GET", "/v2/credentials/unknown", &[&other]).status, 400);
}

#[test]
fn row_115_keys_are_never_short_however_the_time_passes() {
    for step in [59, 601, 1801, 3607, 6 * 3600 + 299, 9 * 3600] {
        let world = world();
        let path = credentials_path(&world, "web");
        for _ in 0..(18 * 3600 / step).min(100) {
            let document = json(&get(&world, &path));
            let end = document["Expiration"].as_str().unwrap();
            let end = Timestamp::parse_iso8601(end).unwrap();
            assert!(end.seconds_since(world.now()) > 29 * 60, "step {step}: {document}");
            world.advance_seconds(step);
        }
    }
}

#[test]
fn every_issuance_is_recorded_once() {
    let world = world();
    let path = credentials_path(&world, "web");
    let first = json(&get(&world, &path));
    get(&world, &path);
    world.advance_seconds(6 * 3600 + 7 * 60);
    let second = json(&get(&world, &path));
    let issued = issued_by(&world, "ecs-tasks.amazonaws.com");
    let ids: Vec<_> = issued
        .iter()
        .map(|record| &record["responseElements"]["credentials"]["accessKeyId"])
        .collect();
    assert_eq!(ids, [&first["AccessKeyId"], &second["AccessKeyId"]]);
    let asked = json!({
        "roleArn": "arn:aws:iam::123456789012:role/task-role",
        "roleSessionName": "0123456789abcdef",
    });
    assert_eq!(issued[0]["requestParameters"], asked);
    assert_eq!(issued[0]["sourceIPAddress"], "ecs-tasks.amazonaws.com");
}

/// A task is not told anew where its endpoints are when the world begins again.
#[test]
fn ids_outlast_the_process_and_differ_between_worlds() {
    let folder = tempfile::tempdir().unwrap();
    let started = || TestWorld::with(&seed(), Some(folder.path().to_owned()));
    let ids = |world: &TestWorld| -> Vec<String> {
        let tasks = world.settings().tasks.iter();
        tasks
            .flat_map(|task| {
                let endpoints = task.containers.iter().map(|container| &container.endpoint);
                task.credentials.iter().chain([&task.agent]).chain(endpoints)
            })
            .map(|id| id.expose().to_owned())
            .collect()
    };
    let first = started();
    let known = ids(&first);
    first.stop();
    let again = started();
    assert_eq!(ids(&again), known);
    assert_eq!(get(&again, &credentials_path(&again, "web")).status, 200);
    let mut all = [known, ids(&world())].concat();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!((count, all.len()), (18, 18), "each id is of one thing");
}

#[test]
fn a_task_of_a_role_that_is_not_there_does_not_start() {
    let seed = seed().replace("role = \"task-role\"\naddresses", "role = \"x\"\naddresses");
    let Err(StartError::Seed(error)) = TestWorld::try_start(&seed) else { panic!("no role `x`") };
    assert_eq!(error.to_string(), "task `web`: role `x` does not exist");
}
