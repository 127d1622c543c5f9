//! Presigned URLs: strangers' are refused, and what our presigner signs verifies.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::signed::{REGION, SIGNER, header_lines, refuse, service, verified};
use rolecall_fuzz::{NOW, TextRequest};
use rolecall_sigv4::{Dialect, Header, PayloadHash, Rejection, Request, presign};
use sha2::{Digest as _, Sha256};

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = TextRequest::parse(bytes) else { return Corpus::Reject };
    let (path, query) = text.path_and_query();
    let (path, query) = (path.as_bytes(), query.as_bytes());
    let Some(headers) = header_lines(&text) else { return Corpus::Reject };
    refuse(&Request { method: text.method, path, query, headers: &headers }, text.body);
    if !is_of_a_signature(query) {
        for dialect in [Dialect::Query, Dialect::S3] {
            check_presigned(text.method, path, query, dialect);
        }
    }
    Corpus::Keep
});

fn check_presigned(method: &str, path: &[u8], query: &[u8], dialect: Dialect) {
    let payload = match dialect {
        Dialect::Query => PayloadHash::Sha256(Sha256::digest(b"").into()),
        Dialect::S3 => PayloadHash::Unsigned,
    };
    let headers = [Header { name: "host", value: b"example.amazonaws.com" }];
    let request = Request { method, path, query, headers: &headers };
    let service = service(dialect);
    let Ok(signed) = presign(&request, &payload, &SIGNER, REGION, service, 300, NOW) else {
        return;
    };
    let request = Request { query: signed.as_bytes(), ..request };
    match verified(&request, b"", dialect) {
        Ok(_) => {}
        Err(Rejection::NotCanonical(_) | Rejection::QueryMalformed(_)) => return,
        Err(other) => panic!("what was presigned is refused: {other}"),
    }
    for added in ["&a=b", "&X-Amz-Acl=public-read", "&prefix"] {
        let longer = format!("{signed}{added}");
        let longer = Request { query: longer.as_bytes(), ..request };
        assert!(verified(&longer, b"", dialect).is_err(), "more was asked for: {added}");
    }
    let last = if signed.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &signed[..signed.len() - 1]);
    let forged = Request { query: forged.as_bytes(), ..request };
    assert!(verified(&forged, b"", dialect).is_err(), "another signature");
}

/// Whether a query has parameters of a signature already, however they are written.
fn is_of_a_signature(query: &[u8]) -> bool {
    let mut decoded = Vec::new();
    let mut rest = query;
    while let Some((&byte, tail)) = rest.split_first() {
        let escape = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped.filter(|_| byte == b'%') {
            Some(escaped) => {
                decoded.push(escaped);
                rest = &tail[2..];
            }
            None => {
                decoded.push(byte);
                rest = tail;
            }
        }
    }
    [&b"X-Amz-"[..], b"AWSAccessKeyId"]
        .iter()
        .any(|name| decoded.windows(name.len()).any(|window| window == *name))
}
