//! Contract section 13: every text of S3 and its extra elements, to the byte.

use rolecall_sigv4::{PayloadHash, Rejection, WireError};

use crate::support::{Endpoint, KEY_ID, Sent};

fn endpoint() -> Endpoint {
    Endpoint::new("s3")
}

fn signed() -> Sent {
    endpoint().sign(&Sent::new("GET", "/bucket/key"))
}

fn presigned() -> Sent {
    endpoint().presign(&Sent::new("GET", "/bucket/key"), 60)
}

fn answer(sent: &Sent) -> WireError {
    endpoint().verify(sent).unwrap_err().s3_error()
}

fn edited(from: &str, to: &str) -> WireError {
    let mut sent = signed();
    sent.replace_authorization(from, to);
    answer(&sent)
}

fn query_edited(from: &str, to: &str) -> WireError {
    let mut sent = presigned();
    sent.replace_query(from, to);
    answer(&sent)
}

#[track_caller]
fn is(error: WireError, status: u16, code: &str, message: &str, extra: &[(&str, &str)]) {
    assert_eq!((error.status, error.code, error.message.as_str()), (status, code, message));
    let found: Vec<_> = error.extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(found, extra);
}

#[track_caller]
fn is_malformed(error: WireError, tail: &str) {
    let message = format!("The authorization header is malformed; {tail}");
    is(error, 400, "AuthorizationHeaderMalformed", &message, &[]);
}

#[track_caller]
fn is_parameters(error: WireError, message: &str) {
    is(error, 400, "AuthorizationQueryParametersError", message, &[]);
}

#[test]
fn keys_and_tokens() {
    let access_key_id = KEY_ID.to_owned();
    for rejection in [
        Rejection::UnknownKey { access_key_id: access_key_id.clone() },
        Rejection::TokenMissing { access_key_id },
    ] {
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        is(rejection.s3_error(), 403, "InvalidAccessKeyId", text, &[("AWSAccessKeyId", KEY_ID)]);
    }
    for rejection in [Rejection::TokenInvalid, Rejection::TokenUnexpected] {
        let text = "The provided token is malformed or otherwise invalid.";
        is(rejection.s3_error(), 400, "InvalidToken", text, &[]);
    }
    let text = "The provided token has expired.";
    is(Rejection::TokenExpired.s3_error(), 400, "ExpiredToken", text, &[]);
}

#[test]
fn signature() {
    let text = "The request signature we calculated does not match the signature you provided. \
        Check your key and signing method.";
    let mut sent = signed();
    sent.append_query("a");
    let mismatch = endpoint().explain(&sent);
    let hex =
        |text: &str| text.bytes().map(|byte| hex::encode([byte])).collect::<Vec<_>>().join(" ");
    is(
        answer(&sent),
        403,
        "SignatureDoesNotMatch",
        text,
        &[
            ("AWSAccessKeyId", KEY_ID),
            ("StringToSign", &mismatch.string_to_sign),
            ("SignatureProvided", &mismatch.signature_provided),
            ("StringToSignBytes", &hex(&mismatch.string_to_sign)),
            ("CanonicalRequest", &mismatch.canonical_request),
            ("CanonicalRequestBytes", &hex(&mismatch.canonical_request)),
        ],
    );
    assert!(hex(&mismatch.string_to_sign).starts_with("41 57 53 34 2d 48"));
}

#[test]
fn time() {
    let at = |seconds| Endpoint { now: endpoint().now.plus_seconds(seconds), ..endpoint() };
    is(
        at(901).verify(&signed()).unwrap_err().s3_error(),
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        &[
            ("RequestTime", "20150830T123600Z"),
            ("ServerTime", "2015-08-30T12:51:01Z"),
            ("MaxAllowedSkewMilliseconds", "900000"),
        ],
    );
    is(
        at(61).verify(&presigned()).unwrap_err().s3_error(),
        403,
        "AccessDenied",
        "Request has expired",
        &[
            ("X-Amz-Expires", "60"),
            ("Expires", "2015-08-30T12:37:00Z"),
            ("ServerTime", "2015-08-30T12:37:01Z"),
        ],
    );
    let early = at(-901).verify(&presigned()).unwrap_err().s3_error();
    is(early, 403, "AccessDenied", "Request is not valid yet", &[]);
}

