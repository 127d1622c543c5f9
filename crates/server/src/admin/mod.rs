mod control;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use rolecall_identity::Clock;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use self::control::Answer;
use crate::audit::{AuditLog, Home};
use crate::clock::MovableClock;
use crate::imds::{Faults, Instances, Signer};
use crate::ledger::Ledger;
use crate::listen::{Peer, Plane};
use crate::metrics::Metrics;

/// The admin address: health, metrics, the live tail of the audit log, and what can be done to
/// instances and to the clock of a development world.
///
/// It has no credentials of its own, so it listens on loopback and answers only requests that name
/// it so: a web page that resolves its own name to loopback gets nothing.
pub(crate) struct AdminPlane {
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) instances: Arc<Instances>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) signer: Arc<Signer>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) movable: Option<Arc<MovableClock>>,
    /// Whose records hold what is done here.
    pub(crate) home: Home,
}

/// A whole text, or lines as they come.
pub(crate) enum AdminBody {
    Lines(mpsc::Receiver<Bytes>),
    Text(Option<Bytes>),
}

impl Plane for AdminPlane {
    type Body = AdminBody;

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        _peer: &Peer,
    ) -> Response<AdminBody> {
        if !names_loopback(&request) {
            return text(StatusCode::FORBIDDEN, "this address is for loopback only\n");
        }
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET {
            let follow = request.uri().query() == Some("follow=true");
            return match path.as_str() {
                "/" => text(StatusCode::OK, INDEX),
                "/audit" => self.audit(follow),
                "/live" | "/ready" => text(StatusCode::OK, "ok\n"),
                "/metrics" => text(StatusCode::OK, self.metrics.text()),
                _ => respond(self.read(&path)),
            };
        }
        if !is_deliberate(request.headers()) {
            return text(StatusCode::FORBIDDEN, "send `Content-Type: application/json`\n");
        }
        let method = request.method().clone();
        let Ok(body) = Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await else {
            return text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long, or was cut\n");
        };
        let control = Arc::clone(self);
        // A write waits for the log; a client that goes away does not end it.
        let done =
            tokio::spawn(async move { control.change(&method, &path, &body.to_bytes()).await });
        done.await.map_or_else(
            |_| text(StatusCode::INTERNAL_SERVER_ERROR, "the change failed\n"),
            respond,
        )
    }
}

/// What asks for a change: not a page in a browser, which cannot send JSON without being asked
/// about it first, and says where it comes from.
fn is_deliberate(headers: &HeaderMap) -> bool {
    let json = headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    json && !headers.contains_key(ORIGIN)
}

fn respond(answer: Answer) -> Response<AdminBody> {
    match answer {
        Answer::Json(value) => {
            let mut response = text(StatusCode::OK, format!("{value}\n"));
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(CONTENT_TYPE, json);
            response
        }
        Answer::Text(body) => text(StatusCode::OK, body),
        Answer::NotFound => text(StatusCode::NOT_FOUND, "not found\n"),
        Answer::Refused(why) => text(StatusCode::BAD_REQUEST, format!("{why}\n")),
        Answer::Failed(why) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")),
    }
}

/// Longest body of a change.
const BODY_BYTES_MAX: usize = 256 * 1024;

impl AdminPlane {
    /// The latest records, one JSON object a line; `?follow=true` goes on with those to come.
    fn audit(&self, follow: bool) -> Response<AdminBody> {
        let (recent, mut live) = self.audit.tail();
        let so_far = recent.concat();
        if !follow {
            return lines(AdminBody::Text(Some(so_far.into())));
        }
        let (sender, receiver) = mpsc::channel(LINES_WAITING_MAX);
        tokio::spawn(async move {
            let mut next = Bytes::from(so_far);
            loop {
                if !next.is_empty() && sender.send(next).await.is_err() {
                    return;
                }
                let received = tokio::select! {
                    () = sender.closed() => return,
                    received = live.recv() => received,
                };
                next = match received {
                    Ok(line) => line,
                    // The reader was too slow: it sees that records are missing.
                    Err(RecvError::Lagged(missed)) => format!("{{\"missed\":{missed}}}\n").into(),
                    Err(RecvError::Closed) => return,
                };
            }
        });
        lines(AdminBody::Lines(receiver))
    }
}

const LINES_WAITING_MAX: usize = 64;
const INDEX: &str = "rolecall\n
GET    /live /ready /metrics /audit /audit?follow=true /clock /identity-certificates
GET    /instances /instances/ID/metadata
POST   /clock                    {\"advance-seconds\": N}
PATCH  /instances/ID/metadata    {\"PATH\": \"value\", or false for absent, or null for derived}
POST   /instances/ID/scenario    {\"name\": \"spot-interruption\"}
PUT    /instances/ID/fault       {\"kind\": {\"delay\": 300}, \"on\": \"reads\", \"times\": 1}
DELETE /instances/ID/fault
";

fn names_loopback(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host }
    });
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<AdminBody> {
    let mut response = Response::new(AdminBody::Text(Some(text.into())));
    *response.status_mut() = status;
    let value = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, value);
    response
}

fn lines(body: AdminBody) -> Response<AdminBody> {
    let mut response = Response::new(body);
    let value = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(CONTENT_TYPE, value);
    response
}

impl Body for AdminBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut *self {
            Self::Lines(lines) => lines.poll_recv(context).map(|b| b.map(|b| Ok(Frame::data(b)))),
            Self::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Lines(_) => SizeHint::default(),
            Self::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
        }
    }
}
