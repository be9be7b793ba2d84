//! One WebSocket as a client: upgrade, echoes, closing handshake.
//!
//! tungstenite's client would do. It took a seventh more CPU for each message, which the server beside the
//! generator lacks, and it accepts what is to be counted here, such as another type in answer.

use std::{
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    frame::{self, FrameError, Header, LONGEST_HEADER, Opcode},
    handshake::{self, HandshakeError, Upgrade},
    message::Message,
};
use crate::{
    failure::Failure,
    socket::{self, Watchdog},
};

/// The least that is read at once, and the most that the upgrade's answer may have.
const LEAST_BUFFER: usize = 4096;

/// The close code of a connection that has done what it was for (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Client {
    wire: Wire,
    message: Message,
    watchdog: Watchdog,
}

impl Client {
    /// Connects to `address` and upgrades, within `timeout` each; `timeout` then bounds each echo and the
    /// closing handshake as well. `message` is what it will send.
    pub(crate) async fn open(
        address: SocketAddr,
        upgrade: &Upgrade,
        message: Message,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let stream = socket::connect(address, None, timeout).await?;
        // An echo's payload and one control frame's.
        let buffer = LEAST_BUFFER.max(message.payload().len() + LONGEST_HEADER);
        let mut wire = Wire { stream, buffer: vec![0; buffer].into(), unread: 0..0 };
        let mut watchdog = Watchdog::new(timeout);
        watchdog.guard(Instant::now(), wire.upgrade(upgrade)).await?;
        Ok(Self { wire, message, watchdog })
    }

    /// Sends the next message and reads its echo. The time runs from `began`. Returns the echo's bytes on the
    /// wire.
    pub(crate) async fn echo(&mut self, began: Instant) -> Result<usize, Failure> {
        let Self { wire, message, watchdog } = self;
        message.advance();
        watchdog.guard(began, wire.echo(message)).await
    }

    /// Says goodbye and waits until the server has said so too and closed the connection, which is its part
    /// (RFC 6455, section 7.1.1).
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
        self.watchdog.guard(Instant::now(), self.wire.close()).await
    }
}

/// The connection, and what has arrived on it.
#[derive(Debug)]
struct Wire {
    stream: TcpStream,
    buffer: Box<[u8]>,
    /// The part of the buffer that has arrived and was not dealt with.
    unread: Range<usize>,
}

impl Wire {
    async fn upgrade(&mut self, upgrade: &Upgrade) -> Result<(), Failure> {
        let (request, key) = upgrade.request();
        self.stream.write_all(&request).await.map_err(Failure::Write)?;
        loop {
            if self.fill().await? == 0 {
                return Err(HandshakeError::Closed.into());
            }
            if let Some(length) = handshake::answer(self.unread(), &key)? {
                self.unread.start += length;
                return Ok(());
            }
            if self.unread.len() == self.buffer.len() {
                return Err(HandshakeError::Long(self.buffer.len()).into());
            }
        }
    }

    async fn echo(&mut self, message: &Message) -> Result<usize, Failure> {
        self.stream.write_all(message.frame()).await.map_err(Failure::Write)?;
        let mut rest = message.payload();
        let mut begun = false;
        let mut received = 0;
        loop {
            let header = self.header().await?;
            match (header.opcode, begun) {
                (Opcode::Text | Opcode::Binary, false) if header.opcode != message.opcode() => {
                    return Err(Failure::Echo("is binary for text, or text for binary"));
                }
                (Opcode::Text | Opcode::Binary, true) => return Err(FrameError::Interleaved.into()),
                (Opcode::Continuation, false) => return Err(FrameError::Continuation.into()),
                (Opcode::Text | Opcode::Binary | Opcode::Continuation, _) => {
                    if header.length > rest.len() as u64 {
                        return Err(Failure::Echo("is longer than what was sent"));
                    }
                    begun = true;
                    let part = self.payload(header).await?;
                    rest = rest.strip_prefix(part).ok_or(Failure::Echo("differs from what was sent"))?;
                    received += header.size + part.len();
                    if header.last {
                        let whole = rest.is_empty();
                        return if whole { Ok(received) } else { Err(Failure::Echo("is cut short")) };
                    }
                }
                (Opcode::Ping, _) => self.pong(header).await?,
                (Opcode::Pong, _) => {
                    self.payload(header).await?;
                }
                (Opcode::Close, _) => {
                    let (code, reason) = close_frame(self.payload(header).await?)?;
                    return Err(Failure::Closed(format!("{code} {reason}").trim_end().to_owned()));
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Failure> {
        let mut frame = Vec::new();
        frame::write(&mut frame, Opcode::Close, &NORMAL.to_be_bytes(), [0; 4]);
        self.stream.write_all(&frame).await.map_err(Failure::Write)?;
        loop {
            let header = self.header().await?;
            match header.opcode {
                Opcode::Close => {
                    let (code, reason) = close_frame(self.payload(header).await?)?;
                    if code != NORMAL {
                        return Err(Failure::Closed(format!("{code} {reason}").trim_end().to_owned()));
                    }
                    break;
                }
                // The answer to a ping is no use to a server that is closing.
                Opcode::Ping | Opcode::Pong => {
                    self.payload(header).await?;
                }
                // Every message has had its echo.
                _ => return Err(Failure::Echo("nobody asked for")),
            }
        }
        if !self.unread.is_empty() || self.fill().await? > 0 {
            return Err(Failure::AfterClose);
        }
        Ok(())
    }

    async fn pong(&mut self, ping: Header) -> Result<(), Failure> {
        let mut frame = Vec::new();
        frame::write(&mut frame, Opcode::Pong, self.payload(ping).await?, [0; 4]);
        self.stream.write_all(&frame).await.map_err(Failure::Write)
    }

    /// The next frame's header, which is then dealt with.
    async fn header(&mut self) -> Result<Header, Failure> {
        loop {
            if let Some(header) = Header::parse(self.unread())? {
                self.unread.start += header.size;
                return Ok(header);
            }
            self.more().await?;
        }
    }

    /// The payload after `header`, which is then dealt with. No longer than the buffer: the caller has seen
    /// to it.
    async fn payload(&mut self, header: Header) -> Result<&[u8], Failure> {
        let length = header.length as usize;
        while self.unread.len() < length {
            self.more().await?;
        }
        let start = self.unread.start;
        self.unread.start += length;
        Ok(&self.buffer[start..start + length])
    }

    fn unread(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    async fn more(&mut self) -> Result<(), Failure> {
        if self.fill().await? == 0 { Err(Failure::Ended) } else { Ok(()) }
    }

    /// Reads what has arrived, at least a byte; 0 at the connection's end.
    async fn fill(&mut self) -> Result<usize, Failure> {
        // Commonly nothing is left to be moved.
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        let space = &mut self.buffer[self.unread.end..];
        debug_assert!(!space.is_empty());
        let count = self.stream.read(space).await.map_err(Failure::Read)?;
        self.unread.end += count;
        Ok(count)
    }
}

/// Code and reason of a close frame's payload; an empty one means that all is well.
fn close_frame(payload: &[u8]) -> Result<(u16, String), FrameError> {
    match payload {
        [] => Ok((NORMAL, String::new())),
        [_] => Err(FrameError::Close),
        [high, low, reason @ ..] => {
            Ok((u16::from_be_bytes([*high, *low]), String::from_utf8_lossy(reason).into_owned()))
        }
    }
}
