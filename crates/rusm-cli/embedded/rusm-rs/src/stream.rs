//! Byte streams from one process to another, for what is too long for a message or not known to its end when it
//! begins.
//!
//! A stream goes one way. The writer waits while the reader has enough to read, so neither fills the other's
//! memory; what waits is the process, never a thread.
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use rusm_rs::Stream;
//!
//! # fn sender(archive: rusm_rs::Pid) -> std::io::Result<()> {
//! let mut writer = Stream::open(archive)?;
//! writeln!(writer, "a line")?;
//! writer.close();
//! # Ok(()) }
//!
//! # fn receiver() -> std::io::Result<()> {
//! let mut stream = Stream::accept();
//! let mut text = String::new();
//! stream.read_to_string(&mut text)?;
//! println!("{} says {text}", stream.from());
//! # Ok(()) }
//! ```

use std::fmt;
use std::io;
use std::time::Duration;

use crate::bindings::rusm::runtime::stream as host;
use crate::process::{self, Denied, Mail, Monitor, Pid};

/// The most that a stream buffers, and that one write or read passes on.
const PIECE: usize = 64 << 10;

/// Where streams begin: one process [opens](Self::open) them, another [accepts](Self::accept) them.
#[derive(Debug)]
pub enum Stream {}

impl Stream {
    /// Opens a stream to a process, which finds it in its mailbox as [`Mail::Stream`], in order with the messages
    /// that this process sends it.
    ///
    /// Bytes can be written before the other has taken that mail. It waits while the other's mailbox is full. If
    /// there is no such process, or its end comes first, writes fail.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// let archive = rusm_rs::whereis("archive").expect("it is resident");
    /// let mut writer = Stream::open(archive)?;
    /// writer.write_all(b"all there is")?;
    /// writer.close();
    /// # Ok::<_, std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If too many of the streams that this process opened are not read to their end yet.
    pub fn open(to: Pid) -> Result<StreamWriter, OpenError> {
        match host::open(to.as_u64()) {
            Ok(writer) => Ok(StreamWriter { to, host: writer }),
            Err(host::OpenError::TooMany(limit)) => Err(OpenError::TooMany(limit)),
        }
    }

    /// The next stream that comes, or has come. Other mail stays for later, in its order.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// let mut stream = Stream::accept();
    /// let length = std::io::copy(&mut stream, &mut std::io::sink())?;
    /// rusm_rs::send(stream.from(), &length).expect("a number is short");
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn accept() -> IncomingStream {
        stream_of(process::receive_match(is_stream))
    }

    /// [`accept`](Self::accept), or none if none comes in time. With a time of zero: what is there already.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// # use std::time::Duration;
    /// if let Some(stream) = Stream::accept_timeout(Duration::from_secs(1)) {
    ///     println!("{} has something to say", stream.from());
    /// }
    /// ```
    pub fn accept_timeout(limit: Duration) -> Option<IncomingStream> {
        process::receive_match_timeout(limit, is_stream).map(stream_of)
    }
}

fn is_stream(mail: &Mail) -> bool {
    matches!(mail, Mail::Stream(_))
}

fn stream_of(mail: Mail) -> IncomingStream {
    match mail {
        Mail::Stream(stream) => stream,
        _ => unreachable!("only a stream is wanted"),
    }
}

/// The end of a stream that is written to.
///
/// **A stream has to be closed.** To drop the writer without [`close`](Self::close), or to end with it, aborts the
/// stream: the reader gets what was written before and then an error, so that a stream that broke off is never
/// taken for a whole one.
#[derive(Debug)]
pub struct StreamWriter {
    to: Pid,
    host: host::Writer,
}

impl StreamWriter {
    /// The process that the stream was opened to.
    pub fn to(&self) -> Pid {
        self.to
    }

    /// Writes bytes from the front of these, as soon as there is room, and tells how many: up to 64 KiB as a whole,
    /// of more the first 64 KiB. With none it tells whether the stream can still be written.
    ///
    /// That bytes were written says that they are buffered, not that they were read.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// # let to = rusm_rs::Pid::own();
    /// let mut writer = Stream::open(to)?;
    /// assert_eq!(writer.write(b"hello")?, 5);
    /// # Ok::<_, std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the other end is gone.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        // What would not be taken need not be copied.
        let piece = &bytes[..bytes.len().min(PIECE)];
        match self.host.write(piece) {
            Ok(written) => Ok(usize::try_from(written).unwrap_or(piece.len())),
            Err(host::WriteError::Broken) => Err(StreamError::Broken),
        }
    }

    /// Writes all of these bytes, piece by piece as the reader makes room.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// # let to = rusm_rs::Pid::own();
    /// let mut writer = Stream::open(to)?;
    /// writer.write_all(&vec![0; 1 << 20])?;
    /// writer.close();
    /// # Ok::<_, std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the other end is gone.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        for piece in bytes.chunks(PIECE) {
            self.write(piece)?;
        }
        Ok(())
    }

    /// Ends the stream: the reader gets the clean end after the last byte.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// # let to = rusm_rs::Pid::own();
    /// Stream::open(to)?.close(); // An empty one.
    /// # Ok::<_, rusm_rs::stream::OpenError>(())
    /// ```
    pub fn close(self) {
        host::Writer::close(self.host);
    }

    /// Monitors the process that the stream was opened to, which any profile allows: [`Mail::Down`] tells why it
    /// ended.
    ///
    /// ```no_run
    /// # use rusm_rs::{Mail, Stream};
    /// # let to = rusm_rs::Pid::own();
    /// let mut writer = Stream::open(to)?;
    /// let monitor = writer.monitor()?;
    /// if writer.write_all(b"hello").is_err() {
    ///     let down = rusm_rs::receive_match(|mail| matches!(mail, Mail::Down(down) if down.monitor == monitor));
    ///     println!("nobody reads: {down:?}");
    /// }
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this process has too many monitors.
    pub fn monitor(&self) -> Result<Monitor, Denied> {
        process::await_answer(self.to)
    }
}

