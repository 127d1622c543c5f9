//! `X-Amz-Algorithm=…&X-Amz-Credential=…&…`: presigned URLs.

use std::ops::Range;

use super::date::SignedDate;
use super::header_form::Lines;
use super::{AuthForm, PresentedAuth, QueryOnly, told_after_host};
use crate::canonical::{ALGORITHM, pieces, split_piece};
use crate::encode;
use crate::rejection::{MissingParts, Rejection};
use crate::request::Request;
use crate::scope::Credential;

/// Holds the decoded parameters of a presigned URL.
///
/// Reuse it from request to request; without such parameters it stays empty and costs nothing.
#[derive(Default)]
pub struct DecodeBuffer(Vec<u8>);

/// Where the parameters that authentication reads stand, decoded. Of a duplicate the first wins.
#[derive(Default)]
pub(super) struct Parameters {
    algorithm: Option<Range<usize>>,
    content_sha256: Option<Range<usize>>,
    credential: Option<Range<usize>>,
    date: Option<Range<usize>>,
    expires: Option<Range<usize>>,
    security_token: Option<Range<usize>>,
    signature: Option<Range<usize>>,
    signed_headers: Option<Range<usize>>,
    version2: bool,
    pub(super) escapes_are_canonical: bool,
}

/// Which signature a query carries.
pub(super) enum Mechanism {
    Version2,
    Version4,
}

impl Parameters {
    /// Walks the query once, decoding into the buffer what is ours.
    pub(super) fn find(query: &[u8], buffer: &mut DecodeBuffer) -> Result<Self, Rejection> {
        let mut found = Self { escapes_are_canonical: true, ..Self::default() };
        let (mut key_id, mut signature) = (false, false);
        buffer.clear();
        for piece in pieces(query) {
            let (name, value) = split_piece(piece);
            let mut decoded = [0; NAME_BYTES_MAX];
            let (name, mut canonical) = decode_name(name, &mut decoded)?;
            key_id |= name == b"AWSAccessKeyId";
            signature |= name == b"Signature";
            match found.slot(name) {
                Some(slot @ None) => {
                    let (range, is_canonical) = buffer.push(value)?;
                    canonical &= is_canonical;
                    *slot = Some(range);
                }
                Some(Some(_)) | None => canonical &= judge(value)?,
            }
            found.escapes_are_canonical &= canonical;
        }
        found.version2 = key_id && signature;
        Ok(found)
    }

    /// The signature that the query carries, if any.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        let version4 = self.algorithm.is_some() || self.credential.is_some();
        match (version4, self.version2) {
            (true, _) => Some(Mechanism::Version4),
            (false, true) => Some(Mechanism::Version2),
            (false, false) => None,
        }
    }

    /// The decoded token.
    pub(super) fn token<'a>(&self, buffer: &'a DecodeBuffer) -> Result<Option<&'a str>, Rejection> {
        let token = self.security_token.clone();
        token.map(|range| buffer.text(range).ok_or(Rejection::TokenInvalid)).transpose()
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Range<usize>>> {
        match name.strip_prefix(b"X-Amz-")? {
            b"Algorithm" => Some(&mut self.algorithm),
            b"Content-Sha256" => Some(&mut self.content_sha256),
            b"Credential" => Some(&mut self.credential),
            b"Date" => Some(&mut self.date),
            b"Expires" => Some(&mut self.expires),
            b"Security-Token" => Some(&mut self.security_token),
            b"Signature" => Some(&mut self.signature),
            b"SignedHeaders" => Some(&mut self.signed_headers),
            _ => None,
        }
    }

    fn missing(&self) -> MissingParts {
        MissingParts {
            algorithm: self.algorithm.is_none(),
            credential: self.credential.is_none(),
            signature: self.signature.is_none(),
            signed_headers: self.signed_headers.is_none(),
            date: self.date.is_none(),
            ..MissingParts::default()
        }
    }
}

