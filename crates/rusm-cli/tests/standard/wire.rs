//! One exchange of HTTP/1, read piece by piece as it comes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::PATIENCE;
use crate::support::server::Server;

/// A connection with one request on it.
pub(crate) struct Exchange(BufReader<TcpStream>);

/// A response that has come to its end, or to where it was broken off.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    /// The head's lines, and after the body those of its trailers.
    pub(crate) fields: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) whole: bool,
}

impl Got {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|line| line.eq_ignore_ascii_case(field))
    }

    fn length(&self) -> Option<usize> {
        let length = |line: &String| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok();
        self.fields.iter().find_map(length)
    }
}

impl Exchange {
    /// Sends a head; a body is up to the caller.
    pub(crate) fn begin(node: &Server, request: &str, fields: &str) -> Exchange {
        let stream = TcpStream::connect(node.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut exchange = Exchange(BufReader::new(stream));
        exchange.send(format!("{request} HTTP/1.1\r\nhost: test:80\r\n{fields}\r\n"));
        exchange
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The same connection, to send from another thread.
    pub(crate) fn also(&self) -> Exchange {
        Exchange(BufReader::new(self.0.get_ref().try_clone().unwrap()))
    }

    /// Sends as much as the server takes.
    pub(crate) fn send_until_refused(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.get_mut().write_all(bytes.as_ref());
    }

    pub(crate) fn send_chunk(&mut self, chunk: &str) {
        self.send(format!("{:x}\r\n{chunk}\r\n", chunk.len()));
    }

    /// Reads the response's head.
    pub(crate) fn head(&mut self) -> Got {
        let status = self.line().split(' ').nth(1).expect("a status line").parse().unwrap();
        let mut got = Got { status, fields: Vec::new(), body: Vec::new(), whole: false };
        self.fields(&mut got);
        got
    }

    /// The next chunk of a body that comes in chunks; none at its end, an error where it is broken off.
    pub(crate) fn chunk(&mut self) -> Result<Option<Vec<u8>>, ()> {
        let length = usize::from_str_radix(self.line().as_str(), 16).map_err(drop)?;
        if length == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; length + 2];
        self.0.read_exact(&mut chunk).map_err(drop)?;
        chunk.truncate(length);
        Ok(Some(chunk))
    }

    /// Reads all that there is.
    pub(crate) fn finish(&mut self) -> Got {
        let mut got = self.head();
        if let Some(length) = got.length() {
            got.body = vec![0; length];
            got.whole = self.0.read_exact(&mut got.body).is_ok();
            return got;
        }
        loop {
            match self.chunk() {
                Ok(Some(chunk)) => got.body.extend(chunk),
                Ok(None) => {
                    self.fields(&mut got);
                    got.whole = true;
                    return got;
                }
                Err(()) => return got,
            }
        }
    }

    fn fields(&mut self, got: &mut Got) {
        loop {
            match self.line() {
                line if line.is_empty() => return,
                line => got.fields.push(line),
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap_or_default();
        line.trim_end().to_owned()
    }
}

/// One request without a body.
pub(crate) fn get(node: &Server, path: &str) -> Got {
    Exchange::begin(node, &format!("GET {path}"), "").finish()
}

/// One request with a body of a known length.
pub(crate) fn post(node: &Server, path: &str, body: impl AsRef<[u8]>) -> Got {
    let length = format!("content-length: {}\r\n", body.as_ref().len());
    let mut exchange = Exchange::begin(node, &format!("POST {path}"), &length);
    exchange.send_until_refused(body);
    exchange.finish()
}
