use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};

use super::error::S3Error;
use super::operation::Operation;
use super::path::{S3Path, encode};
use super::query::Query;
use super::route::route;

/// A request to S3, parsed once: what is authorised is what is forwarded.
#[derive(Debug)]
pub(crate) struct S3Request {
    pub(crate) operation: Operation,
    pub(crate) path: S3Path,
    pub(crate) query: Query,
    /// Bucket and key of a copy's source.
    pub(crate) copy_source: Option<(String, String)>,
    method: Method,
    headers: HeaderMap,
}

impl S3Request {
    pub(crate) fn parse(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Self, S3Error> {
        let path = S3Path::parse(uri.path())?;
        let query = Query::parse(uri.query().unwrap_or_default())?;
        let mut headers = headers.clone();
        hoist(&query, &mut headers)?;
        let source = single(&headers, "x-amz-copy-source")?;
        let copy_source = source.map(S3Path::parse_copy_source).transpose()?;
        let operation = route(method.as_str(), &path, &query, copy_source.is_some())?;
        check_headers(&headers)?;
        Ok(Self { operation, path, query, copy_source, method: method.clone(), headers })
    }

    /// The same request for other bytes of its object.
    pub(crate) fn with_range(mut self, range: Option<HeaderValue>) -> Self {
        if let Some(range) = range {
            self.headers.insert(http::header::RANGE, range);
        }
        self
    }

    /// Whether the client expects another account to own the buckets.
    pub(crate) fn expects_other_owner(&self, owner: &str) -> bool {
        let names = ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"];
        names.into_iter().any(|name| self.headers.get(name).is_some_and(|value| value != owner))
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The request as the store gets it: without signature, framing and hop-by-hop headers.
    pub(crate) fn into_store(
        self,
        body: s3s::Body,
        length: u64,
    ) -> Result<Request<s3s::Body>, S3Error> {
        let invalid = |error: http::Error| S3Error::internal(error.to_string());
        let mut request = Request::new(body);
        *request.uri_mut() = self.store_uri()?;
        *request.method_mut() = self.method.clone();
        for (name, value) in &self.headers {
            if is_forwarded(name) {
                request.headers_mut().append(name, value.clone());
            }
        }
        let headers = request.headers_mut();
        headers.insert(http::header::HOST, HeaderValue::from_static("localhost"));
        if let Some((bucket, key)) = &self.copy_source {
            let source = format!("{bucket}/{}", encode(key));
            let source = HeaderValue::try_from(source).map_err(|error| invalid(error.into()))?;
            headers.insert("x-amz-copy-source", source);
        }
        if let Some(encoding) = content_encoding(&self.headers) {
            let encoding =
                HeaderValue::try_from(encoding).map_err(|error| invalid(error.into()))?;
            headers.insert(http::header::CONTENT_ENCODING, encoding);
        }
        if matches!(self.method, Method::PUT | Method::POST) {
            headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        Ok(request)
    }

    fn store_uri(&self) -> Result<Uri, S3Error> {
        let bucket = self.path.bucket.as_deref().unwrap_or_default();
        let mut target = format!("/{bucket}");
        if let Some(key) = &self.path.key {
            target.push('/');
            target.push_str(&encode(key));
        }
        let query = self.query.encode();
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query);
        }
        Uri::try_from(target).map_err(|error| S3Error::internal(error.to_string()))
    }
}

/// Headers that a presigner moved into the query become headers again; both at once are refused.
fn hoist(query: &Query, headers: &mut HeaderMap) -> Result<(), S3Error> {
    for (name, value) in &query.hoisted {
        let invalid =
            || S3Error::invalid_argument("A parameter is not a header").with("ArgumentName", name);
        let name = HeaderName::try_from(name.as_str()).map_err(|_| invalid())?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|_| invalid())?;
        if headers.insert(name, value).is_some() {
            return Err(invalid());
        }
    }
    Ok(())
}

/// A header that may be given once.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, S3Error> {
    let invalid = || S3Error::invalid_argument("Invalid header").with("ArgumentName", name);
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| invalid()),
        (Some(_), Some(_)) => Err(invalid()),
    }
}

/// Refuses headers whose promise the store would not keep.
fn check_headers(headers: &HeaderMap) -> Result<(), S3Error> {
    for (name, value) in headers {
        let (name, value) = (name.as_str(), value.as_bytes());
        let kept = match name {
            "x-amz-acl" => matches!(value, b"private" | b"bucket-owner-full-control"),
            "x-amz-storage-class" => value == b"STANDARD",
            "x-amz-tagging" | "x-amz-website-redirect-location" => false,
            "x-amz-bucket-object-lock-enabled" => value.eq_ignore_ascii_case(b"false"),
            _ => !UNKEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix)),
        };
        if !kept {
            return Err(S3Error::not_implemented().with("Header", name));
        }
    }
    Ok(())
}

const UNKEPT_PREFIXES: &[&str] = &[
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption",
    "x-amz-write-offset-bytes",
];

/// What is not of the connection, the signature or the framing.
fn is_forwarded(name: &HeaderName) -> bool {
    let name = name.as_str();
    !DROPPED.contains(&name) && !name.starts_with("x-forwarded-") && !name.starts_with("amz-sdk-")
}

const DROPPED: &[&str] = &[
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "expect",
    "forwarded",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-trailer",
];

/// The encoding without `aws-chunked`, which is of the wire; `gzip` is of the object.
fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(http::header::CONTENT_ENCODING).iter();
    let kept: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}
