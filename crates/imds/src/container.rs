use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::facts::{IamFacts, InstanceFacts, RoleFacts};
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
    facts: &InstanceFacts,
    id: &str,
    token: &str,
    request: &ContainerRequest<'_>,
) -> Response {
    let path = normalise(request.target);
    let Some(asked) = path.as_deref().and_then(|path| path.strip_prefix("v2/credentials")) else {
        return Response::not_found();
    };
    let presented = match request.authorization {
        Presented::Once(presented) => presented,
        Presented::Absent | Presented::Many => b"",
    };
    if !bool::from(presented.ct_eq(token.as_bytes())) {
        return error(401, "AccessDenied", "The Authorization header does not hold the token");
    }
    match asked.strip_prefix('/').unwrap_or_default() {
        "" => error(400, "NoIdInRequest", "No Credential ID in the request"),
        asked if asked != id => error(400, "InvalidIdInRequest", "Credentials not found"),
        _ => credentials(facts, id),
    }
}

fn credentials(facts: &InstanceFacts, id: &str) -> Response {
    let IamFacts::Role { role: RoleFacts::Ready(sets), .. } = &facts.iam else {
        let message = format!("Credentials uninitialized for {id}");
        return error(503, "CredentialsUninitialized", &message);
    };
    let token = sets.v2.session_token.as_ref().map_or("", |token| token.expose());
    let text = object(&[
        ("RoleArn", &sets.role_arn),
        ("AccessKeyId", sets.v2.access_key_id.as_str()),
        ("SecretAccessKey", sets.v2.secret_access_key.expose()),
        ("Token", token),
        ("Expiration", &sets.expiration.iso8601().to_string()),
        ("AccountId", &facts.account.to_string()),
    ]);
    Response::with_body(200, ContentType::Json, Body::Own(text))
}

/// One compact object, its keys in order.
fn object(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("\"{key}\":{}", Value::from(*value))).collect();
    format!("{{{}}}", fields.join(","))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let message = format!("CredentialsV2Request: {message}");
    let body = json!({ "code": code, "message": message, "HTTPErrorCode": status }).to_string();
    Response::with_body(status, ContentType::Json, Body::Own(body))
}
