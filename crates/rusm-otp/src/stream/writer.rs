//! The writing end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio::task::coop;

use crate::StreamError;
use crate::stream::buffer::{Buffer, COPY};
use crate::stream::pipe::{End, Pipe};

/// The writing end of a byte stream, made by [`Context::open_stream`](crate::Context::open_stream).
///
/// **A stream has to be closed.** Dropping the writer without [`close`](Self::close) aborts the stream: the
/// reader gets what was written before and then [`Aborted`](StreamError::Aborted). So it does when the
/// process that has the writer dies, however it dies; when links and monitors are told of the death, the
/// reader has been too.
///
/// When the reader is dropped, or its process dies with it, a suspended write wakes and all writes fail with
/// [`BrokenPipe`](StreamError::BrokenPipe).
///
/// That bytes were written says that they are buffered, not that they were read. A writer that needs to know
/// has the reader answer.
///
/// The writer belongs to whoever has it: it may be moved to another process, task or thread, and used on any
/// executor. It is an [`AsyncWrite`] too; [`write`](Self::write) spares the copy.
///
/// # Memory
///
/// A stream never buffers more bytes than its capacity. Chunks of 1 KiB and more are not copied, and keep the
/// allocation that they are a part of until they were read; shorter ones are copied together, so that what
/// they cost beside their bytes is bounded too.
///
/// ```
/// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions, StreamError};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
/// let mut writer = ctx.open_stream(ctx.pid());
/// writer.write("text").await.map_err(ExitReason::crashed)?;
/// writer.write(vec![1, 2, 3]).await.map_err(ExitReason::crashed)?;
/// writer.close();
/// # Ok(()) }).await }
/// ```
pub struct StreamWriter {
    pipe: Arc<Pipe>,
}

impl StreamWriter {
    pub(crate) fn new(pipe: Arc<Pipe>) -> Self {
        Self { pipe }
    }

    /// Writes a chunk, waiting until there is room for it.
    ///
    /// A chunk longer than the capacity goes in pieces, as the reader makes room. An empty one says whether
    /// the stream can still be written.
    ///
    /// # Cancel safety
    ///
    /// A chunk no longer than the capacity is written as a whole in the moment the future completes: if it is
    /// dropped before, nothing was written. Of a longer chunk a part may have been;
    /// [`poll_write_chunk`](Self::poll_write_chunk) tells which.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let mut writer = ctx.open_stream_with(ctx.pid(), 8);
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// writer.write("12345").await.map_err(ExitReason::crashed)?;
    /// tokio::select! {
    ///     biased;
    ///     _ = writer.write("6789") => unreachable!("there is room for three"),
    ///     read = stream.read(1024) => assert_eq!(read, Ok(Some("12345".into()))),
    /// }
    /// assert_eq!(stream.try_read(1024), Ok(Some("".into())));
    /// # Ok(()) }).await }
    /// ```
    pub async fn write(&mut self, chunk: impl Into<Bytes>) -> Result<(), StreamError> {
        let mut chunk = chunk.into();
        poll_fn(|cx| self.poll_write_chunk(cx, &mut chunk)).await
    }

