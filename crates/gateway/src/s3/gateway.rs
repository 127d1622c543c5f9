use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use rolecall_identity::AccountId;
use rolecall_policy::Permitted;
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rejection, Request as SignedRequest,
    Rules, Scratch,
};
use rolecall_token::Keyring;

use super::access::Access;
use super::arrival::Arrival;
use super::conditions::Conditions;
use super::declared::{check_header_section, declared};
use super::delete_objects::{Deletion, deleted, merge, refused};
use super::error::S3Error;
use super::event::{S3Event, Sink};
use super::operation::Operation;
use super::path::{S3Path, check_key};
use super::reply::{Ending, GatewayBody, Reply};
use super::store::Store;
use super::store_answer::{between, read_answer, store_error, xml};
use super::store_quirks::Prepared;
use super::transform::S3Request;
use super::{store_quirks, upload_id};
use crate::authenticate::{Authenticated, Authenticator};
use crate::body::PayloadBody;
use crate::limits::XML_BYTES_MAX;

/// The S3 gateway. It cannot be built without a verifier, and asks live policies every time.
pub struct Gateway {
    store: Store,
    owner: AccountId,
    authenticator: Arc<Authenticator>,
    keyring: Arc<Keyring>,
    sink: Sink,
}

impl Gateway {
    /// A gateway before a store whose buckets all belong to `owner`.
    pub fn new(
        store: Store,
        owner: AccountId,
        authenticator: Arc<Authenticator>,
        keyring: Arc<Keyring>,
        sink: Sink,
    ) -> Self {
        Self { store, owner, authenticator, keyring, sink }
    }

    /// Answers one request. Its event goes to the sink when the answer has ended.
    pub async fn handle(
        &self,
        request: Request<Incoming>,
        arrival: Arrival,
    ) -> Response<GatewayBody> {
        let head = request.method() == http::Method::HEAD;
        let received = Arc::new(AtomicU64::new(0));
        let mut event = new_event(&request, &arrival);
        let served = self.serve(request, &arrival, &mut event, &received).await;
        let mut reply = served.unwrap_or_else(|error| {
            if let Some(detail) = &error.detail {
                tracing::info!(request_id = %arrival.request_id, code = error.code, detail, "refused");
            }
            let refusal = Reply::refusal(&error, arrival.request_id, head);
            event.error = Some((error.code, error.message));
            refusal
        });
        name(reply.headers_mut(), &arrival);
        reply.finish(Ending { event, received, sink: Arc::clone(&self.sink) })
    }

    async fn serve(
        &self,
        request: Request<Incoming>,
        arrival: &Arrival,
        event: &mut S3Event,
        received: &Arc<AtomicU64>,
    ) -> Result<Reply, S3Error> {
        check_header_section(request.headers())?;
        let Authenticated { caller, key } = self.authenticate(&request, arrival, event)?;
        let (parts, incoming) = request.into_parts();
        let mut parsed = S3Request::parse(&parts.method, &parts.uri, &parts.headers)?;
        event.operation = parsed.operation.name().to_owned();
        event.read_only = parsed.operation.is_read_only();
        event.bucket.clone_from(&parsed.path.bucket);
        event.key.clone_from(&parsed.path.key);
        event.others.extend(parsed.copy_source.clone());
        store_quirks::check(&parsed)?;
        if parsed.expects_other_owner(&self.owner.to_string()) {
            return Err(S3Error::new(403, "AccessDenied", "Access Denied"));
        }
        self.open_upload_id(&mut parsed)?;
        let declared = declared(&parts.headers, &caller, key)?;
        let body = PayloadBody::new(incoming, declared, Arc::clone(received));
        let access = Access { caller: &caller, arrival, owner: self.owner };
        match parsed.operation {
            Operation::DeleteObjects => self.delete_objects(&access, parsed, body, event).await,
            _ => self.forward(&access, parsed, body).await,
        }
    }

