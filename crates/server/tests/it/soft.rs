//! A service that only watches: policies are judged, and what they would deny is recorded and done.

use rolecall_testkit::{Keys, Reply, TestWorld};
use serde_json::Value;

const SEED: &str = r#"
account = "123456789012"
[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]
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
    let told = watched(&soft);
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

/// The sentences of the records that tell of a denial.
fn watched(world: &TestWorld) -> Vec<String> {
    let message = |record: Value| {
        let message = &record["additionalEventData"]["wouldBeDenied"][0]["message"];
        message.as_str().map(str::to_owned)
    };
    world.records().into_iter().filter_map(message).collect()
}
