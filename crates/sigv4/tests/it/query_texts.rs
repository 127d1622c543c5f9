//! Contract section 10: every text of STS, IAM and the other query services, to the byte.

use rolecall_sigv4::Rejection;

use crate::support::{Endpoint, Sent};

fn endpoint() -> Endpoint {
    Endpoint::new("sts")
}

fn signed() -> Sent {
    endpoint().sign(&Sent::new("GET", "/?Action=GetCallerIdentity"))
}

fn presigned() -> Sent {
    endpoint().presign(&Sent::new("GET", "/?Action=GetCallerIdentity"), 60)
}

fn answer(sent: &Sent) -> (u16, &'static str, String) {
    wire(&endpoint().verify(sent).unwrap_err())
}

fn wire(rejection: &Rejection) -> (u16, &'static str, String) {
    let error = rejection.query_error();
    assert!(error.extra.is_empty());
    (error.status, error.code, error.message)
}

fn edited(from: &str, to: &str) -> Sent {
    let mut sent = signed();
    sent.replace_authorization(from, to);
    sent
}

fn query_edited(from: &str, to: &str) -> Sent {
    let mut sent = presigned();
    sent.replace_query(from, to);
    sent
}

fn incomplete(sent: &Sent, message: &str) {
    assert_eq!(answer(sent), (400, "IncompleteSignature", message.to_owned()));
}

fn no_match(sent: &Sent, message: &str) {
    assert_eq!(answer(sent), (403, "SignatureDoesNotMatch", message.to_owned()));
}

#[test]
fn step_1_bad_paths() {
    for path in ["/%", "/%zz", "/..", "relative"] {
        for mut sent in [signed(), presigned()] {
            sent.path = path.into();
            assert_eq!(answer(&sent), (400, "", String::new()), "{path}");
        }
    }
}

#[test]
fn step_4_malformed_query() {
    for mut sent in [signed(), presigned(), Sent::new("GET", "/")] {
        let text = "Incomplete trailing escape % sequence".to_owned();
        let bare = sent.clone();
        sent.append_query("a=%2");
        assert_eq!(answer(&sent), (400, "MalformedQueryString", text));
        sent = bare;
        sent.append_query("a=%XY&b");
        let text = "Illegal hex character in escape % pattern: %XY".to_owned();
        assert_eq!(answer(&sent), (400, "MalformedQueryString", text));
    }
}

#[test]
fn step_5_none_or_both() {
    let text = "Request is missing Authentication Token".to_owned();
    let missing = (403, "MissingAuthenticationToken", text);
    assert_eq!(answer(&Sent::new("GET", "/?Action=GetCallerIdentity")), missing);
    let mut both = signed();
    both.query = presigned().query;
    no_match(&both, "");
}

#[test]
fn step_6_header_form() {
    incomplete(
        &edited("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.",
    );
    incomplete(
        &Sent::new("GET", "/").header("authorization", "Bearer abc"),
        "Unsupported AWS 'algorithm': 'Bearer'.",
    );
    let whole = edited("Signature=", "Signature").get("authorization");
    let part = whole.rsplit(", ").next().unwrap().to_owned();
    incomplete(
        &edited("Signature=", "Signature"),
        &format!(
            "'{part}' not a valid key=value pair (missing equal-sign) \
             in Authorization header: '{whole}'."
        ),
    );
}

#[test]
fn step_6_missing_parts() {
    let bare = Sent::new("GET", "/").header("authorization", "AWS4-HMAC-SHA256 X=1");
    let parts = "Authorization header requires 'Credential' parameter. \
        Authorization header requires 'Signature' parameter. \
        Authorization header requires 'SignedHeaders' parameter. ";
    let date = "Authorization header requires existence of either a 'X-Amz-Date' \
        or a 'Date' header. ";
    let algorithm = "Authorization=AWS4-HMAC-SHA256";
    incomplete(&bare, &format!("{parts}{date}{algorithm}"));
    let dated = bare.header("x-amz-date", "20150830T123600Z");
    incomplete(&dated, &format!("{parts}{algorithm}"));
    let mut undated = signed();
    undated.headers.retain(|header| header.0 != "x-amz-date");
    incomplete(&undated, &format!("{date}{algorithm}"));
    incomplete(
        &edited("Signature=", "S="),
        &format!("Authorization header requires 'Signature' parameter. {algorithm}"),
    );
}

#[test]
fn step_6_the_last_duplicate_wins() {
    let mut sent = signed();
    sent.replace_authorization("Credential=", "Credential=nonsense, Credential=");
    assert!(endpoint().verify(&sent).is_ok());
    let mut sent = presigned();
    sent.query.extend_from_slice(b"&X-Amz-Date=nonsense");
    // Of the query the first wins, so the date is well-formed and the signature wrong.
    assert_eq!(endpoint().code(&sent), "SignatureDoesNotMatch");
}

#[test]
fn step_7_query_form() {
    let text = "Request is missing Authentication Token".to_owned();
    let missing = (403, "MissingAuthenticationToken", text);
    assert_eq!(answer(&query_edited("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1")), missing);
    let tail = "Re-examine the query-string parameters.";
    for name in ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"] {
        let expected = format!("AWS query-string parameters must include '{name}'. {tail}");
        incomplete(&query_edited(&format!("{name}="), "x="), &expected);
    }
    let bare = Sent::new("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256");
    incomplete(
        &bare,
        "AWS query-string parameters must include 'X-Amz-Credential'. \
         AWS query-string parameters must include 'X-Amz-Signature'. \
         AWS query-string parameters must include 'X-Amz-SignedHeaders'. \
         AWS query-string parameters must include 'X-Amz-Date'. \
         Re-examine the query-string parameters.",
    );
}