#[test]
fn scope_of_the_header() {
    is(
        edited("us-east-1", "mars-1"),
        400,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'mars-1' is wrong; \
         expecting 'us-east-1'",
        &[("Region", "us-east-1")],
    );
    is_malformed(
        edited("/s3/", "/ec2/"),
        "incorrect service \"ec2\". This endpoint belongs to \"s3\".",
    );
    is_malformed(
        edited("aws4_request", "x"),
        "incorrect terminal \"x\". This endpoint uses \"aws4_request\".",
    );
    is_malformed(
        edited("/20150830/", "/x/"),
        "incorrect date format \"x\". \
         This date in the credential must be in the format \"yyyyMMdd\".",
    );
    is_malformed(
        edited("/20150830/", "/20150831/"),
        "Invalid credential date. Date is not the same as X-Amz-Date.",
    );
    is_malformed(
        edited("/aws4_request", ""),
        "the Credential is mal-formed; \
         expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
    );
}

#[test]
fn components_of_the_header() {
    is_malformed(edited("Credential=", "C="), "missing Credential.");
    is_malformed(edited("Signature=", "S="), "missing Signature.");
    is_malformed(edited("SignedHeaders=", "H="), "missing SignedHeaders.");
    let mut sent = signed();
    sent.set("authorization", "AWS4-HMAC-SHA256 ");
    is_malformed(
        answer(&sent),
        "the authorization header requires three components: \
         Credential, SignedHeaders, and Signature.",
    );
    sent.set("authorization", "AWS4-HMAC-SHA256 nonsense");
    is_malformed(answer(&sent), "the authorization component \"nonsense\" is malformed.");
}

#[test]
fn form_of_the_header() {
    for (value, text) in [
        ("nonsense", "Authorization header is invalid -- one and only one ' ' (space) required."),
        ("Bearer abc", "Unsupported Authorization Type"),
        ("AWS4-ECDSA-P256-SHA256 Credential=a", "Unsupported Authorization Type"),
    ] {
        let mut sent = signed();
        sent.set("authorization", value);
        let extra = [("ArgumentName", "Authorization"), ("ArgumentValue", value)];
        is(answer(&sent), 400, "InvalidArgument", text, &extra);
    }
}

#[test]
fn dates() {
    let text = "AWS authentication requires a valid Date or x-amz-date header";
    let mut sent = signed();
    sent.set("x-amz-date", "yesterday");
    is(answer(&sent), 403, "AccessDenied", text, &[]);
    sent.headers.retain(|header| header.0 != "x-amz-date");
    is(answer(&sent), 403, "AccessDenied", text, &[]);
}

