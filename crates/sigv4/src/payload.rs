use constant_time_eq::constant_time_eq;
use sha2::{Digest, Sha256};

use crate::check::Checked;
use crate::encode;
use crate::presented::AuthForm;
use crate::rejection::Rejection;
use crate::request::Request;

/// The payload line of the canonical request. Source: contract/sigv4.md section 2.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PayloadHash {
    /// The SHA-256 of the body.
    Sha256([u8; 32]),
    /// `UNSIGNED-PAYLOAD`
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, with `-TRAILER` where trailers follow.
    StreamingSigned {
        /// Whether signed trailers follow the last chunk.
        trailer: bool,
    },
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
    StreamingUnsignedTrailer,
}

impl PayloadHash {
    /// What an S3 request declares: the header; presigned the query, else the header if it was
    /// signed, else `UNSIGNED-PAYLOAD`.
    ///
    /// A [`PayloadHash::Sha256`] is a claim: compare it with the body through
    /// [`PayloadHash::matches_body`].
    pub fn declared_s3(checked: &Checked<'_>) -> Result<Self, Rejection> {
        let request = checked.request();
        let header = request.header(CONTENT_SHA256);
        let presented = checked.presented();
        let declared = match presented.form() {
            AuthForm::Header => header.ok_or(Rejection::ContentSha256Missing)?,
            AuthForm::Query => match presented.query_content_sha256() {
                Some(value) => value.as_bytes(),
                None => match header.filter(|_| !checked.content_sha256_is_unsigned()) {
                    Some(value) => value,
                    None => return Ok(Self::Unsigned),
                },
            },
        };
        let payload = Self::parse(declared).ok_or(Rejection::ContentSha256Invalid)?;
        let upload = matches!(request.method, "PUT" | "POST");
        if payload.is_streaming() && !upload {
            return Err(Rejection::ContentSha256Misplaced);
        }
        Ok(payload)
    }

    /// For every service other than S3: the hash of the body.
    ///
    /// If `x-amz-content-sha256` is sent it must say the same; `UNSIGNED-PAYLOAD` is refused.
    pub fn of_body(request: &Request<'_>, body: &[u8]) -> Result<Self, Rejection> {
        let digest = Sha256::digest(body).into();
        if let Some(sent) = request.header(CONTENT_SHA256)
            && sent != encode::hex(&digest)
        {
            return Err(mismatch(&String::from_utf8_lossy(sent), &digest));
        }
        Ok(Self::Sha256(digest))
    }

    /// Whether a body whose SHA-256 is `digest` is the one that was declared.
    ///
    /// The other kinds bind no whole body, so they agree with every one.
    pub fn matches_body(&self, digest: &[u8; 32]) -> Result<(), Rejection> {
        match self {
            Self::Sha256(declared) if !constant_time_eq(declared, digest) => {
                Err(mismatch(&String::from_utf8_lossy(&encode::hex(declared)), digest))
            }
            _ => Ok(()),
        }
    }

    /// Whether the body comes in chunks (aws-chunked).
    pub const fn is_streaming(&self) -> bool {
        matches!(self, Self::StreamingSigned { .. } | Self::StreamingUnsignedTrailer)
    }

    /// The value of `x-amz-content-sha256`, as the signer writes it.
    pub fn header_value(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Sha256(digest) => out.extend_from_slice(&encode::hex(digest)),
            other => out.extend_from_slice(other.literal().as_bytes()),
        }
    }

    fn literal(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "",
            Self::StreamingSigned { trailer: false } => STREAMING_SIGNED,
            Self::StreamingSigned { trailer: true } => STREAMING_SIGNED_TRAILER,
            Self::StreamingUnsignedTrailer => STREAMING_UNSIGNED_TRAILER,
            Self::Unsigned => UNSIGNED,
        }
    }

    /// Reads a value of `x-amz-content-sha256`. The ECDSA forms belong to SigV4A and are refused.
    fn parse(value: &[u8]) -> Option<Self> {
        let literals = [
            Self::Unsigned,
            Self::StreamingSigned { trailer: false },
            Self::StreamingSigned { trailer: true },
            Self::StreamingUnsignedTrailer,
        ];
        let literal = literals.into_iter().find(|hash| hash.literal().as_bytes() == value);
        literal.or_else(|| encode::unhex(value).map(Self::Sha256))
    }
}

/// The header and, in its own case, the query parameter that declare a payload.
pub(crate) const CONTENT_SHA256: &str = "x-amz-content-sha256";

const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

fn mismatch(client: &str, digest: &[u8; 32]) -> Rejection {
    let server = String::from_utf8_lossy(&encode::hex(digest)).into_owned();
    Rejection::ContentMismatch { client: client.to_owned(), server }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_back() {
        for value in [UNSIGNED, STREAMING_SIGNED, STREAMING_SIGNED_TRAILER] {
            assert_eq!(PayloadHash::parse(value.as_bytes()).unwrap().header_value(), value);
        }
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(PayloadHash::parse(empty.as_bytes()).unwrap().header_value(), empty);
        for bad in ["", "unsigned-payload", "STREAMING-AWS4-HMAC-SHA256-EVENTS", &empty[1..]] {
            assert_eq!(PayloadHash::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(PayloadHash::parse(empty.to_uppercase().as_bytes()), None);
        assert_eq!(PayloadHash::parse(b"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), None);
    }
}
