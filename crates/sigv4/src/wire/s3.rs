//! S3: contract/sigv4.md section 13.

use super::WireError;
use crate::canonical::CanonicalError;
use crate::presented::AuthForm;
use crate::rejection::{ExpiresFault, Mismatch, MissingParts, Rejection, ScopeMismatch, Skew};

impl Rejection {
    /// What S3 answers.
    ///
    /// `Token-0` is left out on purpose: a session token has no place in an error body.
    pub fn s3_error(&self) -> WireError {
        match self {
            Self::NotCanonical(error) => not_canonical(*error),
            Self::QueryMalformed(_) => bad_uri(),
            Self::MissingAuthentication => denied("Access Denied"),
            Self::TwoMechanisms { authorization } => argument(TWO_MECHANISMS, authorization),
            Self::SignatureVersion2 => request(
                "The authorization mechanism you have provided is not supported. \
                 Please use AWS4-HMAC-SHA256.",
            ),
            Self::AlgorithmUnsupported { form: AuthForm::Query, .. } => parameters(
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
            ),
            Self::AlgorithmUnsupported { authorization, .. } => {
                argument("Unsupported Authorization Type", authorization)
            }
            Self::AuthorizationSpace { authorization } => argument(
                "Authorization header is invalid -- one and only one ' ' (space) required.",
                authorization,
            ),
            Self::ComponentMalformed { part, .. } => {
                header_malformed(format!("the authorization component \"{part}\" is malformed."))
            }
            Self::HeaderPartsMissing(missing) => header_parts(missing),
            Self::QueryPartsMissing(_) => parameters(QUERY_PARTS),
            Self::HeadersNotSigned { names } => {
                denied("There were headers present in the request which were not signed")
                    .with("HeadersNotSigned", names.join(", "))
            }
            Self::DateMalformed { form: AuthForm::Query, .. } => {
                parameters("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
            }
            Self::DateMalformed { .. } => denied(NO_DATE),
            Self::ExpiresMalformed(fault) => parameters(expires(*fault)),
            Self::Skewed(skew) => skewed(skew),
            Self::PresignedExpired { sent, expires_at, now } => denied("Request has expired")
                .with("X-Amz-Expires", sent)
                .with("Expires", expires_at.iso8601())
                .with("ServerTime", now.iso8601()),
            Self::PresignedNotYetValid => denied("Request is not valid yet"),
            Self::CredentialMalformed { form, .. } => malformed(*form, CREDENTIAL),
            Self::ScopeWrong(scope) => scope_wrong(scope),
            Self::TokenInvalid | Self::TokenUnexpected => WireError::new(
                400,
                "InvalidToken",
                "The provided token is malformed or otherwise invalid.",
            ),
            Self::TokenExpired => {
                WireError::new(400, "ExpiredToken", "The provided token has expired.")
            }
            // AWS: its answer to two tokens is unknown [?].
            Self::TwoTokens => WireError::new(
                400,
                "InvalidArgument",
                "Only one X-Amz-Security-Token should be specified",
            ),
            Self::TokenMissing { access_key_id } | Self::UnknownKey { access_key_id } => {
                WireError::new(
                    403,
                    "InvalidAccessKeyId",
                    "The AWS Access Key Id you provided does not exist in our records.",
                )
                .with("AWSAccessKeyId", access_key_id)
            }
            Self::ContentSha256Missing => {
                request("Missing required header for this request: x-amz-content-sha256")
            }
            Self::ContentSha256Invalid => WireError::new(400, "InvalidArgument", CONTENT_SHA256),
            Self::ContentSha256Misplaced => {
                request("The value of x-amz-content-sha256 header is invalid.")
            }
            Self::ContentMismatch { client, server } => WireError::new(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
            )
            .with("ClientComputedContentSHA256", client)
            .with("S3ComputedContentSHA256", server),
            Self::SignedHeadersUnsorted { access_key_id }
            | Self::SignedHeaderAbsent { access_key_id, .. } => {
                no_match().with("AWSAccessKeyId", access_key_id)
            }
            Self::SignatureMismatch(mismatch) => mismatched(mismatch),
        }
    }
}

/// The answer to a signature that does not match, without the elements that tell why.
pub(crate) fn no_match() -> WireError {
    WireError::new(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. \
         Check your key and signing method.",
    )
}

fn mismatched(mismatch: &Mismatch) -> WireError {
    let canonical_request = mismatch.told_canonical_request();
    no_match()
        .with("AWSAccessKeyId", &mismatch.access_key_id)
        .with("StringToSign", &mismatch.string_to_sign)
        .with("SignatureProvided", &mismatch.signature_provided)
        .with("StringToSignBytes", hex_bytes(&mismatch.string_to_sign))
        .with("CanonicalRequest", &canonical_request)
        .with("CanonicalRequestBytes", hex_bytes(&canonical_request))
}

fn hex_bytes(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

fn not_canonical(error: CanonicalError) -> WireError {
    match error {
        CanonicalError::ControlByte | CanonicalError::NoHeaders => request("Invalid Request"),
        // AWS: its own limit is on bytes; ours are on counts, told under the same code [?].
        CanonicalError::Limit { max, .. } => WireError::new(
            400,
            "RequestHeaderSectionTooLarge",
            "Your request header section exceeds the maximum allowed request header section \
             size.",
        )
        .with("MaxSizeAllowed", max),
        CanonicalError::Path => bad_uri(),
    }
}

fn header_parts(missing: &MissingParts) -> WireError {
    let MissingParts { credential, signature, signed_headers, date, .. } = *missing;
    if date {
        return denied(NO_DATE);
    }
    header_malformed(match (credential, signature, signed_headers) {
        (true, true, true) => {
            "the authorization header requires three components: \
             Credential, SignedHeaders, and Signature."
        }
        (true, _, _) => "missing Credential.",
        (_, true, _) => "missing Signature.",
        _ => "missing SignedHeaders.",
    })
}

fn skewed(skew: &Skew) -> WireError {
    WireError::new(
        403,
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    )
    .with("RequestTime", &skew.sent)
    .with("ServerTime", skew.now.iso8601())
    .with("MaxAllowedSkewMilliseconds", skew.skew_seconds_max.saturating_mul(1000))
}

/// One fault, in S3's order: region, service, terminator, date.
fn scope_wrong(scope: &ScopeMismatch) -> WireError {
    let form = scope.form;
    if let Some(got) = &scope.region {
        let expected = &scope.region_expected;
        let tail = format!("the region '{got}' is wrong; expecting '{expected}'");
        return malformed(form, tail).with("Region", expected);
    }
    if let Some(got) = &scope.service {
        let expected = &scope.service_expected;
        let tail = format!("incorrect service \"{got}\". This endpoint belongs to \"{expected}\".");
        return malformed(form, tail);
    }
    if let Some(got) = &scope.terminator {
        let tail = format!("incorrect terminal \"{got}\". This endpoint uses \"aws4_request\".");
        return malformed(form, tail);
    }
    let got = scope.date.as_deref().unwrap_or_default();
    if got.len() != 8 || !got.bytes().all(|byte| byte.is_ascii_digit()) {
        let tail = format!(
            "incorrect date format \"{got}\". \
             This date in the credential must be in the format \"yyyyMMdd\"."
        );
        return malformed(form, tail);
    }
    match form {
        AuthForm::Header => {
            header_malformed("Invalid credential date. Date is not the same as X-Amz-Date.")
        }
        AuthForm::Query => parameters(format!(
            "Invalid credential date \"{got}\". This date is not the same as X-Amz-Date: \"{}\".",
            scope.date_sent
        )),
    }
}

const fn expires(fault: ExpiresFault) -> &'static str {
    match fault {
        ExpiresFault::Negative => "X-Amz-Expires must be non-negative",
        ExpiresFault::NotANumber => "X-Amz-Expires should be a number",
        ExpiresFault::TooLong => {
            "X-Amz-Expires must be less than a week (in seconds); \
             that is, the given X-Amz-Expires must be less than 604800 seconds"
        }
    }
}

/// The same tail behind the head of either form.
fn malformed(form: AuthForm, tail: impl AsRef<str>) -> WireError {
    match form {
        AuthForm::Header => header_malformed(tail),
        AuthForm::Query => {
            parameters(format!("Error parsing the X-Amz-Credential parameter; {}", tail.as_ref()))
        }
    }
}

fn header_malformed(tail: impl AsRef<str>) -> WireError {
    let message = format!("The authorization header is malformed; {}", tail.as_ref());
    WireError::new(400, "AuthorizationHeaderMalformed", message)
}

fn parameters(message: impl Into<String>) -> WireError {
    WireError::new(400, "AuthorizationQueryParametersError", message)
}

fn argument(message: &str, authorization: &str) -> WireError {
    WireError::new(400, "InvalidArgument", message)
        .with("ArgumentName", "Authorization")
        .with("ArgumentValue", authorization)
}

fn denied(message: &str) -> WireError {
    WireError::new(403, "AccessDenied", message)
}

fn request(message: &str) -> WireError {
    WireError::new(400, "InvalidRequest", message)
}

fn bad_uri() -> WireError {
    WireError::new(400, "InvalidURI", "Couldn't parse the specified URI.")
}

const CONTENT_SHA256: &str = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, \
    STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, \
    STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, \
    STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.";

const CREDENTIAL: &str = "the Credential is mal-formed; \
    expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";

const NO_DATE: &str = "AWS authentication requires a valid Date or x-amz-date header";

const QUERY_PARTS: &str = "Query-string authentication version 4 requires the X-Amz-Algorithm, \
    X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires \
    parameters.";

const TWO_MECHANISMS: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query \
    parameter, Signature query string parameter or the Authorization header should be specified";
