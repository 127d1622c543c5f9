//! Real SDKs in tasks of ECS and in pods of EKS. contract/imds.md section 4, rows 105, 110 and 111.

use std::path::{Path, PathBuf};

use rolecall_testkit::{Client, Clients, Dev, Issuer, Pod, Ran, Signal, Wire};
use serde_json::Value;
use tempfile::TempDir;

use crate::{dev, now, program};

/// A task and two service accounts, beside the world of `rolecall dev`.
const MORE: &str = r#"
[[role]]
name = "task-role"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[role]]
name = "pod-role"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"pods.eks.amazonaws.com"},
  "Action":["sts:AssumeRole","sts:TagSession"]}}'''
[[role.policy]]
name = "read-of-team-a"
document = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",
  "Resource":"arn:aws:s3:::examplebucket/*",
  "Condition":{"StringEquals":{"aws:PrincipalTag/kubernetes-namespace":"team-a"}}}}'''
[[task]]
arn = "arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef"
family = "web"
service = "shop"
role = "task-role"
[[pod-identity]]
cluster = "green"
issuer = "https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
jwks = 'JWKS'
[[pod-identity.association]]
namespace = "team-a"
service-account = "app"
role = "pod-role"
[[pod-identity.association]]
namespace = "team-b"
service-account = "app"
role = "pod-role"
"#;

const POD: Pod<'static> = Pod {
    namespace: "team-a",
    service_account: "app",
    name: "app",
    uid: "99999999-2222-4333-8444-555555555555",
};
const OTHER_UID: &str = "88888888-2222-4333-8444-555555555555";
/// Every tool that asks a container endpoint by its whole address.
const CLIENTS: [Client; 7] = [
    Client::AwsCliV1,
    Client::AwsCliV2,
    Client::Boto3,
    Client::GoV1,
    Client::GoV2,
    Client::JavaScript,
    Client::Rust,
];
/// Older than `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`, as Debian 12 has them.
const WITHOUT_TOKEN_FILE: [Client; 3] = [Client::AwsCliV2, Client::GoV1, Client::GoV2];

struct World {
    dev: Dev,
    issuer: Issuer,
    folder: TempDir,
}

impl World {
    fn start(more: &[&str]) -> Self {
        let (folder, issuer) = (tempfile::tempdir().unwrap(), Issuer::new(7));
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (keys, seed) = (at("keys.json"), at("seed.toml"));
        std::fs::write(&keys, issuer.jwks()).unwrap();
        std::fs::write(&seed, format!("{DEVELOPMENT}{}", MORE.replace("JWKS", &keys))).unwrap();
        let arguments = ["--seed", &seed, "--pod-identity", "127.0.0.1:0"];
        let variables = [("RUST_LOG", "trace")];
        let dev = Dev::start_with(program(), &[&arguments[..], more].concat(), &variables);
        Self { dev, issuer, folder }
    }

    fn token(&self, pod: &Pod<'_>) -> String {
        self.issuer.token(pod, now())
    }

    /// A file with a token of the pod, without a newline, as Kubernetes writes it.
    fn token_file(&self, name: &str, pod: &Pod<'_>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, self.token(pod)).unwrap();
        path
    }

    /// The variables of a pod, and the API.
    fn pod(&self, client: Client, pod: &Pod<'_>) -> Vec<(String, String)> {
        let mut variables = self.elsewhere();
        let url = format!("{}/v1/credentials", self.dev.field("pod_identity"));
        variables.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI".into(), url));
        variables.push(match WITHOUT_TOKEN_FILE.contains(&client) {
            true => ("AWS_CONTAINER_AUTHORIZATION_TOKEN".into(), self.token(pod)),
            false => {
                let path = self.token_file("token", pod);
                token_file_variable(&path)
            }
        });
        variables
    }

    /// The variables of the task, and the API.
    fn task(&self) -> Vec<(String, String)> {
        let env = self.task_env().as_object().unwrap().iter();
        let env = env.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        self.elsewhere().into_iter().chain(env).collect()
    }

    fn task_env(&self) -> &Value {
        &self.dev.object()["tasks"][0]["env"]
    }

    /// The world without its instance.
    fn elsewhere(&self) -> Vec<(String, String)> {
        let mut variables = self.dev.variables();
        variables.retain(|(name, _)| name != "AWS_EC2_METADATA_SERVICE_ENDPOINT");
        variables.push(("AWS_MAX_ATTEMPTS".into(), "1".into()));
        variables
    }
}

fn token_file_variable(path: &Path) -> (String, String) {
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE".into(), path.to_str().unwrap().into())
}

fn pod_arn(uid: &str) -> String {
    format!("arn:aws:sts::123456789012:assumed-role/pod-role/eks-green-app-{uid}")
}

fn run(client: Client, words: &[&str], variables: &[(String, String)]) -> Option<Ran> {
    let words = if words.len() == 1 {
        client.words(words)
    } else {
        words.iter().map(ToString::to_string).collect()
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Clients::find().run(client, &words, variables)
}

#[test]
fn every_tool_in_a_pod_is_its_role() {
    let world = World::start(&[]);
    for client in CLIENTS {
        let variables = world.pod(client, &POD);
        let Some(ran) = run(client, &["whoami"], &variables) else { continue };
        let told = (ran.code, ran.text(), ran.stderr);
        assert_eq!(told, (0, pod_arn(POD.uid), String::new()), "{client:?}");
    }
}

#[test]
fn every_tool_in_a_task_is_its_role() {
    let world = World::start(&[]);
    let arn = "arn:aws:sts::123456789012:assumed-role/task-role/0123456789abcdef";
    for client in CLIENTS {
        let Some(ran) = run(client, &["whoami"], &world.task()) else { continue };
        assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (0, arn, ""), "{client:?}");
    }
    let mut command = std::process::Command::new(program());
    command.arg("whoami");
    let ran = Ran::command(command, &world.task());
    assert!(ran.text().contains(arn), "{} {}", ran.text(), ran.stderr);
}

