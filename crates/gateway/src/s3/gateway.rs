use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use rolecall_authority::Denied;
use rolecall_identity::AccountId;
use rolecall_policy::Permitted;
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Request as SignedRequest, Rules,
    Scratch,
};
use rolecall_token::Keyring;

use super::access::Access;
use super::arrival::Arrival;
use super::declared::{check_header_section, declared};
use super::delete_objects::{Deletion, merge};
use super::error::S3Error;
use super::event::{S3Event, Sink};
use super::operation::Operation;
use super::path::check_key;
use super::reply::{Ending, GatewayBody, Reply};
use super::store::Store;
use super::store_answer::{read_answer, store_error, xml};
use super::transform::S3Request;
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
        let parsed = S3Request::parse(&parts.method, &parts.uri, &parts.headers)?;
        event.operation = parsed.operation.name().to_owned();
        event.read_only = parsed.operation.is_read_only();
        event.bucket.clone_from(&parsed.path.bucket);
        event.key.clone_from(&parsed.path.key);
        let declared = declared(&parts.headers, &caller, key)?;
        let body = PayloadBody::new(incoming, declared, Arc::clone(received));
        let access = Access { caller: &caller, arrival, owner: self.owner };
        match parsed.operation {
            Operation::DeleteObjects => self.delete_objects(&access, parsed, body).await,
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
        let checked = presented.check(&Rules::new(Dialect::S3, "s3"), arrival.now)?;
        let payload = PayloadHash::declared_s3(&checked)?;
        let authenticated = self.authenticator.authenticate(
            &arrival.state,
            &self.keyring,
            &checked,
            payload,
            &mut scratch,
            arrival.now,
        )?;
        event.caller = Some(authenticated.caller.subject().clone());
        Ok(authenticated)
    }

    async fn forward(
        &self,
        access: &Access<'_>,
        request: S3Request,
        body: PayloadBody,
    ) -> Result<Reply, S3Error> {
        let bucket = request.path.bucket.clone();
        let reads = matches!(request.operation, Operation::GetObject | Operation::HeadObject);
        let permitted = access.permit(request)?;
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
            let hidden = reads && error.status == 404;
            if let Some(bucket) = bucket.filter(|_| hidden) {
                access.may_list(&bucket)?;
            }
            return Err(error);
        }
        Ok(Reply::Store(answer))
    }

    async fn delete_objects(
        &self,
        access: &Access<'_>,
        request: S3Request,
        body: PayloadBody,
    ) -> Result<Reply, S3Error> {
        let deletion = Deletion::parse(&collect(body).await?)?;
        let bucket = request.path.bucket.clone().unwrap_or_default();
        let (mut allowed, mut denied) = (Vec::new(), Vec::<(String, Denied)>::new());
        for key in deletion.keys {
            check_key(&key)?;
            match access.permit_delete(&request, &bucket, key.clone()) {
                Ok(permitted) => allowed.push(permitted),
                Err(refused) => denied.push((key, refused)),
            }
        }
        if allowed.is_empty() {
            return Ok(Reply::Own(xml(merge("", &denied))));
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
        Ok(Reply::Own(xml(merge(&answer, &denied))))
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
