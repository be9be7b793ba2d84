//! One event, and how it is written.

use std::fmt;
use std::time::Duration;

/// A server-sent event.
///
/// ```
/// # use rusm_rs::http::Event;
/// # use std::time::Duration;
/// let event = Event::new().id("42").name("price").retry(Duration::from_secs(5)).data("3.50");
/// assert_eq!(event.to_vec(), b"id: 42\nevent: price\nretry: 5000\ndata: 3.50\n\n");
/// ```
///
/// One without data is not handed to a browser's listeners: it sets the id and the time to reconnect, and no more.
///
/// A string, or bytes, become an event that has them as its data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    id: Option<String>,
    name: Option<String>,
    retry: Option<Duration>,
    data: Option<Vec<u8>>,
}

impl Event {
    /// An event that says nothing yet.
    pub fn new() -> Event {
        Event::default()
    }

    /// What a client that connects anew says it has seen last, as [`Request::last_event_id`] then tells. Empty: nothing.
    ///
    /// [`Request::last_event_id`]: super::super::Request::last_event_id
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert_eq!(Event::new().id("42").data("").to_vec(), b"id: 42\ndata:\n\n");
    /// ```
    ///
    /// # Panics
    ///
    /// If it has a NUL or ends a line; see [`try_id`](Self::try_id) for one that comes from elsewhere.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Event {
        self.try_id(id).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`id`](Self::id), or why it cannot be one.
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert!(Event::new().try_id("4\n2").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If it has a NUL, with which a client ignores it, or ends a line.
    pub fn try_id(mut self, id: impl Into<String>) -> Result<Event, InvalidField> {
        let id = id.into();
        if id.contains(['\0', '\n', '\r']) {
            return Err(InvalidField { field: "id", value: id });
        }
        self.id = Some(id);
        Ok(self)
    }

    /// Which of a browser's listeners gets it: `addEventListener("price", ...)`. Without a name it is `message`.
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert_eq!(Event::new().name("price").data("3.50").to_vec(), b"event: price\ndata: 3.50\n\n");
    /// ```
    ///
    /// # Panics
    ///
    /// If it ends a line; see [`try_name`](Self::try_name) for one that comes from elsewhere.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Event {
        self.try_name(name).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`name`](Self::name), or why it cannot be one.
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert!(Event::new().try_name("one\rtwo").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If it ends a line.
    pub fn try_name(mut self, name: impl Into<String>) -> Result<Event, InvalidField> {
        let name = name.into();
        if name.contains(['\n', '\r']) {
            return Err(InvalidField { field: "name", value: name });
        }
        self.name = Some(name);
        Ok(self)
    }

    /// How long the client is to wait before it connects anew, in whole milliseconds.
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// # use std::time::Duration;
    /// assert_eq!(Event::new().retry(Duration::from_secs(1)).to_vec(), b"retry: 1000\n\n");
    /// ```
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Event {
        self.retry = Some(after);
        self
    }

    /// What it says, in as many lines as there are.
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert_eq!(Event::new().data("two\nlines").to_vec(), b"data: two\ndata: lines\n\n");
    /// ```
    #[must_use]
    pub fn data(mut self, data: impl Into<Vec<u8>>) -> Event {
        self.data = Some(data.into());
        self
    }

    /// The event as it stands in the stream; see [`Sse::write`](super::Sse::write).
    ///
    /// ```
    /// # use rusm_rs::http::Event;
    /// assert_eq!(Event::from("hello").to_vec(), b"data: hello\n\n");
    /// ```
    pub fn to_vec(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        self.push(&mut frame);
        frame
    }

    pub(super) fn push(&self, frame: &mut Vec<u8>) {
        if let Some(id) = &self.id {
            push_line(frame, b"id", id.as_bytes());
        }
        if let Some(name) = &self.name {
            push_line(frame, b"event", name.as_bytes());
        }
        if let Some(retry) = self.retry {
            push_line(frame, b"retry", retry.as_millis().to_string().as_bytes());
        }
        match &self.data {
            Some(data) => push_data(frame, data),
            None => frame.push(b'\n'),
        }
    }
}

/// Data and the end of its event.
pub(super) fn push_data(frame: &mut Vec<u8>, data: &[u8]) {
    push_lines(frame, b"data", data);
}

/// A comment that stands by itself.
pub(super) fn push_comment(frame: &mut Vec<u8>, text: &[u8]) {
    push_lines(frame, b"", text);
}

fn push_lines(frame: &mut Vec<u8>, field: &[u8], mut text: &[u8]) {
    while let Some(end) = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        push_line(frame, field, &text[..end]);
        let both = text[end..].starts_with(b"\r\n");
        text = &text[end + 1 + usize::from(both)..];
    }
    push_line(frame, field, text);
    frame.push(b'\n');
}

/// Of the spaces before a value, a client takes one away.
fn push_line(frame: &mut Vec<u8>, field: &[u8], value: &[u8]) {
    frame.extend_from_slice(field);
    frame.push(b':');
    if !value.is_empty() {
        frame.push(b' ');
        frame.extend_from_slice(value);
    }
    frame.push(b'\n');
}

impl From<&str> for Event {
    fn from(data: &str) -> Event {
        Event::new().data(data)
    }
}

impl From<String> for Event {
    fn from(data: String) -> Event {
        Event::new().data(data)
    }
}

impl From<&[u8]> for Event {
    fn from(data: &[u8]) -> Event {
        Event::new().data(data)
    }
}

impl From<Vec<u8>> for Event {
    fn from(data: Vec<u8>) -> Event {
        Event::new().data(data)
    }
}

/// An id or a name that an event cannot have, since it would not arrive as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    field: &'static str,
    value: String,
}

impl fmt::Display for InvalidField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidField { field, value } = self;
        let nul = if *field == "id" { "neither a NUL nor an" } else { "no" };
        write!(f, "an event's {field} has {nul} end of line: {value:?}")
    }
}

impl std::error::Error for InvalidField {}