#[test]
fn payload_hashes() {
    let mut sent = signed();
    sent.headers.retain(|header| header.0 != "x-amz-content-sha256");
    sent.replace_authorization(";x-amz-content-sha256", "");
    let text = "Missing required header for this request: x-amz-content-sha256";
    is(answer(&sent), 400, "InvalidRequest", text, &[]);
    let text = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
        STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
        STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, \
        STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";
    for bad in ["x", "", "unsigned-payload", "STREAMING-AWS4-HMAC-SHA256-EVENTS"] {
        let mut sent = signed();
        sent.set("x-amz-content-sha256", bad);
        is(answer(&sent), 400, "InvalidArgument", text, &[]);
    }
    let text = "The value of x-amz-content-sha256 header is invalid.";
    let payload = PayloadHash::StreamingSigned { trailer: false };
    let sent = endpoint().sign_payload(&Sent::new("GET", "/b/k"), payload);
    is(answer(&sent), 400, "InvalidRequest", text, &[]);
    let mut sent = signed();
    sent.body = b"x".to_vec();
    is(
        answer(&sent),
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        &[
            (
                "ClientComputedContentSHA256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "S3ComputedContentSHA256",
                "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            ),
        ],
    );
}

#[test]
fn unsigned_headers() {
    let text = "There were headers present in the request which were not signed";
    for sent in [signed(), presigned()] {
        let sent = sent.header("x-amz-acl", "a").header("x-amz-copy-source", "/b/other");
        let extra = [("HeadersNotSigned", "x-amz-acl, x-amz-copy-source")];
        is(answer(&sent), 403, "AccessDenied", text, &extra);
    }
    let error = query_edited("SignedHeaders=host", "SignedHeaders=x");
    is(error, 403, "AccessDenied", text, &[("HeadersNotSigned", "host")]);
}

#[test]
fn presign_parameters() {
    let required = "Query-string authentication version 4 requires the X-Amz-Algorithm, \
        X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires \
        parameters.";
    for name in ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"] {
        is_parameters(query_edited(&format!("X-Amz-{name}="), "x="), required);
    }
    is_parameters(
        query_edited("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
        "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
    );
    is_parameters(
        query_edited("X-Amz-Date=2", "X-Amz-Date=x"),
        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    );
    for (value, text) in [
        (
            "604801",
            "X-Amz-Expires must be less than a week (in seconds); \
             that is, the given X-Amz-Expires must be less than 604800 seconds",
        ),
        ("-1", "X-Amz-Expires must be non-negative"),
        ("1e99", "X-Amz-Expires should be a number"),
    ] {
        is_parameters(query_edited("Expires=60", &format!("Expires={value}")), text);
    }
}

#[test]
fn scope_of_the_query() {
    let head = "Error parsing the X-Amz-Credential parameter; ";
    is(
        query_edited("us-east-1", "mars-1"),
        400,
        "AuthorizationQueryParametersError",
        &format!("{head}the region 'mars-1' is wrong; expecting 'us-east-1'"),
        &[("Region", "us-east-1")],
    );
    is_parameters(
        query_edited("%2Fs3%2F", "%2Fec2%2F"),
        &format!("{head}incorrect service \"ec2\". This endpoint belongs to \"s3\"."),
    );
    is_parameters(
        query_edited("%2Faws4_request", ""),
        &format!(
            "{head}the Credential is mal-formed; \
             expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
        ),
    );
    is_parameters(
        query_edited("%2F20150830%2F", "%2F20150831%2F"),
        "Invalid credential date \"20150831\". \
         This date is not the same as X-Amz-Date: \"20150830T123600Z\".",
    );
}

#[test]
fn mechanisms() {
    let text = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
        Signature query string parameter or the Authorization header should be specified";
    let mut both = signed();
    let authorization = both.get("authorization");
    both.query = presigned().query;
    let extra = [("ArgumentName", "Authorization"), ("ArgumentValue", authorization.as_str())];
    is(answer(&both), 400, "InvalidArgument", text, &extra);
    let text = "The authorization mechanism you have provided is not supported. \
        Please use AWS4-HMAC-SHA256.";
    for version2 in [
        Sent::new("GET", "/b/k?AWSAccessKeyId=A&Signature=s%3D&Expires=1"),
        Sent::new("GET", "/b/k").header("authorization", "AWS AKIAIOSFODNN7EXAMPLE:c2ln"),
    ] {
        is(answer(&version2), 400, "InvalidRequest", text, &[]);
    }
    is(answer(&Sent::new("GET", "/b/k")), 403, "AccessDenied", "Access Denied", &[]);
    // A lone parameter of that name is the application's own.
    let lone = Sent::new("GET", "/b/k?Signature=s");
    is(answer(&lone), 403, "AccessDenied", "Access Denied", &[]);
}
