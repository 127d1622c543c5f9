use std::fmt;

use rolecall_identity::Timestamp;

use crate::canonical::CanonicalError;
use crate::encode::BadEscape;
use crate::presented::AuthForm;

/// Why a request was refused, in the order of contract/sigv4.md sections 10 and 13.
///
/// The `Display` text is for logs; what goes on the wire comes from [`Rejection::query_error`],
/// [`Rejection::ec2_error`] and [`Rejection::s3_error`]. A rejection holds nothing that the caller
/// did not send, and none of its texts holds a session token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The request has no canonical form: a limit, a control character, a bad path.
    #[error(transparent)]
    NotCanonical(#[from] CanonicalError),
    /// The query holds a broken escape.
    #[error("the query is malformed: {0}")]
    QueryMalformed(BadEscape),
    /// Neither an Authorization header nor a signature in the query.
    #[error("the request carries no signature")]
    MissingAuthentication,
    /// An Authorization header and a signature in the query, or two headers.
    #[error("the request carries two signatures")]
    TwoMechanisms {
        /// The Authorization header.
        authorization: String,
    },
    /// Signature Version 2, in either form.
    #[error("signature version 2 is not supported")]
    SignatureVersion2,
    /// An algorithm other than `AWS4-HMAC-SHA256`.
    #[error("the algorithm `{algorithm}` is not supported")]
    AlgorithmUnsupported {
        /// The algorithm as sent.
        algorithm: String,
        /// The Authorization header; empty in the query form.
        authorization: String,
        /// Where it stood.
        form: AuthForm,
    },
    /// An Authorization header of one word.
    #[error("the authorization header has no space after its algorithm")]
    AuthorizationSpace {
        /// The Authorization header.
        authorization: String,
    },
    /// A component of the Authorization header without `=`.
    #[error("the authorization component `{part}` has no equal sign")]
    ComponentMalformed {
        /// The component.
        part: String,
        /// The Authorization header.
        authorization: String,
    },
    /// Components of the Authorization header, or the date, are missing.
    #[error("the authorization header lacks {}", .0.names())]
    HeaderPartsMissing(MissingParts),
    /// Parameters of a presigned URL are missing.
    #[error("the presigned query lacks {}", .0.names())]
    QueryPartsMissing(MissingParts),
    /// Headers that must be signed are not.
    #[error("the headers `{}` are not signed", names.join("`, `"))]
    HeadersNotSigned {
        /// Their names, host first, then in order of arrival.
        names: Vec<String>,
    },
    /// SignedHeaders is empty, unsorted or lists a name twice.
    #[error("the list of signed headers is not sorted and unique")]
    SignedHeadersUnsorted {
        /// The access key id as presented.
        access_key_id: String,
    },
    /// SignedHeaders lists a header that the request does not have.
    #[error("the signed header `{name}` is absent")]
    SignedHeaderAbsent {
        /// The listed name.
        name: String,
        /// The access key id as presented.
        access_key_id: String,
    },
    /// The date is in no known form, or there is more than one.
    #[error("the date `{got}` is malformed")]
    DateMalformed {
        /// The date as sent.
        got: String,
        /// Where it stood.
        form: AuthForm,
    },
    /// X-Amz-Expires is no lifetime (S3).
    #[error("the lifetime is {0}")]
    ExpiresMalformed(ExpiresFault),
    /// Signed too long ago, or too far in the future.
    #[error("signed at {}, too far from {}", .0.signed_at.amz_date(), .0.now.amz_date())]
    Skewed(Box<Skew>),
    /// A presigned URL whose life is over (S3).
    #[error("the presigned request expired at {}", expires_at.iso8601())]
    PresignedExpired {
        /// X-Amz-Expires as sent.
        sent: String,
        /// When it expired.
        expires_at: Timestamp,
        /// The time now.
        now: Timestamp,
    },
    /// A presigned URL of the future (S3).
    #[error("the presigned request is not valid yet")]
    PresignedNotYetValid,
    /// The credential does not have five parts, or one of them is too long.
    #[error("the credential `{got}` does not have five parts")]
    CredentialMalformed {
        /// The credential as sent.
        got: String,
        /// Where it stood.
        form: AuthForm,
    },
    /// The scope is of another region, service, day or protocol.
    #[error("the credential scope is wrong: {}", .0.names())]
    ScopeWrong(Box<ScopeMismatch>),
    /// Raised by the caller: the token is not intact, or of another key, or revoked.
    #[error("the session token is invalid")]
    TokenInvalid,
    /// Raised by the caller: a temporary key without its token.
    #[error("the session token of `{access_key_id}` is missing")]
    TokenMissing {
        /// The access key id as presented.
        access_key_id: String,
    },
    /// Raised by the caller: a token beside a long-term key.
    #[error("a long-term key came with a session token")]
    TokenUnexpected,
    /// Raised by the caller: the session is over.
    #[error("the session token is expired")]
    TokenExpired,
    /// A session token in the header and in the query, or twice in the header.
    #[error("the request carries two session tokens")]
    TwoTokens,
    /// Raised by the caller: no such access key.
    #[error("the access key `{access_key_id}` is unknown")]
    UnknownKey {
        /// The access key id as presented.
        access_key_id: String,
    },
    /// `x-amz-content-sha256` is missing (S3).
    #[error("the payload hash is missing")]
    ContentSha256Missing,
    /// `x-amz-content-sha256` is no hash and none of the literals, or not one for this service.
    #[error("the payload hash is not acceptable")]
    ContentSha256Invalid,
    /// A streaming payload with a request that uploads nothing (S3).
    #[error("a streaming payload is declared for a request without one")]
    ContentSha256Misplaced,
    /// The body is not the one that was declared.
    #[error("the payload hash `{client}` was declared, the body has `{server}`")]
    ContentMismatch {
        /// The hash the client sent.
        client: String,
        /// The hash of the body.
        server: String,
    },
    /// The signature is not the one this key makes.
    #[error("the signature does not match for access key `{}`", .0.access_key_id)]
    SignatureMismatch(Box<Mismatch>),
}

