//! The endpoints of the ECS agent: credentials, task metadata, scale-in protection.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::{AGENT_ID, Host, NOW, SECRET_V2, TextRequest, facts, key_sets};
use rolecall_identity::Credentials;
use rolecall_imds::container::task_protection::{
    PROTECTION_MINUTES_MAX, ProtectionRequest, TaskProtection,
};
use rolecall_imds::container::{TaskCredentials, TaskRole, task_metadata, task_protection};
use rolecall_imds::{
    ContainerRequest, ContainerService, InstanceFacts, Response, respond_container,
    respond_task_credentials,
};

static HOST: LazyLock<Host> = LazyLock::new(Host::new);
static KEYS: LazyLock<Credentials> = LazyLock::new(|| key_sets().v2);
static INSTANCE: LazyLock<InstanceFacts> = LazyLock::new(|| facts(true));

const ID: &str = "0d4d4f4e-6c1c-4a53-9d64-8a1b8c0e7f11";
const TOKEN: &str = "container-token-EXAMPLE";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = TextRequest::parse(bytes) else { return Corpus::Reject };
    credentials(&text);
    let (metadata, source) = metadata(&text);
    let protection = protection(&text);
    // Who has the address of no task and knows no id reads nothing of any task.
    let knows = ["endpoint-", AGENT_ID, "agent-two"].iter().any(|id| written(&text, id));
    if !source && !knows {
        assert!(metadata.status == 404 && !metadata.body.as_str().contains("family-of-tests"));
        assert_ne!(protection.status, 200);
    }
    Corpus::Keep
});

fn credentials(text: &TextRequest<'_>) {
    let answer = respond_task_credentials(NOW, text.target, |id| match id == ID {
        true => TaskRole::Ready(TaskCredentials { role_arn: "arn:aws:iam::1:role/x", keys: &KEYS }),
        false => TaskRole::Unknown,
    });
    assert!([200, 400, 404].contains(&answer.status), "{}", answer.status);
    assert_eq!(answer.status == 200, answer.body.as_str().contains(SECRET_V2));
    let is_credentials = ContainerService::of(text.target) == Some(ContainerService::Credentials);
    assert!(answer.status == 404 || is_credentials);

    let authorization = text.presented("authorization");
    let request = ContainerRequest { target: text.target, authorization };
    let answer = respond_container(NOW, &INSTANCE, ID, TOKEN, &request);
    assert!([200, 400, 401, 404].contains(&answer.status), "{}", answer.status);
    assert_eq!(answer.status == 200, answer.body.as_str().contains(SECRET_V2));
    assert!(answer.status != 200 || text.header("authorization") == Some(TOKEN));
}

/// The answer, and whether the source is the address of a task.
fn metadata(text: &TextRequest<'_>) -> (Response, bool) {
    let source = text.header("source").and_then(|source| source.parse::<IpAddr>().ok());
    let source = source.unwrap_or(IpAddr::from([192, 0, 2, 1]));
    let of_a_task = HOST.tasks.iter().flat_map(|task| &task.containers).any(|container| {
        let networks = &container.networks;
        networks
            .iter()
            .any(|n| n.ipv4_addresses.iter().any(|a| IpAddr::V4(*a) == source.to_canonical()))
    });
    let answer =
        task_metadata::respond(&HOST.view(text.header("peers").is_some()), source, text.target);
    assert!([200, 404, 500].contains(&answer.status), "{}", answer.status);
    let shown = answer.body.as_str();
    // A refusal repeats the id that was asked for.
    let proves = ["endpoint-", AGENT_ID].iter().any(|id| shown.contains(id));
    assert!(answer.status != 200 || !proves, "an id that proves who asks");
    (answer, of_a_task)
}

fn protection(text: &TextRequest<'_>) -> Response {
    let request = ProtectionRequest { method: text.method, target: text.target, body: text.body };
    let unprotected = |_: &str| TaskProtection::Unprotected;
    let (answer, change) = task_protection::respond(NOW, &HOST.tasks, unprotected, &request);
    assert!([200, 400, 404, 405].contains(&answer.status), "{}", answer.status);
    if let Some(change) = change {
        assert!(text.method == "PUT" && answer.status == 200);
        assert_eq!(change.task_arn, HOST.tasks[0].task_arn, "the one task of a service");
        let end = change.protection.end(NOW).unwrap_or(NOW);
        assert!(end <= NOW.plus_seconds(i64::from(PROTECTION_MINUTES_MAX) * 60));
    }
    answer
}

/// Whether a target may hold a text, escaped or not.
fn written(text: &TextRequest<'_>, id: &str) -> bool {
    text.target.contains('%') || text.target.contains(id)
}
