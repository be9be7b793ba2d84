//! The reading end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::coop;

use super::Guard;
use crate::StreamError;
use crate::contain::contain_drop;
use crate::stream::pipe::Pipe;

/// The reading end of a byte stream, as it arrives by [`Mail::Stream`](crate::Mail::Stream).
///
/// All that was written is read, in order, and then one of two ends: the clean one, if the writer closed the
/// stream, or [`Aborted`](StreamError::Aborted), if it was dropped before, as it is when its process dies. So
/// a stream that broke off is never taken for a whole one. Why a process died tells a monitor.
///
/// Dropping the reader ends the stream for the writer: its writes fail, and what was not read is dropped.
///
/// The reader belongs to whoever has it: it may be moved to another process, task or thread, and read on any
/// executor. It is an [`AsyncRead`] too; [`read`](Self::read) spares the copy.
///
/// ```
/// use rusm_otp::{Context, Mail, StreamError};
///
/// /// Answers the first stream with the number of its bytes.
/// async fn count(mut ctx: Context) -> Result<(), rusm_otp::ExitReason> {
///     let Mail::Stream { from, mut stream } = ctx.receive().await else { return Ok(()) };
///     let mut count = 0;
///     while let Some(bytes) = stream.read(usize::MAX).await.map_err(rusm_otp::ExitReason::crashed)? {
///         count += bytes.len();
///     }
///     ctx.send(from, count.to_string());
///     Ok(())
/// }
/// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
/// let counter = ctx.spawn_link(SpawnOptions::default(), count);
/// let mut stream = ctx.open_stream(counter);
/// stream.write(vec![0; 100_000]).await.map_err(ExitReason::crashed)?;
/// stream.close();
/// let Mail::Message { payload, .. } = ctx.receive().await else { unreachable!() };
/// assert_eq!(payload.as_bytes(), Some(&b"100000"[..]));
/// # Ok(()) }).await }
/// ```
pub struct StreamReader {
    pipe: Arc<Pipe>,
    guard: Guard,
}

impl StreamReader {
    pub(super) fn new(pipe: Arc<Pipe>, guard: Guard) -> Self {
        Self { pipe, guard }
    }

    /// The next bytes, 1 to `max` of them, as soon as there are any; `None` at the clean end. After the end,
    /// clean or not, it says the same again.
    ///
    /// Chunks of 1 KiB and more come as they were written, not copied, those longer than `max` in pieces;
    /// shorter ones may come joined. A `max` of 0 gives an empty chunk at once.
    ///
    /// # Cancel safety
    ///
    /// Bytes are taken in the moment the future completes: one that is dropped before has lost nothing.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions, StreamError};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let me = ctx.pid();
    /// ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
    ///     let _ = ctx.open_stream(me).write("hello").await;
    ///     panic!("before the end");
    /// });
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(stream.read(2).await, Ok(Some("he".into())));
    /// assert_eq!(stream.read(1024).await, Ok(Some("llo".into())));
    /// assert_eq!(stream.read(1024).await, Err(StreamError::Aborted));
    /// # Ok(()) }).await }
    /// ```
    pub async fn read(&mut self, max: usize) -> Result<Option<Bytes>, StreamError> {
        poll_fn(|cx| self.poll_read_chunk(cx, max)).await
    }

    /// [`read`](Self::read) for those who write their futures by hand. Of several tasks that poll one after
    /// another, the last is woken.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.open_stream(ctx.pid()).close();
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// let end = std::future::poll_fn(|cx| stream.poll_read_chunk(cx, 1024)).await;
    /// assert_eq!(end, Ok(None));
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_read_chunk(
        &mut self,
        cx: &mut TaskContext<'_>,
        max: usize,
    ) -> Poll<Result<Option<Bytes>, StreamError>> {
        if max == 0 {
            return Poll::Ready(Ok(Some(Bytes::new())));
        }
        let coop = ready!(coop::poll_proceed(cx));
        let read = ready!(self.pipe.poll_drain(cx, max));
        coop.made_progress();
        Poll::Ready(read)
    }

    /// [`read`](Self::read) that does not wait: an empty chunk says that nothing is there yet.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let writer = ctx.open_stream(ctx.pid());
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(stream.try_read(1024), Ok(Some("".into())));
    /// writer.close();
    /// assert_eq!(stream.try_read(1024), Ok(None));
    /// # Ok(()) }).await }
    /// ```
    pub fn try_read(&mut self, max: usize) -> Result<Option<Bytes>, StreamError> {
        let nothing = Ok(Some(Bytes::new()));
        if max == 0 { nothing } else { self.pipe.drain(max).unwrap_or(nothing) }
    }

    /// Waits until [`try_read`](Self::try_read) has something to say: bytes, or either end.
    ///
    /// # Cancel safety
    ///
    /// It changes nothing.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let me = ctx.pid();
    /// ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
    ///     let mut writer = ctx.open_stream(me);
    ///     writer.write("hello").await.map_err(ExitReason::crashed)
    /// });
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// stream.ready().await;
    /// assert_eq!(stream.try_read(1024), Ok(Some("hello".into())));
    /// # Ok(()) }).await }
    /// ```
    pub async fn ready(&mut self) {
        poll_fn(|cx| self.poll_ready(cx)).await;
    }

    /// [`ready`](Self::ready) for those who write their futures by hand.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.open_stream(ctx.pid()).close();
    /// let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
    /// std::future::poll_fn(|cx| stream.poll_ready(cx)).await;
    /// assert_eq!(stream.try_read(1024), Ok(None));
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        let coop = ready!(coop::poll_proceed(cx));
        ready!(self.pipe.poll_readable(cx));
        coop.made_progress();
        Poll::Ready(())
    }
}

/// Reads as [`read`](StreamReader::read) does, with a copy; an aborted stream is an error of kind
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted).
impl AsyncRead for StreamReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(bytes) = ready!(self.get_mut().poll_read_chunk(cx, buf.remaining()))? {
            buf.put_slice(&bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for StreamReader {
    fn drop(&mut self) {
        self.pipe.abandon();
        // A destructor that panics is the opener's fault, and takes nothing else with it.
        let _ = contain_drop(self.guard.take());
    }
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReader").finish_non_exhaustive()
    }
}
