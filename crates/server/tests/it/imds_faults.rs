//! The metadata service misbehaves when it is told to, and stops when it is told to.
//! contract/imds.md section 4, row 89 and section 5.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rolecall_testkit::{Imds, Reply, TestWorld};
use serde_json::Value;

const FAULT: &str = "/instances/i-0123456789abcdef0/fault";
const KEYS: &str = "meta-data/iam/security-credentials/s3access";

fn fault(world: &TestWorld, body: &str) -> Reply {
    world.admin_change("PUT", FAULT, body)
}

fn end(world: &TestWorld) {
    assert_eq!(world.admin_change("DELETE", FAULT, "").status, 200);
}

fn imds(world: &TestWorld) -> Imds {
    Imds::at(world.settings().addresses.imds)
}

/// Status of a token request, and of a read with a good token.
fn statuses(world: &TestWorld, token: &str) -> (u16, u16) {
    let imds = imds(world);
    (imds.put_token().status, imds.read_with("meta-data/instance-id", token).status)
}

#[test]
fn every_kind_meets_what_it_is_for() {
    let world = TestWorld::start();
    let token = imds(&world).token();
    for (body, expected) in [
        (r#"{"kind":{"status":500}}"#, (500, 500)),
        (r#"{"kind":{"status":429},"on":"reads"}"#, (200, 429)),
        (r#"{"kind":{"status":503},"on":"tokens"}"#, (503, 200)),
        (r#"{"kind":{"status":400},"on":"all"}"#, (400, 400)),
        (r#"{"kind":{"status":599}}"#, (599, 599)),
        (r#"{"kind":"unauthorized"}"#, (200, 401)),
        (r#"{"kind":"no-ttl-header"}"#, (200, 200)),
        (r#"{"kind":"authority-down"}"#, (200, 200)),
        (r#"{"kind":{"delay":0}}"#, (200, 200)),
    ] {
        let reply = fault(&world, body);
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        assert_eq!(statuses(&world, &token), expected, "{body}");
        end(&world);
        assert_eq!(statuses(&world, &token), (200, 200), "after {body}");
    }
}

#[test]
fn a_refusal_is_empty() {
    let world = TestWorld::start();
    fault(&world, r#"{"kind":{"status":503}}"#);
    let reply = imds(&world).put_token();
    assert_eq!((reply.status, reply.body.len()), (503, 0));
    assert_eq!(reply.header("x-aws-ec2-metadata-token-ttl-seconds"), None);
    assert_eq!(reply.header("server"), Some("EC2ws"));
}

#[test]
fn the_ttl_header_is_missing_from_token_answers_alone() {
    let world = TestWorld::start();
    fault(&world, r#"{"kind":"no-ttl-header"}"#);
    let name = "x-aws-ec2-metadata-token-ttl-seconds";
    let answer = imds(&world).put_token();
    assert_eq!((answer.status, answer.body.len(), answer.header(name)), (200, 56, None));
    let read = imds(&world).read_with("meta-data/instance-id", &answer.text());
    assert_eq!(read.header(name), Some("60"));
    end(&world);
    assert_eq!(imds(&world).put_token().header(name), Some("60"));
}

#[test]
fn a_fault_ends_after_its_times() {
    let world = TestWorld::start();
    let token = imds(&world).token();
    let read = || imds(&world).read_with("meta-data/instance-id", &token).status;
    fault(&world, r#"{"kind":{"status":500},"times":3}"#);
    let met: Vec<_> = (0..5).map(|_| read()).collect();
    assert_eq!(met, [500, 500, 500, 200, 200]);
    // What it changes nothing for does not count.
    fault(&world, r#"{"kind":"unauthorized","times":1}"#);
    assert_eq!((imds(&world).put_token().status, read(), read()), (200, 401, 200));
    fault(&world, r#"{"kind":{"status":500},"on":"tokens","times":1}"#);
    let put = || imds(&world).put_token().status;
    assert_eq!((read(), put(), put()), (200, 500, 200));
    // A new fault takes the place of the one before.
    fault(&world, r#"{"kind":{"status":500}}"#);
    fault(&world, r#"{"kind":{"status":503},"times":1}"#);
    assert_eq!((read(), read()), (503, 200));
}

#[test]
fn a_delay_is_a_delay() {
    let world = TestWorld::start();
    let token = imds(&world).token();
    fault(&world, r#"{"kind":{"delay":150},"on":"reads"}"#);
    let began = Instant::now();
    let reply = imds(&world).read_with("meta-data/instance-id", &token);
    let took = began.elapsed();
    assert_eq!((reply.status, &*reply.text()), (200, "i-0123456789abcdef0"));
    assert!(took >= Duration::from_millis(150), "{took:?}");
}

#[test]
fn a_hang_answers_nothing_and_holds_nobody_else() {
    let world = TestWorld::start();
    fault(&world, r#"{"kind":"hang","times":1}"#);
    let mut hanging = TcpStream::connect(world.imds()).unwrap();
    hanging.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    hanging.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = hanging.read(&mut [0]).expect_err("an answer came");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert_eq!(world.metadata("meta-data/instance-id").status, 200);
    // A world ends all the same.
    world.stop();
}

#[test]
fn a_fault_is_of_one_instance() {
    let world = TestWorld::with_seed(
        r#"
        account = "123456789012"
        [[instance]]
        id = "i-0123456789abcdef0"
        [[instance]]
        id = "i-0bbbbbbbbbbbbbbbb"
        [[imds]]
        address = "127.0.0.1:0"
        instance = "i-0bbbbbbbbbbbbbbbb"
        "#,
    );
    fault(&world, r#"{"kind":{"status":500}}"#);
    assert_eq!(imds(&world).put_token().status, 500);
    assert_eq!(world.further_imds(0).put_token().status, 200);
}

#[test]
fn a_fault_that_makes_no_sense_is_refused() {
    let world = TestWorld::start();
    let bounds = "a delay is at most 60000 milliseconds, a status 400 to 599, times 1 or more; with \
                  `authority-down` go neither `on` nor `times`\n";
    for (body, why) in [
        (r#"{"kind":{"delay":60001}}"#, bounds),
        (r#"{"kind":{"status":399}}"#, bounds),
        (r#"{"kind":{"status":600}}"#, bounds),
        (r#"{"kind":{"status":200}}"#, bounds),
        (r#"{"kind":"hang","times":0}"#, bounds),
        (r#"{"kind":"authority-down","times":1}"#, bounds),
        (r#"{"kind":"authority-down","on":"reads"}"#, bounds),
        (r#"{"kind":"explode"}"#, "unknown variant `explode`"),
        (r#"{"kind":"hang","on":"writes"}"#, "unknown variant `writes`"),
        (r#"{"kind":"hang","for":"ever"}"#, "unknown field `for`"),
        (r#"{"kind":{"delay":-1}}"#, "invalid value"),
        ("{}", "missing field `kind`"),
        ("", "EOF while parsing"),
    ] {
        let reply = fault(&world, body);
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text().starts_with(why), "{body}: {}", reply.text());
    }
    assert_eq!(world.metadata("meta-data/instance-id").status, 200, "none is in force");
    assert_eq!(fault(&world, r#"{"kind":{"delay":60000},"on":"tokens","times":1}"#).status, 200);
    let other = "/instances/i-0eeeeeeeeeeeeeeee/fault";
    assert_eq!(world.admin_change("PUT", other, r#"{"kind":"hang"}"#).status, 404);
}

/// Row 89.
#[test]
fn keys_outlive_the_authority_until_they_end() {
    let world = TestWorld::start();
    let document = || -> Value { serde_json::from_str(&world.metadata(KEYS).text()).unwrap() };
    let first = document();
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let works = |keys: &Value| {
        let field = |name: &str| keys[name].as_str().unwrap().to_owned();
        let keys = rolecall_testkit::Keys {
            id: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
            token: Some(field("Token")),
        };
        world.query(&keys, "sts", form).status == 200
    };
    fault(&world, r#"{"kind":"authority-down"}"#);
    let expiration = first["Expiration"].as_str().unwrap();
    let end_of_keys = rolecall_identity::Timestamp::parse_iso8601(expiration).unwrap();
    // To the last second the same document, though new keys were due half an hour before.
    let left = end_of_keys.seconds_since(world.now());
    for step in [left - 1800, 1, 1200, 598] {
        world.advance_seconds(step);
        assert_eq!(document(), first);
        assert!(works(&first));
    }
    world.advance_seconds(1);
    for _ in 0..3 {
        let failed = document();
        assert_eq!(failed["Code"], "Failed");
        let message = "The credentials have ended and there are no new ones yet";
        assert_eq!(failed["Message"], message);
        assert_eq!(failed["LastUpdated"], world.now().iso8601().to_string());
        assert_eq!(failed.as_object().unwrap().len(), 3, "no key in it");
        assert!(!works(&first));
        world.advance_seconds(3600);
    }
    // The rest of the tree is there.
    assert_eq!(world.metadata("meta-data/instance-id").status, 200);
    let roles = "meta-data/iam/security-credentials/";
    assert_eq!(world.metadata(roles).text(), "s3access");
    end(&world);
    world.advance_seconds(10);
    let new = document();
    assert_eq!(new["Code"], "Success");
    assert_ne!(new["AccessKeyId"], first["AccessKeyId"]);
    assert!(works(&new));
}

#[test]
fn what_a_role_became_has_no_keys_while_the_authority_is_down() {
    let world = TestWorld::start();
    let document = || -> Value { serde_json::from_str(&world.metadata(KEYS).text()).unwrap() };
    let first = document();
    fault(&world, r#"{"kind":"authority-down"}"#);
    // Whoever is trusted now, keys of before must not outlive that.
    let form = "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=s3access&PolicyDocument=\
                %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22\
                Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22\
                Action%22%3A%22sts%3AAssumeRole%22%2C%22Sid%22%3A%22New%22%7D%5D%7D";
    assert_eq!(world.query(&world.administrator(), "iam", form).status, 200);
    let failed = document();
    assert_eq!((&failed["Code"], failed.get("AccessKeyId")), (&Value::from("Failed"), None));
    end(&world);
    world.advance_seconds(10);
    let new = document();
    assert_eq!(new["Code"], "Success");
    assert_ne!(new["AccessKeyId"], first["AccessKeyId"]);
}
