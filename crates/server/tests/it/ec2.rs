//! What the tests of EC2 operations share.

use rolecall_testkit::{Keys, Reply, TestWorld};

pub(crate) const INSTANCE: &str = "i-0123456789abcdef0";

/// An administrator, and Bob, who may do what the given policy says. The first of the instances, by
/// id, is the one that the metadata service speaks of.
pub(crate) fn seed(bob: &str) -> String {
    format!(
        r#"
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
        [[user.policy]]
        name = "some"
        document = '''{bob}'''
        [[role]]
        name = "weak"
        tags = {{ level = "low" }}
        trust-policy = '''{TRUST}'''
        [[role]]
        name = "strong"
        trust-policy = '''{TRUST}'''
        [[instance-profile]]
        name = "weak"
        role = "weak"
        [[instance-profile]]
        name = "strong"
        path = "/team/"
        role = "strong"
        [[instance-profile]]
        name = "empty"
        [[instance]]
        id = "{INSTANCE}"
        tags = {{ team = "red" }}
        [[instance]]
        id = "i-0fedcba9876543210"
        profile = "strong"
        tags = {{ team = "blue" }}
        [[instance]]
        id = "i-0eeeeeeeeeeeeeee1"
        region = "eu-west-1"
        [[instance]]
        id = "i-0eeeeeeeeeeeeeee2"
        account = "210987654321"
        "#
    )
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

pub(crate) fn bob() -> Keys {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret, token: None }
}

pub(crate) fn call(world: &TestWorld, keys: &Keys, form: &str) -> Reply {
    world.query(keys, "ec2", &format!("Version=2016-11-15&Action={form}"))
}

/// A call of the administrator that must succeed.
pub(crate) fn done(world: &TestWorld, form: &str) -> Reply {
    let reply = call(world, &world.administrator(), form);
    assert_eq!(reply.status, 200, "{form}: {}", reply.text());
    reply
}

/// A call of the administrator that must be refused.
pub(crate) fn refused(world: &TestWorld, form: &str, code: &str, message: &str) {
    let reply = call(world, &world.administrator(), form);
    assert_eq!((reply.status, reply.error()), (400, (code.into(), message.into())), "{form}");
}

/// Whether Bob's policy lets him: all else about the call must be right.
pub(crate) fn bob_may(world: &TestWorld, form: &str) -> bool {
    let reply = call(world, &bob(), &format!("{form}&DryRun=true"));
    match (reply.status, reply.error().0.as_str()) {
        (412, "DryRunOperation") => true,
        (403, "UnauthorizedOperation") => false,
        _ => panic!("{form}: {}", reply.text()),
    }
}

/// An XML answer without its declaration and request id.
pub(crate) fn inner(reply: &Reply) -> String {
    let text = reply.text();
    let (_, rest) = text.split_once("</requestId>").unwrap();
    rest.rsplit_once("</").unwrap().0.to_owned()
}
