//! Contract section 17: each known vulnerability of verifiers, for both forms of authentication.

use rolecall_sigv4::*;

use crate::support::{Endpoint, REGION, Sent, TOKEN};

const SERVICES: [&str; 2] = ["s3", "sts"];

fn put() -> Sent {
    Sent::new("PUT", "/bucket/key?a=1&b=2").header("x-amz-meta-q", "v").body("body")
}

/// Both forms, both dialects: the change must be refused with the code of the service.
fn refused(what: &str, change: impl Fn(&mut Sent), s3: &str, query: &str) {
    for service in SERVICES {
        let endpoint = Endpoint::new(service);
        for mut signed in endpoint.both(&put()) {
            assert!(endpoint.verify(&signed).is_ok(), "{what}: {signed:?}");
            change(&mut signed);
            let code = if endpoint.dialect == Dialect::S3 { s3 } else { query };
            assert_eq!(endpoint.code(&signed), code, "{service}: {what}");
        }
    }
}

/// Test no. 1: a leaked presigned PUT must not copy another object.
#[test]
fn unsigned_amz_headers_are_refused() {
    for name in
        ["x-amz-copy-source", "x-amz-acl", "x-amz-meta-other", "x-amz-tagging", "x-amz-date"]
    {
        let add = |request: &mut Sent| {
            request.headers.push((name.to_owned(), b"/bucket/other".to_vec()));
        };
        for service in SERVICES {
            let endpoint = Endpoint::new(service);
            for mut signed in endpoint.both(&put()) {
                add(&mut signed);
                let rejection = endpoint.verify(&signed).unwrap_err();
                // A second date line of the header form is a malformed date.
                if !matches!(rejection, Rejection::DateMalformed { .. }) {
                    let names = vec![name.to_owned()];
                    assert_eq!(rejection, Rejection::HeadersNotSigned { names });
                }
            }
        }
    }
}

#[test]
fn an_unsigned_token_is_refused_by_s3() {
    let endpoint = Endpoint::new("s3").with_session();
    let bare = Endpoint { token: None, ..endpoint.clone() };
    for signed in bare.both(&put()) {
        let sent = signed.header("x-amz-security-token", TOKEN);
        assert_eq!(endpoint.code(&sent), "AccessDenied");
    }
    let mut query = bare.presign(&put(), 60);
    query.append_query(&format!("X-Amz-Security-Token={}", TOKEN.replace('+', "%2B")));
    assert_eq!(endpoint.code(&query), "SignatureDoesNotMatch");
}

#[test]
fn an_appended_signature_is_part_of_the_query() {
    let (s3, sts) = ("SignatureDoesNotMatch", "SignatureDoesNotMatch");
    refused("X-Amz-Signature", |r| r.append_query("X-Amz-Signature=0"), s3, sts);
    refused("escaped", |r| r.append_query("X-Amz-Signatur%65=0"), s3, sts);
}

#[test]
fn the_list_of_signed_headers_is_strict() {
    let edit = |from: &'static str, to: &'static str| {
        move |request: &mut Sent| {
            if request.headers.iter().any(|header| header.0 == "authorization") {
                request.replace_authorization(from, to);
            } else {
                request.replace_query(from, &to.replace(';', "%3B"));
            }
        }
    };
    refused("host", edit("host", "hostess"), "AccessDenied", "SignatureDoesNotMatch");
    let code = "SignatureDoesNotMatch";
    refused("empty name", edit("host", "host;"), code, code);
    refused("duplicate", edit("host", "host;host"), code, code);
    refused("unsorted", edit("host", "host;content"), code, code);
    refused("absent", edit("host", "host;i-am-absent"), code, code);
    refused("upper case", edit("host", "Expect;host"), code, code);
    refused("no host line", |r| r.headers.retain(|h| h.0 != "host"), code, code);
}

#[test]
fn a_signed_header_cannot_change() {
    let code = "SignatureDoesNotMatch";
    refused("value", |r| r.set("x-amz-meta-q", "w"), code, code);
    refused("second line", |r| r.headers.push(("host".into(), b"x".to_vec())), code, code);
    refused("method", |r| r.method = "GET".into(), code, code);
    refused("method case", |r| r.method = "put".into(), code, code);
    refused("path", |r| r.path = b"/bucket/other".to_vec(), code, code);
    refused("query", |r| r.replace_query("a=1", "a=2"), code, code);
    refused("query case", |r| r.replace_query("a=1", "A=1"), code, code);
    refused("query gone", |r| r.replace_query("a=1&", ""), code, code);
    refused("query twice", |r| r.append_query("a=1"), code, code);
}

