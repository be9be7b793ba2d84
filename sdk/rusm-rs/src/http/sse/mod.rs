//! Server-sent events, as the WHATWG HTML standard has them in its section 9.2.

mod event;
mod heartbeat;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

pub use event::{Event, InvalidField};
pub(crate) use heartbeat::Heartbeat;

use super::Headers;
use crate::http_reply::Output;
use crate::process::{Mail, mail};

/// A stream of server-sent events to a client.
///
/// An action that takes one as its third argument answers with a stream. It may go on for as long as the client is
/// there, for the process is this request's own:
///
/// ```
/// use rusm_rs::http::{Params, Request, Sse};
///
/// fn events(_request: Request, params: Params, sse: Sse) {
///     let room = params.get("room").unwrap_or("lobby");
///     for tick in 0.. {
///         if !sse.data(format!("{room} tick {tick}")) {
///             break; // The client is gone.
///         }
///     }
/// }
///
/// let (sse, seen) = Sse::record(2);
/// events(Request::get("/events/tea"), Params::from([("room", "tea")]), sse);
/// assert_eq!(seen.text(), "data: tea tick 0\n\ndata: tea tick 1\n\n");
/// ```
///
/// The reply, a 200 of type `text/event-stream` that is not to be cached, has begun when the action is called. To
/// refuse first, see [`Response::sse`](super::Response::sse).
///
/// Each method that writes waits while the client takes nothing, and answers whether the client is still there: false
/// once it is gone, and from then on. What is written before the process next waits goes out together.
///
/// The stream is UTF-8. Bytes that are none go out as they are, and by the standard a client reads them as U+FFFD.
pub struct Sse {
    output: Output,
    /// Made anew for each event in the memory of the last.
    frame: RefCell<Vec<u8>>,
    /// Whether something was written since this was last asked.
    written: Cell<bool>,
}

impl Sse {
    /// Begins the reply.
    ///
    /// # Errors
    ///
    /// As the text of a failed action.
    pub(crate) fn start() -> Result<Sse, String> {
        Output::start(200, head()).map(Sse::to)
    }

    pub(crate) fn to(output: Output) -> Sse {
        Sse { output, frame: RefCell::default(), written: Cell::new(false) }
    }

    /// Sends an event that has data alone. A browser hands it to `onmessage`.
    ///
    /// Data may have many lines, and each of them is one to the client; `"\r\n"` and `"\r"` arrive as `"\n"`.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(1);
    /// assert!(sse.data("two\nlines"));
    /// assert!(!sse.data("more"), "the client went away");
    /// assert_eq!(seen.text(), "data: two\ndata: lines\n\n");
    /// ```
    pub fn data(&self, data: impl AsRef<[u8]>) -> bool {
        self.send(|frame| event::push_data(frame, data.as_ref()))
    }

    /// Sends an event.
    ///
    /// ```
    /// # use rusm_rs::http::{Event, Sse};
    /// let (sse, seen) = Sse::record(1);
    /// sse.event(&Event::new().id("7").name("price").data("3.50"));
    /// assert_eq!(seen.text(), "id: 7\nevent: price\ndata: 3.50\n\n");
    /// ```
    pub fn event(&self, event: &Event) -> bool {
        self.send(|frame| event.push(frame))
    }

    /// Sends a comment, which a client reads over. It keeps proxies from taking a quiet stream for a dead one.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(1);
    /// sse.comment("still here");
    /// assert_eq!(seen.text(), ": still here\n\n");
    /// ```
    pub fn comment(&self, text: impl AsRef<[u8]>) -> bool {
        self.send(|frame| event::push_comment(frame, text.as_ref()))
    }

    /// Sends bytes as they are: events that were written before, by [`Event::to_vec`] say, to go to many clients.
    ///
    /// ```
    /// # use rusm_rs::http::{Event, Sse};
    /// let frame = Event::new().data("for all").to_vec();
    /// let (sse, seen) = Sse::record(1);
    /// sse.write(&frame);
    /// assert_eq!(seen.text(), "data: for all\n\n");
    /// ```
    pub fn write(&self, raw: impl AsRef<[u8]>) -> bool {
        self.written.set(true);
        self.output.write_all(raw.as_ref())
    }

    fn send(&self, push: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut frame = self.frame.borrow_mut();
        frame.clear();
        push(&mut frame);
        self.write(&*frame)
    }

