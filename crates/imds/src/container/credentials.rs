use constant_time_eq::constant_time_eq;
use rolecall_identity::percent::decode;
use rolecall_identity::{AccountId, Credentials, Timestamp};
use serde_json::Value;

use super::json::{object, response};
use crate::document::time;
use crate::facts::InstanceFacts;
use crate::path::normalise;
use crate::request::Presented;
use crate::response::Response;

/// Least life that credentials must have left to be delivered to a container: ten minutes.
///
/// Source: botocore's mandatory refresh; with less it raises an error (contract/imds.md 2.5).
pub const CREDENTIALS_LEFT_SECONDS_MIN: i64 = 600;

/// A request to the container credential endpoint.
#[derive(Debug, Clone, Copy)]
pub struct ContainerRequest<'a> {
    /// The request target as received.
    pub target: &'a str,
    /// `Authorization`.
    pub authorization: Presented<'a>,
}

/// What is known of the id in a credentials path.
#[derive(Debug, Clone, Copy)]
pub enum TaskRole<'a> {
    /// A task has the id, and its credentials were not made yet.
    Pending,
    /// A task has the id, and these are its credentials.
    Ready(TaskCredentials<'a>),
    /// No task has the id.
    Unknown,
}

/// The credentials of a task.
#[derive(Debug, Clone, Copy)]
pub struct TaskCredentials<'a> {
    /// The ARN of the task's role.
    pub role_arn: &'a str,
    /// The keys. Without an expiration they are never delivered: clients need one.
    pub keys: &'a Credentials,
}

/// Answers what stands in `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` as the ECS agent does:
/// `/v2/credentials/ID` and `/v1/credentials?id=ID`.
///
/// The id is the whole secret, so `find` must know nothing but unguessable ones. Any method reads,
/// as at the ECS agent. Source: contract/imds.md section 1.10.
pub fn respond_task_credentials<'a>(
    now: Timestamp,
    target: &str,
    find: impl FnOnce(&str) -> TaskRole<'a>,
) -> Response {
    let Some(asked) = Asked::parse(target) else { return Response::not_found() };
    match asked.id.as_str() {
        "" => asked.no_id(),
        id => match find(id) {
            TaskRole::Pending => asked.uninitialized(),
            TaskRole::Ready(found) => asked.deliver(now, found, found.keys.expiration, None),
            TaskRole::Unknown => asked.invalid_id(),
        },
    }
}

/// Answers what stands in `AWS_CONTAINER_CREDENTIALS_FULL_URI`, for whoever holds its token.
///
/// What is delivered is the role of the instance, in its IMDSv2 key set, and its account. The paths
/// and the other answers are those of [`respond_task_credentials`].
pub fn respond_container(
    now: Timestamp,
    facts: &InstanceFacts,
    id: &str,
    token: &str,
    request: &ContainerRequest<'_>,
) -> Response {
    let Some(asked) = Asked::parse(request.target) else { return Response::not_found() };
    if !holds_token(request.authorization, token) {
        return asked.error(401, "AccessDenied", NO_TOKEN);
    }
    match asked.id.as_str() {
        "" => asked.no_id(),
        other if other != id => asked.invalid_id(),
        _ => match facts.iam.key_sets() {
            None => asked.uninitialized(),
            Some(sets) => {
                let found = TaskCredentials { role_arn: &sets.role_arn, keys: &sets.v2 };
                asked.deliver(now, found, Some(sets.expiration), Some(&facts.account))
            }
        },
    }
}

/// The end of credentials that may be delivered at `now`.
pub(super) fn deliverable_end(now: Timestamp, end: Option<Timestamp>) -> Option<Timestamp> {
    end.filter(|&end| now.plus_seconds(CREDENTIALS_LEFT_SECONDS_MIN) <= end)
}

/// The token of a session, empty for keys of a user.
pub(super) fn session_token(keys: &Credentials) -> Value {
    Value::from(keys.session_token.as_ref().map_or("", |token| token.expose()))
}

/// A credentials path, and the name of its API in errors.
struct Asked {
    prefix: &'static str,
    /// Empty if none was given.
    id: String,
}

impl Asked {
    /// `None` for another path.
    fn parse(target: &str) -> Option<Self> {
        let path = normalise(target)?;
        if path == "v1/credentials" {
            return Some(Self { prefix: "CredentialsV1Request", id: queried_id(target) });
        }
        let id = match path.strip_prefix("v2/credentials")? {
            "" => "",
            rest => rest.strip_prefix('/')?,
        };
        Some(Self { prefix: "CredentialsV2Request", id: id.to_owned() })
    }

    fn deliver(
        &self,
        now: Timestamp,
        found: TaskCredentials<'_>,
        end: Option<Timestamp>,
        account: Option<&AccountId>,
    ) -> Response {
        let Some(end) = deliverable_end(now, end) else { return self.uninitialized() };
        let mut fields = vec![
            ("RoleArn", Value::from(found.role_arn)),
            ("AccessKeyId", Value::from(found.keys.access_key_id.as_str())),
            ("SecretAccessKey", Value::from(found.keys.secret_access_key.expose())),
            ("Token", session_token(found.keys)),
            ("Expiration", time(end)),
        ];
        fields.extend(account.map(|account| ("AccountId", Value::from(account.to_string()))));
        response(200, object(&fields))
    }

    fn no_id(&self) -> Response {
        self.error(400, "NoIdInRequest", "No Credential ID in the request")
    }

    fn invalid_id(&self) -> Response {
        self.error(400, "InvalidIdInRequest", "Credentials not found")
    }

    fn uninitialized(&self) -> Response {
        self.error(503, "CredentialsUninitialized", "Credentials uninitialized for ID")
    }

    fn error(&self, status: u16, code: &str, message: &str) -> Response {
        let body = object(&[
            ("code", Value::from(code)),
            ("message", Value::from(format!("{}: {message}", self.prefix))),
            ("HTTPErrorCode", Value::from(status)),
        ]);
        response(status, body)
    }
}

/// The first `id` of the query.
fn queried_id(target: &str) -> String {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let id = query.split('&').find_map(|pair| pair.strip_prefix("id="));
    id.and_then(decode).unwrap_or_default()
}

/// An empty token is none at all: nobody holds it.
fn holds_token(authorization: Presented<'_>, token: &str) -> bool {
    let Presented::Once(presented) = authorization else { return false };
    !token.is_empty() && constant_time_eq(presented, token.as_bytes())
}

const NO_TOKEN: &str = "The Authorization header does not hold the token";
