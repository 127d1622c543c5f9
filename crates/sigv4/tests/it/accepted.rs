//! What must stay accepted: the equivalences of contract section 17, the clients of section 14.

use rolecall_identity::Timestamp;
use rolecall_sigv4::PayloadHash;
use sha2::{Digest, Sha256};

use crate::support::{Endpoint, NOW, Sent};

fn accepted(endpoint: &Endpoint, sent: &Sent) {
    let verified = endpoint.verify(sent);
    assert!(verified.is_ok(), "{sent:?}: {:?}", verified.err());
}

/// Signs one target and sends another that means the same.
fn same(service: &str, signed: &str, sent: &str) {
    let endpoint = Endpoint::new(service);
    for mut request in endpoint.both(&Sent::new("GET", signed)) {
        let (path, query) = signed.split_once('?').unwrap_or((signed, ""));
        let (sent_path, sent_query) = sent.split_once('?').unwrap_or((sent, ""));
        assert_eq!(request.path, path.as_bytes());
        request.path = sent_path.into();
        if !query.is_empty() {
            request.replace_query(query, sent_query);
        }
        accepted(&endpoint, &request);
    }
}

#[test]
fn other_spellings_of_the_same_target() {
    same("s3", "/b/~k", "/b/%7ek");
    same("s3", "/b/%C3%A9", "/b/%c3%a9");
    same("s3", "/b/%C3%A9", "/b/é");
    same("s3", "/b/k?a=1&b=2", "/b/k?b=2&a=1");
    same("s3", "/b?prefix=a%20b", "/b?prefix=a+b");
    same("s3", "/b?acl=", "/b?acl");
    same("sts", "/?a=1&b=2", "/?b=2&&a=1&");
    same("sts", "/?a=x%2Fy", "/?a=x/y");
    same("execute-api", "/a/b", "//a/./c/../b");
}

#[test]
fn headers_that_are_not_signed_may_come_and_go() {
    for service in ["s3", "sts"] {
        let endpoint = Endpoint::new(service);
        for signed in endpoint.both(&Sent::new("GET", "/")) {
            let sent = signed.header("user-agent", "curl").header("content-type", "text/plain");
            accepted(&endpoint, &sent.header("via", "1.1 proxy").header("x-forwarded-for", "::1"));
        }
    }
}

#[test]
fn inner_blanks_and_split_lines_are_one_value() {
    let endpoint = Endpoint::new("s3");
    let request = Sent::new("GET", "/").header("x-amz-meta-q", "a b").header("x-amz-meta-q", "c");
    for mut signed in endpoint.both(&request) {
        signed.headers.retain(|header| header.0 != "x-amz-meta-q");
        accepted(&endpoint, &signed.header("x-amz-meta-q", "  a    b,c "));
    }
}

/// Awkward keys and values of contract section 14, as real clients encode them.
#[test]
fn awkward_targets_of_real_clients() {
    let endpoint = Endpoint::new("s3").with_session();
    for target in [
        "/b/dir%20a/k%2B%C3%A9%20%281%29~%2A%27%21.txt",
        "/b/dir a/k+é (1)~*'!.txt",
        "/b/a//b/../c",
        "/b/k?uploadId=u%2F%2B%3D%3D&partNumber=1",
        "/b?list-type=2&prefix=a%20b%2Bc%2F&delimiter=%2F",
        "/b/k?response-content-disposition=attachment%3B%20filename%3D%22a%20b%22",
        "/b/k?x-id=GetObject",
    ] {
        for signed in endpoint.both(&Sent::new("GET", target)) {
            accepted(&endpoint, &signed);
        }
    }
}

/// boto3 and JS v3 Lambda Invoke with a function ARN in the path.
#[test]
fn an_arn_in_a_path_is_encoded_twice() {
    let endpoint = Endpoint::new("lambda");
    let target =
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations";
    let signed = endpoint.sign(&Sent::new("POST", target).body("{}"));
    accepted(&endpoint, &signed);
    let canonical = endpoint.explain(&signed).canonical_request;
    assert!(canonical.contains("/arn%253Aaws%253Alambda%253A"), "{canonical}");
}

/// AWS: some clients add the token after signing.
#[test]
fn a_late_token_is_accepted_outside_of_s3() {
    let endpoint = Endpoint::new("sts").with_session();
    let bare = Endpoint { token: None, ..endpoint.clone() };
    let token = endpoint.token.clone().unwrap();
    let [header, mut query] = bare.both(&Sent::new("GET", "/?Action=GetCallerIdentity"));
    accepted(&endpoint, &header.header("x-amz-security-token", &token));
    let encoded = token.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    query.append_query(&format!("X-Amz-Security-Token={encoded}"));
    accepted(&endpoint, &query);
}

/// botocore turns a `Date` of its user into RFC 1123 and drops `X-Amz-Date`.
#[test]
fn a_signed_date_header_stands_in_for_x_amz_date() {
    let endpoint = Endpoint::new("sts");
    let empty = PayloadHash::Sha256(Sha256::digest(b"").into());
    for date in [NOW.http_date().to_string(), NOW.amz_date().to_string(), NOW.iso8601().to_string()]
    {
        let request = Sent::new("GET", "/").header("date", &date);
        accepted(&endpoint, &endpoint.sign_as_it_is(&request, empty));
    }
    assert_eq!(Timestamp::parse_http_date(&NOW.http_date().to_string()), Ok(NOW));
}

#[test]
fn blanks_around_the_commas_of_the_header_are_optional() {
    let endpoint = Endpoint::new("sts");
    for separator in [",", " , ", ",  "] {
        let mut signed = endpoint.sign(&Sent::new("GET", "/"));
        signed.replace_authorization(", ", separator);
        accepted(&endpoint, &signed);
    }
}

/// JS v3 hoists `x-amz-*` headers into the query and declares the payload there.
#[test]
fn a_presigned_url_may_declare_its_payload_in_the_query() {
    let endpoint = Endpoint::new("s3");
    let put = Sent::new("PUT", "/b/k?x-amz-acl=private&x-amz-meta-q=1").body("any body");
    let signed = endpoint.presign(&put, 60);
    assert!(String::from_utf8_lossy(&signed.query).contains("X-Amz-Content-Sha256=UNSIGNED-"));
    accepted(&endpoint, &signed);
    let mut older = signed;
    older.replace_query("&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", "");
    assert_eq!(endpoint.code(&older), "SignatureDoesNotMatch");
}

/// Contract section 4 [?]: S3 tolerates it where it says what is used anyway.
#[test]
fn an_unsigned_payload_hash_is_tolerated_if_equal() {
    let endpoint = Endpoint::new("s3");
    let signed = endpoint.presign(&Sent::new("GET", "/b/k"), 60);
    accepted(&endpoint, &signed.clone().header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(endpoint.code(&signed.header("x-amz-content-sha256", empty)), "AccessDenied");
}

#[test]
fn a_verified_request_keeps_what_was_proved() {
    let endpoint = Endpoint::new("s3");
    let signed = endpoint.sign(&Sent::new("PUT", "/b/k").body("x"));
    let verified = endpoint.verify(&signed).unwrap().map(|()| "alice");
    assert_eq!(
        (verified.access_key_id(), *verified.subject()),
        (endpoint.key_id.as_str(), "alice")
    );
    assert_eq!((verified.signed_at(), verified.scope().service), (NOW, "s3"));
    assert!(signed.get("authorization").ends_with(&verified.seed().to_string()));
    assert_eq!(verified.into_subject(), "alice");
}
