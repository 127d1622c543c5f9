//! What the store answers, read whole where that is needed.

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt as _, Limited};
use quick_xml::escape::unescape;

use super::error::{S3Error, message_of};
use crate::limits::XML_BYTES_MAX;

/// A refusal of the store in our words: its code is kept, its body is not.
pub(super) async fn store_error(answer: Response<s3s::Body>) -> Result<S3Error, S3Error> {
    let status = answer.status().as_u16();
    let body = read_answer(answer.into_body()).await?;
    let code = between(&body, "<Code>", "</Code>").unwrap_or(match status {
        404 => "NoSuchKey",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        _ => "InternalError",
    });
    let message = between(&body, "<Message>", "</Message>").filter(|text| !text.is_empty());
    let message = message.and_then(|text| unescape(text).ok());
    Ok(S3Error::new(status, code, message.unwrap_or(message_of(code).into())))
}

pub(super) async fn read_answer(body: s3s::Body) -> Result<String, S3Error> {
    let collected = Limited::new(body, XML_BYTES_MAX).collect().await;
    let bytes = collected.map_err(|error| S3Error::internal(error.to_string()))?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

/// An answer that is a document of ours.
pub(super) fn xml(document: String) -> Response<Bytes> {
    let mut response = Response::new(document.into());
    let value = HeaderValue::from_static("application/xml");
    response.headers_mut().insert(CONTENT_TYPE, value);
    response
}
