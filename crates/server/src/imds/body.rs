use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The whole body of an answer.
///
/// One that is empty and sent says so only when it is asked: the HTTP library writes the length of
/// what is over before it began behind all other headers, and AWS does not.
pub(crate) struct WholeBody(Option<Bytes>);

impl WholeBody {
    /// A body, which may be empty.
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self(Some(bytes))
    }

    /// None is sent: the answer to `HEAD`.
    pub(super) const fn withheld() -> Self {
        Self(None)
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = self.0.take().filter(|bytes| !bytes.is_empty());
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}
