//! A socket that notes its peer's signs of life.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A socket under a protocol that tells whole messages alone: a peer on a slow line may be busy with one for long.
pub(crate) struct Line {
    stream: TcpStream,
    heard: Instant,
    blocked: bool,
}

impl Line {
    pub(crate) fn new(stream: TcpStream) -> Line {
        Line { stream, heard: Instant::now(), blocked: false }
    }

    /// When the peer last sent a byte, or took one that had to wait for that.
    pub(crate) fn heard(&self) -> Instant {
        self.heard
    }

    /// Whether there is something that the peer does not take.
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// It could not have been heard until now.
    pub(crate) fn excuse(&mut self) {
        self.heard = Instant::now();
    }

    /// Says that nothing more will be sent, and drops what comes until the peer says the same. A socket that is closed on
    /// unread bytes is reset, and what it sent last may be lost.
    pub(crate) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        let mut dropped = [0; 4 << 10];
        loop {
            let mut buffer = ReadBuf::new(&mut dropped);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.heard = Instant::now();
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        let was_blocked = std::mem::replace(&mut self.blocked, written.is_pending());
        if was_blocked && matches!(written, Poll::Ready(Ok(_))) {
            self.heard = Instant::now();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
