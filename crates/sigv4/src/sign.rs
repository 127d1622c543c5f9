//! The signer: what our client and our tests put on requests.

use rolecall_identity::{Credentials, Timestamp};

use crate::canonical::{
    ALGORITHM, CanonicalError, CanonicalRequest, Dropped, HeaderIndex, Scratch, SignedHeadersFault,
};
use crate::encode;
use crate::key::{Signature, SigningKey};
use crate::payload::{CONTENT_SHA256, PayloadHash};
use crate::request::{Dialect, Header, Request};
use crate::scope::CredentialScope;

/// Signs a request: the value of its Authorization header.
///
/// The caller has put `host`, `x-amz-date` (of `now`), `x-amz-security-token` and, for S3,
/// `x-amz-content-sha256` among the headers. All headers are signed except those that proxies
/// change on the way.
pub fn sign(
    request: &Request<'_>,
    payload: &PayloadHash,
    credentials: &Credentials,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Result<String, CanonicalError> {
    let signing = Signing::new(credentials, region, service, now);
    let signed_headers = signed_headers(request.headers);
    let signature = signing.signature(request, &signed_headers, payload)?;
    Ok(format!(
        "{ALGORITHM} Credential={}, SignedHeaders={signed_headers}, Signature={signature}",
        signing.credential()
    ))
}

/// Presigns a request: its whole query, what it had included.
///
/// S3 takes [`PayloadHash::Unsigned`]; every other service takes the hash of its (empty) body.
/// `expires_seconds` is at most [`crate::PRESIGN_SECONDS_MAX`]. The headers, at least `host`, must
/// be sent with the request as they were given here.
pub fn presign(
    request: &Request<'_>,
    payload: &PayloadHash,
    credentials: &Credentials,
    region: &str,
    service: &str,
    expires_seconds: i64,
    now: Timestamp,
) -> Result<String, CanonicalError> {
    let signing = Signing::new(credentials, region, service, now);
    let signed_headers = signed_headers(request.headers);
    let mut query = request.query.to_vec();
    let mut push = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push(b'&');
        }
        query.extend_from_slice(name.as_bytes());
        query.push(b'=');
        encode::push_text(value.as_bytes(), &mut query);
    };
    push("X-Amz-Algorithm", ALGORITHM);
    push("X-Amz-Credential", &signing.credential());
    push("X-Amz-Date", &signing.amz_date);
    push("X-Amz-Expires", &expires_seconds.to_string());
    push("X-Amz-SignedHeaders", &signed_headers);
    if signing.dialect == Dialect::S3 && request.header(CONTENT_SHA256).is_none() {
        push("X-Amz-Content-Sha256", &payload.header_value());
    }
    if let Some(token) = &credentials.session_token {
        push("X-Amz-Security-Token", token.expose());
    }
    let signature =
        signing.signature(&Request { query: &query, ..*request }, &signed_headers, payload)?;
    query.extend_from_slice(format!("&X-Amz-Signature={signature}").as_bytes());
    // What the caller's query holds may be any bytes; what was added is ASCII.
    Ok(String::from_utf8_lossy(&query).into_owned())
}

/// Who signs, for what, and when.
struct Signing<'a> {
    credentials: &'a Credentials,
    dialect: Dialect,
    amz_date: String,
    region: &'a str,
    service: &'a str,
}

impl<'a> Signing<'a> {
    fn new(
        credentials: &'a Credentials,
        region: &'a str,
        service: &'a str,
        now: Timestamp,
    ) -> Self {
        let dialect = Dialect::of_service(service);
        Self { credentials, dialect, amz_date: now.amz_date().to_string(), region, service }
    }

    fn scope(&self) -> CredentialScope<'_> {
        let date = self.amz_date.get(..8).unwrap_or_default();
        CredentialScope { date, region: self.region, service: self.service }
    }

    fn credential(&self) -> String {
        let CredentialScope { date, region, service } = self.scope();
        let id = self.credentials.access_key_id;
        format!("{id}/{date}/{region}/{service}/aws4_request")
    }

    fn signature(
        &self,
        request: &Request<'_>,
        signed_headers: &str,
        payload: &PayloadHash,
    ) -> Result<Signature, CanonicalError> {
        let index = HeaderIndex::build(signed_headers, request.headers, |_| {}).map_err(
            |fault| match fault {
                SignedHeadersFault::Limit(limit) => limit,
                // Only a request without headers is told so: ours are listed from it and sorted.
                SignedHeadersFault::Absent(_) | SignedHeadersFault::Unsorted => {
                    CanonicalError::NoHeaders
                }
            },
        )?;
        let canonical = CanonicalRequest {
            request,
            query_is_canonical: None,
            dialect: self.dialect,
            dropped: Dropped::Nothing,
            signed_headers,
            index: &index,
            payload,
        };
        let mut scratch = Scratch::default();
        let amz_date = self.amz_date.as_bytes().try_into().unwrap_or(&[0; 16]);
        canonical.write(amz_date, &self.scope(), &mut scratch)?;
        let key = SigningKey::derive(&self.credentials.secret_access_key, &self.scope());
        Ok(key.sign(&scratch.string_to_sign))
    }
}

/// The names to sign, sorted and joined.
fn signed_headers(headers: &[Header<'_>]) -> String {
    let mut names: Vec<_> =
        headers.iter().map(|header| header.name).filter(|name| !is_never_signed(name)).collect();
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

/// What botocore or the C library behind the CRT clients never sign: the union of both.
///
/// Source: contract/sigv4.md section 1. `authorization` is the signature itself.
fn is_never_signed(name: &str) -> bool {
    matches!(
        name,
        "authorization"
            | "connection"
            | "expect"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "sec-websocket-key"
            | "sec-websocket-protocol"
            | "sec-websocket-version"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "user-agent"
            | "x-amzn-trace-id"
    )
}
