use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::deadlines::Deadlines;
use crate::lingering::{Lingering, Wishes};
use crate::proxy_protocol::{self, Proxied};

/// Most connections of one listener at a time; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 1024;

/// Longest time for a complete header.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest request line and headers together, in bytes, where a plane does not say otherwise.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Whom the requests of a connection come from.
pub(crate) struct Peer {
    /// Its address, or that of whom a trusted proxy speaks for.
    pub(crate) address: SocketAddr,
    /// The VPC endpoint that a trusted proxy says it came through.
    pub(crate) endpoint_id: Option<String>,
    /// How long the connection waits for it.
    pub(crate) deadlines: Deadlines,
    /// What its requests ask of the connection.
    pub(crate) wishes: Wishes,
}

/// What answers requests of one listener.
pub(crate) trait Plane: Send + Sync + 'static {
    /// The body of its answers.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static;

    /// How many bytes of request line and headers are read; beyond them, and beyond a hundred
    /// headers, HTTP's own 431 is answered.
    fn header_bytes_max(&self) -> usize {
        HEADER_BYTES_MAX
    }

    /// Whether a peer is a proxy that says in a header for whom it connects.
    fn trusts_proxy(&self, _peer: SocketAddr) -> bool {
        false
    }

    /// Whether a peer may talk to it at all; if not, its connection is closed.
    fn admits(&self, _peer: SocketAddr) -> bool {
        true
    }

    /// Answers one request of a peer.
    fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> impl Future<Output = Response<Self::Body>> + Send;
}

/// Accepts connections until `stop`, each with a task of its own in `tasks`.
pub(crate) async fn serve<P: Plane>(
    listener: TcpListener,
    plane: Arc<P>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Connections are told by its end.
    let (_serving, served) = watch::channel(());
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = stop.cancelled() => return,
            next = next => next,
        };
        let Ok(place) = place else { return };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Counted by a token: a future around it would be one more for each poll to go through.
        let (plane, served, task) = (Arc::clone(&plane), served.clone(), tasks.token());
        tokio::spawn(async move {
            converse(stream, peer, plane, served).await;
            drop((place, task));
        });
    }
}

/// A pause after a failed accept: out of file descriptors, most likely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a trusted proxy says before the first request.
async fn proxied(
    mut stream: TcpStream,
    peer: SocketAddr,
    plane: &impl Plane,
) -> std::io::Result<(TcpStream, Proxied)> {
    if !plane.trusts_proxy(peer) {
        return Ok((stream, Proxied::default()));
    }
    let header = tokio::time::timeout(HEADER_TIMEOUT, proxy_protocol::read(&mut stream)).await??;
    Ok((stream, header))
}

async fn converse<P: Plane>(
    stream: TcpStream,
    remote: SocketAddr,
    plane: Arc<P>,
    served: watch::Receiver<()>,
) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    let (stream, proxied) = match proxied(stream, remote, plane.as_ref()).await {
        Ok(proxied) => proxied,
        Err(error) => {
            tracing::warn!(peer = %remote, %error, "a trusted proxy did not say for whom it connects");
            return;
        }
    };
    let address = proxied.client.unwrap_or(remote);
    if !plane.admits(address) {
        return;
    }
    let (endpoint_id, deadlines) = (proxied.endpoint_id, Deadlines::default());
    let peer = Peer { address, endpoint_id, deadlines, wishes: Wishes::default() };
    let stream = Lingering::new(stream, remote, &peer.wishes);
    let (plane, peer) = (&plane, &peer);
    let service = service_fn(async move |request: Request<Incoming>| {
        peer.wishes.read_whole(request.body().is_end_stream());
        Ok::<_, Infallible>(plane.answer(request, peer).await)
    });
    let header_bytes_max = plane.header_bytes_max();
    let connection = std::pin::pin!(
        http1::Builder::new()
            .timer(peer.deadlines.clone())
            .header_read_timeout(HEADER_TIMEOUT)
            // A buffer may hold more than a header may have.
            .max_buf_size(header_bytes_max)
            .max_header_size(header_bytes_max)
            .title_case_headers(true)
            // Answers are small: to copy one beside its head costs less than a second buffer.
            .writev(false)
            .serve_connection(TokioIo::new(stream), service)
    );
    let wind_up = http1::Connection::graceful_shutdown;
    if let Err(error) = while_served(connection, &served, wind_up).await {
        tracing::debug!(peer = %address, %error, "a connection ended early");
    }
}

/// What a connection comes to, which is told to wind up when serving ends.
///
/// Every request wakes a connection several times, and to poll for the end each time would cost a
/// twentieth of the request. The task's waker stays the same, so it is left behind once, and what
/// was woken for is looked up.
async fn while_served<F: Future>(
    mut connection: Pin<&mut F>,
    served: &watch::Receiver<()>,
    wind_up: impl Fn(Pin<&mut F>),
) -> F::Output {
    let mut waiting = served.clone();
    let mut end = std::pin::pin!(waiting.changed());
    let (mut is_waiting, mut is_told) = (false, false);
    poll_fn(|context| {
        loop {
            if is_waiting && !is_told && served.has_changed().is_err() {
                wind_up(connection.as_mut());
                is_told = true;
            }
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(ended);
            }
            if std::mem::replace(&mut is_waiting, true) || end.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use http_body_util::Empty;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    struct Silence;

    impl Plane for Silence {
        type Body = Empty<Bytes>;

        async fn answer(
            self: &Arc<Self>,
            _: Request<Incoming>,
            _: &Peer,
        ) -> Response<Empty<Bytes>> {
            Response::new(Empty::new())
        }
    }

    #[test]
    fn a_full_listener_ends_when_it_is_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
            tasks.spawn(serve(listener, Arc::new(Silence), stop.clone(), tasks.clone()));
            let mut open = Vec::new();
            for _ in 0..CONNECTIONS_MAX {
                open.push(TcpStream::connect(address).await.unwrap());
            }
            // They are accepted in order: when the last is answered there is no place left.
            let last = open.last_mut().unwrap();
            last.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            assert!(last.read(&mut [0; 1024]).await.unwrap() > 0);
            stop.cancel();
            tasks.close();
            // Long before a connection that says nothing ends by itself.
            let ended = tokio::time::timeout(HEADER_TIMEOUT / 2, tasks.wait());
            assert!(ended.await.is_ok());
        });
    }
}
