//! A WebSocket between the guest that holds it and the connection it came on.
//!
//! Both are polled by one task: when a frame arrives, that runs the guest, whose wait for the next event reads the frame off
//! the wire itself; what the guest sends is gathered, and written when it waits again. So a message costs no hand-over
//! from task to task. While the guest is busy for long, the connection reads one message ahead, to answer pings and to
//! learn of the end.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::line::Line;

/// Unwritten bytes past which the guest waits for its client.
pub(crate) const ENOUGH: usize = 64 << 10;

/// How long the guest may be busy before anything is read ahead. A client may close as soon as it has sent its last
/// message, and be answered all the same unless that takes long: after its close frame nothing can be sent.
const BEFORE_AHEAD: Duration = Duration::from_millis(20);

/// A WebSocket in use.
pub(crate) struct Socket {
    state: Mutex<State>,
    subprotocol: Option<String>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and most combinations occur")]
pub(crate) struct State {
    wire: WebSocketStream<Line>,
    /// A message that came while the guest was elsewhere.
    ahead: Option<Message>,
    /// Whether the guest waits for an event, and so reads by itself.
    guest_reads: bool,
    /// Since when it has been seen to do something else.
    busy: Option<Instant>,
    /// Whether something is to be flushed.
    unflushed: bool,
    /// Whether the answer to a ping waits for the peer to take what was sent before. Until it has, nothing is read: it
    /// could be more pings, whose answers would be kept.
    choked: bool,
    /// Whether a close frame went out.
    closing: bool,
    /// How the connection ended; inside, what was said.
    #[expect(clippy::option_option, reason = "whether it ended, and whether a word was said")]
    over: Option<Option<CloseFrame>>,
    /// Whether the peer has said its last.
    parted: bool,
    /// The guest, while it waits for an event.
    guest: Option<Waker>,
    /// The guest, while it waits to send.
    sender: Option<Waker>,
    /// Who runs the connection.
    driver: Option<Waker>,
    driver_waits: bool,
}

/// What came.
#[derive(Debug)]
pub(crate) enum Event {
    /// A text or a binary message.
    Message(Message),
    /// The end, with what was said about it.
    Closed(Option<CloseFrame>),
}

/// The connection is over or closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

impl Socket {
    pub(crate) fn new(wire: WebSocketStream<Line>, subprotocol: Option<String>) -> Socket {
        let state = State {
            wire,
            ahead: None,
            guest_reads: false,
            busy: None,
            unflushed: false,
            choked: false,
            closing: false,
            over: None,
            parted: false,
            guest: None,
            sender: None,
            driver: None,
            driver_waits: false,
        };
        Socket { state: Mutex::new(state), subprotocol }
    }

    pub(crate) fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// The guest's side.
impl State {
    /// The next message, or the end, which is told again and again.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        self.guest_reads = true;
        self.busy = None;
        let event = match self.ahead.take() {
            Some(message) => Poll::Ready(Event::Message(message)),
            None => self.poll_wire(cx),
        };
        match event {
            Poll::Ready(_) => self.guest_reads = false,
            Poll::Pending => keep(&mut self.guest, cx),
        }
        event
    }

    /// Ready when [`poll_event`](Self::poll_event) is.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Event::Message(message) = ready!(self.poll_event(cx)) {
            self.ahead = Some(message);
        }
        Poll::Ready(())
    }

    /// The guest has stopped waiting for an event: something else came.
    pub(crate) fn stop_reading(&mut self) {
        self.guest_reads = false;
    }

    /// Takes the message out as soon as there is room.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        message: &mut Message,
    ) -> Poll<Result<(), Closed>> {
        if self.over.is_some() || self.closing {
            return Poll::Ready(Err(Closed));
        }
        match Pin::new(&mut self.wire).poll_ready(cx) {
            Poll::Pending => {
                keep(&mut self.sender, cx);
                return Poll::Pending;
            }
            Poll::Ready(Ok(())) => self.sender = None,
            Poll::Ready(Err(_)) => {
                self.end(None);
                return Poll::Ready(Err(Closed));
            }
        }
        let message = mem::replace(message, Message::Binary(Bytes::new()));
        let sent = self.start(message);
        Poll::Ready(if sent { Ok(()) } else { Err(Closed) })
    }

    /// Begins the closing handshake.
    pub(crate) fn close(&mut self, frame: Option<CloseFrame>) -> Result<(), Closed> {
        if self.over.is_some() || mem::replace(&mut self.closing, true) {
            return Err(Closed);
        }
        self.ahead = None;
        if self.start(Message::Close(frame)) { Ok(()) } else { Err(Closed) }
    }
}

