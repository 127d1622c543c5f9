//! A line of a case file.

use rolecall_identity::Timestamp;
use rolecall_imds::{ContainerRequest, Presented, Request, Response, respond, respond_container};
use rolecall_token::{METADATA_TOKEN_LENGTH, TokenTtl};
use serde::Deserialize;

use crate::ask::Ask;
use crate::bodies;
use crate::world::{Counting, ISSUED, TokenHeader, Variant};

/// One request and the whole answer to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The row of contract/imds.md section 4.
    pub(crate) row: u32,
    pub(crate) name: String,
    /// What the reader should know: where we differ from the contract today.
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file")]
    note: String,
    #[serde(default)]
    instance: Variant,

    #[serde(default = "get")]
    method: String,
    target: String,
    /// The metadata token; case files of the container endpoint have `authorization` instead.
    #[serde(default = "absent")]
    token: TokenHeader,
    /// The lifetime of that token.
    #[serde(default = "six_hours")]
    token_ttl: u32,
    /// Seconds since it was given out.
    #[serde(default)]
    after: i64,
    /// The values of the TTL header.
    #[serde(default)]
    ttl: Vec<String>,
    #[serde(default)]
    forwarded: bool,
    /// Whether the request came where a token of no lifetime is refused.
    #[serde(default)]
    strict_ttl: bool,
    /// The values of `Authorization`: the request goes to the container endpoint.
    authorization: Option<Vec<String>>,
    /// The token that the container endpoint wants.
    #[serde(default = "container_token")]
    wanted: String,
    /// Another service of containers that the request goes to.
    ask: Option<Ask>,

    status: u16,
    #[serde(default = "text_plain", rename = "type")]
    content_type: String,
    body: Expected,
    /// Bytes of the body, where the contract gives them.
    length: Option<usize>,
    allow: Option<String>,
    /// What is left of the token in the answer's header.
    left: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expected {
    Named { is: Named },
    Text(String),
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Named {
    Credentials,
    CredentialsV1,
    Extended,
    ExtendedV1,
    NotFound,
    /// A new metadata token that opens.
    Token,
    Versions,
}

impl Case {
    /// What is wrong with the answer, in words.
    pub(crate) fn differences(&self) -> Vec<String> {
        let response = self.answer();
        let mut wrong = Vec::new();
        let mut expect = |what: &str, got: String, wanted: String| {
            if got != wanted {
                wrong.push(format!("{what}: got {got}, expected {wanted}"));
            }
        };
        let body = response.body.as_str();
        expect("status", response.status.to_string(), self.status.to_string());
        expect("type", response.content_type.as_str().into(), self.content_type.clone());
        expect("body", format!("{body:?}"), format!("{:?}", self.expected_body(body)));
        expect("allow", format!("{:?}", response.allow), format!("{:?}", self.allow.as_deref()));
        let left = format!("{:?}", response.token_ttl_seconds);
        expect("left", left, format!("{:?}", self.left));
        if let Some(length) = self.length {
            expect("length", body.len().to_string(), length.to_string());
        }
        let is_token = matches!(self.body, Expected::Named { is: Named::Token });
        expect("is_token", response.is_token.to_string(), is_token.to_string());
        let is_read = self.status == 200 && matches!(&*self.method, "GET" | "HEAD");
        let is_metadata = self.authorization.is_none() && self.ask.is_none();
        let modified = (is_read && is_metadata).then_some(ISSUED);
        let got = format!("{:?}", response.last_modified);
        expect("last modified", got, format!("{modified:?}"));
        let withheld = self.method == "HEAD" && !body.is_empty();
        let got = response.head_only && !body.is_empty();
        expect("head only", got.to_string(), withheld.to_string());
        wrong
    }

    fn answer(&self) -> Response {
        match (&self.authorization, &self.ask) {
            (Some(values), _) => self.container_answer(values),
            (None, Some(ask)) => {
                ask.answer(self.now(), &self.instance.facts(), &self.method, &self.target)
            }
            (None, None) => self.metadata_answer(),
        }
    }

    fn metadata_answer(&self) -> Response {
        let tokens = self.token.values(self.token_ttl);
        let request = Request {
            method: &self.method,
            target: &self.target,
            token: Presented::from_values(tokens.iter().map(Vec::as_slice)),
            ttl: Presented::from_values(self.ttl.iter().map(String::as_bytes)),
            forwarded: self.forwarded,
            strict_ttl: self.strict_ttl,
        };
        let (snapshot, ring) = (self.instance.snapshot(), self.instance.keyring());
        respond(self.now(), &snapshot, &ring, &request, &mut Counting::default())
    }

    fn container_answer(&self, authorization: &[String]) -> Response {
        let authorization = authorization.iter().map(String::as_bytes);
        let request = ContainerRequest {
            target: &self.target,
            authorization: Presented::from_values(authorization),
        };
        respond_container(self.now(), &self.instance.facts(), CONTAINER_ID, &self.wanted, &request)
    }

    fn now(&self) -> Timestamp {
        ISSUED.plus_seconds(self.after)
    }

    /// The expected text; of a token, which has none, the answer's own if it is good.
    fn expected_body(&self, got: &str) -> String {
        match &self.body {
            Expected::Text(text) => text.clone(),
            Expected::Named { is } => match is {
                Named::Credentials => bodies::CREDENTIALS.into(),
                Named::CredentialsV1 => bodies::CREDENTIALS_V1.into(),
                Named::Extended => bodies::extended(bodies::CREDENTIALS),
                Named::ExtendedV1 => bodies::extended(bodies::CREDENTIALS_V1),
                Named::NotFound => bodies::NOT_FOUND.into(),
                Named::Token if self.is_new_token(got) => got.into(),
                Named::Token => "a new token of 56 characters that opens".into(),
                Named::Versions => bodies::VERSIONS.into(),
            },
        }
    }

    /// `^AQAEA[A-Za-z0-9_-]{49}==$`, not the one presented, and alive for its lifetime alone.
    fn is_new_token(&self, text: &str) -> bool {
        let inner = text.strip_prefix("AQAEA").and_then(|rest| rest.strip_suffix("=="));
        let alphabet = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let form = inner.is_some_and(|inner| inner.len() == 49 && inner.chars().all(alphabet));
        let presented = self.token.values(self.token_ttl);
        let ttl = self.ttl.first().and_then(|ttl| TokenTtl::parse(ttl.as_bytes()));
        let Some(ttl) = ttl.map(TokenTtl::seconds) else { return false };
        let (ring, instance) = (self.instance.keyring(), self.instance.facts().instance_id);
        let open = |seconds| {
            ring.open_metadata(text.as_bytes(), &instance, self.now().plus_seconds(seconds))
        };
        form && text.len() == METADATA_TOKEN_LENGTH
            && !presented.iter().any(|old| old == text.as_bytes())
            && open(0) == Some(ttl).filter(|&ttl| ttl > 0)
            && open(i64::from(ttl)).is_none()
    }
}

/// The cases of a file; `#` begins a comment.
pub(crate) fn parse(file: &str) -> Vec<Case> {
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

fn get() -> String {
    "GET".into()
}

fn absent() -> TokenHeader {
    TokenHeader::Absent
}

fn six_hours() -> u32 {
    21_600
}

fn text_plain() -> String {
    "text/plain".into()
}

fn container_token() -> String {
    "container-token-EXAMPLE".into()
}

pub(crate) const CONTAINER_ID: &str = "0d4d4f4e-6c1c-4a53-9d64-8a1b8c0e7f11";
