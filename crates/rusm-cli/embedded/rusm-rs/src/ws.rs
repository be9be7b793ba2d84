//! Connections by WebSocket, each held by a process of its own.
//!
//! A component with a [`Handler`] stands in a route as it is, without an action:
//!
//! ```
//! use rusm_rs::ws::{self, Connection, Handler};
//!
//! #[derive(Default)]
//! struct Echo;
//!
//! impl Handler for Echo {
//!     fn open(&mut self, conn: &Connection) { conn.send(b"welcome\n"); }
//!     fn message(&mut self, conn: &Connection, data: Vec<u8>) { conn.send(&data); }
//! }
//!
//! # mod component {
//! # use super::*;
//! #[rusm_rs::main]
//! fn main() { ws::serve(Echo::default()); }
//! # }
//! # fn main() {}
//! ```
//!
//! The node upgrades the connection, answers pings and takes part in the closing handshake (RFC 6455). The process ends
//! when `main` returns, and the connection with it.
//!
//! Other processes push to a client by its process's pid: what they send goes out as a message, unless
//! [`Handler::mail`] does something else with it.

use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;

use crate::client::websocket as host;
use crate::http::{Headers, Params, Query, Request};
use crate::http_request;
use crate::process::{Mail, Pid, mail};

/// What a process does for its one client.
///
/// ```
/// use rusm_rs::Mail;
/// use rusm_rs::ws::{CloseFrame, Connection, Handler};
///
/// /// Hands on what is said to the process of the room, which answers by mail.
/// struct Member {
///     room: rusm_rs::Pid,
/// }
///
/// impl Handler for Member {
///     fn open(&mut self, conn: &Connection) {
///         let _ = rusm_rs::send(self.room, &("enter", conn.pid()));
///     }
///
///     fn message(&mut self, _conn: &Connection, data: Vec<u8>) {
///         let _ = rusm_rs::send_bytes(self.room, &data);
///     }
///
///     fn mail(&mut self, conn: &Connection, mail: Mail) {
///         match mail {
///             Mail::Message(said) => _ = conn.send_text(String::from_utf8_lossy(&said.body)),
///             _ => _ = conn.close(1001, "the room is closed"),
///         }
///     }
///
///     fn close(&mut self, _conn: &Connection, frame: Option<CloseFrame>) {
///         println!("left with {:?}", frame.map(|frame| frame.code));
///     }
/// }
/// ```
pub trait Handler {
    /// The connection is there.
    fn open(&mut self, conn: &Connection) {
        let _ = conn;
    }

    /// The client sent a message. Whether as text or not says [`Connection::is_text`]; an answer by
    /// [`send`](Connection::send) is of the same type.
    fn message(&mut self, conn: &Connection, data: Vec<u8>);

    /// Mail came: another process sent something, or a process that is monitored ended.
    ///
    /// By default the body of a message is sent to the client, and other mail is dropped. It goes as text or not by the
    /// rule of [`send`](Connection::send), but as binary if it is no text.
    fn mail(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(message) = mail {
            match String::from_utf8(message.body) {
                Ok(text) if conn.is_text() => conn.send_text(&text),
                Ok(text) => conn.send_binary(text.as_bytes()),
                Err(no_text) => conn.send_binary(no_text.as_bytes()),
            };
        }
    }

    /// The connection is over, with what the client or the node said of it, or none if the client went away without a
    /// word. The process has a few seconds to end. Not called when it is killed or panics.
    fn close(&mut self, conn: &Connection, frame: Option<CloseFrame>) {
        let _ = (conn, frame);
    }
}

/// The end of a connection, in the words of who ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// See RFC 6455, section 7.4. 1005 if none was given.
    pub code: u16,
    /// For people. Often empty.
    pub reason: String,
}

/// Holds the connection of this process's client, until it is over.
///
/// ```
/// # use rusm_rs::ws::{self, Connection, Handler};
/// # struct Echo;
/// # impl Handler for Echo {
/// #     fn message(&mut self, conn: &Connection, data: Vec<u8>) { conn.send(data); }
/// # }
/// # mod component {
/// # use super::*;
/// #[rusm_rs::main]
/// fn main() {
///     ws::serve(Echo);
///     // The connection is over. What there is to tidy up can be tidied up here as well.
/// }
/// # }
/// # fn main() {}
/// ```
///
/// # Panics
///
/// In a process that was made for no connection.
pub fn serve(mut handler: impl Handler) {
    let conn = Connection::accept();
    handler.open(&conn);
    loop {
        match next() {
            Next::Message(text, data) => {
                conn.text.set(text);
                handler.message(&conn, data);
            }
            Next::Mail(mail) => handler.mail(&conn, mail),
            Next::Closed(frame) => return handler.close(&conn, frame),
        }
    }
}

enum Next {
    /// Whether it is text, and what it is.
    Message(bool, Vec<u8>),
    Mail(Mail),
    Closed(Option<CloseFrame>),
}

fn next() -> Next {
    if let Some(mail) = mail::waiting() {
        return Next::Mail(mail);
    }
    loop {
        match host::next(None) {
            Some(host::Event::Text(text)) => return Next::Message(true, text.into_bytes()),
            Some(host::Event::Binary(data)) => return Next::Message(false, data),
            Some(host::Event::Mail(mail)) => {
                if let Some(mail) = mail::arrived(mail) {
                    return Next::Mail(mail);
                }
            }
            Some(host::Event::Closed(frame)) => {
                return Next::Closed(
                    frame.map(|frame| CloseFrame { code: frame.code, reason: frame.reason }),
                );
            }
            None => {}
        }
    }
}