/// Parses the query form.
pub(super) fn parse<'a>(
    request: &Request<'a>,
    lines: &Lines<'a>,
    parameters: &Parameters,
    buffer: &'a DecodeBuffer,
) -> Result<PresentedAuth<'a>, Rejection> {
    let (Some(algorithm), Some(credential), Some(date), Some(signature), Some(signed_headers)) = (
        &parameters.algorithm,
        &parameters.credential,
        &parameters.date,
        &parameters.signature,
        &parameters.signed_headers,
    ) else {
        return Err(Rejection::QueryPartsMissing(parameters.missing()));
    };
    let algorithm = buffer.bytes(algorithm.clone());
    if algorithm != ALGORITHM.as_bytes() {
        return Err(Rejection::AlgorithmUnsupported {
            algorithm: String::from_utf8_lossy(algorithm).into_owned(),
            authorization: String::new(),
            form: AuthForm::Query,
        });
    }
    let [credential, date, signature, signed_headers] =
        [credential, date, signature, signed_headers].map(|range| buffer.text(range.clone()));
    let [expires, content_sha256] = [&parameters.expires, &parameters.content_sha256]
        .map(|range| range.clone().map(|range| buffer.text(range)));
    let signed_headers = signed_headers.unwrap_or_default();
    let after_host = |later| told_after_host(signed_headers, later);
    let date = parse_date(date).map_err(after_host)?;
    let credential = parse_credential(credential).map_err(after_host)?;
    let token = parameters.token(buffer)?;
    let query = QueryOnly {
        // Bytes that are no text are no number and no hash either.
        expires: expires.map(Option::unwrap_or_default),
        content_sha256: content_sha256.map(Option::unwrap_or_default),
    };
    Ok(PresentedAuth {
        request: *request,
        query_is_canonical: parameters.escapes_are_canonical,
        form: AuthForm::Query,
        credential,
        signed_headers,
        signature: signature.unwrap_or_default(),
        date,
        token: lines.token(token)?,
        query,
    })
}

impl DecodeBuffer {
    fn clear(&mut self) {
        self.0.clear();
        self.0.shrink_to(RETAINED_BYTES_MAX);
    }

    /// Appends a decoded value: where it stands, and whether its escapes are canonical.
    fn push(&mut self, value: &[u8]) -> Result<(Range<usize>, bool), Rejection> {
        let start = self.0.len();
        let canonical = encode::decode_query_into(value, &mut self.0);
        Ok((start..self.0.len(), canonical.map_err(Rejection::QueryMalformed)?))
    }

    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    fn text(&self, range: Range<usize>) -> Option<&str> {
        str::from_utf8(self.bytes(range)).ok()
    }
}

/// Refuses a text with a broken escape; otherwise whether its escapes are as SigV4 writes them.
fn judge(text: &[u8]) -> Result<bool, Rejection> {
    if encode::escapes_are_canonical(text, None) {
        return Ok(true);
    }
    encode::check_escapes(text).map_err(Rejection::QueryMalformed)?;
    Ok(false)
}

/// A name that holds an escape is compared as what it means, and judged. A longer one is none of
/// ours.
fn decode_name<'b>(
    name: &'b [u8],
    decoded: &'b mut [u8; NAME_BYTES_MAX],
) -> Result<(&'b [u8], bool), Rejection> {
    if memchr::memchr(b'%', name).is_none() {
        return Ok((name, true));
    }
    let canonical = judge(name)?;
    let mut len = 0;
    for byte in encode::decode_query(name) {
        let Some(slot) = decoded.get_mut(len) else { return Ok((name, canonical)) };
        *slot = byte;
        len += 1;
    }
    Ok((decoded.get(..len).unwrap_or_default(), canonical))
}

fn parse_date(sent: Option<&str>) -> Result<SignedDate<'_>, Rejection> {
    let sent = sent.unwrap_or_default();
    SignedDate::parse_basic(sent)
        .ok_or_else(|| Rejection::DateMalformed { got: sent.to_owned(), form: AuthForm::Query })
}

fn parse_credential(sent: Option<&str>) -> Result<Credential<'_>, Rejection> {
    let sent = sent.unwrap_or_default();
    Credential::parse(sent).ok_or_else(|| Rejection::CredentialMalformed {
        got: sent.to_owned(),
        form: AuthForm::Query,
    })
}

/// Longer than any parameter name of ours.
const NAME_BYTES_MAX: usize = 32;

/// How much the buffer keeps between requests. LIMIT: ours.
const RETAINED_BYTES_MAX: usize = 64 * 1024;
