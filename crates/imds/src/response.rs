use std::fmt;

use bytes::Bytes;
use rolecall_identity::Timestamp;

/// An answer. The server adds `Date`, `Server: EC2ws`, `Content-Length` and `Connection: close`.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// What the body is.
    pub content_type: ContentType,
    /// `X-Aws-Ec2-Metadata-Token-Ttl-Seconds`: what is left of the token.
    pub token_ttl_seconds: Option<u32>,
    /// `Last-Modified`, with which goes `Accept-Ranges: none`.
    pub last_modified: Option<Timestamp>,
    /// `Allow`.
    pub allow: Option<&'static str>,
    /// The body.
    pub body: Body,
    /// Whether only the length of the body is sent (`HEAD`).
    pub head_only: bool,
    /// Whether this answers a token request, whose packets obey the hop limit.
    pub is_token: bool,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`
    Json,
    /// `application/octet-stream`
    OctetStream,
    /// `text/html`
    Html,
    /// `text/plain`
    Text,
}

/// A body: often a secret, so it does not print.
#[derive(Clone, Default)]
pub struct Body(Bytes);

impl Response {
    /// An empty answer that no rule of the tree gave.
    pub const fn refused(status: u16) -> Self {
        Self::empty(status)
    }

    pub(crate) const fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: ContentType::Text,
            token_ttl_seconds: None,
            last_modified: None,
            allow: None,
            body: Body(Bytes::new()),
            head_only: false,
            is_token: false,
        }
    }

    pub(crate) fn with_body(
        status: u16,
        content_type: ContentType,
        body: impl Into<Bytes>,
    ) -> Self {
        Self { content_type, body: Body(body.into()), ..Self::empty(status) }
    }

    /// AWS's page for what is not there; also for a caller that no instance is known of.
    pub fn not_found() -> Self {
        Self::with_body(404, ContentType::Html, NOT_FOUND)
    }
}

impl ContentType {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Json => "application/json",
            Self::OctetStream => "application/octet-stream",
            Self::Text => "text/plain",
        }
    }
}

impl Body {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, for sending.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The text; of raw user data, as much as is text.
    pub fn as_str(&self) -> &str {
        self.0.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// AWS's page, to the byte. Source: contract/imds.md section 1.4.
const NOT_FOUND: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n",
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\"\n",
    "\t\t \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n",
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n",
    " <head>\n  <title>404 - Not Found</title>\n </head>\n",
    " <body>\n  <h1>404 - Not Found</h1>\n </body>\n</html>\n",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_length_seen_at_aws() {
        assert_eq!(NOT_FOUND.len(), 339);
    }
}
