//! How a request authenticates: what it says, before anything is checked with a key.

mod date;
mod header_form;
mod query_form;

use std::fmt;

use rolecall_identity::Timestamp;

pub use self::header_form::AUTHORIZATION_BYTES_MAX;
pub use self::query_form::DecodeBuffer;

use crate::check::{self, Checked};
use crate::rejection::Rejection;
use crate::request::{Request, Rules};
use crate::scope::{Credential, CredentialScope};

/// Where the signature was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthForm {
    /// `Authorization: AWS4-HMAC-SHA256 …`
    Header,
    /// `X-Amz-Signature=…`: a presigned URL.
    Query,
}

/// How the request authenticates: the result of parsing. Nothing of it is proved yet.
///
/// It keeps the request it was read from, so that nothing else can be checked in its place.
pub struct PresentedAuth<'a> {
    pub(crate) request: Request<'a>,
    /// Whether the query's escapes are as SigV4 writes them: found on the way, used for speed.
    pub(crate) query_is_canonical: bool,
    pub(crate) form: AuthForm,
    pub(crate) credential: Credential<'a>,
    pub(crate) signed_headers: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) date: date::SignedDate<'a>,
    pub(crate) token: Token<'a>,
    pub(crate) query: QueryOnly<'a>,
}

/// The session token and where it came from.
#[derive(Clone, Copy)]
pub(crate) enum Token<'a> {
    Absent,
    Header(&'a str),
    Query(&'a str),
    Twice,
}

/// What only presigned URLs carry.
#[derive(Clone, Copy, Default)]
pub(crate) struct QueryOnly<'a> {
    pub(crate) expires: Option<&'a str>,
    pub(crate) content_sha256: Option<&'a str>,
}

impl<'a> PresentedAuth<'a> {
    /// Parses either form.
    ///
    /// `decoded` takes the decoded parameters of a presigned URL.
    /// Reused from request to request it makes parsing free of allocations.
    pub fn parse(request: &Request<'a>, decoded: &'a mut DecodeBuffer) -> Result<Self, Rejection> {
        let lines = header_form::Lines::find(request)?;
        let parameters = query_form::Parameters::find(request.query, decoded)?;
        // From here on the buffer is only read, so texts may point into it.
        let decoded: &'a DecodeBuffer = decoded;
        match (lines.authorization, parameters.mechanism()) {
            (None, None) => Err(Rejection::MissingAuthentication),
            (Some(value), None) => header_form::parse(request, value, &lines, &parameters, decoded),
            (None, Some(query_form::Mechanism::Version2)) => Err(Rejection::SignatureVersion2),
            (None, Some(query_form::Mechanism::Version4)) => {
                query_form::parse(request, &lines, &parameters, decoded)
            }
            (Some(value), Some(_)) => Err(Rejection::TwoMechanisms {
                authorization: String::from_utf8_lossy(value).into_owned(),
            }),
        }
    }

    /// Everything that can be checked without a key: time, scope, signed headers, one token.
    ///
    /// The result is what [`crate::verify`] asks for.
    pub fn check(&self, rules: &Rules<'_>, now: Timestamp) -> Result<Checked<'_>, Rejection> {
        Checked::new(self, rules, now)
    }

    /// The access key id as presented: the caller's claim, at most 128 bytes of anything but `/`.
    pub fn access_key_id(&self) -> &str {
        self.credential.access_key_id
    }

    /// The scope as presented.
    pub fn scope(&self) -> CredentialScope<'_> {
        self.credential.scope
    }

    /// Where the signature was found.
    pub const fn form(&self) -> AuthForm {
        self.form
    }

    /// When the request says it was signed.
    pub const fn signed_at(&self) -> Timestamp {
        self.date.at
    }

    /// The session token, from the header or the query; from both is refused.
    pub fn session_token(&self) -> Result<Option<&str>, Rejection> {
        match self.token {
            Token::Absent => Ok(None),
            Token::Header(token) | Token::Query(token) => Ok(Some(token)),
            Token::Twice => Err(Rejection::TwoTokens),
        }
    }

    /// `X-Amz-Content-Sha256` of a presigned URL.
    pub(crate) const fn query_content_sha256(&self) -> Option<&'a str> {
        self.query.content_sha256
    }
}

/// Without the token.
impl fmt::Debug for PresentedAuth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedAuth")
            .field("form", &self.form)
            .field("access_key_id", &self.credential.access_key_id)
            .field("scope", &self.credential.scope)
            .finish_non_exhaustive()
    }
}

/// The order of contract/sigv4.md section 10: an unsigned host is told before what follows it.
fn told_after_host(signed_headers: &str, later: Rejection) -> Rejection {
    if check::lists(signed_headers, "host") {
        later
    } else {
        Rejection::HeadersNotSigned { names: vec!["host".to_owned()] }
    }
}