/// A process's connection to its client, and the request that it began with.
///
/// Each method that sends waits while the client takes nothing and much is to be sent already, and answers whether the
/// connection is there: false once it is over or closing.
#[derive(Debug)]
pub struct Connection {
    /// Whether the last message that came was text.
    text: Cell<bool>,
    request: Request,
    params: OnceCell<Params>,
}

impl Connection {
    fn accept() -> Connection {
        let request = http_request::current()
            .expect("`ws::serve` holds a client's connection, and this process was made for none");
        Connection { text: Cell::new(true), request, params: OnceCell::new() }
    }

    /// Sends a message of the type that the client's last one had, text or binary; text if it has sent none.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// if !conn.send("hello") {
    ///     println!("the connection is over");
    /// }
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If it would be text and is not UTF-8, which RFC 6455 does not allow. So send by [`send_binary`](Self::send_binary)
    /// what need not be text; the data of a message can always be sent back.
    pub fn send(&self, data: impl AsRef<[u8]>) -> bool {
        if !self.text.get() {
            return self.send_binary(data);
        }
        match std::str::from_utf8(data.as_ref()) {
            Ok(text) => self.send_text(text),
            Err(error) => panic!(
                "`send` answers a text message with text, and this is no UTF-8 ({error}): use `send_binary` for bytes"
            ),
        }
    }

    /// Sends a text message.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// conn.send_text(r#"{"price": 350}"#);
    /// # }
    /// ```
    pub fn send_text(&self, text: impl AsRef<str>) -> bool {
        host::send_text(text.as_ref()).is_ok()
    }

    /// Sends a binary message.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// conn.send_binary([0xCA, 0xFE]);
    /// # }
    /// ```
    pub fn send_binary(&self, data: impl AsRef<[u8]>) -> bool {
        host::send_binary(data.as_ref()).is_ok()
    }

    /// Begins the closing handshake: 1000 is the code of an ordinary end, 1001 and 1003 to 1015 have the meanings of
    /// RFC 6455, section 7.4, and 3000 to 4999 are for applications. Of the reason, 123 bytes are sent at most, cut
    /// between characters.
    ///
    /// Nothing can be sent after it, and what the client sent before it hears of it is dropped;
    /// [`Handler::close`] is called when the connection is over.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// conn.close(1000, "that was all");
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If it is a code that nobody may send.
    pub fn close(&self, code: u16, reason: &str) -> bool {
        let reason = reason[..reason.floor_char_boundary(REASON)].to_owned();
        match host::close(Some(&host::CloseFrame { code, reason })) {
            Ok(()) => true,
            Err(host::CloseError::Closed) => false,
            Err(host::CloseError::Invalid(text)) => panic!("this connection cannot be closed so: {text}"),
        }
    }

    /// Whether the message that is handled, or was the last, is text. True before the first.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// if !conn.is_text() {
    ///     conn.close(1003, "text only");
    /// }
    /// # }
    /// ```
    pub fn is_text(&self) -> bool {
        self.text.get()
    }

    /// The process that holds this connection. What is sent to it comes to [`Handler::mail`].
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// if let Some(rooms) = rusm_rs::whereis("rooms") {
    ///     let _ = rusm_rs::send(rooms, &("enter", conn.pid()));
    /// }
    /// # }
    /// ```
    pub fn pid(&self) -> Pid {
        Pid::own()
    }

    /// The request that the connection began with.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// println!("{} from {:?}", conn.request().path(), conn.request().remote_addr());
    /// # }
    /// ```
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The request's path; see [`Request::path`].
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// assert!(conn.path().starts_with('/'));
    /// # }
    /// ```
    pub fn path(&self) -> &str {
        self.request.path()
    }

    /// The request's query; see [`Request::query`].
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// let room = conn.query().get("room").unwrap_or("lobby");
    /// # }
    /// ```
    pub fn query(&self) -> &Query {
        self.request.query()
    }

    /// The request's headers.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// let agent = conn.headers().get("user-agent");
    /// # }
    /// ```
    pub fn headers(&self) -> &Headers {
        self.request.headers()
    }

    /// The client's address; see [`Request::remote_addr`].
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// let address = conn.remote_addr().map(|address| address.ip());
    /// # }
    /// ```
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.request.remote_addr()
    }

    /// What the route's pattern captured of the path.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// let room = conn.params().get("room"); // Of "GET /rooms/:room" = "chat".
    /// # }
    /// ```
    pub fn params(&self) -> &Params {
        self.params.get_or_init(http_request::params)
    }

    /// The subprotocol that was agreed on, of those that the listener offers.
    ///
    /// ```no_run
    /// # use rusm_rs::ws::Connection;
    /// # fn on(conn: &Connection) {
    /// let binary = conn.subprotocol().as_deref() == Some("mqtt");
    /// # }
    /// ```
    pub fn subprotocol(&self) -> Option<String> {
        host::subprotocol()
    }
}

/// The longest reason that a close frame has room for, in bytes (RFC 6455, section 5.5).
const REASON: usize = 123;
