//! What tasks and pods must be told.

use std::net::SocketAddr;

use rolecall_client::variables;
use rolecall_server::{PathId, Settings, TaskSettings};
use serde_json::{Map, Value, json};

/// The fields of `--json`: `tasks`, each with its variables, and the addresses of Pod Identity agents
/// where there are any.
pub(super) fn fields(settings: &Settings) -> Map<String, Value> {
    let mut fields = Map::new();
    let container = settings.addresses.container;
    let tasks = settings.tasks.iter().map(|task| described(container, task));
    fields.insert("tasks".to_owned(), tasks.collect());
    let url = |address: SocketAddr| Value::from(format!("http://{address}"));
    let agents = &settings.pod_identity;
    let all: Map<String, Value> =
        agents.iter().map(|agent| (agent.cluster.clone(), url(agent.address))).collect();
    if let Some(first) = agents.first() {
        fields.insert("pod_identity".to_owned(), url(first.address));
        fields.insert("pod_identity_clusters".to_owned(), Value::Object(all));
    }
    fields
}

/// What the screen says of the container address.
pub(super) fn tasks(settings: &Settings) -> String {
    let families: Vec<String> =
        settings.tasks.iter().map(|task| format!("`{}`", task.family)).collect();
    match families.as_slice() {
        [] => String::new(),
        [one] => format!("task {one}"),
        several => format!("tasks {}", several.join(", ")),
    }
}

/// The variables of a task are those of its first container.
fn described(container: SocketAddr, task: &TaskSettings) -> Value {
    let containers: Vec<Value> = task
        .containers
        .iter()
        .map(|one| json!({ "name": one.name, "env": environment(container, task, &one.endpoint) }))
        .collect();
    let env = containers.first().map(|first| first.get("env").cloned());
    json!({
        "arn": task.arn,
        "family": task.family,
        "role": task.role,
        "env": env,
        "containers": containers,
    })
}

fn environment(container: SocketAddr, task: &TaskSettings, endpoint: &PathId) -> Value {
    let url = format!("http://{container}");
    let endpoint = endpoint.expose();
    let mut env = json!({
        "ECS_AGENT_URI": format!("{url}/api/{}", task.agent.expose()),
        "ECS_CONTAINER_METADATA_URI": format!("{url}/v3/{endpoint}"),
        "ECS_CONTAINER_METADATA_URI_V4": format!("{url}/v4/{endpoint}"),
    });
    if let (Some(id), Some(fields)) = (&task.credentials, env.as_object_mut()) {
        let path = format!("/v2/credentials/{}", id.expose());
        // A relative address is one of the agent of ECS, and of no other.
        let (name, value) = match container == SocketAddr::from(ECS_AGENT) {
            true => (variables::CONTAINER_RELATIVE_URI, path),
            false => (variables::CONTAINER_FULL_URI, format!("{url}{path}")),
        };
        fields.insert(name.to_owned(), Value::from(value));
    }
    env
}

/// Where SDKs look for a relative address.
const ECS_AGENT: ([u8; 4], u16) = ([169, 254, 170, 2], 80);
