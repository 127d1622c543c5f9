//! `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`

use super::date::SignedDate;
use super::query_form::{DecodeBuffer, Parameters};
use super::{AuthForm, PresentedAuth, QueryOnly, Token, told_after_host};
use crate::canonical::{ALGORITHM, CanonicalError};
use crate::rejection::{MissingParts, Rejection};
use crate::request::Request;
use crate::scope::Credential;
use crate::split::{split, split_once};

/// Longest Authorization header. LIMIT: ours; 64 signed names of 40 bytes fit.
pub const AUTHORIZATION_BYTES_MAX: usize = 4096;

/// The header lines that authentication reads, found in one walk.
#[derive(Default)]
pub(super) struct Lines<'a> {
    pub(super) authorization: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    amz_date: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
    token_twice: bool,
}

/// The three components.
#[derive(Default)]
struct Components<'a> {
    credential: Option<&'a str>,
    signature: Option<&'a str>,
    signed_headers: Option<&'a str>,
}

impl<'a> Lines<'a> {
    /// Finds the lines. A second Authorization is a second mechanism.
    pub(super) fn find(request: &Request<'a>) -> Result<Self, Rejection> {
        let mut lines = Self::default();
        for header in request.headers {
            match header.name {
                "authorization" if lines.authorization.is_some() => {
                    let authorization = String::from_utf8_lossy(header.value).into_owned();
                    return Err(Rejection::TwoMechanisms { authorization });
                }
                "authorization" => lines.authorization = Some(header.value),
                "date" if lines.date.is_none() => lines.date = Some(header.value),
                "x-amz-date" if lines.amz_date.is_some() => {
                    let got = String::from_utf8_lossy(header.value).into_owned();
                    return Err(Rejection::DateMalformed { got, form: AuthForm::Header });
                }
                "x-amz-date" => lines.amz_date = Some(header.value),
                "x-amz-security-token" => {
                    lines.token_twice = lines.token.replace(header.value).is_some();
                }
                _ => {}
            }
        }
        Ok(lines)
    }

    /// The token of header and query together.
    pub(super) fn token(&self, query: Option<&'a str>) -> Result<Token<'a>, Rejection> {
        match (self.token, query) {
            (Some(_), Some(_)) => Ok(Token::Twice),
            (Some(_), None) if self.token_twice => Ok(Token::Twice),
            (Some(value), None) => match str::from_utf8(value) {
                Ok(token) => Ok(Token::Header(token.trim_ascii())),
                Err(_) => Err(Rejection::TokenInvalid),
            },
            (None, Some(token)) => Ok(Token::Query(token)),
            (None, None) => Ok(Token::Absent),
        }
    }
}

/// Parses the header form.
pub(super) fn parse<'a>(
    request: &Request<'a>,
    value: &'a [u8],
    lines: &Lines<'a>,
    parameters: &Parameters,
    decoded: &'a DecodeBuffer,
) -> Result<PresentedAuth<'a>, Rejection> {
    if value.len() > AUTHORIZATION_BYTES_MAX {
        let max = AUTHORIZATION_BYTES_MAX;
        return Err(CanonicalError::Limit { what: "bytes of Authorization", max }.into());
    }
    let whole = str::from_utf8(value).map(str::trim_ascii).map_err(|_| {
        let authorization = String::from_utf8_lossy(value).into_owned();
        Rejection::AuthorizationSpace { authorization }
    })?;
    let components = components(whole)?;
    let date = lines.amz_date.or(lines.date);
    let missing = MissingParts {
        credential: components.credential.is_none(),
        signature: components.signature.is_none(),
        signed_headers: components.signed_headers.is_none(),
        date: date.is_none(),
        ..MissingParts::default()
    };
    let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
        (components.credential, components.signature, components.signed_headers, date)
    else {
        return Err(Rejection::HeaderPartsMissing(missing));
    };
    let after_host = |later| told_after_host(signed_headers, later);
    let date = parse_date(date, lines.amz_date.is_none()).map_err(after_host)?;
    let credential = Credential::parse(credential).ok_or_else(|| {
        let got = credential.to_owned();
        after_host(Rejection::CredentialMalformed { got, form: AuthForm::Header })
    })?;
    let query_token = parameters.token(decoded)?;
    Ok(PresentedAuth {
        request: *request,
        query_is_canonical: parameters.escapes_are_canonical,
        form: AuthForm::Header,
        credential,
        signed_headers,
        signature,
        date,
        token: lines.token(query_token)?,
        query: QueryOnly::default(),
    })
}

/// Splits the value at the algorithm and into components. Of a duplicate the last wins.
fn components(whole: &str) -> Result<Components<'_>, Rejection> {
    let authorization = || whole.to_owned();
    let (algorithm, rest) = match split_once(whole, b' ') {
        Some(("AWS", _)) => return Err(Rejection::SignatureVersion2),
        Some(parts) => parts,
        None if whole == ALGORITHM => (whole, ""),
        None => return Err(Rejection::AuthorizationSpace { authorization: authorization() }),
    };
    if algorithm != ALGORITHM {
        let (algorithm, form) = (algorithm.to_owned(), AuthForm::Header);
        let authorization = authorization();
        return Err(Rejection::AlgorithmUnsupported { algorithm, authorization, form });
    }
    let mut components = Components::default();
    if rest.trim_ascii().is_empty() {
        return Ok(components);
    }
    for part in split(rest, b',').map(str::trim_ascii) {
        let Some((key, value)) = split_once(part, b'=') else {
            let part = part.to_owned();
            return Err(Rejection::ComponentMalformed { part, authorization: authorization() });
        };
        match key {
            "Credential" => components.credential = Some(value),
            "Signature" => components.signature = Some(value),
            "SignedHeaders" => components.signed_headers = Some(value),
            _ => {}
        }
    }
    Ok(components)
}

fn parse_date(sent: &[u8], from_date_header: bool) -> Result<SignedDate<'_>, Rejection> {
    let text = str::from_utf8(sent).ok().map(str::trim_ascii);
    text.and_then(|text| SignedDate::parse_header(text, from_date_header)).ok_or_else(|| {
        let got = String::from_utf8_lossy(sent).into_owned();
        Rejection::DateMalformed { got, form: AuthForm::Header }
    })
}