#[test]
fn step_8_host_not_signed() {
    let text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    no_match(&edited("host;", ""), text);
    no_match(&query_edited("SignedHeaders=host", "SignedHeaders=x"), text);
    // Before the date and the credential.
    let mut sent = edited("host;", "");
    sent.set("x-amz-date", "yesterday");
    no_match(&sent, text);
    let mut sent = edited("host;", "");
    sent.replace_authorization("/aws4_request", "");
    no_match(&sent, text);
    let text = "'x-amz-acl' must be a 'SignedHeader' in the AWS Authorization.";
    no_match(&signed().header("x-amz-acl", "private"), text);
}

#[test]
fn step_9_date() {
    let mut sent = signed();
    sent.set("x-amz-date", "yesterday");
    let text = "Date must be in ISO-8601 'basic format'. Got 'yesterday'. \
        See http://en.wikipedia.org/wiki/ISO_8601";
    incomplete(&sent, text);
    incomplete(&query_edited("20150830T123600Z", "yesterday"), text);
}

#[test]
fn steps_10_and_11_skew() {
    for sent in [signed(), presigned()] {
        let at = |seconds| Endpoint { now: endpoint().now.plus_seconds(seconds), ..endpoint() };
        let error = at(1440).verify(&sent).unwrap_err().query_error();
        assert_eq!((error.status, error.code), (403, "SignatureDoesNotMatch"));
        assert_eq!(
            error.message,
            "Signature expired: 20150830T123600Z is now earlier than 20150830T124500Z \
             (20150830T130000Z - 15 min.)"
        );
        let error = at(-2160).verify(&sent).unwrap_err().query_error();
        assert_eq!((error.status, error.code), (403, "SignatureDoesNotMatch"));
        assert_eq!(
            error.message,
            "Signature not yet current: 20150830T123600Z is still later than 20150830T121500Z \
             (20150830T120000Z + 15 min.)"
        );
    }
}

#[test]
fn step_12_credential() {
    for (from, to, got) in [
        ("/aws4_request", "", "AKIAIOSFODNN7EXAMPLE/20150830/us-east-1/sts"),
        ("AKIAIOSFODNN7EXAMPLE/20150830/us-east-1/sts/aws4_request", "", ""),
    ] {
        let text = format!(
            "Credential must have exactly 5 slash-delimited elements, \
             e.g. keyid/date/region/service/term, got '{got}'"
        );
        incomplete(&edited(from, to), &text);
        incomplete(&query_edited(&from.replace('/', "%2F"), to), &text);
    }
}

#[test]
fn step_13_scope() {
    let region = "Credential should be scoped to a valid region, not 'mars-1'. ";
    let service = "Credential should be scoped to correct service: 'sts'. ";
    let terminator =
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. ";
    let date = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
        from HTTP: '20150831' != '20150830', from '20150830T123600Z'.";
    let scope = "/20150830/us-east-1/sts/aws4_request";
    for (to, text) in [
        ("/20150830/mars-1/sts/aws4_request", region.to_owned()),
        ("/20150830/us-east-1/s3/aws4_request", service.to_owned()),
        ("/20150830/us-east-1/sts/aws5", terminator.to_owned()),
        ("/20150831/us-east-1/sts/aws4_request", date.to_owned()),
        ("/20150831/mars-1/s3/aws5", [region, service, terminator, date].concat()),
    ] {
        no_match(&edited(scope, to), &text);
        no_match(&query_edited(&scope.replace('/', "%2F"), &to.replace('/', "%2F")), &text);
    }
}

#[test]
fn steps_14_and_15_tokens_and_keys() {
    let access_key_id = "ASIAIOSFODNN7EXAMPLE".to_owned();
    let invalid = "The security token included in the request is invalid";
    for rejection in [Rejection::TokenInvalid, Rejection::TokenUnexpected, Rejection::TwoTokens] {
        assert_eq!(wire(&rejection), (403, "InvalidClientTokenId", invalid.to_owned()));
    }
    let text = "The security token included in the request is expired".to_owned();
    assert_eq!(wire(&Rejection::TokenExpired), (403, "ExpiredToken", text));
    for rejection in [
        Rejection::UnknownKey { access_key_id: access_key_id.clone() },
        Rejection::TokenMissing { access_key_id },
    ] {
        assert_eq!(wire(&rejection), (403, "InvalidClientTokenId", format!("{invalid}.")));
    }
}

#[test]
fn step_16_signature() {
    let text = "The request signature we calculated does not match the signature you provided. \
        Check your AWS Secret Access Key and signing method. \
        Consult the service documentation for details.";
    for mut sent in [signed(), presigned()] {
        sent.append_query("x=1");
        no_match(&sent, text);
        let mismatch = endpoint().explain(&sent);
        let (canonical, to_sign) = (&mismatch.canonical_request, &mismatch.string_to_sign);
        assert_eq!(
            mismatch.explain(),
            format!(
                "\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n\
                 The String-to-Sign should have been\n'{to_sign}'\n"
            )
        );
    }
}