#[test]
fn a_body_is_bound() {
    let s3 = Endpoint::new("s3");
    let mut signed = s3.sign(&put());
    signed.body = b"other".to_vec();
    assert_eq!(s3.code(&signed), "XAmzContentSHA256Mismatch");
    let sts = Endpoint::new("sts");
    for mut signed in sts.both(&put()) {
        signed.body = b"other".to_vec();
        assert_eq!(sts.code(&signed), "SignatureDoesNotMatch");
    }
}

#[test]
fn an_unsigned_payload_is_refused_outside_of_s3() {
    for service in ["sts", "iam"] {
        let endpoint = Endpoint::new(service);
        let declared = put().header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        let signed = endpoint.sign_payload(&declared, PayloadHash::Unsigned);
        assert_eq!(endpoint.code(&signed), "SignatureDoesNotMatch");
        let bare = endpoint.sign_payload(&put(), PayloadHash::Unsigned);
        assert_eq!(endpoint.code(&bare), "SignatureDoesNotMatch");
    }
}

/// The header is compared with the body even where the signature would let it pass.
#[test]
fn a_declared_hash_of_another_body_is_refused() {
    let endpoint = Endpoint::new("sts");
    let other = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let signed = endpoint.sign(&put().header("x-amz-content-sha256", other));
    let rejection = endpoint.verify(&signed).unwrap_err();
    assert!(matches!(rejection, Rejection::ContentMismatch { .. }), "{rejection:?}");
}

/// A caller that forgets to ask for the token, or passes a wrong payload, is refused all the same.
#[test]
fn the_steps_do_not_rely_on_their_caller() {
    let endpoint = Endpoint::new("sts").with_session();
    let rules = Rules::new(Dialect::Query, "sts");
    let check = |sent: &Sent, payload: Option<PayloadHash>| {
        sent.with(|request| {
            let mut decoded = DecodeBuffer::default();
            let presented = PresentedAuth::parse(request, &mut decoded)?;
            let checked = presented.check(&rules, endpoint.now)?;
            let secret = endpoint.credentials().secret_access_key;
            let key = SigningKey::derive(&secret, &presented.scope());
            let payload = payload.map_or_else(|| PayloadHash::of_body(request, b""), Ok)?;
            verify(&checked, payload, &key, &mut Scratch::default(), ())
        })
    };
    let get = Sent::new("GET", "/");
    assert!(check(&endpoint.sign(&get), None).is_ok());
    let twice = endpoint.sign(&get).header("x-amz-security-token", TOKEN);
    assert_eq!(check(&twice, None).unwrap_err(), Rejection::TwoTokens);
    let unsigned = endpoint.sign_payload(&get, PayloadHash::Unsigned);
    let refused = check(&unsigned, Some(PayloadHash::Unsigned)).unwrap_err();
    assert_eq!(refused, Rejection::ContentSha256Invalid);
}

#[test]
fn a_token_belongs_to_its_key() {
    for (service, invalid, missing, unexpected) in [
        ("s3", "InvalidToken", "InvalidAccessKeyId", "InvalidToken"),
        ("sts", "InvalidClientTokenId", "InvalidClientTokenId", "InvalidClientTokenId"),
    ] {
        let ours = Endpoint::new(service).with_session();
        let other = Endpoint { token: Some("another session".into()), ..ours.clone() };
        let bare = Endpoint { token: None, ..ours.clone() };
        for (signer, endpoint, code) in
            [(&other, &ours, invalid), (&bare, &ours, missing), (&ours, &bare, unexpected)]
        {
            for signed in signer.both(&put()) {
                assert_eq!(endpoint.code(&signed), code, "{service}");
            }
        }
        for signed in ours.both(&put()) {
            assert!(ours.verify(&signed).is_ok());
        }
    }
}

#[test]
fn two_tokens_are_refused() {
    for (service, code) in [("s3", "InvalidArgument"), ("sts", "InvalidClientTokenId")] {
        let endpoint = Endpoint::new(service).with_session();
        let mut request = put();
        request.append_query("X-Amz-Security-Token=x");
        assert_eq!(endpoint.code(&endpoint.sign(&request)), code);
        let request = put().header("x-amz-security-token", TOKEN);
        assert_eq!(endpoint.code(&endpoint.presign(&request, 60)), code);
        let twice = endpoint.sign(&put()).header("x-amz-security-token", TOKEN);
        assert_eq!(endpoint.code(&twice), code);
    }
}

#[test]
fn two_mechanisms_are_refused() {
    for (service, code) in [("s3", "InvalidArgument"), ("sts", "SignatureDoesNotMatch")] {
        let endpoint = Endpoint::new(service);
        let mut both = endpoint.sign(&put());
        both.query = endpoint.presign(&put(), 60).query;
        assert_eq!(endpoint.code(&both), code);
        let mut version2 = endpoint.sign(&put());
        version2.append_query("AWSAccessKeyId=A&Signature=B&Expires=1");
        assert_eq!(endpoint.code(&version2), code);
        let twice = endpoint.sign(&put());
        let again = twice.get("authorization");
        assert_eq!(endpoint.code(&twice.header("authorization", &again)), code);
    }
}