    /// [`write`](Self::write) for those who write their futures by hand, or want to know what was written:
    /// `chunk` has at any time what was not, and is empty in the end. Of several tasks that poll one after
    /// another, the last is woken.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # use std::{future::poll_fn, task::Poll};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let mut writer = ctx.open_stream_with(ctx.pid(), 8);
    /// let mut chunk = "123456789".into();
    /// let once = poll_fn(|cx| Poll::Ready(writer.poll_write_chunk(cx, &mut chunk))).await;
    /// assert!(once.is_pending());
    /// assert_eq!(chunk, "9");
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_write_chunk(
        &mut self,
        cx: &mut TaskContext<'_>,
        chunk: &mut Bytes,
    ) -> Poll<Result<(), StreamError>> {
        loop {
            let least = self.pipe.least(chunk.len());
            ready!(self.poll_fill(cx, least, |buffer, room| {
                let amount = room.min(chunk.len());
                buffer.push(chunk, amount);
            }))?;
            if chunk.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes as much of a chunk as there is room for, without waiting, and says how much; `chunk` keeps the
    /// rest.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// let mut writer = ctx.open_stream_with(ctx.pid(), 8);
    /// let mut chunk = "123456789".into();
    /// assert_eq!(writer.try_write(&mut chunk), Ok(8));
    /// assert_eq!(writer.try_write(&mut chunk), Ok(0));
    /// assert_eq!(chunk, "9");
    /// # Ok(()) }).await }
    /// ```
    pub fn try_write(&mut self, chunk: &mut Bytes) -> Result<usize, StreamError> {
        let written = self.pipe.fill(0, |buffer, room| {
            let amount = room.min(chunk.len());
            buffer.push(chunk, amount);
            amount
        });
        written.unwrap_or(Ok(0))
    }

    /// Waits until there is room, and says how much: this many bytes can be written without waiting.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions, StreamError};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let mut writer = ctx.open_stream_with(ctx.pid(), 8);
    /// writer.write("12345").await.map_err(ExitReason::crashed)?;
    /// assert_eq!(writer.ready().await, Ok(3));
    /// drop(ctx.receive().await);
    /// assert_eq!(writer.ready().await, Err(StreamError::BrokenPipe));
    /// # Ok(()) }).await }
    /// ```
    pub async fn ready(&mut self) -> Result<usize, StreamError> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// [`ready`](Self::ready) for those who write their futures by hand.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// let mut writer = ctx.open_stream(ctx.pid());
    /// assert_eq!(std::future::poll_fn(|cx| writer.poll_ready(cx)).await, Ok(64 * 1024));
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<usize, StreamError>> {
        self.poll_fill(cx, 1, |_, room| room)
    }

    /// Ends the stream: the reader gets the clean end after the last byte.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let mut writer = ctx.open_stream(ctx.pid());
    /// writer.write("all").await.map_err(ExitReason::crashed)?;
    /// writer.close();
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(stream.read(1024).await, Ok(Some("all".into())));
    /// assert_eq!(stream.read(1024).await, Ok(None));
    /// # Ok(()) }).await }
    /// ```
    pub fn close(self) {
        self.pipe.end(End::Closed);
    }

    fn poll_fill<T>(
        &self,
        cx: &mut TaskContext<'_>,
        least: usize,
        fill: impl FnMut(&mut Buffer, usize) -> T,
    ) -> Poll<Result<T, StreamError>> {
        let coop = ready!(coop::poll_proceed(cx));
        let filled = ready!(self.pipe.poll_fill(cx, least, fill));
        coop.made_progress();
        Poll::Ready(filled)
    }
}

/// Writes as [`write`](StreamWriter::write) does, with a copy, and what is no longer than the capacity as a
/// whole.
///
/// Shutting down is closing, flushing does nothing. Errors are of kind
/// [`BrokenPipe`](io::ErrorKind::BrokenPipe).
impl AsyncWrite for StreamWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut TaskContext<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let least = self.pipe.least(buf.len());
        if buf.len() < COPY {
            return self
                .poll_fill(cx, least, |buffer, room| {
                    let amount = room.min(buf.len());
                    buffer.copy(&buf[..amount]);
                    amount
                })
                .map_err(io::Error::from);
        }
        // Long copies are not made under the lock. There is one writer, so the room can only have grown since.
        let room = ready!(self.poll_fill(cx, least, |_, room| room))?;
        let amount = room.min(buf.len());
        let mut chunk = Bytes::copy_from_slice(&buf[..amount]);
        ready!(self.pipe.poll_fill(cx, amount, |buffer, _| buffer.push(&mut chunk, amount)))?;
        Poll::Ready(Ok(amount))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        self.pipe.end(End::Closed);
        Poll::Ready(Ok(()))
    }
}

impl Drop for StreamWriter {
    fn drop(&mut self) {
        self.pipe.end(End::Aborted);
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter").finish_non_exhaustive()
    }
}
