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
/// Reuse it from request to request; with the header form it stays empty and costs nothing.
#[derive(Default)]
pub struct DecodeBuffer(Vec<u8>);

/// The parameters that authentication reads, still encoded. Of a duplicate the first wins.
#[derive(Default)]
pub(super) struct Parameters<'a> {
    algorithm: Option<&'a [u8]>,
    content_sha256: Option<&'a [u8]>,
    credential: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
    expires: Option<&'a [u8]>,
    security_token: Option<&'a [u8]>,
    signature: Option<&'a [u8]>,
    signed_headers: Option<&'a [u8]>,
    version2: bool,
    pub(super) escapes_are_canonical: bool,
}

/// Which signature a query carries.
pub(super) enum Mechanism {
    Version2,
    Version4,
}

impl<'a> Parameters<'a> {
    /// Walks the query once.
    pub(super) fn find(query: &'a [u8]) -> Result<Self, Rejection> {
        let escapes_are_canonical = encode::escapes_are_canonical(query, None);
        if !escapes_are_canonical {
            encode::check_escapes(query).map_err(Rejection::QueryMalformed)?;
        }
        let mut found = Self { escapes_are_canonical, ..Self::default() };
        let (mut key_id, mut signature) = (false, false);
        for piece in pieces(query) {
            let (name, value) = split_piece(piece);
            let mut decoded = [0; NAME_BYTES_MAX];
            let name = decode_name(name, &mut decoded);
            key_id |= name == b"AWSAccessKeyId";
            signature |= name == b"Signature";
            if let Some(slot) = found.slot(name) {
                slot.get_or_insert(value);
            }
        }
        found.version2 = key_id && signature;
        Ok(found)
    }

    /// The signature that the query carries, if any.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        let version4 = self.algorithm.or(self.credential).is_some();
        match (version4, self.version2) {
            (true, _) => Some(Mechanism::Version4),
            (false, true) => Some(Mechanism::Version2),
            (false, false) => None,
        }
    }

    /// The decoded token alone, for the header form.
    pub(super) fn decode_token(
        &self,
        buffer: &'a mut DecodeBuffer,
    ) -> Result<Option<&'a str>, Rejection> {
        let Some(token) = self.security_token else { return Ok(None) };
        buffer.clear();
        let range = buffer.push(token);
        buffer.text(range).map(Some).ok_or(Rejection::TokenInvalid)
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<&'a [u8]>> {
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
    parameters: &Parameters<'a>,
    buffer: &'a mut DecodeBuffer,
) -> Result<PresentedAuth<'a>, Rejection> {
    let (Some(algorithm), Some(credential), Some(date), Some(signature), Some(signed_headers)) = (
        parameters.algorithm,
        parameters.credential,
        parameters.date,
        parameters.signature,
        parameters.signed_headers,
    ) else {
        return Err(Rejection::QueryPartsMissing(parameters.missing()));
    };
    if algorithm != ALGORITHM.as_bytes() {
        return Err(Rejection::AlgorithmUnsupported {
            algorithm: String::from_utf8_lossy(algorithm).into_owned(),
            authorization: String::new(),
            form: AuthForm::Query,
        });
    }
    buffer.clear();
    let required = [credential, date, signature, signed_headers].map(|value| buffer.push(value));
    let optional = [parameters.expires, parameters.content_sha256, parameters.security_token]
        .map(|value| value.map(|value| buffer.push(value)));
    // From here on the buffer is only read, so the texts may point into it.
    let buffer: &'a DecodeBuffer = buffer;
    let [credential, date, signature, signed_headers] = required.map(|range| buffer.text(range));
    let [expires, content_sha256, token] =
        optional.map(|range| range.map(|range| buffer.text(range)));
    let signed_headers = signed_headers.unwrap_or_default();
    let after_host = |later| told_after_host(signed_headers, later);
    let date = parse_date(date).map_err(after_host)?;
    let credential = parse_credential(credential).map_err(after_host)?;
    let token = token.map(|token| token.ok_or(Rejection::TokenInvalid)).transpose()?;
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

    /// Appends a decoded value and says where it stands.
    fn push(&mut self, value: &[u8]) -> Range<usize> {
        let start = self.0.len();
        // LIMIT: a decoded value is never longer than what was received.
        self.0.reserve(value.len());
        let mut rest = value;
        while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
            let (plain, special) = rest.split_at(at);
            self.0.extend_from_slice(plain);
            let (byte, after) = encode::decode_first(special);
            self.0.push(byte);
            rest = after;
        }
        self.0.extend_from_slice(rest);
        start..self.0.len()
    }

    fn text(&self, range: Range<usize>) -> Option<&str> {
        str::from_utf8(self.0.get(range)?).ok()
    }
}

/// A name that holds an escape is compared as what it means. A longer one is none of ours.
fn decode_name<'b>(name: &'b [u8], decoded: &'b mut [u8; NAME_BYTES_MAX]) -> &'b [u8] {
    if memchr::memchr(b'%', name).is_none() {
        return name;
    }
    let mut len = 0;
    for byte in encode::decode_query(name) {
        let Some(slot) = decoded.get_mut(len) else { return name };
        *slot = byte;
        len += 1;
    }
    decoded.get(..len).unwrap_or_default()
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
