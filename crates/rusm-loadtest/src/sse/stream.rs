//! One stream of events as a client: the request, its answer's head, then events without end.

use std::{
    io, mem,
    net::SocketAddr,
    time::{Duration, Instant},
};

use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::events::{EventParser, TooLong};
use crate::{
    failure::Failure,
    http::{
        request::Request,
        response::{ResponseReader, Sink},
    },
    socket::{self, Watchdog},
};

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// The kernel's buffer for what was not read yet. Left to itself it grows to megabytes, and a server would be
/// paid for events that nobody counts.
const RECEIVE_BUFFER: u32 = 128 * 1024;

/// What is no stream of numbered events.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum StreamError {
    #[error("the server answered {0}")]
    Status(u16),
    #[error("`content-type: {0}` is not text/event-stream")]
    ContentType(String),
    #[error("the event `{0}` does not end in a number")]
    NoNumber(String),
    #[error("event {found} follows event {last}")]
    Order { last: u64, found: u64 },
    #[error("a line or an event of more than a mebibyte")]
    TooLong,
    #[error("the stream ended")]
    Ended,
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct EventStream {
    stream: TcpStream,
    buffer: Box<[u8]>,
    filled: usize,
    response: ResponseReader,
    check: Check,
    watchdog: Watchdog,
}

/// What arrived at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    pub(crate) events: u64,
    /// Bytes on the wire.
    pub(crate) received: usize,
}

impl EventStream {
    /// Connects to `address`, sends `request` and reads the answer up to its head, within `timeout` each;
    /// `timeout` then bounds each [`read`](Self::read) as well.
    pub(crate) async fn open(
        address: SocketAddr,
        request: &Request,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let mut stream = socket::connect(address, Some(RECEIVE_BUFFER), timeout).await?;
        stream.write_all(request.bytes()).await.map_err(Failure::Write)?;
        let mut opened = Self {
            stream,
            buffer: vec![0; BUFFER].into(),
            filled: 0,
            response: ResponseReader::new(false),
            check: Check::default(),
            watchdog: Watchdog::new(timeout),
        };
        let began = Instant::now();
        while !opened.check.head {
            opened.receive(began).await?;
        }
        Ok(opened)
    }

    /// Reads what has arrived, and waits until something has. The time runs from `began`.
    pub(crate) async fn read(&mut self, began: Instant) -> Result<Batch, Failure> {
        let received = self.receive(began).await?;
        Ok(Batch { events: mem::take(&mut self.check.events), received })
    }

    /// Whether the server still holds the stream, as far as is known without waiting. Drops what has arrived.
    pub(crate) fn still_open(&mut self) -> Result<(), Failure> {
        match self.stream.try_read(&mut self.buffer) {
            Ok(0) => Err(StreamError::Ended.into()),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(Failure::Read(error)),
        }
    }

    async fn receive(&mut self, began: Instant) -> Result<usize, Failure> {
        let Self { stream, buffer, filled, response, check, watchdog } = self;
        if *filled == buffer.len() {
            return Err(Failure::LongHead(BUFFER));
        }
        let read = async { stream.read(&mut buffer[*filled..]).await.map_err(Failure::Read) };
        let count = watchdog.guard(began, read).await?;
        if count == 0 {
            response.end()?;
            return Err(StreamError::Ended.into());
        }
        *filled += count;
        let progress = response.read(&buffer[..*filled], check)?;
        if let Some(error) = check.error.take() {
            return Err(error.into());
        }
        if progress.completed.is_some() {
            return Err(StreamError::Ended.into());
        }
        buffer.copy_within(progress.consumed..*filled, 0);
        *filled -= progress.consumed;
        Ok(count)
    }
}

/// Checks the head, and that each event's number is one more than the last one's.
#[derive(Debug, Default)]
struct Check {
    /// Whether the head has come.
    head: bool,
    parser: EventParser,
    /// Events not reported yet.
    events: u64,
    last: Option<u64>,
    /// The first thing that was wrong.
    error: Option<StreamError>,
}

impl Sink for Check {
    fn head(&mut self, head: &httparse::Response<'_, '_>) {
        self.head = true;
        let status = head.code.unwrap_or_default();
        let field = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-type"));
        let value = String::from_utf8_lossy(field.map_or(b"", |field| field.value));
        let essence = value.split(';').next().unwrap_or_default().trim();
        self.error = if status != 200 {
            Some(StreamError::Status(status))
        } else if essence.eq_ignore_ascii_case("text/event-stream") {
            None
        } else {
            Some(StreamError::ContentType(value.into_owned()))
        };
    }

    fn body(&mut self, part: &[u8]) {
        let Self { parser, events, last, error, .. } = self;
        if error.is_some() {
            return;
        }
        let fed = parser.feed(part, |data| match follow(last, data) {
            Ok(()) => *events += 1,
            Err(wrong) => *error = error.take().or(Some(wrong)),
        });
        if let Err(TooLong) = fed {
            *error = error.take().or(Some(StreamError::TooLong));
        }
    }
}

/// Takes the number at `data`'s end for the `last` one, if it is the one after it. The first may be any.
fn follow(last: &mut Option<u64>, data: &[u8]) -> Result<(), StreamError> {
    let text = data.iter().rposition(|byte| !byte.is_ascii_digit()).map_or(0, |at| at + 1);
    let number = str::from_utf8(&data[text..]).ok().and_then(|digits| digits.parse().ok());
    let shown = || String::from_utf8_lossy(&data[..data.len().min(80)]).into_owned();
    let found: u64 = number.ok_or_else(|| StreamError::NoNumber(shown()))?;
    match last.replace(found) {
        Some(last) if last.checked_add(1) != Some(found) => Err(StreamError::Order { last, found }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a body that comes in `parts` is found to be: events, or the first error.
    fn checked(parts: &[&str]) -> Result<u64, StreamError> {
        let mut check = Check::default();
        for part in parts {
            check.body(part.as_bytes());
        }
        check.error.map_or(Ok(check.events), Err)
    }

    #[test]
    fn numbers_that_follow_each_other() {
        assert_eq!(checked(&["data: tick 8\n\ndata: tick 9\n\nda", "ta: tick 10\n\n"]), Ok(3));
        assert_eq!(checked(&["data: 18446744073709551615\n\n"]), Ok(1));
        assert_eq!(checked(&[]), Ok(0));
    }

    #[test]
    fn a_gap_a_repetition_and_a_jump_back() {
        for (last, found) in [(1, 3), (1, 1), (5, 4), (u64::MAX, 0)] {
            let stream = format!("data: {last}\n\ndata: {found}\n\n");
            assert_eq!(checked(&[&stream]), Err(StreamError::Order { last, found }));
        }
    }

    #[test]
    fn events_without_a_number() {
        for data in ["tick", "", "1 tick", "18446744073709551616"] {
            let stream = format!("data: {data}\n\ndata: tick 1\n\n");
            assert_eq!(checked(&[&stream]), Err(StreamError::NoNumber(data.to_owned())));
        }
    }
}
