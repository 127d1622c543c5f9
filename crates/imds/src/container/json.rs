//! The compact JSON of the agents.

use serde_json::Value;

use crate::response::{ContentType, Response};

/// One compact object, its keys in order.
pub(super) fn object(fields: &[(&str, Value)]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// An answer whose body is JSON already.
pub(super) fn response(status: u16, text: String) -> Response {
    Response::with_body(status, ContentType::Json, text)
}

/// An answer whose body is one JSON string, as the metadata endpoint writes its errors.
pub(super) fn string(status: u16, message: &str) -> Response {
    response(status, Value::from(message).to_string())
}