/// Which required parts are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MissingParts {
    /// `X-Amz-Algorithm`
    pub algorithm: bool,
    /// `Credential`, `X-Amz-Credential`
    pub credential: bool,
    /// `Signature`, `X-Amz-Signature`
    pub signature: bool,
    /// `SignedHeaders`, `X-Amz-SignedHeaders`
    pub signed_headers: bool,
    /// The `X-Amz-Date` or `Date` header, `X-Amz-Date`
    pub date: bool,
    /// `X-Amz-Expires`
    pub expires: bool,
}

/// What is wrong with X-Amz-Expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpiresFault {
    /// Below zero.
    #[error("negative")]
    Negative,
    /// Not decimal digits.
    #[error("not a number")]
    NotANumber,
    /// More than seven days.
    #[error("longer than seven days")]
    TooLong,
}

/// A date that is too far from now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skew {
    /// The date as sent.
    pub sent: String,
    /// The moment it means.
    pub signed_at: Timestamp,
    /// The time now.
    pub now: Timestamp,
    /// How far is tolerated, in seconds.
    pub skew_seconds_max: i64,
}

/// What is wrong with a credential scope: each part as sent where it is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeMismatch {
    /// Where the credential stood.
    pub form: AuthForm,
    /// The wrong region.
    pub region: Option<String>,
    /// The endpoint's region.
    pub region_expected: String,
    /// The wrong service.
    pub service: Option<String>,
    /// The endpoint's service.
    pub service_expected: String,
    /// The wrong terminator.
    pub terminator: Option<String>,
    /// The wrong day.
    pub date: Option<String>,
    /// The UTC day of the request's date.
    pub day_expected: String,
    /// The request's date as sent.
    pub date_sent: String,
}

/// Both sides of a signature that does not match: what to compare with the client's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The access key id as presented.
    pub access_key_id: String,
    /// The canonical request made of what was received. It holds the session token: tell
    /// [`Mismatch::told_canonical_request`].
    pub canonical_request: String,
    /// The string to sign.
    pub string_to_sign: String,
    /// The signature as presented.
    pub signature_provided: String,
}

