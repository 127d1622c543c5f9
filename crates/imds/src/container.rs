use rolecall_identity::Timestamp;
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::document::time;
use crate::facts::InstanceFacts;
use crate::path::normalise;
use crate::request::Presented;
use crate::response::{Body, ContentType, Response};

/// A request to the container credential endpoint.
#[derive(Debug, Clone, Copy)]
pub struct ContainerRequest<'a> {
    /// The request target as received.
    pub target: &'a str,
    /// `Authorization`.
    pub authorization: Presented<'a>,
}

/// Answers `GET /v2/credentials/ID` as the ECS agent does, for whoever holds the endpoint's token.
///
/// What is delivered is the role of the instance, in its IMDSv2 key set. Any method reads, as at
/// the ECS agent. Source: contract/imds.md section 1.10.
pub fn respond_container(
    now: Timestamp,
    facts: &InstanceFacts,
    id: &str,
    token: &str,
    request: &ContainerRequest<'_>,
) -> Response {
    let path = normalise(request.target);
    let Some(asked) = path.as_deref().and_then(asked_id) else { return Response::not_found() };
    if !holds_token(request.authorization, token) {
        return error(401, "AccessDenied", "The Authorization header does not hold the token");
    }
    match asked {
        "" => error(400, "NoIdInRequest", "No Credential ID in the request"),
        asked if asked != id => error(400, "InvalidIdInRequest", "Credentials not found"),
        _ => credentials(now, facts),
    }
}

/// The id in a path, empty if none is given; `None` if it is another path.
fn asked_id(path: &str) -> Option<&str> {
    match path.strip_prefix("v2/credentials")? {
        "" => Some(""),
        rest => rest.strip_prefix('/'),
    }
}

/// An empty token is none at all: nobody holds it.
fn holds_token(authorization: Presented<'_>, token: &str) -> bool {
    let Presented::Once(presented) = authorization else { return false };
    !token.is_empty() && bool::from(presented.ct_eq(token.as_bytes()))
}

fn credentials(now: Timestamp, facts: &InstanceFacts) -> Response {
    let Some(sets) = facts.iam.key_sets().filter(|sets| now < sets.expiration) else {
        return error(503, "CredentialsUninitialized", "Credentials uninitialized for ID");
    };
    let token = sets.v2.session_token.as_ref().map_or("", |token| token.expose());
    let text = object(&[
        ("RoleArn", Value::from(sets.role_arn.as_str())),
        ("AccessKeyId", Value::from(sets.v2.access_key_id.as_str())),
        ("SecretAccessKey", Value::from(sets.v2.secret_access_key.expose())),
        ("Token", Value::from(token)),
        ("Expiration", time(sets.expiration)),
        ("AccountId", Value::from(facts.account.to_string())),
    ]);
    Response::with_body(200, ContentType::Json, Body::Own(text))
}

/// One compact object, its keys in order.
fn object(fields: &[(&str, Value)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let body = object(&[
        ("code", Value::from(code)),
        ("message", Value::from(format!("CredentialsV2Request: {message}"))),
        ("HTTPErrorCode", Value::from(status)),
    ]);
    Response::with_body(status, ContentType::Json, Body::Own(body))
}