/// The tags of a session decide at the S3 gateway.
#[test]
fn a_pod_of_another_namespace_reads_nothing() {
    let world = World::start(&[]);
    let get = ["get", "examplebucket", "hello.txt"];
    for client in Client::PROGRAMS {
        let Some(ran) = run(client, &get, &world.pod(client, &POD)) else { continue };
        assert_eq!((ran.code, &*ran.text()), (0, "Hello from rolecall."), "{client:?}");
        let other = Pod { namespace: "team-b", ..POD };
        let Some(ran) = run(client, &get, &world.pod(client, &other)) else { continue };
        assert_eq!((ran.code, &*ran.text()), (3, ""), "{client:?}");
        assert!(ran.stderr.contains("no identity-based policy allows the s3:GetObject action"));
    }
}

#[test]
fn row_110_a_token_file_that_changes_is_read_again() {
    let world = World::start(&[]);
    let mut variables = world.pod(Client::Boto3, &POD);
    variables.retain(|(name, _)| name != "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    let file = world.token_file("token", &POD);
    let next = world.token_file("next", &Pod { uid: OTHER_UID, ..POD });
    variables.push(token_file_variable(&file));
    let words = ["rotate", file.to_str().unwrap(), next.to_str().unwrap()];
    let Some(ran) = run(Client::Boto3, &words, &variables) else { return };
    let expected = format!("{}\n{}", pod_arn(POD.uid), pod_arn(OTHER_UID));
    assert_eq!((ran.code, ran.text(), ran.stderr), (0, expected, String::new()));
}

#[test]
fn the_object_tells_what_a_task_and_a_pod_need() {
    let world = World::start(&[]);
    let tasks = world.dev.object()["tasks"].as_array().unwrap();
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!(task["arn"], "arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef");
    assert_eq!((&task["family"], &task["role"]), (&"web".into(), &"task-role".into()));
    assert_eq!(task["containers"][0]["env"], task["env"]);
    let names: Vec<&String> = task["env"].as_object().unwrap().keys().collect();
    let expected = [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "ECS_AGENT_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
    ];
    assert_eq!(names, expected.each_ref());
    let clusters = &world.dev.object()["pod_identity_clusters"];
    assert_eq!(clusters["green"], world.dev.field("pod_identity"));
    // The default world has neither.
    let plain = dev(&[]);
    assert_eq!(plain.object()["tasks"], Value::Array(vec![]));
    for name in ["pod_identity", "pod_identity_clusters"] {
        assert!(plain.object().get(name).is_none(), "{name}");
    }
}

/// Ids in paths, tokens and keys of containers are in no log, record or error.
#[test]
fn no_secret_of_a_container_stands_in_what_a_world_says() {
    let data = tempfile::tempdir().unwrap();
    let world = World::start(&["--data", data.path().to_str().unwrap()]);
    let (token, env) = (world.token(&POD), world.task_env().clone());
    let url = |name: &str| env[name].as_str().unwrap().to_owned();
    let ask = |method: &str, url: &str, headers: &str, body: &str| {
        let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let length = body.len();
        let request = format!(
            "{method} /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\
             {headers}\r\n{body}"
        );
        Wire::send(host, request.as_bytes())
    };
    let credentials = url("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    let protection = format!("{}/task-protection/v1/state", url("ECS_AGENT_URI"));
    let agent = format!("{}/v1/credentials", world.dev.field("pod_identity"));
    let good = format!("authorization: {token}\r\n");
    let mut secrets = vec![token.clone()];
    for reply in [ask("GET", &credentials, "", ""), ask("GET", &agent, &good, "")] {
        let document: Value = serde_json::from_slice(&reply.body).unwrap();
        for name in ["SecretAccessKey", "Token"] {
            secrets.push(document[name].as_str().unwrap().to_owned());
        }
    }
    let is_id = |segment: &&str| segment.len() == 36;
    for (_, url) in env.as_object().unwrap() {
        secrets.extend(url.as_str().unwrap().split('/').filter(is_id).map(str::to_owned));
    }
    assert_eq!(secrets.len(), 9);
    let mut said = String::new();
    for reply in [
        ask("GET", &url("ECS_CONTAINER_METADATA_URI_V4"), "", ""),
        ask("GET", &format!("{}/nothing", url("ECS_CONTAINER_METADATA_URI_V4")), "", ""),
        ask("PUT", &protection, "", r#"{"ProtectionEnabled":true}"#),
        ask("PUT", &protection, "", "spoiled"),
        ask("GET", &format!("{credentials}/x"), "", ""),
        ask("GET", &agent, &format!("authorization: {token}x\r\n"), ""),
        ask("GET", &agent, &format!("{good}{good}"), ""),
        ask("GET", &agent.replace("127.0.0.1", "localhost"), &format!("x: {token}\r\n"), ""),
        ask("GET", &format!("{}/metrics", world.dev.field("admin")), "", ""),
        ask("GET", &format!("{}/audit", world.dev.field("admin")), "", ""),
    ] {
        said.push_str(&reply.text());
    }
    assert!(said.contains("token signature is invalid") && said.contains("pods.eks.amazonaws.com"));
    let World { dev, .. } = world;
    let ended = dev.end(Signal::TERM);
    assert!(ended.stderr.contains("a pod was refused"), "{}", ended.stderr);
    said.push_str(&ended.stderr);
    for secret in secrets {
        assert!(!said.contains(&secret), "{secret}");
    }
}

const DEVELOPMENT: &str = include_str!("../../src/development.toml");
