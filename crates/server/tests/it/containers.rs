//! A world with tasks and pods, and what the tests of both need.

use rolecall_server::TaskSettings;
use rolecall_testkit::{Imds, Issuer, Keys, Pod, Reply, TestWorld};
use serde_json::Value;

pub(crate) const WEB: &str = "arn:aws:ecs:us-east-1:123456789012:task/blue/0123456789abcdef";

/// Tasks: `idle` has no role, `lone` none that trusts ECS, `web` is of a service. The role of pods
/// reads what is below the name of their namespace.
pub(crate) const SEED: &str = r#"
account = "123456789012"
[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]
[[role]]
name = "task-role"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[role.policy]]
name = "read"
document = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",
  "Resource":"arn:aws:s3:::books/*"}}'''
[[role]]
name = "pod-role"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"pods.eks.amazonaws.com"},
  "Action":["sts:AssumeRole","sts:TagSession"]}}'''
[[role.policy]]
name = "read-own"
document = '''{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",
  "Resource":"arn:aws:s3:::books/${aws:PrincipalTag/kubernetes-namespace}/*"},
  {"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::books/*",
  "Condition":{"StringEquals":{"aws:PrincipalTag/kubernetes-namespace":"team-a"}}}]}'''
[[role]]
name = "ec2-role"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[instance-profile]]
name = "ec2-role"
role = "ec2-role"
[[instance]]
id = "i-0123456789abcdef0"
profile = "ec2-role"
[[task]]
arn = "arn:aws:ecs:us-east-1:123456789012:task/blue/0123456789abcdef"
family = "web"
revision = 7
service = "shop"
role = "task-role"
addresses = ["127.0.0.2"]
tags = { team = "blue" }
[[task.container]]
name = "app"
image = "shop:1"
labels = { tier = "front" }
memory = 128
[[task.container]]
name = "log"
[[task]]
family = "idle"
launch-type = "EC2"
addresses = ["127.0.0.3"]
[[task]]
family = "lone"
role = "ec2-role"
[[pod-identity]]
cluster = "green"
issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
jwks = '''JWKS'''
address = "127.0.0.1:0"
[[pod-identity.association]]
namespace = "team-a"
service-account = "app"
role = "pod-role"
[[pod-identity.association]]
namespace = "team-b"
service-account = "app"
role = "pod-role"
[[pod-identity.association]]
namespace = "team-c"
service-account = "app"
role = "task-role"
[[bucket]]
name = "books"
[[bucket.object]]
key = "team-a/x"
content = "of a"
[[bucket.object]]
key = "team-b/x"
content = "of b"
"#;

/// A pod of `team-a`.
pub(crate) const POD: Pod<'static> = Pod {
    namespace: "team-a",
    service_account: "app",
    name: "app-7d4b9c6f5-x2x9k",
    uid: "99999999-2222-4333-8444-555555555555",
};

/// The seed, where this issuer is believed.
pub(crate) fn seed() -> String {
    SEED.replace("JWKS", &issuer().jwks())
}

pub(crate) fn issuer() -> Issuer {
    Issuer::new(7)
}

pub(crate) fn world() -> TestWorld {
    TestWorld::with_seed(&seed())
}

/// A task by its family.
pub(crate) fn task<'a>(world: &'a TestWorld, family: &str) -> &'a TaskSettings {
    let mut tasks = world.settings().tasks.iter();
    tasks.find(|task| task.family == family).unwrap()
}

/// Asks the container address.
pub(crate) fn get(world: &TestWorld, target: &str) -> Reply {
    Imds::at(world.settings().addresses.container).ask("GET", target, &[])
}

/// The path of the credentials of a task.
pub(crate) fn credentials_path(world: &TestWorld, family: &str) -> String {
    format!("/v2/credentials/{}", task(world, family).credentials.as_ref().unwrap().expose())
}

pub(crate) fn json(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| panic!("{reply:?}: {}", reply.text()))
}

/// The keys of a document of container credentials.
pub(crate) fn keys(document: &Value) -> Keys {
    let field = |name: &str| document[name].as_str().unwrap().to_owned();
    Keys { id: field("AccessKeyId"), secret: field("SecretAccessKey"), token: Some(field("Token")) }
}

pub(crate) fn whoami(world: &TestWorld, keys: &Keys) -> String {
    let reply = world.query(keys, "sts", "Action=GetCallerIdentity&Version=2011-06-15");
    reply.element("Arn").unwrap_or_else(|| reply.text())
}

/// Changes the trust policy of a role to one that lets `service` do everything it must.
pub(crate) fn trust(world: &TestWorld, role: &str, service: &str) {
    let policy = format!(
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C\
         %22Principal%22%3A%7B%22Service%22%3A%22{service}%22%7D%2C%22Action%22%3A%5B\
         %22sts%3AAssumeRole%22%2C%22sts%3ATagSession%22%5D%7D%7D"
    );
    let form = format!(
        "Action=UpdateAssumeRolePolicy&Version=2010-05-08&RoleName={role}&PolicyDocument={policy}"
    );
    let reply = world.query(&world.administrator(), "iam", &form);
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// The records of roles that a service assumed.
pub(crate) fn issued_by(world: &TestWorld, service: &str) -> Vec<Value> {
    let mut records = world.records();
    records.retain(|record| {
        record["eventName"] == "AssumeRole" && record["userIdentity"]["invokedBy"] == service
    });
    records
}
