use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, Sleep, sleep_until};

/// A connection that ends after its peer has read the answer.
///
/// A server that refuses a request early and closes makes the kernel reset the connection when
/// unread bytes remain, and the client loses the answer. So the end waits: it says that no more
/// comes, then reads and forgets until the peer ends too, within bounds. Where the last request was
/// read whole, there is nothing to wait for.
///
/// What is written from some moment on may be bound to so many hops.
pub(crate) struct Lingering<'a> {
    stream: TcpStream,
    /// The other end of the socket itself, whoever it speaks for.
    peer: SocketAddr,
    wishes: &'a Wishes,
    ending: Option<Ending>,
    hops_set: u8,
}

/// What a request and its answer ask of their connection.
#[derive(Default)]
pub(crate) struct Wishes {
    /// How many hops packets may travel; 0 for no limit.
    hops: AtomicU8,
    /// Whether no byte of the last request is unread.
    read_whole: AtomicBool,
}

struct Ending {
    said: bool,
    left: usize,
    deadline: Pin<Box<Sleep>>,
}

/// Most bytes that are read and forgotten.
const FORGOTTEN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest wait for the peer's end.
const WAIT: Duration = Duration::from_millis(500);

impl Wishes {
    /// How many hops the following packets may travel.
    pub(crate) fn limit_hops(&self, hops: u8) {
        self.hops.store(hops, Ordering::Relaxed);
    }

    /// Whether the request that is being answered has come to its end.
    pub(crate) fn read_whole(&self, is_whole: bool) {
        self.read_whole.store(is_whole, Ordering::Relaxed);
    }
}

impl<'a> Lingering<'a> {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr, wishes: &'a Wishes) -> Self {
        Self { stream, peer, wishes, ending: None, hops_set: 0 }
    }

    /// A limit that the kernel does not take keeps the answer back.
    fn limit_hops(&mut self) -> io::Result<()> {
        let hops = self.wishes.hops.load(Ordering::Relaxed);
        if hops == self.hops_set {
            return Ok(());
        }
        let socket = SockRef::from(&self.stream);
        if self.peer.is_ipv6() {
            socket.set_unicast_hops_v6(u32::from(hops))?;
        }
        // A socket of IPv6 may carry IPv4.
        if self.peer.ip().to_canonical().is_ipv4() {
            socket.set_ttl_v4(u32::from(hops))?;
        }
        self.hops_set = hops;
        Ok(())
    }
}

impl Ending {
    fn new() -> Self {
        let deadline = Box::pin(sleep_until(Instant::now() + WAIT));
        Self { said: false, left: FORGOTTEN_BYTES_MAX, deadline }
    }
}

impl AsyncRead for Lingering<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            // More than the request that was read whole: nobody knows yet how much more.
            self.wishes.read_whole(false);
        }
        read
    }
}

impl AsyncWrite for Lingering<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.limit_hops()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.wishes.read_whole.load(Ordering::Relaxed) {
            return Pin::new(&mut this.stream).poll_shutdown(context);
        }
        let ending = this.ending.get_or_insert_with(Ending::new);
        if !ending.said {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            ending.said = true;
        }
        let mut forgotten = [0_u8; 16 * 1024];
        loop {
            if ending.left == 0 || ending.deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut forgotten);
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    ending.left = ending.left.saturating_sub(buffer.filled().len());
                }
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.limit_hops()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
