use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use ipnet::IpNet;
use rolecall_authority::{ApiError, Done, Service, State, Watch};
use rolecall_gateway::{Arrival, Authenticator, Gateway};
use rolecall_identity::{Clock, RequestId};
use rolecall_token::Keyring;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

use super::body::ApiBody;
use super::call::{Begun, Known, QueryCall, connection};
use super::classify::{Destination, classify};
use super::error::refused;
use super::xml;
use crate::audit::{ApiFacts, AuditLog, Home, api_record};
use crate::entropy::OsEntropy;
use crate::http_date::http_date;
use crate::ledger::Ledger;
use crate::listen::{Peer, Plane};
use crate::metrics::{Metrics, PlaneLabel};

/// The API address: STS, IAM, EC2, and S3.
pub(crate) struct ApiPlane {
    pub(crate) parts: ApiParts,
    pub(crate) gateway: Gateway,
}

pub(crate) struct ApiParts {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) metrics: Arc<Metrics>,
    /// Whose records hold calls that nobody proved.
    pub(crate) home: Home,
    /// Calls that have begun; they end even if their client does not wait.
    pub(crate) tasks: TaskTracker,
    /// Who may say for whom it connects.
    pub(crate) proxies: Vec<IpNet>,
    /// Whether policies are only watched: what they would deny is recorded, and done.
    pub(crate) soft: bool,
    /// Whether a wrong signature is answered with the string that should have been signed.
    pub(crate) explain: bool,
}

/// Longest body of a query: the longest policy document, form-encoded, several times.
const QUERY_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest wait for the whole of it: who has no key cannot hold a place for long.
const QUERY_BODY_WITHIN: Duration = Duration::from_secs(10);

impl Plane for ApiPlane {
    type Body = ApiBody;

    fn trusts_proxy(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        self.parts.proxies.iter().any(|proxies| proxies.contains(&address))
    }

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> Response<ApiBody> {
        let (now, behind_seconds) = (self.parts.clock.now(), self.parts.clock.ahead_seconds());
        let request_id = RequestId::mint(&mut OsEntropy);
        let destination = classify(&request);
        let (head, body) = request.into_parts();
        let watch = self.parts.soft.then(Watch::default);
        let connection = connection(&self.parts.ledger.glance(), &head, peer, watch);
        let mut response = match destination {
            Destination::S3 => {
                let state = self.parts.ledger.state();
                let arrival = Arrival { state, connection, now, behind_seconds, request_id };
                self.s3(Request::from_parts(head, body), arrival).await
            }
            Destination::Query(service) => {
                let (unread, body) = (body, Bytes::new());
                let call =
                    QueryCall { service, head, body, connection, now, behind_seconds, request_id };
                self.query(call, unread, peer).await
            }
            Destination::Unknown(name) => unknown_service(&name, request_id),
        };
        self.parts.metrics.request(PlaneLabel::Api, response.status().as_u16());
        response.headers_mut().insert(DATE, http_date(now));
        response
    }
}

/// What waits for a disk is a task of its own: a client that goes away ends neither a write nor its
/// record.
impl ApiPlane {
    async fn s3(
        self: &Arc<Self>,
        request: Request<Incoming>,
        arrival: Arrival,
    ) -> Response<ApiBody> {
        let tasks = self.parts.tasks.clone();
        let plane = Arc::clone(self);
        let answer = tasks.spawn(async move { plane.gateway.handle(request, arrival).await });
        answer.await.map_or_else(|error| failed(&error), |answer| answer.map(ApiBody::Gateway))
    }

    async fn query(
        self: &Arc<Self>,
        mut call: QueryCall,
        unread: Incoming,
        peer: &Peer,
    ) -> Response<ApiBody> {
        let mut known = Known::nothing(&self.parts);
        let begun = match read(&call.head, unread, peer).await {
            Err(error) => Err(error),
            Ok(body) => {
                call.body = body;
                call.begin(&self.parts, &mut known)
            }
        };
        match begun {
            Err(error) => self.conclude(&call, &known, Err(error)),
            Ok(Begun::Done(done)) => self.conclude(&call, &known, Ok(done)),
            Ok(Begun::Write { state, done }) => self.write(call, known, state, done).await,
        }
    }

