use http::Uri;
use quick_xml::escape::unescape;
use rolecall_identity::{Credentials, Timestamp};
use rolecall_sigv4::{Header, PayloadHash, Request, sign};

use crate::environment::{Environment, variables};
use crate::error::{ChainError, Hint};
use crate::http::send;

/// Who credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// `aws:userid`
    pub user_id: String,
}

/// Why nobody says who they are.
#[derive(Debug, thiserror::Error)]
pub enum WhoamiError {
    /// The service refused.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's code.
        code: String,
        /// AWS's message.
        message: String,
    },
    /// The endpoint cannot be used.
    #[error("the endpoint `{0}` is not usable: expected `http://HOST:PORT`")]
    Endpoint(String),
    /// The service could not be asked.
    #[error(transparent)]
    Unreachable(#[from] ChainError),
}

impl Hint for WhoamiError {
    fn hints(&self) -> Vec<String> {
        match self {
            Self::Endpoint(_) => {
                vec!["set `AWS_ENDPOINT_URL`; this version speaks HTTP without TLS".to_owned()]
            }
            Self::Refused { .. } => Vec::new(),
            Self::Unreachable(error) => error.hints(),
        }
    }
}

/// Asks STS, which answers everybody whose signature is right.
pub fn whoami(
    environment: &dyn Environment,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<Identity, WhoamiError> {
    let endpoint = environment
        .get(variables::ENDPOINT_URL_STS)
        .or_else(|| environment.get(variables::ENDPOINT_URL))
        .unwrap_or_else(|| "https://sts.amazonaws.com".to_owned());
    let unusable = || WhoamiError::Endpoint(endpoint.clone());
    let uri: Uri = endpoint.parse().map_err(|_| unusable())?;
    let host = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(unusable)?;
    let region = environment.get(variables::REGION).unwrap_or_else(|| "us-east-1".to_owned());
    let date = now.amz_date().to_string();
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ("host", host.as_str()),
        ("x-amz-date", &date),
    ];
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token", token.expose()));
    }
    let signed: Vec<Header<'_>> =
        headers.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
    let request = Request { method: "POST", path: b"/", query: b"", headers: &signed };
    let authorization = PayloadHash::of_body(&request, BODY)
        .ok()
        .and_then(|payload| sign(&request, &payload, credentials, &region, "sts", now).ok())
        .ok_or_else(unusable)?;
    headers.push(("authorization", &authorization));
    let url = format!("http://{host}/");
    let answer = send("POST", &url, &headers, BODY)?;
    if answer.status != 200 {
        let code = element(&answer.body, "Code").unwrap_or_else(|| answer.status.to_string());
        let message = element(&answer.body, "Message").unwrap_or_default();
        return Err(WhoamiError::Refused { code, message });
    }
    let field = |name: &str| {
        let why = format!("`{name}` is missing");
        element(&answer.body, name).ok_or(ChainError::Answer { from: url.clone(), why })
    };
    Ok(Identity { account: field("Account")?, arn: field("Arn")?, user_id: field("UserId")? })
}

const BODY: &[u8] = b"Action=GetCallerIdentity&Version=2011-06-15";

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    unescape(text).ok().map(|text| text.into_owned())
}
