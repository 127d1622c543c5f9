use std::fmt;

/// How far a client's clock may be off: 15 minutes. Source: contract/sigv4.md section 6.
pub const SKEW_SECONDS_MAX: i64 = 900;

/// A request as it came from the wire: raw bytes, nothing decoded.
///
/// Not `http::Uri`: that cannot carry the raw spaces and raw UTF-8 which real clients send.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, in the case it was sent.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a [u8],
    /// The query, without the `?`.
    pub query: &'a [u8],
    /// The header lines in order of arrival.
    pub headers: &'a [Header<'a>],
}

/// One header line; the name is lower case.
#[derive(Clone, Copy)]
pub struct Header<'a> {
    /// The name, in lower case.
    pub name: &'a str,
    /// The value as sent.
    pub value: &'a [u8],
}

/// Which rules a service follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// STS, IAM, EC2 and every service other than S3.
    Query,
    /// S3: the path is encoded once, the payload is declared, presigned URLs have a lifetime.
    S3,
}

/// What an endpoint expects of the requests it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The service's rules.
    pub dialect: Dialect,
    /// The service a credential must be scoped to.
    pub service: &'a str,
    /// The region a credential must be scoped to, or any.
    pub region: Option<&'a str>,
    /// How far the client's clock may be off, in seconds.
    pub skew_seconds_max: i64,
    /// A client whose clock is behind by this much is on time, too, in seconds. Not zero only where
    /// the verifier's clock was moved on purpose. Presigned S3 URLs follow that clock alone.
    pub behind_seconds: i64,
}

impl<'a> Request<'a> {
    /// The value of the first line of header `name`.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value)
    }
}

impl Dialect {
    /// The dialect a service speaks, by the name in its credential scope.
    pub fn of_service(service: &str) -> Self {
        match service {
            "s3" | "s3-object-lambda" | "s3-outposts" | "s3express" => Self::S3,
            _ => Self::Query,
        }
    }
}

impl<'a> Rules<'a> {
    /// The usual rules: any region, 15 minutes of skew.
    pub const fn new(dialect: Dialect, service: &'a str) -> Self {
        let skew_seconds_max = SKEW_SECONDS_MAX;
        Self { dialect, service, region: None, skew_seconds_max, behind_seconds: 0 }
    }

    /// The same rules for clients whose clock may be behind by so much.
    #[must_use]
    pub const fn behind(self, behind_seconds: i64) -> Self {
        Self { behind_seconds, ..self }
    }

    /// The same rules for one region only.
    #[must_use]
    pub const fn in_region(self, region: &'a str) -> Self {
        Self { region: Some(region), ..self }
    }
}

/// Names the request without its headers and query, which may carry a token.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.path.escape_ascii())
    }
}

/// Names the header without its value, which may be a token.
impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({}: …)", self.name)
    }
}
