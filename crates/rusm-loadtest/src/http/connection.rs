//! One keep-alive connection: write the request, read the answer, at most one under way.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    request::Request,
    response::{Completed, ResponseReader, Sink},
};
use crate::{
    failure::Failure,
    socket::{self, Watchdog},
};

/// Bytes read at once, and the most that a response's head may have. Pages that no response reaches are
/// never touched.
const BUFFER: usize = 64 * 1024;

/// The most bytes that an answer may have. The first body is kept, and an endless one would fill the memory
/// before its time is over.
const LONGEST: usize = 64 * 1024 * 1024;

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
        let stream = socket::connect(address, None, timeout).await?;
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
            return Err(Failure::LongHead(BUFFER));
        }
        let count = stream.read(&mut buffer[filled..]).await.map_err(Failure::Read)?;
        if count == 0 {
            return Ok(Answer { completed: reader.end()?, received });
        }
        received += count;
        if received > LONGEST {
            return Err(Failure::LongResponse(LONGEST));
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
