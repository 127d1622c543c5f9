//! Keeps a task from being ended by scale-in or a deployment: `/task-protection/v1/state`.
//!
//! It is reached at `${ECS_AGENT_URI}/task-protection/v1/state`, where `ECS_AGENT_URI` ends in
//! `/api/ID` with the unguessable id of the task. Source: ECS developer guide, "Task scale-in
//! protection endpoint"; contract/imds.md 1.12.

use rolecall_identity::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::json::{object, response};
use super::task_metadata::TaskFacts;
use crate::document::time;
use crate::path::normalise;
use crate::response::Response;

/// Shortest protection. Source: ECS API reference, `UpdateTaskProtection`.
pub const PROTECTION_MINUTES_MIN: u32 = 1;
/// Longest protection: two days. Source: ECS API reference, `UpdateTaskProtection`.
pub const PROTECTION_MINUTES_MAX: u32 = 2880;
/// How long a task is protected that does not say: two hours.
pub const PROTECTION_MINUTES_DEFAULT: u32 = 120;
/// Longest body read.
pub const PROTECTION_BODY_BYTES_MAX: usize = 1024;

/// A request to the endpoint.
#[derive(Debug, Clone, Copy)]
pub struct ProtectionRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The request target as received.
    pub target: &'a str,
    /// The body, or the first bytes of one that is longer than [`PROTECTION_BODY_BYTES_MAX`].
    pub body: &'a [u8],
}

/// Until when a task is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TaskProtection {
    /// Protected until then.
    Until(Timestamp),
    /// Not protected.
    #[default]
    Unprotected,
}

/// A task's new protection: what the caller keeps before it sends the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectionChange {
    /// The task.
    pub task_arn: String,
    /// Its protection from now on.
    pub protection: TaskProtection,
}

/// Answers one request, with the change it asks for. `protection` knows the present state of a task
/// by its ARN.
///
/// Only tasks of a service can be protected: others fail with `TASK_NOT_VALID`.
pub fn respond(
    now: Timestamp,
    tasks: &[TaskFacts],
    protection: impl FnOnce(&str) -> TaskProtection,
    request: &ProtectionRequest<'_>,
) -> (Response, Option<ProtectionChange>) {
    let path = normalise(request.target);
    let Some(id) = path.as_deref().and_then(agent_id) else { return (Response::not_found(), None) };
    if !matches!(request.method, "GET" | "PUT") {
        return (Response { allow: Some("GET, PUT"), ..Response::empty(405) }, None);
    }
    let Some(task) = tasks.iter().find(|task| task.agent_id.is(id)) else {
        return (error(404, None, "ResourceNotFoundException", NO_TASK), None);
    };
    if request.method == "GET" {
        if task.service_name.is_empty() {
            return (not_valid(task), None);
        }
        return (state(now, task, protection(&task.task_arn)), None);
    }
    match wanted(now, request.body) {
        Err(refusal) => {
            let (code, message) = refusal.text();
            (error(400, Some(task), code, message), None)
        }
        Ok(_) if task.service_name.is_empty() => (not_valid(task), None),
        Ok(protection) => {
            let change = ProtectionChange { task_arn: task.task_arn.clone(), protection };
            (state(now, task, protection), Some(change))
        }
    }
}

impl TaskProtection {
    /// When it ends, if it did not end before `now`.
    pub fn end(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Until(end) => Some(end).filter(|&end| now < end),
            Self::Unprotected => None,
        }
    }
}

/// The body of a `PUT`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Update {
    protection_enabled: Option<bool>,
    expires_in_minutes: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
enum BadUpdate {
    Form,
    Minutes,
    NoEnabled,
}

impl BadUpdate {
    const fn text(self) -> (&'static str, &'static str) {
        let message = match self {
            Self::Form => "UpdateTaskProtection: failed to decode request",
            Self::Minutes => "Invalid request: ExpiresInMinutes must be between 1 and 2880",
            Self::NoEnabled => "Invalid request: does not contain 'ProtectionEnabled' field",
        };
        ("InvalidParameterException", message)
    }
}

fn wanted(now: Timestamp, body: &[u8]) -> Result<TaskProtection, BadUpdate> {
    if body.len() > PROTECTION_BODY_BYTES_MAX {
        return Err(BadUpdate::Form);
    }
    let update: Update = serde_json::from_slice(body).map_err(|_| BadUpdate::Form)?;
    let minutes = update.expires_in_minutes.unwrap_or(PROTECTION_MINUTES_DEFAULT.into());
    let allowed = i64::from(PROTECTION_MINUTES_MIN)..=i64::from(PROTECTION_MINUTES_MAX);
    if !allowed.contains(&minutes) {
        return Err(BadUpdate::Minutes);
    }
    match update.protection_enabled {
        None => Err(BadUpdate::NoEnabled),
        Some(false) => Ok(TaskProtection::Unprotected),
        Some(true) => Ok(TaskProtection::Until(now.whole_second().plus_seconds(minutes * 60))),
    }
}

/// The id in `api/ID/task-protection/v1/state`.
fn agent_id(path: &str) -> Option<&str> {
    let (id, rest) = path.strip_prefix("api/")?.split_once('/')?;
    (rest == "task-protection/v1/state").then_some(id)
}

fn state(now: Timestamp, task: &TaskFacts, protection: TaskProtection) -> Response {
    let end = protection.end(now);
    answer(
        200,
        "protection",
        &[
            ("ExpirationDate", end.map_or(Value::Null, time)),
            ("ProtectionEnabled", Value::from(end.is_some())),
            ("TaskArn", Value::from(task.task_arn.as_str())),
        ],
    )
}

fn not_valid(task: &TaskFacts) -> Response {
    answer(
        200,
        "failure",
        &[
            ("Arn", Value::from(task.task_arn.as_str())),
            ("Detail", Value::Null),
            ("Reason", Value::from("TASK_NOT_VALID")),
        ],
    )
}

// AWS: uncertain, the form is that of the guide's examples and the texts are ours.
fn error(status: u16, task: Option<&TaskFacts>, code: &str, message: &str) -> Response {
    let mut fields = Vec::new();
    fields.extend(task.map(|task| ("Arn", Value::from(task.task_arn.as_str()))));
    fields.extend([("Code", Value::from(code)), ("Message", Value::from(message))]);
    answer(status, "error", &fields)
}

fn answer(status: u16, kind: &str, fields: &[(&str, Value)]) -> Response {
    response(status, format!("{{\"{kind}\":{}}}", object(fields)))
}

const NO_TASK: &str = "Failed to find a task for the request";
