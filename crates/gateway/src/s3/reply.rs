use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use quick_xml::escape::escape;
use rolecall_identity::RequestId;

use super::error::S3Error;
use super::event::{S3Event, Sink};

/// The body of an answer. When it ends, or is dropped, the request's event goes out.
pub struct GatewayBody {
    inner: Inner,
    ending: Option<Box<Ending>>,
}

enum Inner {
    Empty,
    Own(Option<Bytes>),
    Store(s3s::Body),
}

/// What is left to do when an answer has ended.
pub(crate) struct Ending {
    pub(crate) event: S3Event,
    pub(crate) received: Arc<AtomicU64>,
    pub(crate) sink: Sink,
}

/// An answer before its body is tied to the event.
pub(crate) enum Reply {
    /// The store's, streamed.
    Store(Response<s3s::Body>),
    /// Ours.
    Own(Response<Bytes>),
}

impl Reply {
    /// The document of a refusal; only the status for `HEAD`.
    pub(crate) fn refusal(error: &S3Error, id: RequestId, head: bool) -> Self {
        let mut document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>",
            escape(error.code.as_str()),
            escape(error.message.as_str())
        );
        for (name, value) in &error.extra {
            document.push_str(&format!("<{name}>{}</{name}>", escape(value.as_str())));
        }
        document.push_str(&format!("<RequestId>{id}</RequestId><HostId>{id}</HostId></Error>"));
        let body = if head { Bytes::new() } else { document.into() };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        Self::Own(response)
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        match self {
            Self::Own(response) => response.headers_mut(),
            Self::Store(response) => response.headers_mut(),
        }
    }

    pub(crate) fn finish(self, ending: Ending) -> Response<GatewayBody> {
        let ending = Some(Box::new(ending));
        match self {
            Self::Own(response) => response.map(|bytes| {
                let inner = if bytes.is_empty() { Inner::Empty } else { Inner::Own(Some(bytes)) };
                GatewayBody { inner, ending }
            }),
            Self::Store(response) => {
                response.map(|body| GatewayBody { inner: Inner::Store(body), ending })
            }
        }
    }
}

impl GatewayBody {
    fn end(&mut self) {
        if let Some(ending) = self.ending.take() {
            let Ending { mut event, received, sink } = *ending;
            event.bytes_in = received.load(Ordering::Relaxed);
            sink(event);
        }
    }

    fn sent(&mut self, bytes: usize) {
        if let Some(ending) = &mut self.ending {
            ending.event.bytes_out += bytes as u64;
        }
    }
}

impl Body for GatewayBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = match &mut self.inner {
            Inner::Empty => None,
            Inner::Own(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Inner::Store(body) => ready!(Pin::new(body).poll_frame(context)),
        };
        match &frame {
            Some(Ok(frame)) => self.sent(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) | None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Empty => true,
            Inner::Own(bytes) => bytes.is_none(),
            Inner::Store(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Own(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Inner::Store(body) => body.size_hint(),
        }
    }
}

impl Drop for GatewayBody {
    fn drop(&mut self) {
        self.end();
    }
}
