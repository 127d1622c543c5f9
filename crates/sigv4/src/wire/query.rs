//! STS, IAM and the other query services: contract/sigv4.md section 10.

use super::WireError;
use crate::canonical::CanonicalError;
use crate::encode::BadEscape;
use crate::presented::AuthForm;
use crate::rejection::{MissingParts, Rejection, ScopeMismatch, Skew};

impl Rejection {
    /// What STS, IAM and the other query services answer.
    ///
    /// Without the canonical string: in development mode append [`crate::Mismatch::explain`].
    pub fn query_error(&self) -> WireError {
        match self {
            Self::NotCanonical(error) => not_canonical(*error),
            Self::QueryMalformed(escape) => query_malformed(escape),
            Self::MissingAuthentication => missing_token(),
            Self::TwoMechanisms { .. } => no_match(""),
            Self::SignatureVersion2 => incomplete(unsupported("AWS")),
            Self::AlgorithmUnsupported { form: AuthForm::Query, .. } => missing_token(),
            Self::AlgorithmUnsupported { algorithm, .. } => incomplete(unsupported(algorithm)),
            Self::AuthorizationSpace { authorization } => incomplete(unsupported(authorization)),
            Self::ComponentMalformed { part, authorization } => incomplete(format!(
                "'{part}' not a valid key=value pair (missing equal-sign) \
                 in Authorization header: '{authorization}'."
            )),
            Self::HeaderPartsMissing(missing) => incomplete(header_parts(missing)),
            Self::QueryPartsMissing(missing) if missing.algorithm => missing_token(),
            Self::QueryPartsMissing(missing) => incomplete(query_parts(missing)),
            Self::HeadersNotSigned { names } => no_match(not_signed(names)),
            Self::DateMalformed { got, .. } => incomplete(format!(
                "Date must be in ISO-8601 'basic format'. Got '{got}'. \
                 See http://en.wikipedia.org/wiki/ISO_8601"
            )),
            Self::Skewed(skew) => no_match(skewed(skew)),
            Self::CredentialMalformed { got, .. } => incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, \
                 e.g. keyid/date/region/service/term, got '{got}'"
            )),
            Self::ScopeWrong(scope) => no_match(scope_wrong(scope)),
            Self::TokenInvalid | Self::TokenUnexpected | Self::TwoTokens => {
                invalid("The security token included in the request is invalid")
            }
            Self::TokenExpired => WireError::new(
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            ),
            Self::TokenMissing { .. } | Self::UnknownKey { .. } => {
                invalid("The security token included in the request is invalid.")
            }
            Self::SignedHeadersUnsorted { .. }
            | Self::SignedHeaderAbsent { .. }
            | Self::ExpiresMalformed(_)
            | Self::PresignedExpired { .. }
            | Self::PresignedNotYetValid
            | Self::ContentSha256Missing
            | Self::ContentSha256Invalid
            | Self::ContentSha256Misplaced
            | Self::ContentMismatch { .. }
            | Self::SignatureMismatch(_) => no_match(NO_MATCH),
        }
    }
}

/// AWS answers a bad path without a body; the limits are ours, so the same [?].
fn not_canonical(error: CanonicalError) -> WireError {
    match error {
        CanonicalError::Limit { .. } => incomplete(error.to_string()),
        CanonicalError::ControlByte | CanonicalError::NoHeaders | CanonicalError::Path => {
            WireError::new(400, "", "")
        }
    }
}

fn query_malformed(escape: &BadEscape) -> WireError {
    let message = match escape {
        BadEscape::Illegal(digits) => {
            format!("Illegal hex character in escape % pattern: %{digits}")
        }
        BadEscape::Incomplete => "Incomplete trailing escape % sequence".to_owned(),
    };
    WireError::new(400, "MalformedQueryString", message)
}

fn header_parts(missing: &MissingParts) -> String {
    let parts = [
        (missing.credential, "Authorization header requires 'Credential' parameter. "),
        (missing.signature, "Authorization header requires 'Signature' parameter. "),
        (missing.signed_headers, "Authorization header requires 'SignedHeaders' parameter. "),
        (
            missing.date,
            "Authorization header requires existence of either a 'X-Amz-Date' \
             or a 'Date' header. ",
        ),
    ];
    listed(&parts) + "Authorization=AWS4-HMAC-SHA256"
}

fn query_parts(missing: &MissingParts) -> String {
    let parts = [
        (missing.credential, "AWS query-string parameters must include 'X-Amz-Credential'. "),
        (missing.signature, "AWS query-string parameters must include 'X-Amz-Signature'. "),
        (
            missing.signed_headers,
            "AWS query-string parameters must include 'X-Amz-SignedHeaders'. ",
        ),
        (missing.date, "AWS query-string parameters must include 'X-Amz-Date'. "),
        (missing.expires, "AWS query-string parameters must include 'X-Amz-Expires'. "),
    ];
    listed(&parts) + "Re-examine the query-string parameters."
}

fn listed(parts: &[(bool, &str)]) -> String {
    parts.iter().filter(|(missing, _)| *missing).map(|&(_, text)| text).collect()
}

/// AWS names the host; other names take the same form [?].
fn not_signed(names: &[String]) -> String {
    let name = match names.first().map(String::as_str) {
        Some("host") | None => "'Host' or ':authority'",
        Some(name) => return format!("'{name}' {MUST_BE_SIGNED}"),
    };
    format!("{name} {MUST_BE_SIGNED}")
}

fn skewed(skew: &Skew) -> String {
    let Skew { signed_at, now, skew_seconds_max, .. } = skew;
    let minutes = skew_seconds_max / 60;
    let (signed, now_text) = (signed_at.amz_date(), now.amz_date());
    if signed_at < now {
        let limit = now.plus_seconds(-skew_seconds_max).amz_date();
        format!(
            "Signature expired: {signed} is now earlier than {limit} ({now_text} - {minutes} min.)"
        )
    } else {
        let limit = now.plus_seconds(*skew_seconds_max).amz_date();
        format!(
            "Signature not yet current: {signed} is still later than {limit} \
             ({now_text} + {minutes} min.)"
        )
    }
}

/// Every fault of the scope, one sentence after the other.
fn scope_wrong(scope: &ScopeMismatch) -> String {
    let mut sentences = Vec::new();
    if let Some(got) = &scope.region {
        sentences.push(format!("Credential should be scoped to a valid region, not '{got}'. "));
    }
    if scope.service.is_some() {
        let expected = &scope.service_expected;
        sentences.push(format!("Credential should be scoped to correct service: '{expected}'. "));
    }
    if let Some(got) = &scope.terminator {
        sentences.push(format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{got}'. "
        ));
    }
    if let Some(got) = &scope.date {
        let (expected, sent) = (&scope.day_expected, &scope.date_sent);
        sentences.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
             from HTTP: '{got}' != '{expected}', from '{sent}'."
        ));
    }
    sentences.concat()
}

fn unsupported(algorithm: &str) -> String {
    format!("Unsupported AWS 'algorithm': '{algorithm}'.")
}

fn incomplete(message: String) -> WireError {
    WireError::new(400, "IncompleteSignature", message)
}

fn invalid(message: &str) -> WireError {
    WireError::new(403, "InvalidClientTokenId", message)
}

fn missing_token() -> WireError {
    let message = "Request is missing Authentication Token";
    WireError::new(403, "MissingAuthenticationToken", message)
}

fn no_match(message: impl Into<String>) -> WireError {
    WireError::new(403, "SignatureDoesNotMatch", message)
}

const MUST_BE_SIGNED: &str = "must be a 'SignedHeader' in the AWS Authorization.";

const NO_MATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";
