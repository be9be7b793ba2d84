//! `rusm:runtime/websocket`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use rusm_otp::Mail;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::HostState;
use super::bindings::rusm::runtime::websocket::{self, CloseError, SendError};
use super::mail::MAX_MESSAGE;
use super::sse::passed;
use crate::socket::{Event, Socket};

/// RFC 6455, section 5.5: what is left of a control frame beside the code.
const MAX_REASON: usize = 123;

/// A process that holds no WebSocket, and uses one.
#[derive(Debug, thiserror::Error)]
#[error("this process holds no WebSocket: `ws::serve` is for a component that a route leads to")]
struct NoSocket;

#[derive(Debug, thiserror::Error)]
#[error("a WebSocket message of {0} bytes is longer than the {MAX_MESSAGE} that one may have")]
struct TooLong(usize);

/// What ends the wait for the next event.
enum Next {
    Event(Event),
    Mail(Mail),
    TimedOut,
}

impl HostState {
    fn socket(&mut self) -> Result<Arc<Socket>, NoSocket> {
        self.exchange().and_then(|exchange| exchange.socket.clone()).ok_or(NoSocket)
    }

    async fn send_message(&mut self, mut message: Message) -> wasmtime::Result<Result<(), SendError>> {
        let socket = self.socket()?;
        if message.len() > MAX_MESSAGE {
            return Err(TooLong(message.len()).into());
        }
        let sent = poll_fn(|cx| socket.lock().poll_send(cx, &mut message)).await;
        Ok(sent.map_err(|_| SendError::Closed))
    }

    /// The wire and the mailbox take turns at being asked first, so that neither can starve the other.
    fn poll_next(&mut self, cx: &mut TaskContext<'_>, socket: &Socket) -> Poll<Next> {
        self.mail_first = !self.mail_first;
        if self.mail_first
            && let Poll::Ready(mail) = self.context.poll_receive(cx)
        {
            return Poll::Ready(Next::Mail(mail));
        }
        if let Poll::Ready(event) = socket.lock().poll_event(cx) {
            return Poll::Ready(Next::Event(event));
        }
        if !self.mail_first
            && let Poll::Ready(mail) = self.context.poll_receive(cx)
        {
            socket.lock().stop_reading();
            return Poll::Ready(Next::Mail(mail));
        }
        Poll::Pending
    }
}

impl websocket::Host for HostState {
    async fn next(&mut self, timeout: Option<u64>) -> wasmtime::Result<Option<websocket::Event>> {
        self.meter.begin_unit();
        let socket = self.socket()?;
        let deadline = timeout.and_then(|limit| Instant::now().checked_add(Duration::from_nanos(limit)));
        loop {
            let next = if deadline.is_none() {
                poll_fn(|cx| self.poll_next(cx, &socket)).await
            } else {
                let mut late = pin!(passed(deadline));
                poll_fn(|cx| match self.poll_next(cx, &socket) {
                    Poll::Pending => late.as_mut().poll(cx).map(|()| Next::TimedOut),
                    next @ Poll::Ready(_) => next,
                })
                .await
            };
            match next {
                Next::Event(event) => return Ok(Some(event_to_wire(event))),
                Next::TimedOut => {
                    socket.lock().stop_reading();
                    return Ok(None);
                }
                Next::Mail(mail) => {
                    if let Some(mail) = self.mail_to_wire(mail)? {
                        return Ok(Some(websocket::Event::Mail(mail)));
                    }
                }
            }
        }
    }

    async fn send_text(&mut self, text: String) -> wasmtime::Result<Result<(), SendError>> {
        self.send_message(Message::Text(Utf8Bytes::from(text))).await
    }

    async fn send_binary(&mut self, data: Vec<u8>) -> wasmtime::Result<Result<(), SendError>> {
        self.send_message(Message::Binary(data.into())).await
    }

    fn close(&mut self, frame: Option<websocket::CloseFrame>) -> wasmtime::Result<Result<(), CloseError>> {
        let socket = self.socket()?;
        let frame = match frame.map(close_from_wire).transpose() {
            Ok(frame) => frame,
            Err(why) => return Ok(Err(CloseError::Invalid(why))),
        };
        let closed = socket.lock().close(frame);
        Ok(closed.map_err(|_| CloseError::Closed))
    }

    fn subprotocol(&mut self) -> Option<String> {
        self.socket().ok()?.subprotocol().map(str::to_owned)
    }
}

fn event_to_wire(event: Event) -> websocket::Event {
    match event {
        Event::Message(Message::Text(text)) => websocket::Event::Text(text.as_str().to_owned()),
        Event::Message(message) => websocket::Event::Binary(message.into_data().into()),
        Event::Closed(said) => websocket::Event::Closed(said.map(|said| websocket::CloseFrame {
            code: said.code.into(),
            reason: said.reason.as_str().to_owned(),
        })),
    }
}

fn close_from_wire(frame: websocket::CloseFrame) -> Result<CloseFrame, String> {
    let websocket::CloseFrame { code, reason } = frame;
    let may_be_sent = CloseCode::from(code).is_allowed();
    if !may_be_sent {
        return Err(format!("{code} is no code that an endpoint may send (RFC 6455, section 7.4)"));
    }
    if reason.len() > MAX_REASON {
        return Err(format!("a reason has at most {MAX_REASON} bytes, this one has {}", reason.len()));
    }
    Ok(CloseFrame { code: code.into(), reason: reason.into() })
}