    fn authenticate(
        &self,
        request: &Request<Incoming>,
        arrival: &Arrival,
        event: &mut S3Event,
    ) -> Result<Authenticated, S3Error> {
        let headers: Vec<Header<'_>> = request
            .headers()
            .iter()
            .map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes() })
            .collect();
        let signed = SignedRequest {
            method: request.method().as_str(),
            path: request.uri().path().as_bytes(),
            query: request.uri().query().unwrap_or_default().as_bytes(),
            headers: &headers,
        };
        let (mut decoded, mut scratch) = (DecodeBuffer::default(), Scratch::default());
        let presented = PresentedAuth::parse(&signed, &mut decoded)?;
        event.access_key_id = Some(presented.access_key_id().to_owned());
        event.form = Some(presented.form());
        presented.scope().region.clone_into(&mut event.region);
        let rules = Rules::new(Dialect::S3, "s3").behind(arrival.behind_seconds);
        let checked = presented.check(&rules, arrival.now)?;
        let payload = PayloadHash::declared_s3(&checked)?;
        let authenticated = self.authenticator.authenticate(
            &arrival.state,
            &self.keyring,
            &checked,
            payload,
            &mut scratch,
            arrival.now,
        )?;
        let caller = authenticated.caller.subject();
        event.caller = Some(Arc::clone(caller));
        if caller.is_identity_alone() {
            return Err(not_for_s3(presented.access_key_id()));
        }
        Ok(authenticated)
    }

    /// An upload id is the store's only for the object it was given out for.
    fn open_upload_id(&self, request: &mut S3Request) -> Result<(), S3Error> {
        let Some(presented) = request.query.get("uploadId") else { return Ok(()) };
        let bucket = request.path.bucket.as_deref().unwrap_or_default();
        let key = request.path.key.as_deref().unwrap_or_default();
        let upload = upload_id::open(&self.keyring, bucket, key, presented)?;
        request.query.set("uploadId", upload);
        Ok(())
    }

    async fn forward(
        &self,
        access: &Access<'_>,
        request: S3Request,
        body: PayloadBody,
    ) -> Result<Reply, S3Error> {
        let (operation, path) = (request.operation, request.path.clone());
        let reads = matches!(operation, Operation::GetObject | Operation::HeadObject);
        let conditions = if reads { Conditions::of(&request) } else { Conditions::default() };
        let permitted = access.permit(request)?;
        let range = match self.store.prepare(&permitted).await {
            Err(error) if reads => return Err(hide(access, &path, error)),
            Err(error) => return Err(error),
            Ok(Prepared::Done) => return Ok(Reply::Own(no_content())),
            Ok(Prepared::Ask(range)) => range,
        };
        let permitted = permitted.map(|request| request.with_range(range));
        let refusal = body.refusal();
        let length = http_body::Body::size_hint(&body).exact().unwrap_or_default();
        let store_body = s3s::Body::http_body_unsync(body);
        let request = permitted.try_map(|request| request.into_store(store_body, length))?;
        let answer = self.store.send(request).await;
        if let Some(error) = taken(&refusal) {
            return Err(error);
        }
        let answer = answer?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            let error = store_error(answer).await?;
            return Err(if reads { hide(access, &path, error) } else { error });
        }
        if let Some(status) = conditions.unmet(answer.headers()) {
            return not_met(status, &answer);
        }
        self.reply(operation, &path, answer).await
    }

    /// What the store leaves out of its answers, or says otherwise than S3.
    async fn reply(
        &self,
        operation: Operation,
        path: &S3Path,
        mut answer: Response<s3s::Body>,
    ) -> Result<Reply, S3Error> {
        let bucket = path.bucket.as_deref().unwrap_or_default();
        let key = path.key.as_deref().unwrap_or_default();
        match operation {
            // AWS: a new bucket is told where it is. docs
            Operation::CreateBucket => {
                if let Ok(location) = HeaderValue::try_from(format!("/{bucket}")) {
                    answer.headers_mut().insert(http::header::LOCATION, location);
                }
                Ok(Reply::Store(answer))
            }
            Operation::CreateMultipartUpload | Operation::ListParts => {
                let document = read_answer(answer.into_body()).await?;
                let told = between(&document, "<UploadId>", "</UploadId>").map(|upload| {
                    let sealed = upload_id::seal(&self.keyring, bucket, key, upload);
                    document.replace(upload, &sealed)
                });
                Ok(Reply::Own(xml(told.unwrap_or(document))))
            }
            Operation::GetObject | Operation::HeadObject => {
                drop_stale_checksums(answer.headers_mut());
                Ok(Reply::Store(answer))
            }
            _ => Ok(Reply::Store(answer)),
        }
    }

    async fn delete_objects(
        &self,
        access: &Access<'_>,
        request: S3Request,
        body: PayloadBody,
        event: &mut S3Event,
    ) -> Result<Reply, S3Error> {
        let deletion = Deletion::parse(&collect(body).await?)?;
        let bucket = request.path.bucket.clone().unwrap_or_default();
        let (mut allowed, mut told) = (Vec::new(), String::new());
        for key in deletion.keys {
            event.others.push((bucket.clone(), key.clone()));
            let decided = check_key(&key).and_then(|()| {
                let permitted = access.permit_delete(&request, &bucket, key.clone());
                // AWS: the answer to a list names no reason. docs
                permitted.map_err(|_| S3Error::new(403, "AccessDenied", "Access Denied"))
            });
            match decided {
                // It would end at a key that is no file, with those before it deleted.
                Ok(permitted) if self.store.may_hold(&bucket, &key).await => {
                    allowed.push(permitted);
                }
                Ok(_) if deletion.quiet => {}
                Ok(_) => told += &deleted(&key),
                Err(error) => told += &refused(&key, &error),
            }
        }
        if allowed.is_empty() {
            return Ok(Reply::Own(xml(merge("", &told))));
        }
        let request = Permitted::all(allowed).try_map(|keys| {
            let body = Deletion::write(&keys, deletion.quiet);
            let length = body.len() as u64;
            request.into_store(s3s::Body::from(body), length)
        })?;
        let answer = self.store.send(request).await?;
        if !answer.status().is_success() {
            return Err(store_error(answer).await?);
        }
        let answer = read_answer(answer.into_body()).await?;
        Ok(Reply::Own(xml(merge(&answer, &told))))
    }
}

