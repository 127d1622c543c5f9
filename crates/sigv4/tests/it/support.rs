//! A request that can be changed, and an endpoint that checks it as a caller of the crate does.

use rolecall_identity::{Credentials, SecretAccessKey, SessionToken, Timestamp};
use rolecall_sigv4::*;
use sha2::{Digest, Sha256};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SESSION_KEY_ID: &str = "ASIAIOSFODNN7EXAMPLE";
pub(crate) const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3Qt+Q/w==";
pub(crate) const REGION: &str = "us-east-1";
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_440_938_160);

/// An owned request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = vec![("host".to_owned(), b"example.amazonaws.com".to_vec())];
        let (path, query) = (path.into(), query.into());
        Self { method: method.to_owned(), path, query, headers, body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        self
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    pub(crate) fn get(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    pub(crate) fn append_query(&mut self, text: &str) {
        if !self.query.is_empty() {
            self.query.push(b'&');
        }
        self.query.extend_from_slice(text.as_bytes());
    }

    /// Replaces text in the query, which must be there.
    pub(crate) fn replace_query(&mut self, from: &str, to: &str) {
        let query = String::from_utf8(self.query.clone()).unwrap();
        assert!(query.contains(from), "{query} lacks {from}");
        self.query = query.replace(from, to).into();
    }

    /// Replaces text in the Authorization header, which must be there.
    pub(crate) fn replace_authorization(&mut self, from: &str, to: &str) {
        let value = self.get("authorization");
        assert!(value.contains(from), "{value} lacks {from}");
        self.set("authorization", &value.replace(from, to));
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&Request<'_>) -> R) -> R {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| Header { name, value }).collect();
        let Self { method, path, query, .. } = self;
        f(&Request { method, path, query, headers: &headers })
    }
}

/// Who may call, and by which rules.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) dialect: Dialect,
    pub(crate) service: String,
    pub(crate) region: String,
    pub(crate) now: Timestamp,
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    /// S3's rules with a hashed body, for the cases of AWS's suite that are not normalised.
    pub(crate) hash_body: bool,
}

impl Endpoint {
    pub(crate) fn new(service: &str) -> Self {
        Self {
            dialect: Dialect::of_service(service),
            service: service.to_owned(),
            region: REGION.to_owned(),
            now: NOW,
            key_id: KEY_ID.to_owned(),
            secret: SECRET.to_owned(),
            token: None,
            hash_body: false,
        }
    }

    pub(crate) fn with_session(mut self) -> Self {
        self.key_id = SESSION_KEY_ID.to_owned();
        self.token = Some(TOKEN.to_owned());
        self
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            access_key_id: self.key_id.parse().unwrap(),
            secret_access_key: SecretAccessKey::new(&self.secret),
            session_token: self.token.as_ref().map(SessionToken::new),
            expiration: None,
        }
    }

    fn payload(&self, body: &[u8]) -> PayloadHash {
        PayloadHash::Sha256(Sha256::digest(body).into())
    }

    /// Signs as our client does: date, token and, for S3, payload hash, then the signature.
    pub(crate) fn sign(&self, request: &Sent) -> Sent {
        self.sign_payload(request, self.payload(&request.body))
    }

    pub(crate) fn sign_payload(&self, request: &Sent, payload: PayloadHash) -> Sent {
        let mut sent = request.clone();
        sent.set("x-amz-date", &self.now.amz_date().to_string());
        if let Some(token) = &self.token {
            sent.set("x-amz-security-token", token);
        }
        if self.dialect == Dialect::S3 {
            sent.set("x-amz-content-sha256", &payload.header_value());
        }
        self.sign_as_it_is(&sent, payload)
    }

    pub(crate) fn sign_as_it_is(&self, request: &Sent, payload: PayloadHash) -> Sent {
        let (credentials, mut sent) = (self.credentials(), request.clone());
        let authorization = sent.with(|request| {
            sign(request, &payload, &credentials, &self.region, &self.service, self.now).unwrap()
        });
        sent.set("authorization", &authorization);
        sent
    }

    pub(crate) fn presign(&self, request: &Sent, expires_seconds: i64) -> Sent {
        let payload = match self.dialect {
            Dialect::Query => self.payload(&request.body),
            Dialect::S3 => PayloadHash::Unsigned,
        };
        let (credentials, mut sent) = (self.credentials(), request.clone());
        let (region, service) = (&self.region, &self.service);
        let query = sent.with(|request| {
            presign(request, &payload, &credentials, region, service, expires_seconds, self.now)
        });
        sent.query = query.unwrap().into();
        sent
    }

    /// Both signed forms of a request.
    pub(crate) fn both(&self, request: &Sent) -> [Sent; 2] {
        [self.sign(request), self.presign(request, 900)]
    }

    /// What a caller of the crate does with a request.
    pub(crate) fn verify(&self, sent: &Sent) -> Result<Verified<()>, Rejection> {
        sent.with(|request| self.verify_request(request, &sent.body))
    }

    pub(crate) fn verify_request(
        &self,
        request: &Request<'_>,
        body: &[u8],
    ) -> Result<Verified<()>, Rejection> {
        let mut decoded = DecodeBuffer::default();
        let presented = PresentedAuth::parse(request, &mut decoded)?;
        let rules = Rules::new(self.dialect, &self.service).in_region(&self.region);
        let checked = presented.check(&rules, self.now)?;
        self.check_credentials(&presented)?;
        let payload = match self.dialect {
            Dialect::S3 if !self.hash_body => PayloadHash::declared_s3(&checked)?,
            _ => PayloadHash::of_body(request, body)?,
        };
        let key = SigningKey::derive(&SecretAccessKey::new(&self.secret), &presented.scope());
        let verified = verify(&checked, payload, &key, &mut Scratch::default(), ())?;
        verified.payload().matches_body(&Sha256::digest(body).into())?;
        Ok(verified)
    }

    fn check_credentials(&self, presented: &PresentedAuth<'_>) -> Result<(), Rejection> {
        let access_key_id = presented.access_key_id().to_owned();
        if access_key_id != self.key_id {
            return Err(Rejection::UnknownKey { access_key_id });
        }
        match (presented.session_token()?, &self.token) {
            (None, Some(_)) => Err(Rejection::TokenMissing { access_key_id }),
            (Some(_), None) => Err(Rejection::TokenUnexpected),
            (Some(sent), Some(known)) if sent != known => Err(Rejection::TokenInvalid),
            _ => Ok(()),
        }
    }

    /// The code, status and message a refusal has on this endpoint.
    pub(crate) fn error(&self, rejection: &Rejection) -> WireError {
        match self.dialect {
            Dialect::Query => rejection.query_error(),
            Dialect::S3 => rejection.s3_error(),
        }
    }

    /// The wire code of a request that must be refused.
    pub(crate) fn code(&self, sent: &Sent) -> &'static str {
        let rejection = self.verify(sent).expect_err("the request must be refused");
        self.error(&rejection).code
    }

    /// The canonical request and string to sign: what a wrong secret shows.
    pub(crate) fn explain(&self, sent: &Sent) -> Mismatch {
        let wrong = Self { secret: "wrong".to_owned(), ..self.clone() };
        wrong.verify(sent).unwrap_err().mismatch().expect("a mismatch").clone()
    }
}
