use rolecall_identity::{Credentials, SecretAccessKey, SessionToken, Timestamp};
use rolecall_sigv4::{Header, PayloadHash, Request, sign};

use crate::wire::{Reply, Wire};

/// Keys to sign with.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key id.
    pub id: String,
    /// The secret.
    pub secret: String,
    /// The session token of temporary keys.
    pub token: Option<String>,
}

/// A request that is signed as it is, and can be spoiled before it is sent.
#[derive(Debug, Clone)]
pub struct SignedRequest {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    /// Headers in order, the signature among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Keys {
    /// A request to a query service: a form.
    pub fn query(&self, host: &str, service: &str, form: &str, now: Timestamp) -> SignedRequest {
        let mut request = SignedRequest::new("POST", "/", "", form.as_bytes());
        request.push("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        request.sign(self, host, service, now, None);
        request
    }

    /// A request to S3, its payload hashed.
    pub fn s3(
        &self,
        host: &str,
        method: &str,
        target: &str,
        body: &[u8],
        now: Timestamp,
    ) -> SignedRequest {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = SignedRequest::new(method, path, query, body);
        request.sign(self, host, "s3", now, None);
        request
    }

    /// The keys as variables.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), self.id.clone()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), self.secret.clone()),
        ];
        let token = self.token.clone();
        variables.extend(token.map(|token| ("AWS_SESSION_TOKEN".to_owned(), token)));
        variables
    }

    fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.id.parse().unwrap(),
            secret_access_key: SecretAccessKey::new(self.secret.clone()),
            session_token: self.token.clone().map(SessionToken::new),
            expiration: None,
        }
    }
}

impl SignedRequest {
    /// A request without a signature.
    pub fn new(method: &str, path: &str, query: &str, body: &[u8]) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: body.to_vec(),
        }
    }

    /// Adds a header line.
    pub fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.into(), value.into()));
    }

    /// Replaces a header's value, or removes it.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(known, _)| known != name);
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Adds host, date, token and signature. `payload` overrides the hash of the body.
    pub fn sign(
        &mut self,
        keys: &Keys,
        host: &str,
        service: &str,
        now: Timestamp,
        payload: Option<PayloadHash>,
    ) {
        let host = host.trim_start_matches("http://");
        self.push("host", host);
        self.push("x-amz-date", &now.amz_date().to_string());
        if let Some(token) = &keys.token {
            self.push("x-amz-security-token", token);
        }
        let payload = payload.unwrap_or_else(|| self.payload());
        if service == "s3" {
            let value = payload.header_value();
            self.push("x-amz-content-sha256", &value);
        }
        let headers = self.lines();
        let request = Request {
            method: &self.method,
            path: self.path.as_bytes(),
            query: self.query.as_bytes(),
            headers: &headers,
        };
        let signed = sign(&request, &payload, &keys.credentials(), "us-east-1", service, now);
        let signed = signed.unwrap();
        self.push("authorization", &signed);
    }

    fn payload(&self) -> PayloadHash {
        let bare = Request { method: "GET", path: b"/", query: b"", headers: &[] };
        PayloadHash::of_body(&bare, &self.body).unwrap()
    }

    fn lines(&self) -> Vec<Header<'_>> {
        self.headers.iter().map(|(name, value)| Header { name, value: value.as_bytes() }).collect()
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let mut head = format!("{} {}{query} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let has_length = self.headers.iter().any(|(name, _)| name == "content-length");
        if !has_length && (!self.body.is_empty() || matches!(&*self.method, "PUT" | "POST")) {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        head.push_str("connection: close\r\n\r\n");
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it to a server that may be gone, or go away.
    pub fn try_send(&self, address: &str) -> std::io::Result<Reply> {
        Wire::try_send(address, &self.bytes())
    }

    /// Sends it.
    pub fn send(&self, address: &str) -> Reply {
        Wire::send(address, &self.bytes())
    }
}
