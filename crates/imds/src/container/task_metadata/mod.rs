//! What a task is told about itself: the task metadata endpoint, versions 2 to 4.
//!
//! Version 2 knows its caller by address; 3 and 4 by an unguessable id in the path, one for each
//! container. Source: ECS developer guide, "Task metadata endpoint"; contract/imds.md 1.12.

mod earlier;
mod facts;
mod network;
mod path_id;
mod route;
mod status;
mod wire;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

pub use facts::{
    ClockDrift, ContainerFacts, EphemeralStorage, Health, Limits, Port, TaskError, TaskFacts,
    Volume,
};
pub use network::NetworkFacts;
pub use path_id::PathId;
pub use status::{ContainerType, LaunchType, NetworkMode, Status};

use self::earlier::{EarlierContainer, EarlierTask};
use self::route::{Caller, Route, Version, What};
use super::json::{response, string};
use crate::response::Response;

/// What the endpoint knows of the tasks of its host.
#[derive(Debug, Clone, Copy)]
pub struct HostTasks<'a> {
    /// The tasks.
    pub tasks: &'a [TaskFacts],
    /// Docker's statistics by `DockerId`. What is not here could not be read.
    pub stats: &'a BTreeMap<String, Value>,
    /// Whether `/v4/ID/tasks` shows a task all the others, too.
    pub peers_shown: bool,
}

/// Answers one request to the task metadata endpoint that came from `source`. Any method reads.
pub fn respond(host: &HostTasks<'_>, source: IpAddr, target: &str) -> Response {
    let Some(route) = Route::parse(target) else { return Response::not_found() };
    match find(host, source, &route) {
        Ok((task, container)) => read(host, task, container, &route),
        Err(reason) => route.refuse(&reason),
    }
}

/// The caller's task, and the container that is asked for: its own, or in version 2 the one named.
fn find<'a>(
    host: &HostTasks<'a>,
    source: IpAddr,
    route: &Route,
) -> Result<(&'a TaskFacts, Option<&'a ContainerFacts>), String> {
    match &route.caller {
        Caller::Endpoint(id) => {
            let mut all = host
                .tasks
                .iter()
                .flat_map(|task| task.containers.iter().map(move |container| (task, container)));
            let found = all.find(|(_, container)| container.endpoint_id.is(id));
            let (task, container) = found.ok_or_else(|| route.unknown_endpoint(id))?;
            Ok((task, Some(container)))
        }
        Caller::Source => {
            let mut at_source = host.tasks.iter().filter(|task| task.has_address(source));
            let (Some(task), None) = (at_source.next(), at_source.next()) else {
                return Err(format!(
                    "unable to get task arn from request: unable to associate '{source}' with task"
                ));
            };
            let Some(id) = &route.container else { return Ok((task, None)) };
            let named = task.containers.iter().find(|container| container.docker_id == *id);
            let named = named.ok_or_else(|| format!("unable to find container '{id}'"))?;
            Ok((task, Some(named)))
        }
    }
}

fn read(
    host: &HostTasks<'_>,
    task: &TaskFacts,
    container: Option<&ContainerFacts>,
    route: &Route,
) -> Response {
    match (&route.what, container) {
        (What::Container, Some(container)) => match route.version {
            Version::V4 => document(container, NO_CONTAINER),
            Version::V2 | Version::V3 => document(&EarlierContainer::of(container), NO_CONTAINER),
        },
        (What::Task { with_tags }, _) => match route.version {
            Version::V4 if *with_tags => document(task, NO_TASK),
            Version::V4 => document(&task.without_tags(), NO_TASK),
            Version::V2 | Version::V3 => document(&EarlierTask::of(task, *with_tags), NO_TASK),
        },
        (What::ContainerStats, Some(container)) => match host.stats.get(&container.docker_id) {
            Some(stats) => document(stats, NO_STATS),
            None => string(500, NO_STATS),
        },
        (What::TaskStats, _) => document(&stats_of(host, [task]), NO_STATS),
        (What::Tasks, _) if host.peers_shown => {
            let tasks: Vec<TaskFacts> = host.tasks.iter().map(TaskFacts::without_tags).collect();
            document(&tasks, NO_TASK)
        }
        (What::TasksStats, _) if host.peers_shown => {
            document(&stats_of(host, host.tasks), NO_STATS)
        }
        (What::Tasks | What::TasksStats, _) => route.refuse("the tasks of the host are not shown"),
        (What::Associations, _) => route.refuse("the task has no associations"),
        (What::Container | What::ContainerStats, None) => route.refuse("no container was named"),
    }
}

/// The statistics of each container, null where there are none.
fn stats_of<'a>(
    host: &HostTasks<'a>,
    tasks: impl IntoIterator<Item = &'a TaskFacts>,
) -> BTreeMap<&'a str, Option<&'a Value>> {
    let containers = tasks.into_iter().flat_map(|task| &task.containers);
    containers.map(|c| (c.docker_id.as_str(), host.stats.get(&c.docker_id))).collect()
}

fn document(facts: &impl Serialize, failure: &str) -> Response {
    match serde_json::to_string(facts) {
        Ok(text) => response(200, text),
        Err(_) => string(500, failure),
    }
}

const NO_CONTAINER: &str = "failed to get container metadata";
const NO_STATS: &str = "failed to get stats";
const NO_TASK: &str = "failed to get task metadata";
