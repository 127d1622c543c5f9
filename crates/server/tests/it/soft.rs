//! A service that only watches: policies are judged, and what they would deny is recorded and done.

use rolecall_testkit::{Keys, Reply, TestWorld, Wire};
use serde_json::Value;

const SEED: &str = r#"
account = "123456789012"
[[user]]
name = "bob"
[[user.access-key]]
id = "AKIAIOSFODNN7EXAMPLE"
secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
[[role]]
name = "closed"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Deny",
  "Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}'''
[[bucket]]
name = "examplebucket"
"#;

fn bob() -> Keys {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret, token: None }
}

/// One write of IAM, one object, one role: none is allowed.
fn attempts(world: &TestWorld, keys: &Keys) -> [Reply; 3] {
    [
        world.query(keys, "iam", "Action=CreateUser&Version=2010-05-08&UserName=eve"),
        world.s3(keys, "PUT", "/examplebucket/x", b"x"),
        world.query(
            keys,
            "sts",
            "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bob\
             &RoleArn=arn:aws:iam::123456789012:role/closed",
        ),
    ]
}

fn statuses(replies: &[Reply; 3]) -> [u16; 3] {
    replies.each_ref().map(|reply| reply.status)
}

#[test]
fn what_would_be_denied_is_done_and_recorded() {
    let hard = TestWorld::with_seed(SEED);
    assert_eq!(statuses(&attempts(&hard, &bob())), [403, 403, 403]);
    let soft = TestWorld::configured(SEED, |config| config.soft = true);
    assert_eq!(statuses(&attempts(&soft, &bob())), [200, 200, 200]);
    // Records are written a little later; the tail ends once all three are there.
    let told = watched(&soft, 3);
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: iam:CreateUser \
             on resource: arn:aws:iam::123456789012:user/eve because no identity-based policy \
             allows the iam:CreateUser action",
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: s3:PutObject \
             on resource: arn:aws:s3:::examplebucket/x because no identity-based policy allows \
             the s3:PutObject action",
            "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
             sts:AssumeRole on resource: arn:aws:iam::123456789012:role/closed with an explicit \
             deny in the role trust policy",
        ]
    );
}

#[test]
fn signatures_and_roles_that_do_not_exist_are_no_matter_of_policies() {
    let world = TestWorld::configured(SEED, |config| config.soft = true);
    let wrong = Keys { secret: "x".repeat(40), ..bob() };
    assert_eq!(statuses(&attempts(&world, &wrong)), [403, 403, 403]);
    let form = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=bob\
                &RoleArn=arn:aws:iam::123456789012:role/nobody";
    assert_eq!(world.query(&bob(), "sts", form).status, 403);
}

/// The sentences of the first `count` records that tell of a denial.
fn watched(world: &TestWorld, count: usize) -> Vec<String> {
    let request = b"GET /audit HTTP/1.1\r\nhost: localhost\r\n\r\n";
    loop {
        let text = Wire::send(&world.admin(), request).text();
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let told: Vec<String> = records
            .filter_map(|record| {
                let message = &record["additionalEventData"]["wouldBeDenied"][0]["message"];
                message.as_str().map(str::to_owned)
            })
            .collect();
        if told.len() >= count {
            return told;
        }
    }
}
