//! Byte streams from one process to another, with back-pressure.

mod buffer;
mod pipe;
mod reader;
mod writer;

use std::any::Any;
use std::io;

pub use reader::StreamReader;
pub use writer::StreamWriter;

use crate::stream::pipe::Pipe;
use crate::{Context, Mail, Pid};

/// What a stream buffers unless told otherwise: what a pipe of Linux does.
const CAPACITY: usize = 64 * 1024;

/// Why a stream cannot be read or written any further.
///
/// ```
/// # use rusm_otp::{ExitReason, Pid, Runtime, SpawnOptions, StreamError};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
/// let mut to_nobody = ctx.open_stream(Pid::from_u64(7));
/// let error = to_nobody.write("hello").await.unwrap_err();
/// assert_eq!(error, StreamError::BrokenPipe);
/// assert_eq!(std::io::Error::from(error).kind(), std::io::ErrorKind::BrokenPipe);
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// To the writer: the reader was dropped, or its process died with it.
    #[error("nobody reads this stream any more")]
    BrokenPipe,
    /// To the reader: the writer was dropped, or its process died with it, before it closed the stream. What
    /// it was about to write is missing.
    #[error("the writer of this stream went away before it was done")]
    Aborted,
    /// To the writer: it shut the stream down itself, by [`AsyncWrite`](tokio::io::AsyncWrite).
    #[error("this stream was closed by its writer")]
    Closed,
}

/// The same with the kinds [`BrokenPipe`](io::ErrorKind::BrokenPipe) for the writer and
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted) for the reader.
impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        let kind = match error {
            StreamError::BrokenPipe | StreamError::Closed => io::ErrorKind::BrokenPipe,
            StreamError::Aborted => io::ErrorKind::ConnectionAborted,
        };
        Self::new(kind, error)
    }
}

/// # Streams
///
/// A stream carries bytes one way, from whoever has its [`StreamWriter`] to whoever has its
/// [`StreamReader`]. It is for what is too long for a message, or not known to its end when it begins: the
/// writer waits while the reader has enough to read.
impl Context {
    /// Opens a byte stream to another process, which finds the reading end in its mailbox as
    /// [`Mail::Stream`], in order with the messages that this process sends it.
    ///
    /// At most 64 KiB are buffered. It does not wait: bytes can be written before the other process has taken
    /// that mail. If the other process is dead, or dies before, writes fail with
    /// [`BrokenPipe`](StreamError::BrokenPipe).
    ///
    /// ```
    /// use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    ///
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    ///     let me = ctx.pid();
    ///     let child = ctx.spawn_link(SpawnOptions::default(), move |ctx| async move {
    ///         let mut stream = ctx.open_stream(me);
    ///         for line in ["one\n", "two\n"] {
    ///             stream.write(line).await.map_err(ExitReason::crashed)?;
    ///         }
    ///         stream.close();
    ///         Ok::<_, ExitReason>(())
    ///     });
    ///
    ///     let Mail::Stream { from, mut stream } = ctx.receive().await else { unreachable!() };
    ///     assert_eq!(from, child);
    ///     let mut text = Vec::new();
    ///     while let Some(bytes) = stream.read(1024).await.map_err(ExitReason::crashed)? {
    ///         text.extend_from_slice(&bytes);
    ///     }
    ///     assert_eq!(text, b"one\ntwo\n");
    ///     Ok(())
    /// }).await
    /// # }
    /// ```
    pub fn open_stream(&self, to: Pid) -> StreamWriter {
        self.open_stream_with(to, CAPACITY)
    }

    /// [`open_stream`](Self::open_stream) that buffers at most `capacity` bytes; 0 is taken as 1. Nothing is
    /// allocated for them before they come.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// let mut stream = ctx.open_stream_with(ctx.pid(), 4);
    /// let mut chunk = "hello".into();
    /// assert_eq!(stream.try_write(&mut chunk), Ok(4));
    /// assert_eq!(chunk, "o");
    /// # Ok(()) }).await }
    /// ```
    pub fn open_stream_with(&self, to: Pid, capacity: usize) -> StreamWriter {
        let (writer, reader) = self.stream_to(capacity, None);
        self.runtime.0.send(to, reader);
        writer
    }

    /// [`open_stream_with`](Self::open_stream_with) that first waits for room in the other's mailbox, if that
    /// [suspends its senders](crate::MailboxPolicy::SuspendSender), and that keeps `guard` until the reader is
    /// gone: what is buffered is gone then too, so a guard can count what streams take.
    ///
    /// To oneself it does not wait, which would be for ever. A stream that finds no place in a mailbox is one
    /// that nobody reads: writes fail with [`BrokenPipe`](StreamError::BrokenPipe).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future opens no stream.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # use std::sync::Arc;
    /// # use tokio::sync::Semaphore;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let at_most = Arc::new(Semaphore::new(10));
    /// let place = at_most.clone().acquire_owned().await.map_err(ExitReason::crashed)?;
    /// ctx.open_stream_wait(ctx.pid(), 1024, place).await.close();
    /// assert_eq!(at_most.available_permits(), 9, "what was written can still be read");
    /// drop(ctx.receive().await);
    /// assert_eq!(at_most.available_permits(), 10);
    /// # Ok(()) }).await }
    /// ```
    pub async fn open_stream_wait(
        &self,
        to: Pid,
        capacity: usize,
        guard: impl Send + Sync + 'static,
    ) -> StreamWriter {
        let (writer, reader) = self.stream_to(capacity, Some(Box::new(guard)));
        if to == self.pid {
            self.runtime.0.send(to, reader);
        } else {
            self.runtime.0.deliver(to, reader).await;
        }
        writer
    }

    /// Both ends, the second as mail.
    fn stream_to(&self, capacity: usize, guard: Guard) -> (StreamWriter, Mail) {
        let pipe = Pipe::new(capacity);
        let stream = StreamReader::new(pipe.clone(), guard);
        (StreamWriter::new(pipe), Mail::Stream { from: self.pid, stream })
    }
}

/// What is dropped with a reader.
type Guard = Option<Box<dyn Any + Send + Sync>>;
