//! One keep-alive connection: write the request, read the answer, at most one under way.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    task::Poll,
    time::{Duration, Instant},
};

use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Sleep, sleep},
};

use super::{
    request::Request,
    response::{Completed, ResponseError, ResponseReader, Sink},
};
use crate::tally::ErrorKind;

/// Bytes read at once, and the most that a response's head may have. Pages that no response reaches are
/// never touched.
const BUFFER: usize = 64 * 1024;

/// The most bytes that an answer may have. The first body is kept, and an endless one would fill the memory
/// before its time is over.
const LONGEST: usize = 64 * 1024 * 1024;

/// Why an exchange failed. The connection is of no further use.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("cannot connect to {0}: {1}")]
    Connect(SocketAddr, io::Error),
    #[error("cannot send the request: {0}")]
    Write(io::Error),
    #[error("cannot read the response: {0}")]
    Read(io::Error),
    #[error("{0}")]
    Response(#[from] ResponseError),
    #[error("the response's head has more than {BUFFER} bytes")]
    LongHead,
    #[error("the response has more than {LONGEST} bytes")]
    LongResponse,
    #[error("no whole response within {0:?}")]
    Timeout(Duration),
}

impl Failure {
    /// How it is counted.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Connect(..) => ErrorKind::Connect,
            Self::Write(_) => ErrorKind::Write,
            Self::Read(_) | Self::Response(_) | Self::LongHead | Self::LongResponse => ErrorKind::Read,
            Self::Timeout(_) => ErrorKind::Timeout,
        }
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    watchdog: Watchdog,
}

/// An answer that is whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) completed: Completed,
    /// Its bytes on the wire.
    pub(crate) received: usize,
}

impl Connection {
    /// Connects within `timeout`, which then bounds each exchange as well.
    pub(crate) async fn open(address: SocketAddr, timeout: Duration) -> Result<Self, Failure> {
        let connect = async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let stream = match tokio::time::timeout(timeout, connect).await {
            Ok(connected) => connected.map_err(|error| Failure::Connect(address, error))?,
            Err(_) => return Err(Failure::Connect(address, io::ErrorKind::TimedOut.into())),
        };
        Ok(Self { stream, buffer: vec![0; BUFFER].into(), watchdog: Watchdog::new(timeout) })
    }

    /// Sends `request` and reads the answer into `sink`. The time runs from `began`. After a failure, or an
    /// answer that does not keep the connection alive, drop the connection.
    pub(crate) async fn exchange(
        &mut self,
        request: &Request,
        began: Instant,
        sink: &mut impl Sink,
    ) -> Result<Answer, Failure> {
        let Self { stream, buffer, watchdog } = self;
        watchdog.guard(began, exchange(stream, buffer, request, sink)).await
    }
}

async fn exchange(
    stream: &mut TcpStream,
    buffer: &mut [u8],
    request: &Request,
    sink: &mut impl Sink,
) -> Result<Answer, Failure> {
    stream.write_all(request.bytes()).await.map_err(Failure::Write)?;
    let mut reader = ResponseReader::new(request.bodiless_answer());
    let mut received = 0;
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            return Err(Failure::LongHead);
        }
        let count = stream.read(&mut buffer[filled..]).await.map_err(Failure::Read)?;
        if count == 0 {
            return Ok(Answer { completed: reader.end()?, received });
        }
        received += count;
        if received > LONGEST {
            return Err(Failure::LongResponse);
        }
        filled += count;
        let progress = reader.read(&buffer[..filled], sink)?;
        if let Some(completed) = progress.completed {
            return Ok(Answer { completed, received });
        }
        // What is left is the start of a head, a chunk's size line or a trailer: short and rare.
        buffer.copy_within(progress.consumed..filled, 0);
        filled -= progress.consumed;
    }
}

/// Ends an exchange that takes too long.
///
/// `tokio::time::timeout` would insert and remove a timer for each request. This one timer stays where it
/// is when an exchange ends, and when it fires it is moved to where the exchange then under way is due. So
/// its usual cost is one look at an atomic for each wake-up.
#[derive(Debug)]
struct Watchdog {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Watchdog {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(sleep(limit)) }
    }

    async fn guard<T>(
        &mut self,
        began: Instant,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mut work = pin!(work);
        let due = began + self.limit;
        poll_fn(|context| {
            if let Poll::Ready(result) = work.as_mut().poll(context) {
                return Poll::Ready(result);
            }
            while self.timer.as_mut().poll(context).is_ready() {
                if Instant::now() >= due {
                    return Poll::Ready(Err(Failure::Timeout(self.limit)));
                }
                self.timer.as_mut().reset(due.into());
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn the_watchdog_gives_every_exchange_its_whole_time() {
        let mut watchdog = Watchdog::new(LIMIT);
        // The timer, set for the first exchange, has long fired when the second begins.
        sleep(LIMIT * 2).await;
        let began = Instant::now();
        let result: Result<(), _> = watchdog.guard(began, pending()).await;
        assert!(matches!(result, Err(Failure::Timeout(LIMIT))));
        assert!(began.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn the_watchdog_passes_on_what_is_in_time() {
        let mut watchdog = Watchdog::new(Duration::from_mins(1));
        assert_eq!(watchdog.guard(Instant::now(), async { Ok(7) }).await.ok(), Some(7));
    }
}
