use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::audit::AuditLog;
use crate::listen::Plane;
use crate::metrics::Metrics;

/// The admin address: health, metrics, and the live tail of the audit log.
///
/// It has no credentials of its own, so it listens on loopback and answers only requests that name
/// it so: a web page that resolves its own name to loopback gets nothing.
pub(crate) struct AdminPlane {
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) metrics: Arc<Metrics>,
}

/// A whole text, or lines as they come.
pub(crate) enum AdminBody {
    Lines(mpsc::Receiver<Bytes>),
    Text(Option<Bytes>),
}

impl Plane for AdminPlane {
    type Body = AdminBody;

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _peer: SocketAddr,
    ) -> Response<AdminBody> {
        if !names_loopback(&request) {
            return text(StatusCode::FORBIDDEN, "this address is for loopback only\n");
        }
        if request.method() != Method::GET {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        }
        let follow = request.uri().query() == Some("follow=true");
        match request.uri().path() {
            "/" => text(StatusCode::OK, INDEX),
            "/audit" => self.audit(follow),
            "/live" | "/ready" => text(StatusCode::OK, "ok\n"),
            "/metrics" => text(StatusCode::OK, self.metrics.text()),
            _ => text(StatusCode::NOT_FOUND, "not found\n"),
        }
    }
}

impl AdminPlane {
    /// The latest records, one JSON object a line; `?follow=true` goes on with those to come.
    fn audit(&self, follow: bool) -> Response<AdminBody> {
        let (recent, mut live) = self.audit.tail();
        let mut so_far = recent.join("\n");
        if !so_far.is_empty() {
            so_far.push('\n');
        }
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
                    Ok(line) => format!("{line}\n").into(),
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
const INDEX: &str = "rolecall\n\n/live /ready /metrics /audit /audit?follow=true\n";

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
