//! Presigned URLs. Source: contract/sigv4.md sections 2 and 6.

use rolecall_identity::{Credentials, SecretAccessKey, SessionToken};
use rolecall_sigv4::{Header, PayloadHash, Request, presign};
use rolecall_testkit::{Keys, Reply, TestWorld, Wire};

fn url(world: &TestWorld, keys: &Keys, target: &str, service: &str, seconds: i64) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let credentials = Credentials {
        access_key_id: keys.id.parse().unwrap(),
        secret_access_key: SecretAccessKey::new(keys.secret.clone()),
        session_token: keys.token.clone().map(SessionToken::new),
        expiration: None,
    };
    let host = world.api();
    let headers = [Header { name: "host", value: host.as_bytes() }];
    let request = Request {
        method: "GET",
        path: path.as_bytes(),
        query: query.as_bytes(),
        headers: &headers,
    };
    let payload = match service {
        "s3" => PayloadHash::Unsigned,
        _ => PayloadHash::of_body(&request, b"").unwrap(),
    };
    let now = world.now();
    let query = presign(&request, &payload, &credentials, "us-east-1", service, seconds, now);
    format!("{path}?{}", query.unwrap())
}

fn get(world: &TestWorld, url: &str, more: &str) -> Reply {
    let request =
        format!("GET {url} HTTP/1.1\r\nhost: {}\r\n{more}connection: close\r\n\r\n", world.api());
    Wire::send(&world.api(), request.as_bytes())
}

/// However the clock of a world was moved, its URLs go by it.
#[test]
fn a_url_ends_by_the_clock_of_the_world() {
    let world = TestWorld::movable(include_str!("../../../rolecall/src/development.toml"));
    let admin = world.administrator();
    let url = url(&world, &admin, "/examplebucket/hello.txt", "s3", 3600);
    assert_eq!(get(&world, &url, "").status, 200);
    world.admin_change("POST", "/clock", "{\"advance-seconds\":7200}");
    let reply = get(&world, &url, "");
    assert_eq!(reply.error(), ("AccessDenied".into(), "Request has expired".into()));
}

#[test]
fn a_url_works_until_its_end() {
    let world = TestWorld::start();
    let url = url(&world, &world.instance_keys(), "/examplebucket/hello.txt", "s3", 60);
    assert_eq!(get(&world, &url, "").text(), "Hello from rolecall.\n");
    world.advance_seconds(60);
    assert_eq!(get(&world, &url, "").status, 200);
    world.advance_seconds(1);
    let reply = get(&world, &url, "");
    assert_eq!(
        (reply.status, reply.error()),
        (403, ("AccessDenied".into(), "Request has expired".into()))
    );
}

#[test]
fn a_url_ends_with_its_session() {
    let world = TestWorld::start();
    let url = url(&world, &world.instance_keys(), "/examplebucket/hello.txt", "s3", 604_800);
    world.advance_seconds(7 * 3600);
    let reply = get(&world, &url, "");
    assert_eq!((reply.status, reply.error().0.as_str()), (400, "ExpiredToken"));
}

#[test]
fn what_is_added_to_a_url_is_refused() {
    let world = TestWorld::start();
    let url = url(&world, &world.instance_keys(), "/examplebucket/hello.txt", "s3", 60);
    for (more, header) in [
        ("&prefix=x", ""),
        ("&X-Amz-Date=20150830T123600Z", ""),
        ("", "x-amz-acl: public-read\r\n"),
        ("", "x-amz-copy-source: /examplebucket/hello.txt\r\n"),
    ] {
        let reply = get(&world, &format!("{url}{more}"), header);
        assert!(matches!(reply.status, 400 | 403), "{more}{header}: {}", reply.text());
    }
}

/// What EKS, Vault and SPIRE send to prove an identity.
#[test]
fn a_presigned_identity_is_good_for_fifteen_minutes_whatever_it_says() {
    let world = TestWorld::start();
    let target = "/?Action=GetCallerIdentity&Version=2011-06-15";
    let url = url(&world, &world.instance_keys(), target, "sts", 60);
    let arn = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";
    assert_eq!(get(&world, &url, "").element("Arn").as_deref(), Some(arn));
    world.advance_seconds(899);
    assert_eq!(get(&world, &url, "").status, 200);
    world.advance_seconds(2);
    assert_eq!(get(&world, &url, "").error().0, "SignatureDoesNotMatch");
}

#[test]
fn a_presigned_identity_leaves_neither_token_nor_signature_in_its_record() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let target = "/?Action=GetCallerIdentity&Version=2011-06-15";
    let url = url(&world, &keys, target, "sts", 60);
    let id = get(&world, &url, "").header("x-amzn-requestid").unwrap().to_owned();
    let records = crate::admin::tail(&world, 3);
    let record = records.iter().find(|record| record["requestID"] == id.as_str()).unwrap();
    assert_eq!(record["requestParameters"], serde_json::Value::Null);
}
