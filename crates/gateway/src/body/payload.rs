use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use rolecall_sigv4::{ChunkError, ChunkedDecoder, PayloadHash};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, Sleep, sleep};

use super::checksum::Checksums;
use crate::s3::S3Error;

/// A request's payload: out of its chunks, and checked against everything that was declared.
///
/// The last piece is held back until the whole was checked, and a refusal is an error instead of an
/// end: a store that commits at the end of a body commits nothing of one that is refused.
pub(crate) struct PayloadBody {
    incoming: Incoming,
    declared: Declared,
    sha256: Option<Sha256>,
    received: Arc<AtomicU64>,
    held: Option<Bytes>,
    state: State,
    refused: Arc<Mutex<Option<S3Error>>>,
    deadline: Pin<Box<Sleep>>,
}

/// Longest wait for the next piece of a body. Source: S3 API reference, `RequestTimeout`.
const PROGRESS_WITHIN: Duration = Duration::from_secs(20);

/// What a request says of its payload.
pub(crate) struct Declared {
    /// The payload line of the signature.
    pub(crate) hash: PayloadHash,
    /// The framing, for `aws-chunked`.
    pub(crate) chunks: Option<ChunkedDecoder>,
    /// Checksums in headers and trailers.
    pub(crate) checksums: Checksums,
    /// Bytes of payload, without framing.
    pub(crate) length: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Streaming,
    Ended,
}

/// The store sees only that the body failed; why is kept for the answer.
#[derive(Debug, thiserror::Error)]
#[error("the request body was refused")]
pub(crate) struct BodyRefused;

impl PayloadBody {
    pub(crate) fn new(incoming: Incoming, declared: Declared, received: Arc<AtomicU64>) -> Self {
        let sha256 = matches!(declared.hash, PayloadHash::Sha256(_)).then(Sha256::new);
        let (held, state, refused) = (None, State::Streaming, Arc::default());
        let deadline = Box::pin(sleep(PROGRESS_WITHIN));
        Self { incoming, declared, sha256, received, held, state, refused, deadline }
    }

    /// Where the reason of a refusal appears.
    pub(crate) fn refusal(&self) -> Arc<Mutex<Option<S3Error>>> {
        Arc::clone(&self.refused)
    }

    /// Takes wire bytes, gives the payload in them.
    fn take(&mut self, wire: &Bytes) -> Result<Bytes, S3Error> {
        let payload = match &mut self.declared.chunks {
            None => wire.clone(),
            Some(decoder) => {
                let mut decoded = Vec::with_capacity(wire.len());
                decoder.feed(wire, &mut decoded).map_err(refuse_chunk)?;
                decoded.into()
            }
        };
        let length = payload.len() as u64;
        let total = self.received.fetch_add(length, Ordering::Relaxed) + length;
        if total > self.declared.length {
            return Err(incomplete());
        }
        self.declared.checksums.update(&payload);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(&payload);
        }
        Ok(payload)
    }

    /// Checks the whole.
    fn finish(&mut self) -> Result<(), S3Error> {
        let chunks = self.declared.chunks.take();
        let trailers = match chunks {
            Some(decoder) => decoder.finish().map_err(refuse_chunk)?,
            None => Vec::new(),
        };
        if self.received.load(Ordering::Relaxed) != self.declared.length {
            return Err(incomplete());
        }
        if let Some(sha256) = self.sha256.take() {
            self.declared.hash.matches_body(&sha256.finalize().into())?;
        }
        std::mem::take(&mut self.declared.checksums).check(&trailers)
    }

    fn refuse(&mut self, error: S3Error) -> BodyRefused {
        self.state = State::Ended;
        self.held = None;
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        BodyRefused
    }
}

impl Body for PayloadBody {
    type Data = Bytes;
    type Error = BodyRefused;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyRefused>>> {
        while self.state == State::Streaming {
            let polled = Pin::new(&mut self.incoming).poll_frame(context);
            if polled.is_pending() && self.deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Some(Err(self.refuse(timed_out()))));
            }
            let frame = ready!(polled);
            self.deadline.as_mut().reset(Instant::now() + PROGRESS_WITHIN);
            let next = match frame {
                Some(Ok(frame)) => frame.into_data().ok(),
                Some(Err(_)) => return Poll::Ready(Some(Err(self.refuse(incomplete())))),
                None => {
                    if let Err(error) = self.finish() {
                        return Poll::Ready(Some(Err(self.refuse(error))));
                    }
                    self.state = State::Ended;
                    break;
                }
            };
            let Some(wire) = next else { continue };
            match self.take(&wire) {
                Ok(payload) if payload.is_empty() => {}
                Ok(payload) => {
                    if let Some(before) = self.held.replace(payload) {
                        return Poll::Ready(Some(Ok(Frame::data(before))));
                    }
                }
                Err(error) => return Poll::Ready(Some(Err(self.refuse(error)))),
            }
        }
        Poll::Ready(self.held.take().map(|last| Ok(Frame::data(last))))
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Ended && self.held.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.declared.length)
    }
}

fn refuse_chunk(error: ChunkError) -> S3Error {
    S3Error { detail: Some(error.to_string()), ..S3Error::from(error.s3_error()) }
}

fn timed_out() -> S3Error {
    let message = "Your socket connection to the server was not read from or written to within the \
                   timeout period.";
    S3Error::new(400, "RequestTimeout", message)
}

fn incomplete() -> S3Error {
    let message = "You did not provide the number of bytes specified by the Content-Length HTTP \
                   header.";
    S3Error::new(400, "IncompleteBody", message)
}