/// The key of an instance itself: good for nothing here.
///
/// STS says InvalidClientTokenId to it and other services UnrecognizedClientException: the key is
/// not known to them. S3 has InvalidAccessKeyId for that; AccessDenied would say that a policy could
/// help, and none can. Which of the two S3 sends is uncertain.
fn not_for_s3(access_key_id: &str) -> S3Error {
    let error = S3Error::from(Rejection::UnknownKey { access_key_id: access_key_id.to_owned() });
    S3Error { detail: Some("the key is of an instance itself, not of its role".into()), ..error }
}

/// A missing key is told to those alone who may list; the others are denied.
fn hide(access: &Access<'_>, path: &S3Path, error: S3Error) -> S3Error {
    let bucket = path.bucket.as_deref().filter(|_| error.status == 404);
    match bucket.map(|bucket| access.may_list(bucket)) {
        Some(Err(denied)) => denied.into(),
        _ => error,
    }
}

/// The answer to a read whose condition is not met.
fn not_met(status: StatusCode, answer: &Response<s3s::Body>) -> Result<Reply, S3Error> {
    if status == StatusCode::PRECONDITION_FAILED {
        let code = "PreconditionFailed";
        return Err(S3Error::known(status.as_u16(), code));
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    for name in [http::header::ETAG, http::header::LAST_MODIFIED] {
        if let Some(value) = answer.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(Reply::Own(response))
}

/// The answer to a deletion.
fn no_content() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The store keeps the checksum of what an upload in parts replaced; such an object is told by the
/// number of parts in its tag.
fn drop_stale_checksums(headers: &mut HeaderMap) {
    let tag = headers.get(http::header::ETAG).and_then(|tag| tag.to_str().ok());
    if tag.is_some_and(|tag| tag.contains('-')) {
        let stale: Vec<HeaderName> = headers
            .keys()
            .filter(|name| name.as_str().starts_with("x-amz-checksum-"))
            .cloned()
            .collect();
        stale.iter().for_each(|name| drop(headers.remove(name)));
    }
}

fn new_event(request: &Request<Incoming>, arrival: &Arrival) -> S3Event {
    let host = request.headers().get(http::header::HOST);
    S3Event {
        at: arrival.now,
        request_id: arrival.request_id,
        caller: None,
        access_key_id: None,
        connection: arrival.connection.clone(),
        host: host.and_then(|host| host.to_str().ok()).map(str::to_owned),
        region: "us-east-1".to_owned(),
        operation: request.method().to_string(),
        read_only: request.method().is_safe(),
        bucket: None,
        key: None,
        others: Vec::new(),
        form: None,
        error: None,
        bytes_in: 0,
        bytes_out: 0,
    }
}

/// The ids by which a request is found again.
fn name(headers: &mut HeaderMap, arrival: &Arrival) {
    if let Ok(id) = HeaderValue::try_from(arrival.request_id.to_string()) {
        headers.insert(HeaderName::from_static("x-amz-request-id"), id.clone());
        headers.insert(HeaderName::from_static("x-amz-id-2"), id);
    }
}

/// Reads a small body whole, with all its checks.
async fn collect(body: PayloadBody) -> Result<Bytes, S3Error> {
    let refusal = body.refusal();
    match Limited::new(body, XML_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(S3Error::malformed_xml()),
        Err(_) => Err(taken(&refusal).unwrap_or_else(S3Error::malformed_xml)),
    }
}

fn taken(refusal: &Mutex<Option<S3Error>>) -> Option<S3Error> {
    refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
}