impl Rejection {
    /// The canonical request and string to sign behind a mismatch, for `--explain`.
    pub fn mismatch(&self) -> Option<&Mismatch> {
        match self {
            Self::SignatureMismatch(mismatch) => Some(mismatch),
            _ => None,
        }
    }
}

impl Mismatch {
    /// What AWS used to append to its message; ours in development mode only.
    pub fn explain(&self) -> String {
        format!(
            "\n\nThe Canonical String for this request should have been\n'{}'\n\n\
             The String-to-Sign should have been\n'{}'\n",
            self.told_canonical_request(),
            self.string_to_sign
        )
    }

    /// The canonical request with `…` for the session token, which has no place in an answer or a
    /// log.
    pub fn told_canonical_request(&self) -> String {
        let lines = self.canonical_request.split('\n').enumerate();
        let told = lines.map(|(number, line)| match number {
            QUERY_LINE => told_query(line),
            _ if line.starts_with(TOKEN_HEADER) => format!("{TOKEN_HEADER}…"),
            _ => line.to_owned(),
        });
        told.collect::<Vec<_>>().join("\n")
    }
}

/// Secrets do not print.
impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch")
            .field("access_key_id", &self.access_key_id)
            .field("canonical_request", &self.told_canonical_request())
            .field("string_to_sign", &self.string_to_sign)
            .field("signature_provided", &self.signature_provided)
            .finish()
    }
}

fn told_query(line: &str) -> String {
    let pieces = line.split('&').map(|piece| match piece.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case(TOKEN_PARAMETER) => format!("{name}=…"),
        _ => piece.to_owned(),
    });
    pieces.collect::<Vec<_>>().join("&")
}

impl MissingParts {
    fn names(&self) -> String {
        let parts = [
            (self.algorithm, "algorithm"),
            (self.credential, "credential"),
            (self.signature, "signature"),
            (self.signed_headers, "signed headers"),
            (self.date, "date"),
            (self.expires, "lifetime"),
        ];
        let names: Vec<_> = parts.iter().filter(|(missing, _)| *missing).map(|p| p.1).collect();
        names.join(", ")
    }
}

impl ScopeMismatch {
    fn names(&self) -> String {
        let parts = [
            ("region", &self.region),
            ("service", &self.service),
            ("terminator", &self.terminator),
            ("date", &self.date),
        ];
        let named = parts.iter().filter_map(|(name, got)| Some((name, got.as_ref()?)));
        named.map(|(name, got)| format!("{name} `{got}`")).collect::<Vec<_>>().join(", ")
    }
}

pub(crate) fn missing_expires() -> Rejection {
    Rejection::QueryPartsMissing(MissingParts { expires: true, ..MissingParts::default() })
}

/// Method, path, query.
const QUERY_LINE: usize = 2;
const TOKEN_HEADER: &str = "x-amz-security-token:";
const TOKEN_PARAMETER: &str = "X-Amz-Security-Token";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_is_not_told() {
        let canonical = "GET\n/x-amz-security-token:p\nX-Amz-Date=d&X-Amz-Security-Token=theSeCrEt%2B&a=b\n\
                         host:h\nx-amz-security-token:theSeCrEt+\n\nhost;x-amz-security-token\nhash";
        let mismatch = Mismatch {
            access_key_id: "ASIA".into(),
            canonical_request: canonical.into(),
            string_to_sign: "s".into(),
            signature_provided: "0".into(),
        };
        let told = "GET\n/x-amz-security-token:p\nX-Amz-Date=d&X-Amz-Security-Token=…&a=b\n\
                    host:h\nx-amz-security-token:…\n\nhost;x-amz-security-token\nhash";
        assert_eq!(mismatch.told_canonical_request(), told);
        let rejection = Rejection::SignatureMismatch(Box::new(mismatch.clone()));
        for text in [
            mismatch.explain(),
            format!("{rejection} {rejection:?}"),
            format!("{:?} {:?}", rejection.query_error(), rejection.s3_error()),
        ] {
            assert!(!text.contains("SeCrEt"), "{text}");
        }
    }
}
