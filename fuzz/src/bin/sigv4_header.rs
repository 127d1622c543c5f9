//! The `Authorization` header: strangers are refused, and what our signer signs verifies.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::signed::{REGION, SIGNER, header_lines, refuse, service, verified};
use rolecall_fuzz::{NOW, TextRequest};
use rolecall_sigv4::{Dialect, Header, PayloadHash, Rejection, Request, sign};
use sha2::{Digest as _, Sha256};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = TextRequest::parse(bytes) else { return Corpus::Reject };
    let (path, query) = text.path_and_query();
    let (path, query) = (path.as_bytes(), query.as_bytes());
    let Some(headers) = header_lines(&text) else { return Corpus::Reject };
    refuse(&Request { method: text.method, path, query, headers: &headers }, text.body);
    for dialect in [Dialect::Query, Dialect::S3] {
        check_signed(text.method, path, query, &headers, text.body, dialect);
    }
    Corpus::Keep
});

/// The headers that a signer sets itself.
const OWN: [&str; 4] = ["authorization", "host", "x-amz-content-sha256", "x-amz-date"];

fn check_signed(
    method: &str,
    path: &[u8],
    query: &[u8],
    headers: &[Header<'_>],
    body: &[u8],
    dialect: Dialect,
) {
    let payload = PayloadHash::Sha256(Sha256::digest(body).into());
    let (date, hash) = (NOW.amz_date().to_string(), payload.header_value());
    let mut lines: Vec<_> =
        headers.iter().copied().filter(|header| !OWN.contains(&header.name)).collect();
    lines.push(Header { name: "host", value: b"example.amazonaws.com" });
    lines.push(Header { name: "x-amz-date", value: date.as_bytes() });
    lines.push(Header { name: "x-amz-content-sha256", value: hash.as_bytes() });
    let request = Request { method, path, query, headers: &lines };
    let Ok(authorization) = sign(&request, &payload, &SIGNER, REGION, service(dialect), NOW) else {
        return;
    };
    let mut signed = lines.clone();
    signed.push(Header { name: "authorization", value: authorization.as_bytes() });
    let request = Request { headers: &signed, ..request };
    match verified(&request, body, dialect) {
        Ok(verified) => assert_eq!(verified.payload(), payload),
        // The query holds another signature or token, or the request is past a limit.
        Err(
            Rejection::NotCanonical(_)
            | Rejection::QueryMalformed(_)
            | Rejection::TokenInvalid
            | Rejection::TwoMechanisms { .. }
            | Rejection::TwoTokens,
        ) => return,
        Err(other) => panic!("what was signed is refused: {other}"),
    }
    let other = Request { method: if method == "GET" { "PUT" } else { "GET" }, ..request };
    let mismatch = verified(&other, body, dialect).expect_err("another method");
    assert!(matches!(mismatch, Rejection::SignatureMismatch(_)), "{mismatch}");
    let host = Header { name: "host", value: b"another.amazonaws.com" };
    let moved: Vec<_> = signed.iter().map(|&h| if h.name == "host" { host } else { h }).collect();
    let moved = Request { headers: &moved, ..request };
    assert!(verified(&moved, body, dialect).is_err(), "another host");
}
