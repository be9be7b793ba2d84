//! What a browser has: `EventSource` and `WebSocket`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::support::PATIENCE;

/// A stream of server-sent events.
pub(super) struct EventSource {
    stream: BufReader<TcpStream>,
    /// What has come of the next event.
    unread: String,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) data: String,
}

impl Event {
    pub(super) fn new(id: &str, name: &str, data: &str) -> Event {
        Event { id: id.to_owned(), name: name.to_owned(), data: data.to_owned() }
    }
}

impl EventSource {
    /// Waits for the head of the reply.
    pub(super) fn open(address: SocketAddr, path: &str, last_event_id: Option<&str>) -> EventSource {
        let mut stream = connect(address);
        let last = last_event_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n{last}\r\n").unwrap();
        let mut source = EventSource { stream: BufReader::new(stream), unread: String::new() };
        assert_eq!(source.line(), "HTTP/1.1 200 OK");
        let head: Vec<_> =
            std::iter::from_fn(|| Some(source.line()).filter(|line| !line.is_empty())).collect();
        assert!(head.iter().any(|line| line == "content-type: text/event-stream"), "{head:?}");
        source
    }

    /// The next event; none at the end of the reply.
    pub(super) fn next(&mut self) -> Option<Event> {
        loop {
            let end = loop {
                if let Some(end) = self.unread.find("\n\n") {
                    break end;
                }
                let chunk = self.chunk()?;
                self.unread.push_str(&chunk);
            };
            let event: String = self.unread.drain(..end + 2).collect();
            let mut next = Event::default();
            let mut data = Vec::new();
            for (field, value) in event.lines().filter_map(|line| line.split_once(':')) {
                let value = value.strip_prefix(' ').unwrap_or(value);
                match field {
                    "id" => value.clone_into(&mut next.id),
                    "event" => value.clone_into(&mut next.name),
                    "data" => data.push(value),
                    _ => {}
                }
            }
            next.data = data.join("\n");
            // A comment is no event.
            if next != Event::default() {
                return Some(next);
            }
        }
    }

    /// Waits until the node breaks the reply off.
    pub(super) fn broken_off(mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert!(!rest.ends_with(b"0\r\n\r\n"), "the reply ended as it should: {}", rest.escape_ascii());
    }

    /// A piece of the body; none at its end.
    fn chunk(&mut self) -> Option<String> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut chunk = vec![0; length];
        self.stream.read_exact(&mut chunk).unwrap();
        assert_eq!(self.line(), "");
        (length > 0).then(|| String::from_utf8(chunk).unwrap())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n")
            .unwrap_or_else(|| panic!("the server closed in the middle: {line:?}"))
            .to_owned()
    }
}

/// A socket for text.
pub(super) struct Socket(tungstenite::WebSocket<TcpStream>);

impl Socket {
    pub(super) fn open(address: SocketAddr, path: &str) -> Socket {
        let (socket, _) = tungstenite::client(format!("ws://{address}{path}"), connect(address)).unwrap();
        Socket(socket)
    }

    pub(super) fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// The next message, which is text.
    pub(super) fn next(&mut self) -> String {
        self.0.read().unwrap().into_text().unwrap().to_string()
    }

    /// A connection that is welcomed with this word. One that is back before its hub is sent away without any, and opens anew.
    pub(super) fn welcomed(mut open: impl FnMut() -> Socket, word: &str) -> Socket {
        for _ in 0..1000 {
            let mut socket = open();
            let heard = socket.next();
            if heard == word {
                return socket;
            }
            assert_eq!(heard, "");
        }
        panic!("nobody says {word}");
    }

    /// Waits for the end, and tells the code it came with.
    pub(super) fn closed(mut self) -> u16 {
        match self.0.read().unwrap() {
            Message::Close(Some(CloseFrame { code, .. })) => code.into(),
            other => panic!("expected the end of the connection, not {other:?}"),
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
