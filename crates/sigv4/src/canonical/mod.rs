//! The canonical request and the string to sign: contract/sigv4.md section 1.

mod headers;
mod path;
mod query;

use sha2::{Digest, Sha256};

pub use self::headers::{HEADER_LINES_MAX, SIGNED_HEADERS_MAX};
pub(crate) use self::headers::{HeaderIndex, SignedHeadersFault};
pub use self::query::QUERY_PAIRS_MAX;
pub(crate) use self::query::{Dropped, pieces, split_piece};

use crate::encode;
use crate::payload::PayloadHash;
use crate::request::{Dialect, Request};
use crate::scope::CredentialScope;

/// The algorithm of Signature Version 4.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Why a request has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A method or header value carries a line break or NUL, or a method is no token.
    #[error("a method or header value carries a control character")]
    ControlByte,
    /// A request without a header to sign.
    #[error("there is no header to sign")]
    NoHeaders,
    /// More of something than is worked on.
    #[error("more than {max} {what}")]
    Limit {
        /// What there was too much of.
        what: &'static str,
        /// How much is accepted.
        max: usize,
    },
    /// A path that is not absolute, leaves the root, or holds a broken escape.
    #[error("the path is not absolute, leaves the root or holds a broken escape")]
    Path,
}

/// Reusable buffers: with them a successful verification allocates nothing.
///
/// One per thread or connection. They keep the size of the largest request seen, up to
/// 64 KiB.
#[derive(Default)]
pub struct Scratch {
    pub(crate) canonical: Vec<u8>,
    pub(crate) string_to_sign: Vec<u8>,
    query: query::QueryScratch,
}

/// Everything a canonical request is made of.
pub(crate) struct CanonicalRequest<'a> {
    pub(crate) request: &'a Request<'a>,
    /// Whether the query's escapes are canonical, if that is known already.
    pub(crate) query_is_canonical: Option<bool>,
    pub(crate) dialect: Dialect,
    pub(crate) dropped: Dropped,
    pub(crate) signed_headers: &'a str,
    pub(crate) index: &'a HeaderIndex,
    pub(crate) payload: &'a PayloadHash,
}

impl CanonicalRequest<'_> {
    /// Writes the canonical request and the string to sign into `scratch`.
    pub(crate) fn write(
        &self,
        amz_date: &[u8; 16],
        scope: &CredentialScope<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CanonicalError> {
        scratch.clear();
        let Scratch { canonical, string_to_sign, query } = scratch;
        self.write_request(query, canonical)?;
        string_to_sign.extend_from_slice(ALGORITHM.as_bytes());
        string_to_sign.push(b'\n');
        string_to_sign.extend_from_slice(amz_date);
        string_to_sign.push(b'\n');
        scope.write(string_to_sign);
        string_to_sign.push(b'\n');
        string_to_sign.extend_from_slice(&encode::hex(&Sha256::digest(&*canonical).into()));
        Ok(())
    }

    fn write_request(
        &self,
        query: &mut query::QueryScratch,
        out: &mut Vec<u8>,
    ) -> Result<(), CanonicalError> {
        let request = self.request;
        if !request.method.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CanonicalError::ControlByte);
        }
        out.extend_from_slice(request.method.as_bytes());
        out.push(b'\n');
        path::write(request.path, self.dialect, out)?;
        out.push(b'\n');
        query.write(request.query, self.query_is_canonical, self.dropped, out)?;
        out.push(b'\n');
        self.index.write(request.headers, out)?;
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_bytes());
        out.push(b'\n');
        self.payload.write(out);
        Ok(())
    }
}

impl Scratch {
    fn clear(&mut self) {
        self.canonical.clear();
        self.canonical.shrink_to(RETAINED_BYTES_MAX);
        self.string_to_sign.clear();
    }
}

/// How much a buffer keeps between requests. LIMIT: ours.
const RETAINED_BYTES_MAX: usize = 64 * 1024;
