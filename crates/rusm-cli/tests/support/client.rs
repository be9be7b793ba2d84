//! An HTTP/1 client that sends exactly the bytes it is given.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    /// What has come and belongs to no response yet.
    unread: Vec<u8>,
}

/// A response, as it came.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) version: String,
    pub(crate) status: u16,
    headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Every value of a header, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<&[u8]> {
        let same = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_slice()).collect()
    }

    /// The one value of a header, empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [] => "",
            [value] => std::str::from_utf8(value).unwrap(),
            _ => panic!("{name} is repeated: {self:?}"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Asserts that this is a response of the node's own, which says nothing of what went wrong inside.
    pub(crate) fn assert_bare(&self, status: u16, name: &str) {
        assert_eq!((self.status, self.text()), (status, format!("{name}\n").as_str()), "{self:?}");
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream, unread: Vec::new() }
    }

    pub(crate) fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a `GET` request and does not wait for its response.
    pub(crate) fn ask(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"));
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.ask(path);
        self.response()
    }

    pub(crate) fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> Response {
        let body = body.as_ref();
        self.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len()));
        self.send(body);
        self.response()
    }

    /// Reads a response whose body is as long as `content-length` says.
    pub(crate) fn response(&mut self) -> Response {
        let mut response = self.response_to_head();
        let length = response.header("content-length").parse().expect("a content-length");
        while self.unread.len() < length {
            self.fill();
        }
        response.body = self.unread.drain(..length).collect();
        response
    }

    /// Reads a response that has no body, whatever `content-length` says.
    pub(crate) fn response_to_head(&mut self) -> Response {
        let end = loop {
            match self.unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                Some(end) => break end,
                None => self.fill(),
            }
        };
        let head: Vec<u8> = self.unread.drain(..end + 4).collect();
        let mut lines = head[..end].split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
        let status_line = std::str::from_utf8(lines.next().unwrap()).unwrap();
        let (version, rest) = status_line.split_once(' ').unwrap();
        let status = rest[..3].parse().unwrap();
        let headers = lines.map(|line| {
            let colon = line.iter().position(|&byte| byte == b':').unwrap();
            let name = String::from_utf8(line[..colon].to_vec()).unwrap();
            (name, line[colon + 1..].trim_ascii().to_vec())
        });
        Response { version: version.to_owned(), status, headers: headers.collect(), body: Vec::new() }
    }

    /// The next chunk of a body that comes in chunks; none at its end.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let end = loop {
            match self.unread.windows(2).position(|bytes| bytes == b"\r\n") {
                Some(end) => break end,
                None => self.fill(),
            }
        };
        let line: Vec<u8> = self.unread.drain(..end + 2).collect();
        let length = usize::from_str_radix(std::str::from_utf8(&line[..end]).unwrap(), 16).unwrap();
        let mut chunk = self.read(length + 2);
        assert!(chunk.ends_with(b"\r\n"));
        chunk.truncate(length);
        (length > 0).then_some(chunk)
    }

    /// What is left of a body that comes in chunks.
    pub(crate) fn chunks(&mut self) -> Vec<u8> {
        std::iter::from_fn(|| self.chunk()).flatten().collect()
    }

    /// Reads chunks until they are as long as this together, or longer.
    pub(crate) fn at_least(&mut self, length: usize) -> Vec<u8> {
        let mut read = Vec::new();
        while read.len() < length {
            read.extend(self.chunk().expect("the body goes on"));
        }
        read
    }

    /// Exactly so many bytes.
    pub(crate) fn read(&mut self, length: usize) -> Vec<u8> {
        while self.unread.len() < length {
            self.fill();
        }
        self.unread.drain(..length).collect()
    }

    /// All that comes until the server closes.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        // A reset ends a connection too.
        let _ = self.stream.read_to_end(&mut self.unread);
        self.unread
    }

    /// The socket, for what is done to it and not over it.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Waits until the server closes, and fails if it sends anything more.
    pub(crate) fn closed(&mut self) {
        assert!(self.unread.is_empty(), "{}", self.unread.escape_ascii());
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => panic!("expected the end of the connection, not {other:?} {}", byte.escape_ascii()),
        }
    }

    fn fill(&mut self) {
        let mut buffer = [0; 16 << 10];
        let read = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.unwrap(),
            }
        };
        assert!(read > 0, "the server closed in the middle: {}", self.unread.escape_ascii());
        self.unread.extend_from_slice(&buffer[..read]);
    }
}
