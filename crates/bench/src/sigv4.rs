//! The two requests of contract/sigv4.md section 15, their signing key cached.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rolecall_identity::{Credentials, SecretAccessKey, SessionToken, Timestamp};
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rejection, Request, Rules, Scratch,
    SigningKey, presign, sign, verify,
};
use sha2::{Digest as _, Sha256};

use crate::{Workload, forever};

pub(crate) fn workloads() -> Vec<Workload> {
    [("verify, header form", header_form()), ("verify, presigned", presigned())]
        .map(|(name, request)| {
            let key = SigningKey::derive(&credentials(SECRET).secret_access_key, &SCOPE);
            let floor = floor(request, key.clone());
            let (mut scratch, mut decoded) = (Scratch::default(), DecodeBuffer::default());
            let ours = move || {
                verified(request, &key, &mut scratch, &mut decoded).unwrap();
            };
            Workload::new(name, ours)
                .floor(floor)
                .at_most_nanoseconds(NANOSECONDS_MAX)
                .without_allocations()
        })
        .into()
}

/// Source: the project's targets.
const NANOSECONDS_MAX: f64 = 2500.0;

fn verified(
    request: Request<'_>,
    key: &SigningKey,
    scratch: &mut Scratch,
    decoded: &mut DecodeBuffer,
) -> Result<(), Rejection> {
    let presented = PresentedAuth::parse(&request, decoded)?;
    let checked = presented.check(&Rules::new(Dialect::S3, SCOPE.service), NOW)?;
    let payload = PayloadHash::declared_s3(&checked)?;
    black_box(verify(&checked, payload, key, scratch, ())?);
    Ok(())
}

/// SHA-256 of the canonical bytes, in hexadecimal, and HMAC with a keyed state.
fn floor(request: Request<'static>, key: SigningKey) -> impl FnMut() {
    let wrong = SigningKey::derive(&SecretAccessKey::new("wrong"), &SCOPE);
    let refused = verified(request, &wrong, &mut Scratch::default(), &mut DecodeBuffer::default());
    let refused = refused.unwrap_err();
    let mismatch = refused.mismatch().unwrap();
    let canonical = mismatch.canonical_request.clone().into_bytes();
    let mut string_to_sign = mismatch.string_to_sign.clone().into_bytes();
    move || {
        let digest = Sha256::digest(black_box(&canonical));
        let at = string_to_sign.len() - 64;
        hex::encode_to_slice(digest, &mut string_to_sign[at..]).unwrap();
        black_box(key.sign(&string_to_sign));
    }
}

fn header_form() -> Request<'static> {
    let credentials = credentials(SECRET);
    let token = credentials.session_token.clone().unwrap();
    let mut headers = vec![
        Header { name: "host", value: b"127.0.0.1:4566" },
        Header { name: "accept-encoding", value: b"identity" },
        Header { name: "range", value: b"bytes=0-1048575" },
        Header { name: "x-amz-checksum-mode", value: b"ENABLED" },
        Header { name: "user-agent", value: b"Boto3/1.42.0 md/Botocore#1.42.0 ua/2.1 lang/python" },
        Header { name: "x-amz-date", value: b"20261122T100000Z" },
        Header { name: "x-amz-security-token", value: forever(token).expose().as_bytes() },
        Header { name: "x-amz-content-sha256", value: EMPTY_SHA256.as_bytes() },
        Header { name: "amz-sdk-invocation-id", value: b"3b8a1dd4-5f8f-4bd5-8f8a-1a2b3c4d5e6f" },
        Header { name: "amz-sdk-request", value: b"attempt=1" },
    ];
    let signed: Vec<_> =
        headers.iter().copied().filter(|header| header.name != "accept-encoding").collect();
    let bare = Request { method: "GET", path: PATH, query: b"", headers: &signed };
    let payload = PayloadHash::of_body(&bare, b"").unwrap();
    let value = sign(&bare, &payload, &credentials, SCOPE.region, SCOPE.service, NOW).unwrap();
    headers.push(Header { name: "authorization", value: forever(value).as_bytes() });
    Request { method: "GET", path: PATH, query: b"", headers: forever(headers) }
}

fn presigned() -> Request<'static> {
    let headers: &[Header<'_>] = &[Header { name: "host", value: b"127.0.0.1:4566" }];
    let bare = Request { method: "GET", path: PATH, query: b"", headers };
    let (credentials, region, service) = (credentials(SECRET), SCOPE.region, SCOPE.service);
    let unsigned = PayloadHash::Unsigned;
    let query = presign(&bare, &unsigned, &credentials, region, service, 3600, NOW).unwrap();
    Request { query: forever(query).as_bytes(), ..bare }
}

fn credentials(secret: &str) -> Credentials {
    // 856 characters, as AWS's own tokens have.
    let token: Vec<u8> = (0..642_u32).map(|i| Sha256::digest(i.to_le_bytes())[0]).collect();
    Credentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".parse().unwrap(),
        secret_access_key: SecretAccessKey::new(secret),
        session_token: Some(SessionToken::new(STANDARD.encode(token))),
        expiration: None,
    }
}

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SCOPE: rolecall_sigv4::CredentialScope<'_> =
    rolecall_sigv4::CredentialScope { date: "20261122", region: "us-east-1", service: "s3" };
/// 2026-11-22T10:00:00Z
const NOW: Timestamp = Timestamp::from_seconds(1_795_341_600);
const PATH: &[u8] = b"/examplebucket/photos/2026/11/hello.txt";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
