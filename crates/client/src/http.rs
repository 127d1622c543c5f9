use std::time::Duration;

use crate::error::ChainError;

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Longest wait for any answer: the services are on this machine or beside it.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Longest answer of a service that is read.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// Sends one request. No proxy is ever asked for credentials.
pub(crate) fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer, ChainError> {
    exchange(method, url, headers, body, ANSWER_BYTES_MAX)
        .map_err(|why| ChainError::Unreachable { from: url.to_owned(), why })
}

/// The same; if there is no answer, says why.
pub(crate) fn exchange(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    answer_bytes_max: u64,
) -> Result<Answer, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .build()
        .into();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).map_err(|error| error.to_string())?;
    let mut answer = agent.run(request).map_err(|error| match error {
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    })?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(answer_bytes_max).read_to_string();
    Ok(Answer { status, body: body.map_err(|error| error.to_string())? })
}