/// As [`StreamWriter::write`], with errors of kind [`BrokenPipe`](io::ErrorKind::BrokenPipe). There is nothing to
/// flush. For many small pieces, a [`BufWriter`](io::BufWriter) spares calls of the node.
impl io::Write for StreamWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(StreamWriter::write(self, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that another process opened to this one: the end that is read from.
///
/// To drop it, or to end with it, ends the stream for the writer, whose writes then fail.
#[derive(Debug)]
pub struct IncomingStream {
    from: Pid,
    host: host::Reader,
}

impl IncomingStream {
    pub(crate) fn from_wire(stream: host::Incoming) -> Self {
        IncomingStream { from: Pid::from_u64(stream.sender), host: stream.reader }
    }

    /// Who opened it, as the node knows and nobody can forge.
    pub fn from(&self) -> Pid {
        self.from
    }

    /// The next bytes, 64 KiB at most, as soon as there are any; none at the clean end, and again after it.
    ///
    /// ```no_run
    /// # use rusm_rs::Stream;
    /// let mut stream = Stream::accept();
    /// while let Some(bytes) = stream.next_bytes()? {
    ///     println!("{} more bytes", bytes.len());
    /// }
    /// # Ok::<_, rusm_rs::stream::StreamError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the writer went away before it closed the stream, after what it had written.
    pub fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        self.next_up_to(PIECE)
    }

    fn next_up_to(&mut self, max: usize) -> Result<Option<Vec<u8>>, StreamError> {
        match self.host.read(max as u64) {
            Ok(bytes) => Ok(bytes),
            Err(host::ReadError::Aborted) => Err(StreamError::Aborted),
        }
    }

    /// Monitors the process that opened the stream, which any profile allows: [`Mail::Down`] tells why it ended.
    ///
    /// ```no_run
    /// # use rusm_rs::{Mail, Stream};
    /// let mut stream = Stream::accept();
    /// let monitor = stream.monitor()?;
    /// while let Ok(Some(bytes)) = stream.next_bytes() {
    ///     println!("{} more bytes", bytes.len());
    /// }
    /// let down = rusm_rs::receive_match(|mail| matches!(mail, Mail::Down(down) if down.monitor == monitor));
    /// println!("its writer ended: {down:?}");
    /// # Ok::<_, rusm_rs::process::Denied>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this process has too many monitors.
    pub fn monitor(&self) -> Result<Monitor, Denied> {
        process::await_answer(self.from)
    }
}

/// As [`IncomingStream::next_bytes`], with one more copy. An aborted stream is an error of kind
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted).
impl io::Read for IncomingStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.next_up_to(buffer.len())?.unwrap_or_default();
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// Why a stream was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// So many streams of this process have a reader still, which is the most that may.
    TooMany(u64),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::TooMany(limit) => {
                write!(f, "at most {limit} streams that this process opened may be unread at once")
            }
        }
    }
}

impl std::error::Error for OpenError {}

/// With the kind [`QuotaExceeded`](io::ErrorKind::QuotaExceeded).
impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        io::Error::new(io::ErrorKind::QuotaExceeded, error)
    }
}

/// Why a stream cannot be written or read any further: its other end is gone. Why the process ended that had it
/// tells a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// To the writer: the reader was dropped, or ended with its process, or never was.
    Broken,
    /// To the reader: the writer was dropped, or ended with its process, before it closed the stream. What it was
    /// about to write is missing.
    Aborted,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StreamError::Broken => "nobody reads this stream any more",
            StreamError::Aborted => "the writer of this stream went away before it was done",
        })
    }
}

impl std::error::Error for StreamError {}

/// With the kinds [`BrokenPipe`](io::ErrorKind::BrokenPipe) and
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted).
impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        let kind = match error {
            StreamError::Broken => io::ErrorKind::BrokenPipe,
            StreamError::Aborted => io::ErrorKind::ConnectionAborted,
        };
        io::Error::new(kind, error)
    }
}