#[test]
fn a_scope_is_for_one_region_service_and_day() {
    let s3 = Endpoint::new("s3");
    for (service, region, code) in [
        ("sts", REGION, "SignatureDoesNotMatch"),
        ("iam", REGION, "SignatureDoesNotMatch"),
        ("sts", "eu-west-1", "SignatureDoesNotMatch"),
    ] {
        let endpoint = Endpoint { region: region.into(), ..Endpoint::new(service) };
        for signed in s3.both(&put()) {
            assert_eq!(endpoint.code(&signed), code, "{service} {region}");
        }
        for signed in endpoint.both(&put()) {
            assert!(s3.verify(&signed).is_err());
        }
    }
}

/// A path means to the signature what it means to the service that decodes it.
#[test]
fn paths_are_not_confused() {
    for (service, signed, sent) in [
        ("s3", "/b/a/../c", "/b/c"),
        ("s3", "/b//c", "/b/c"),
        ("s3", "/b/a%252Fc", "/b/a%2Fc"),
        ("s3", "/b/c", "/b/c%00"),
        ("s3", "/b/%FF", "/b/%EF%BF%BD"),
        ("s3", "/b/a%2Bc", "/b/a%20c"),
        ("execute-api", "/a/b", "/a/%2e%2e/b"),
        ("execute-api", "/a/b", "/a%2Fb"),
        ("execute-api", "/a/b", "/a/b/"),
    ] {
        let endpoint = Endpoint::new(service);
        for mut request in endpoint.both(&Sent::new("GET", signed)) {
            assert!(endpoint.verify(&request).is_ok(), "{signed}");
            request.path = sent.into();
            assert_eq!(endpoint.code(&request), "SignatureDoesNotMatch", "{signed} {sent}");
        }
    }
}

/// Of a duplicated parameter the first is read, and the signature covers both.
#[test]
fn duplicated_credentials_do_not_help() {
    for service in SERVICES {
        let endpoint = Endpoint::new(service);
        let signed = endpoint.presign(&put(), 60);
        let other = "X-Amz-Credential=AKIAIOSFODNN7EXAMPLF%2F20150830%2Fus-east-1";
        let mut after = signed.clone();
        after.append_query(other);
        assert_eq!(endpoint.code(&after), "SignatureDoesNotMatch");
        let mut before = signed;
        before.query = [other.as_bytes(), b"&", &before.query].concat();
        assert!(endpoint.verify(&before).is_err());
    }
}

#[test]
fn control_characters_do_not_reach_the_canonical_request() {
    for (name, value) in [
        ("x-amz-meta-q", "v\nx-amz-acl:public-read"),
        ("x-amz-meta-q", "v\r\n w"),
        ("x-amz-meta-q", "v\0"),
    ] {
        for service in SERVICES {
            let endpoint = Endpoint::new(service);
            for mut signed in endpoint.both(&put()) {
                signed.set(name, value);
                assert!(endpoint.verify(&signed).unwrap_err().mismatch().is_none());
            }
        }
    }
    let endpoint = Endpoint::new("s3");
    let mut signed = endpoint.sign(&put());
    signed.method = "PUT\n/".into();
    assert_eq!(endpoint.code(&signed), "InvalidRequest");
}

#[test]
fn an_unsigned_date_header_is_no_date() {
    let endpoint = Endpoint::new("s3");
    let mut signed = endpoint.sign(&put());
    signed.headers.retain(|header| header.0 != "x-amz-date");
    signed.replace_authorization(";x-amz-date", "");
    let sent = signed.header("date", "20150830T123600Z");
    let names = vec!["date".to_owned()];
    assert_eq!(endpoint.verify(&sent).unwrap_err(), Rejection::HeadersNotSigned { names });
}

#[test]
fn oversized_parts_are_refused() {
    let endpoint = Endpoint::new("sts");
    let signed = endpoint.sign(&put());
    let pad = AUTHORIZATION_BYTES_MAX - signed.get("authorization").len();
    let padded = |bytes: usize| {
        let mut sent = signed.clone();
        let value = sent.get("authorization");
        sent.set("authorization", &value.replacen(", ", &format!(", {}", " ".repeat(bytes)), 1));
        sent
    };
    assert!(endpoint.verify(&padded(pad)).is_ok());
    assert_eq!(endpoint.code(&padded(pad + 1)), "IncompleteSignature");
    let mut long = signed.clone();
    long.replace_authorization(&endpoint.key_id, &"A".repeat(ACCESS_KEY_ID_BYTES_MAX + 1));
    assert_eq!(endpoint.code(&long), "IncompleteSignature");
}
