//! The admin address.

use rolecall_testkit::{TestWorld, Wire};
use serde_json::Value;

fn get(world: &TestWorld, path: &str, host: &str) -> rolecall_testkit::Reply {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    Wire::send(&world.admin(), request.as_bytes())
}

#[test]
fn it_answers_those_who_call_it_loopback() {
    let world = TestWorld::start();
    for host in ["127.0.0.1:8222", "localhost", "[::1]:1"] {
        assert_eq!(get(&world, "/ready", host).text(), "ok\n");
    }
    for host in ["rebound.example", "127.0.0.1.example:80", ""] {
        assert_eq!(get(&world, "/audit", host).status, 403, "{host}");
    }
}

#[test]
fn metrics_count_requests() {
    let world = TestWorld::start();
    world.metadata("meta-data/instance-id");
    let metrics = get(&world, "/metrics", "localhost").text();
    assert!(metrics.contains("rolecall_metadata_reads_total{version=\"v2\"} 1"), "{metrics}");
    let line = "rolecall_requests_total{plane=\"Imds\",status=\"200\"} 2";
    assert!(metrics.contains(line), "{metrics}");
}

#[test]
fn the_tail_holds_one_record_a_call_without_secrets() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let id = world.query(&keys, "sts", form).header("x-amzn-requestid").unwrap().to_owned();
    let denied = world.s3(&keys, "PUT", "/examplebucket/x", b"body");
    let records = tail(&world, 4);
    let of = |id: &str| -> Vec<&Value> {
        records.iter().filter(|record| record["requestID"] == id).collect()
    };
    let [identity] = of(&id)[..] else { panic!("{records:?}") };
    assert_eq!(identity["eventName"], "GetCallerIdentity");
    let session = &identity["userIdentity"]["sessionContext"];
    assert_eq!(session["ec2RoleDelivery"], "2.0");
    assert_eq!(session["sessionIssuer"]["arn"], "arn:aws:iam::123456789012:role/s3access");
    let scope = &identity["userIdentity"]["inScopeOf"];
    let instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0";
    assert_eq!(scope["credentialsIssuedTo"], instance);
    assert_eq!(identity["sourceIPAddress"], "127.0.0.1");
    let [put] = of(denied.header("x-amz-request-id").unwrap())[..] else { panic!("{records:?}") };
    assert_eq!(
        (&put["eventName"], &put["errorCode"]),
        (&"PutObject".into(), &"AccessDenied".into())
    );
    assert_eq!(put["eventCategory"], "Data");
    let issued: Vec<_> =
        records.iter().filter(|r| r["userIdentity"]["invokedBy"] == "ec2.amazonaws.com").collect();
    assert_eq!(issued.len(), 2, "one for each version of the service");
    let all = records.iter().map(Value::to_string).collect::<String>();
    for secret in [&keys.secret, keys.token.as_ref().unwrap(), &world.administrator().secret] {
        assert!(!all.contains(secret.as_str()));
    }
}

/// Reads the live tail until it has a number of records.
pub(crate) fn tail(world: &TestWorld, records: usize) -> Vec<Value> {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut stream = std::net::TcpStream::connect(world.admin()).unwrap();
    let request = "GET /audit?follow=true HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    lines
        .filter_map(|line| serde_json::from_str(&line).ok())
        .filter(Value::is_object)
        .take(records)
        .collect()
}