    /// Whether the client was there at the last write, and the stream was not [closed](Self::close).
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, _seen) = Sse::record(0);
    /// assert!(sse.is_open(), "nothing tells yet");
    /// sse.data("hello");
    /// assert!(!sse.is_open());
    /// ```
    pub fn is_open(&self) -> bool {
        !self.output.is_gone()
    }

    /// Ends the stream, as far as this process goes: nothing is written any more, and [`run`](Self::run) returns. The
    /// reply itself ends with the action. A browser then connects anew; to keep it from that, answer it with a 204.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(9);
    /// sse.data("the last");
    /// sse.close();
    /// assert!(!sse.data("one more"));
    /// assert_eq!(seen.text(), "data: the last\n\n");
    /// ```
    pub fn close(&self) {
        self.output.end();
    }

    /// Turns the process's mail into events, until the client is gone.
    ///
    /// `map` gets each mail and gives what is to be sent, an [`Event`] or data, or none. When nothing was sent for
    /// `heartbeat_ms` milliseconds, an empty comment is; with 0 it never is, but then a client that left is
    /// noticed at the next event, or when the node ends the process for it.
    ///
    /// Here a client follows a room of a [`Topics`](crate::pubsub::Topics) that a service keeps. The service watches
    /// its subscribers, and so forgets this one when it ends:
    ///
    /// ```
    /// use rusm_rs::Mail;
    /// use rusm_rs::http::{Event, Params, Request, Response};
    ///
    /// #[rusm_rs::client]
    /// mod rooms {
    ///     pub fn join(room: String) -> bool;
    /// }
    ///
    /// fn follow(_request: Request, params: Params) -> Result<Response, rusm_rs::service::CallError> {
    ///     let room = params.get("room").unwrap_or("lobby").to_owned();
    ///     rooms::Client::connect("rooms")?.join(room)?;
    ///     Ok(Response::sse(|sse| {
    ///         sse.run(15_000, |mail| match mail {
    ///             Mail::Message(said) => Some(Event::new().name("said").data(said.body)),
    ///             _ => None,
    ///         });
    ///     }))
    /// }
    /// ```
    ///
    /// Should the service crash, the one that is started in its place knows nothing of this subscriber. A service that
    /// [links](crate::process::link) to its subscribers (and traps exits, so as not to end with them) takes them along,
    /// and their clients connect anew. Members of a [group](crate::group) stay members whoever crashes.
    ///
    /// To end it from within `map`, [`close`](Self::close) the stream.
    pub fn run<E: Into<Event>>(&self, heartbeat_ms: u64, mut map: impl FnMut(Mail) -> Option<E>) {
        let mut heartbeat = Heartbeat::of_millis(heartbeat_ms);
        while self.is_open() {
            match mail::receive_until(heartbeat.due()) {
                Some(mail) => {
                    if let Some(event) = map(mail) {
                        self.event(&event.into());
                    }
                }
                None => {
                    self.comment("");
                }
            }
            heartbeat.after(self);
        }
    }

    /// A stream into memory whose client goes away after so many writes, for tests that call an action as the function
    /// it is.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(2);
    /// while sse.data("again") {}
    /// assert_eq!(seen.text(), "data: again\n\n".repeat(2));
    /// ```
    pub fn record(writes: usize) -> (Sse, Recorded) {
        let (output, bytes) = Output::memory(writes);
        (Sse::to(output), Recorded(bytes))
    }
}

impl fmt::Debug for Sse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

/// What a stream that was made by [`Sse::record`] wrote.
#[derive(Debug)]
pub struct Recorded(Rc<RefCell<Vec<u8>>>);

impl Recorded {
    /// All that was written.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(1);
    /// sse.write(b"retry: 10\n\n");
    /// assert_eq!(seen.bytes(), b"retry: 10\n\n");
    /// ```
    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().clone()
    }

    /// The same as a client reads it: as UTF-8, with U+FFFD where it is none.
    ///
    /// ```
    /// # use rusm_rs::http::Sse;
    /// let (sse, seen) = Sse::record(1);
    /// sse.data([0xFF]);
    /// assert_eq!(seen.text(), "data: \u{FFFD}\n\n");
    /// ```
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

/// The head of a stream of events. `x-accel-buffering` tells proxies, nginx first, to pass on what they get at once.
pub(super) fn head() -> Headers {
    let mut headers = Headers::new();
    for (name, value) in
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")]
    {
        headers.append(name, value);
    }
    headers
}
