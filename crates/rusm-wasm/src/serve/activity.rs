//! What a connection is doing, so that one that does nothing can be closed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// How long a connection may take to send a request's head, and how long it may be silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) header: Duration,
    pub(crate) idle: Duration,
}

/// The state of one connection, kept by its socket and its requests, read by its watchdog.
///
/// Times are milliseconds since the connection was made.
pub(crate) struct Activity {
    since: Instant,
    patience: Patience,
    /// The last byte in either direction.
    last: AtomicU64,
    /// When the head that is being received began, plus one; zero while none is.
    head: AtomicU64,
    /// Since when the peer has taken none of what is to be written, plus one; zero while it takes it.
    blocked: AtomicU64,
    /// Requests whose response is not made yet, or still being made while it is sent.
    running: AtomicU32,
    /// Responses that wait for nothing but the client to take them.
    sending: AtomicU32,
    /// Whether a byte has come at all.
    spoken: AtomicBool,
    http2: AtomicBool,
    /// Set when the peer took too long over a head: the socket then refuses to go on.
    late: AtomicBool,
}

/// What the watchdog finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All is well; look again then.
    Wait(Instant),
    /// A head did not arrive in time: the peer is told so.
    Late,
    /// Nothing has happened for too long.
    Idle,
}

impl Activity {
    pub(crate) fn new(patience: Patience) -> Arc<Activity> {
        Arc::new(Activity {
            since: Instant::now(),
            patience,
            last: AtomicU64::new(0),
            head: AtomicU64::new(1),
            blocked: AtomicU64::new(0),
            running: AtomicU32::new(0),
            sending: AtomicU32::new(0),
            spoken: AtomicBool::new(false),
            http2: AtomicBool::new(false),
            late: AtomicBool::new(false),
        })
    }

    /// Notes that a request's head is complete, until the guard is dropped with its response.
    pub(crate) fn request(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::Relaxed);
        self.head.store(0, Ordering::Relaxed);
        Running(Arc::clone(self))
    }

    pub(crate) fn judge(&self) -> Verdict {
        let now = Instant::now();
        // A head that begins from now on is late no sooner than this, and none is told of when it begins.
        let next_late = now + self.patience.header;
        let blocked = self.blocked.load(Ordering::Relaxed);
        if blocked != 0 && self.at(blocked - 1) + self.patience.idle <= now {
            return Verdict::Idle;
        }
        if self.running.load(Ordering::Relaxed) > 0 {
            return Verdict::Wait(next_late.min(now + self.patience.idle));
        }
        let head = self.head.load(Ordering::Relaxed);
        if head != 0 && self.sending.load(Ordering::Relaxed) == 0 && !self.http2.load(Ordering::Relaxed) {
            let deadline = self.at(head - 1) + self.patience.header;
            return match (deadline <= now, self.spoken.load(Ordering::Relaxed)) {
                (false, _) => Verdict::Wait(deadline),
                (true, true) => {
                    self.late.store(true, Ordering::Relaxed);
                    Verdict::Late
                }
                // A connection opened in advance and not used: nobody reads an answer to it.
                (true, false) => Verdict::Idle,
            };
        }
        let deadline = self.at(self.last.load(Ordering::Relaxed)) + self.patience.idle;
        if deadline <= now { Verdict::Idle } else { Verdict::Wait(deadline.min(next_late)) }
    }

    fn received(&self, bytes: &[u8]) {
        let now = self.touch();
        if !self.spoken.swap(true, Ordering::Relaxed) {
            self.http2.store(bytes.starts_with(b"PRI "), Ordering::Relaxed);
        }
        let busy = self.running.load(Ordering::Relaxed) + self.sending.load(Ordering::Relaxed);
        if busy == 0 && self.head.load(Ordering::Relaxed) == 0 {
            self.head.store(now + 1, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX - 1)
    }

    fn touch(&self) -> u64 {
        let now = self.now();
        self.last.store(now, Ordering::Relaxed);
        now
    }

    fn at(&self, millis: u64) -> Instant {
        self.since + Duration::from_millis(millis)
    }
}

/// A request in progress. While there is one, the connection is neither idle nor late.
pub(crate) struct Running(Arc<Activity>);

impl Running {
    /// The response is there, and the client may take its time over it, but not stop for `idle-timeout`.
    pub(crate) fn sending(self) -> Sending {
        self.0.sending.fetch_add(1, Ordering::Relaxed);
        Sending(Arc::clone(&self.0))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.touch();
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A response that is being sent. While there is one, no request's head is awaited.
pub(crate) struct Sending(Arc<Activity>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.touch();
        self.0.sending.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that notes when bytes move.
pub(crate) struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
    /// Whether the peer takes no more bytes at the moment.
    blocked: bool,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, activity: Arc<Activity>) -> Watched<S> {
        Watched { stream, activity, blocked: false }
    }

    /// The stream alone, which from now on nobody watches.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    fn noting(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            self.activity.touch();
        }
        if self.blocked != written.is_pending() {
            self.blocked = written.is_pending();
            let since = if self.blocked { self.activity.now() + 1 } else { 0 };
            self.activity.blocked.store(since, Ordering::Relaxed);
        }
        written
    }
}

/// RFC 9110, section 15.5.9.
const REQUEST_TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 16\r\n\r\nRequest Timeout\n";

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Watched { stream, activity, blocked } = self.get_mut();
        if activity.late.load(Ordering::Relaxed) {
            // The protocol layer waits for the rest of a head. Unless an earlier answer is stuck half-way, the line
            // is free for this one.
            if !*blocked {
                let _ = Pin::new(stream).poll_write(cx, REQUEST_TIMEOUT);
            }
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let poll = Pin::new(stream).poll_read(cx, buffer);
        let received = &buffer.filled()[before..];
        if !received.is_empty() {
            activity.received(received);
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.noting(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.noting(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