    async fn write(
        self: &Arc<Self>,
        call: QueryCall,
        known: Known,
        state: Arc<State>,
        done: Done,
    ) -> Response<ApiBody> {
        let tasks = self.parts.tasks.clone();
        let plane = Arc::clone(self);
        let write = tasks.spawn(async move {
            let outcome = call.write(&plane.parts, &known, &state, done).await;
            plane.conclude(&call, &known, outcome)
        });
        write.await.unwrap_or_else(|error| failed(&error))
    }

    /// Records a call and writes its answer.
    fn conclude(
        &self,
        call: &QueryCall,
        known: &Known,
        outcome: Result<Done, ApiError>,
    ) -> Response<ApiBody> {
        let (service, request_id) = (call.service, call.request_id);
        let action = known.params.get("Action").unwrap_or_default();
        let host = call.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        let watched = call.connection.watch.as_ref().map(Watch::take).unwrap_or_default();
        for denied in &watched {
            tracing::warn!(%request_id, action, denied.message, denied.detail, "would be denied");
        }
        self.parts.audit.record(&api_record(&ApiFacts {
            at: call.now,
            request_id,
            service,
            action,
            params: &known.params,
            caller: known.caller.as_deref(),
            access_key_id: known.access_key_id,
            connection: &call.connection,
            host,
            region: &known.region,
            home: &self.parts.home,
            outcome: outcome.as_ref(),
            watched: &watched,
        }));
        let (status, document) = match &outcome {
            Ok(done) => (200, xml::answer(service, action, &done.output, request_id)),
            Err(error) => {
                let (code, detail) = (error.code, error.detail.as_deref().unwrap_or_default());
                tracing::info!(%request_id, action, code, detail, "refused");
                // Some refusals of contract/sigv4.md section 10 have a status and nothing else.
                let document = match code {
                    "" => String::new(),
                    _ => xml::refusal(service, error, request_id),
                };
                (error.status, document)
            }
        };
        document_response(status, document, request_id)
    }
}

fn failed(error: &JoinError) -> Response<ApiBody> {
    tracing::error!(%error, "a call failed");
    let mut response = Response::new(ApiBody::Own(None));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// The body of a query, whole.
async fn read(head: &Parts, body: Incoming, peer: &Peer) -> Result<Bytes, ApiError> {
    if !matches!(head.method.as_str(), "GET" | "POST") {
        return Err(refused(302, "", ""));
    }
    let whole = Limited::new(body, QUERY_BODY_BYTES_MAX).collect();
    let Some(whole) = peer.deadlines.within(QUERY_BODY_WITHIN, whole).await else {
        return Err(refused(408, "RequestTimeout", "The request body did not come in time"));
    };
    match whole {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(refused(
            413,
            "RequestEntityTooLarge",
            format!("The request body exceeds {QUERY_BODY_BYTES_MAX} bytes"),
        )),
        Err(_) => Err(refused(400, "IncompleteBody", "The request body ended early")),
    }
}

fn unknown_service(name: &str, request_id: RequestId) -> Response<ApiBody> {
    let message = format!(
        "The service '{name}' is not served here. Services: sts, iam, ec2, s3. Check the signing \
         name and the endpoint."
    );
    let error = refused(501, "NotImplemented", message);
    document_response(501, xml::refusal(Service::Sts, &error, request_id), request_id)
}

fn document_response(status: u16, document: String, request_id: RequestId) -> Response<ApiBody> {
    let body = if document.is_empty() { None } else { Some(Bytes::from(document)) };
    let mut response = Response::new(ApiBody::Own(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    response
}