/// The connection's side.
impl State {
    /// Goes on with what is under way, as far as the wire lets it; the driver is woken when there is more to do, or is
    /// to come back at the time that this tells.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) -> Option<Instant> {
        if self.unflushed {
            match Pin::new(&mut self.wire).poll_flush(cx) {
                Poll::Ready(Ok(())) => {
                    self.unflushed = false;
                    // The wire tells one task alone that there is room, and this may not be the guest's.
                    if let Some(sender) = self.sender.take() {
                        sender.wake();
                    }
                }
                Poll::Ready(Err(_)) => {
                    self.unflushed = false;
                    self.end(None);
                }
                Poll::Pending => {}
            }
        }
        let mut later = None;
        if !self.guest_reads && self.ahead.is_none() && self.over.is_none() {
            let ahead = *self.busy.get_or_insert_with(Instant::now) + BEFORE_AHEAD;
            if ahead > Instant::now() && !self.closing {
                later = Some(ahead);
            } else if let Poll::Ready(Event::Message(message)) = self.poll_wire(cx) {
                self.ahead = Some(message);
            }
        }
        keep(&mut self.driver, cx);
        self.driver_waits = true;
        later
    }

    /// The guest is about to run: it need not wake who runs it.
    pub(crate) fn quiet(&mut self) {
        self.driver_waits = false;
    }

    /// Asks the peer for a sign of life.
    pub(crate) fn ping(&mut self) {
        if self.over.is_none() && !self.closing {
            self.start(Message::Ping(Bytes::new()));
        }
    }

    /// The connection is over.
    pub(crate) fn end(&mut self, said: Option<CloseFrame>) {
        self.over.get_or_insert(said);
        for guest in [self.guest.take(), self.sender.take()].into_iter().flatten() {
            guest.wake();
        }
        self.wake_driver();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// How long the peer has given no sign of life.
    pub(crate) fn silence(&mut self) -> Duration {
        let line = self.wire.get_mut();
        // While a message waits for the guest, the peer's next words are left on the wire.
        if self.ahead.is_some() && !line.is_blocked() {
            line.excuse();
        }
        line.heard().elapsed()
    }

    /// Writes what is left, and takes leave of a peer that may still be sending.
    pub(crate) fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let flushed = ready!(Pin::new(&mut self.wire).poll_flush(cx));
        if flushed.is_err() || self.parted || !self.closing {
            return Poll::Ready(());
        }
        self.wire.get_mut().poll_linger(cx).map(drop)
    }
}

impl State {
    /// Hands a message to the wire, which keeps it until it is flushed.
    fn start(&mut self, message: Message) -> bool {
        self.unflushed = true;
        match Pin::new(&mut self.wire).start_send(message) {
            // That a close frame was the last of a handshake is no failure.
            Ok(()) | Err(tungstenite::Error::ConnectionClosed) => {
                self.wake_driver();
                true
            }
            Err(_) => {
                self.end(None);
                false
            }
        }
    }

    fn wake_driver(&mut self) {
        if mem::take(&mut self.driver_waits)
            && let Some(driver) = &self.driver
        {
            driver.wake_by_ref();
        }
    }

    /// Reads the wire up to the next message or the end. Pings are answered on the way.
    fn poll_wire(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            if let Some(said) = &self.over {
                return Poll::Ready(Event::Closed(said.clone()));
            }
            if self.choked {
                match Pin::new(&mut self.wire).poll_flush(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(())) => self.choked = false,
                    Poll::Ready(Err(_)) => {
                        self.end(None);
                        continue;
                    }
                }
            }
            let Poll::Ready(read) = Pin::new(&mut self.wire).poll_next(cx) else { return Poll::Pending };
            match read {
                // What comes after a close frame of one's own is dropped.
                Some(Ok(Message::Text(_) | Message::Binary(_))) if self.closing => {}
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    return Poll::Ready(Event::Message(message));
                }
                Some(Ok(Message::Ping(_))) => self.choked = true,
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(said))) => {
                    // The answer is queued already.
                    self.unflushed = true;
                    self.parted = true;
                    self.end(Some(said.unwrap_or(CloseFrame { code: CloseCode::Status, reason: "".into() })));
                }
                Some(Err(error)) => {
                    let said = fault(&error);
                    if let Some(said) = &said
                        && !mem::replace(&mut self.closing, true)
                    {
                        self.start(Message::Close(Some(said.clone())));
                    }
                    self.end(said);
                }
                None => {
                    self.parted = true;
                    self.end(None);
                }
            }
        }
    }
}

/// Keeps a waker, which is the one that is kept already as a rule.
fn keep(kept: &mut Option<Waker>, cx: &Context<'_>) {
    match kept {
        Some(waker) => waker.clone_from(cx.waker()),
        none => *none = Some(cx.waker().clone()),
    }
}

/// What the peer is told that it did wrong; none where there is nobody to tell.
fn fault(error: &tungstenite::Error) -> Option<CloseFrame> {
    let (code, reason) = match error {
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            (CloseCode::Size, "message too long")
        }
        tungstenite::Error::Utf8(_) => (CloseCode::Invalid, "text that is not UTF-8"),
        tungstenite::Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
        ) => return None,
        tungstenite::Error::Protocol(_) => (CloseCode::Protocol, "protocol error"),
        _ => return None,
    };
    Some(CloseFrame { code, reason: reason.into() })
}
