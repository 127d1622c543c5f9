//! Credentials of the metadata service rotate by the clock.

use rolecall_identity::Timestamp;
use rolecall_testkit::TestWorld;
use serde_json::Value;

const PATH: &str = "meta-data/iam/security-credentials/s3access";

fn document(world: &TestWorld) -> Value {
    serde_json::from_str(&world.metadata(PATH).text()).unwrap()
}

fn seconds_left(world: &TestWorld, document: &Value) -> i64 {
    let end = Timestamp::parse_iso8601(document["Expiration"].as_str().unwrap()).unwrap();
    end.seconds_since(world.now())
}

#[test]
fn credentials_are_stable_within_their_period_and_never_short() {
    let world = TestWorld::start();
    let first = world.metadata(PATH).text();
    let mut rotations = 0;
    let mut before = document(&world);
    assert_eq!(world.metadata(PATH).text(), first, "byte-identical within the period");
    for _ in 0..5 * 24 {
        world.advance_seconds(600);
        let now = document(&world);
        assert!(seconds_left(&world, &now) >= 25 * 60, "{now}");
        if now["AccessKeyId"] != before["AccessKeyId"] {
            let left = seconds_left(&world, &before);
            assert!(left >= 5 * 60, "new keys come well before the old ones end: {left}");
            rotations += 1;
        }
        before = now;
    }
    assert!((3..=4).contains(&rotations), "{rotations} rotations in 20 hours");
}

/// contract/imds.md row 88.
#[test]
fn keys_are_never_short_however_the_time_passes() {
    for step in [1, 59, 601, 1799, 1801, 3607, 4 * 3600, 6 * 3600 + 5 * 60 - 1, 9 * 3600] {
        let world = TestWorld::start();
        for _ in 0..(24 * 3600 / step).min(150) {
            let now = document(&world);
            assert_eq!(now["Code"], "Success");
            assert!(seconds_left(&world, &now) >= 25 * 60, "step {step}: {now}");
            world.advance_seconds(step);
        }
    }
}

#[test]
fn the_two_versions_of_the_service_hand_out_different_keys() {
    let seed = r#"
        account = "123456789012"
        [[role]]
        name = "s3access"
        trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
          "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
        [[role.policy]]
        name = "v2-only"
        document = '''{"Version":"2012-10-17","Statement":[
          {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
          {"Effect":"Deny","Action":"*","Resource":"*",
           "Condition":{"NumericLessThan":{"ec2:RoleDelivery":"2.0"}}}]}'''
        [[instance-profile]]
        name = "s3access"
        role = "s3access"
        [[instance]]
        id = "i-0123456789abcdef0"
        profile = "s3access"
        http-tokens = "optional"
        [[bucket]]
        name = "examplebucket"
        [[bucket.object]]
        key = "hello.txt"
        content = "hello"
    "#;
    let world = TestWorld::with_seed(seed);
    let get = format!("GET /latest/{PATH} HTTP/1.1\r\nhost: x\r\n\r\n");
    let v1 = rolecall_testkit::Wire::send(&world.imds(), get.as_bytes());
    assert_eq!(v1.header("x-aws-ec2-metadata-token-ttl-seconds"), None);
    let v1: Value = serde_json::from_str(&v1.text()).unwrap();
    let v2 = document(&world);
    assert_ne!(v1["AccessKeyId"], v2["AccessKeyId"]);
    assert_eq!(v1["Expiration"], v2["Expiration"]);
    let keys = |document: &Value| rolecall_testkit::Keys {
        id: document["AccessKeyId"].as_str().unwrap().into(),
        secret: document["SecretAccessKey"].as_str().unwrap().into(),
        token: document["Token"].as_str().map(str::to_owned),
    };
    let get = |document| world.s3(&keys(document), "GET", "/examplebucket/hello.txt", b"");
    assert_eq!(get(&v2).text(), "hello");
    let reply = get(&v1);
    let message = "with an explicit deny in an identity-based policy";
    assert!(reply.error().1.ends_with(message), "{}", reply.text());
}

#[test]
fn a_trust_policy_that_drops_ec2_ends_the_delivery() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let form = "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName=s3access&PolicyDocument=\
                %7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow\
                %22%2C%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C%22Action%22%3A\
                %22sts%3AAssumeRole%22%7D%7D";
    assert_eq!(world.query(&world.administrator(), "iam", form).status, 200);
    let now = document(&world);
    assert_eq!(now["Code"], "AssumeRoleUnauthorizedAccess");
    let message = now["Message"].as_str().unwrap();
    assert!(message.starts_with("EC2 cannot assume the role s3access.  Please see"), "{message}");
    // What was issued works until it ends: authorisation is live, identity is in the token.
    assert_eq!(world.s3(&keys, "GET", "/examplebucket/hello.txt", b"").status, 200);
}
