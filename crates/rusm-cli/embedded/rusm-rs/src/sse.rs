//! Streams of server-sent events that a process of their own holds: one for each connection.
//!
//! A component with a [`Handler`] stands in a route as it is, without an action:
//!
//! ```
//! use rusm_rs::Mail;
//! use rusm_rs::sse::{self, Connection, Event, Handler};
//!
//! struct Prices;
//!
//! impl Handler for Prices {
//!     fn open(&mut self, conn: &Connection) {
//!         conn.event(&Event::new().name("hello").data(conn.params().get("share").unwrap_or("all")));
//!     }
//!
//!     // What other processes send to this one.
//!     fn message(&mut self, conn: &Connection, mail: Mail) {
//!         if let Mail::Message(price) = mail {
//!             conn.event(&Event::new().name("price").data(price.body));
//!         }
//!     }
//! }
//!
//! # mod component {
//! # use super::*;
//! #[rusm_rs::main]
//! fn main() {
//!     sse::serve(Prices);
//! }
//! # }
//! # fn main() {}
//! ```
//!
//! For a stream that is one of a component's actions, see [`http::Sse`](crate::http::Sse).

use std::cell::OnceCell;
use std::time::{Duration, Instant};

pub use crate::http::{Event, Sse};

use crate::client::sse as host;
use crate::http::sse::Heartbeat;
use crate::http::{Params, Request};
use crate::http_request;
use crate::process::{Mail, Pid, mail};

/// How long a stream is quiet by default before it says that it is alive: proxies take one of 30 or 60 seconds for dead.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a process does for its one client. Nothing of it need be written: a process of a handler that is empty sends its
/// client what others send to it.
pub trait Handler {
    /// The stream has begun.
    fn open(&mut self, conn: &Connection) {
        let _ = conn;
    }

    /// Mail came. By default the body of a message is sent as the data of an event, and other mail is dropped.
    fn message(&mut self, conn: &Connection, mail: Mail) {
        if let Mail::Message(message) = mail {
            conn.data(message.body);
        }
    }

    /// The client has gone, or the node is about to stop; or this process [closed](Connection::close) the stream. The
    /// process has a few seconds to end. Not called when it is killed or panics.
    fn close(&mut self, conn: &Connection) {
        let _ = conn;
    }

    /// After how long without an event an empty comment is sent: [`HEARTBEAT`]. With [`Duration::ZERO`] or
    /// [`Duration::MAX`], never. Asked once.
    fn heartbeat(&self) -> Duration {
        HEARTBEAT
    }
}

/// Holds the stream of this process's client, until it is over.
///
/// ```
/// # use rusm_rs::sse::{self, Handler};
/// struct Inbox;
///
/// impl Handler for Inbox {}
///
/// # mod component {
/// # use super::*;
/// #[rusm_rs::main]
/// fn main() {
///     sse::serve(Inbox);
/// }
/// # }
/// # fn main() {}
/// ```
///
/// # Panics
///
/// In a process that was made for no request.
pub fn serve(mut handler: impl Handler) {
    let conn = Connection::accept();
    let mut heartbeat = Heartbeat::new(handler.heartbeat());
    handler.open(&conn);
    while conn.sse.is_open() {
        heartbeat.after(&conn.sse);
        match next(heartbeat.due()) {
            Some(Next::Mail(mail)) => handler.message(&conn, mail),
            Some(Next::Closed) => break,
            None => {
                conn.comment("");
            }
        }
    }
    handler.close(&conn);
}

enum Next {
    Mail(Mail),
    Closed,
}

/// What comes next; none when the time has come.
fn next(deadline: Option<Instant>) -> Option<Next> {
    if let Some(mail) = mail::waiting() {
        return Some(Next::Mail(mail));
    }
    loop {
        match host::next(mail::left(deadline)) {
            Some(host::Event::Closed) => return Some(Next::Closed),
            Some(host::Event::Mail(mail)) => {
                if let Some(mail) = mail::arrived(mail) {
                    return Some(Next::Mail(mail));
                }
            }
            None if deadline.is_none() => {}
            None => return None,
        }
    }
}

/// A process's stream to its client, and the request that it answers.
///
/// What it sends is documented at [`Sse`], whose methods these are.
#[derive(Debug)]
pub struct Connection {
    sse: Sse,
    request: Request,
    params: OnceCell<Params>,
}

impl Connection {
    fn accept() -> Connection {
        let request = http_request::current()
            .expect("`sse::serve` answers a request, and this process was made for none");
        let sse = Sse::start().unwrap_or_else(|error| panic!("the stream cannot begin: {error}"));
        Connection { sse, request, params: OnceCell::new() }
    }

    /// Sends an event that has data alone; see [`Sse::data`].
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// conn.data("hello");
    /// # }
    /// ```
    pub fn data(&self, data: impl AsRef<[u8]>) -> bool {
        self.sse.data(data)
    }

    /// Sends an event; see [`Sse::event`].
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// conn.event(&Event::new().id("7").name("price").data("3.50"));
    /// # }
    /// ```
    pub fn event(&self, event: &Event) -> bool {
        self.sse.event(event)
    }

    /// Sends a comment; see [`Sse::comment`].
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// conn.comment("nothing new");
    /// # }
    /// ```
    pub fn comment(&self, text: impl AsRef<[u8]>) -> bool {
        self.sse.comment(text)
    }

    /// Sends bytes as they are; see [`Sse::write`].
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// conn.write("data: hello\n\n");
    /// # }
    /// ```
    pub fn write(&self, raw: impl AsRef<[u8]>) -> bool {
        self.sse.write(raw)
    }

    /// Ends the stream: [`Handler::close`] is next, and [`serve`] returns. A browser then connects anew.
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// if !conn.data("the last") {
    ///     println!("the client was faster");
    /// }
    /// conn.close();
    /// # }
    /// ```
    pub fn close(&self) {
        self.sse.close();
    }

    /// The process that holds this stream. What is sent to it comes to [`Handler::message`].
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// if let Some(rooms) = rusm_rs::whereis("rooms") {
    ///     let _ = rusm_rs::send(rooms, &("enter", conn.pid()));
    /// }
    /// # }
    /// ```
    pub fn pid(&self) -> Pid {
        Pid::own()
    }

    /// The request: its path, query and headers, and [what the client saw last](Request::last_event_id).
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// let seen = conn.request().last_event_id().and_then(|id| id.parse::<u64>().ok());
    /// # }
    /// ```
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What the route's pattern captured of the path.
    ///
    /// ```no_run
    /// # use rusm_rs::sse::{Connection, Event};
    /// # fn on(conn: &Connection) {
    /// let room = conn.params().get("room"); // Of "GET /rooms/:room" = "events".
    /// # }
    /// ```
    pub fn params(&self) -> &Params {
        self.params.get_or_init(http_request::params)
    }
}
