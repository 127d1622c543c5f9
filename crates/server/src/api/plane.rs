use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use rolecall_authority::{ApiError, Connection, Done, Service};
use rolecall_gateway::{Arrival, Authenticator, Gateway};
use rolecall_identity::{Clock, RequestId, Timestamp};
use rolecall_token::Keyring;
use tokio_util::task::TaskTracker;

use super::body::ApiBody;
use super::call::{Known, QueryCall, connection};
use super::classify::{Destination, classify};
use super::error::refused;
use super::xml;
use crate::audit::{ApiFacts, AuditLog, Home, api_record};
use crate::entropy::OsEntropy;
use crate::ledger::Ledger;
use crate::listen::Plane;
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
    /// Whether a wrong signature is answered with the string that should have been signed.
    pub(crate) explain: bool,
}

/// Longest body of a query: the longest policy document, form-encoded, several times.
const QUERY_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest wait for the whole of it: who has no key cannot hold a place for long.
const QUERY_BODY_WITHIN: Duration = Duration::from_secs(10);

impl Plane for ApiPlane {
    type Body = ApiBody;

    /// The call is a task of its own: a client that goes away ends neither a write nor its record.
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<ApiBody> {
        let tasks = self.parts.tasks.clone();
        let called = tasks.spawn(async move { self.call(request, peer).await }).await;
        called.unwrap_or_else(|error| {
            tracing::error!(%error, "a call failed");
            let mut response = Response::new(ApiBody::Own(None));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}

impl ApiPlane {
    async fn call(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<ApiBody> {
        let now = self.parts.clock.now();
        let request_id = RequestId::mint(&mut OsEntropy);
        let destination = classify(&request);
        let (head, body) = request.into_parts();
        let state = self.parts.ledger.state();
        let connection = connection(&state, &head, peer.ip());
        let mut response = match destination {
            Destination::S3 => {
                let arrival = Arrival { state, connection, now, request_id };
                let request = Request::from_parts(head, body);
                // On the heap: it is large, and in place every call to any service would carry it.
                Box::pin(self.gateway.handle(request, arrival)).await.map(ApiBody::Gateway)
            }
            Destination::Query(service) => {
                self.query(service, head, body, connection, now, request_id).await
            }
            Destination::Unknown(name) => unknown_service(&name, request_id),
        };
        self.parts.metrics.request(PlaneLabel::Api, response.status().as_u16());
        if let Ok(date) = HeaderValue::try_from(now.http_date().to_string()) {
            response.headers_mut().insert(DATE, date);
        }
        response
    }

    async fn query(
        &self,
        service: Service,
        head: Parts,
        body: Incoming,
        connection: Connection,
        now: Timestamp,
        request_id: RequestId,
    ) -> Response<ApiBody> {
        let mut known = Known { region: "us-east-1".to_owned(), ..Known::default() };
        let body = match head.method.as_str() {
            "GET" | "POST" => read(body).await,
            // The status of section 10, and nothing else.
            _ => Err(refused(302, "", "")),
        };
        let outcome = match body {
            Ok(body) => {
                let (parts, head) = (&self.parts, &head);
                let connection = &connection;
                let call = QueryCall { parts, service, head, body: &body, connection, now };
                call.run(&mut known).await
            }
            Err(error) => Err(error),
        };
        self.record(service, &head, &connection, now, request_id, &known, &outcome);
        let action = known.params.get("Action").unwrap_or_default();
        let (status, document) = match &outcome {
            Ok(done) => (200, xml::answer(service, action, &done.output, request_id)),
            Err(error) => {
                let (code, detail) = (error.code, error.detail.as_deref().unwrap_or_default());
                tracing::info!(%request_id, action, code, detail, "refused");
                (error.status, xml::refusal(service, error, request_id))
            }
        };
        // Some refusals of section 10 have a status and nothing else.
        let silent = outcome.as_ref().is_err_and(|error| error.code.is_empty());
        document_response(status, if silent { String::new() } else { document }, request_id)
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one call, gathered in one place")]
    fn record(
        &self,
        service: Service,
        head: &Parts,
        connection: &Connection,
        at: Timestamp,
        request_id: RequestId,
        known: &Known,
        outcome: &Result<Done, ApiError>,
    ) {
        let host = head.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        let record = api_record(&ApiFacts {
            at,
            request_id,
            service,
            action: known.params.get("Action").unwrap_or_default(),
            params: &known.params,
            caller: known.caller.as_deref(),
            access_key_id: known.access_key_id.as_deref(),
            connection,
            host,
            region: &known.region,
            home: &self.parts.home,
            outcome: outcome.as_ref(),
        });
        self.parts.audit.record(record);
    }
}

async fn read(body: Incoming) -> Result<Bytes, ApiError> {
    let whole = Limited::new(body, QUERY_BODY_BYTES_MAX).collect();
    let Ok(whole) = tokio::time::timeout(QUERY_BODY_WITHIN, whole).await else {
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
    if let Ok(id) = HeaderValue::try_from(request_id.to_string()) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    response
}
