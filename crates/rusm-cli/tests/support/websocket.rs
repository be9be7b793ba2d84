//! A WebSocket client that sends exactly the frames it is given, right or wrong.

use std::net::{Shutdown, SocketAddr};

use super::client::{Client, Response};

/// The key of RFC 6455's example, and the answer to it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// The bit of a frame's first byte that says that it is the last of its message.
pub(crate) const FIN: u8 = 0x80;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A connection.
pub(crate) struct WebSocket(pub(crate) Client);

/// A frame that came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The first byte: FIN, reserved bits, opcode.
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
}

/// The request that asks for a WebSocket, with further header lines.
pub(crate) fn upgrade(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n{more}\r\n"
    )
}

/// A masked frame. `first` is its first byte.
pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let mut frame = header(first, payload.len() as u64);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// All of a masked frame that stands before its payload.
pub(crate) fn header(first: u8, length: u64) -> Vec<u8> {
    let mut header = vec![first];
    match length {
        0..=125 => header.push(0x80 | length.to_be_bytes()[7]),
        126..=0xffff => {
            header.push(0x80 | 0x7e);
            header.extend(&length.to_be_bytes()[6..]);
        }
        _ => {
            header.push(0x80 | 0x7f);
            header.extend(length.to_be_bytes());
        }
    }
    header.extend(MASK);
    header
}

/// What a close frame carries.
pub(crate) fn close_payload(code: u16, reason: impl AsRef<[u8]>) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_ref()].concat()
}

impl WebSocket {
    pub(crate) fn open(address: SocketAddr, path: &str) -> WebSocket {
        WebSocket::open_with(address, path, "").1
    }

    /// One to an echo, which has answered once.
    pub(crate) fn echoing(address: SocketAddr, path: &str) -> WebSocket {
        let mut socket = WebSocket::open(address, path);
        socket.text("hello");
        socket.expect_text("hello");
        socket
    }

    /// Opens it by a request with further header lines.
    pub(crate) fn open_with(address: SocketAddr, path: &str, more: &str) -> (Response, WebSocket) {
        let mut client = Client::connect(address);
        client.send(upgrade(path, more));
        let response = client.response_to_head();
        assert_eq!((response.status, response.header("sec-websocket-accept")), (101, ACCEPT), "{response:?}");
        (response, WebSocket(client))
    }

    pub(crate) fn send(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        self.0.send(frame(first, payload));
    }

    pub(crate) fn text(&mut self, text: impl AsRef<[u8]>) {
        self.send(FIN | TEXT, text);
    }

    /// Sends these bytes, which need not be a frame.
    pub(crate) fn raw(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.send(bytes);
    }

    /// Ends the side that sends.
    pub(crate) fn half_close(&self) {
        self.0.stream().shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn read(&mut self) -> Frame {
        let head = self.0.read(2);
        assert!(head[1] & 0x80 == 0, "a server does not mask");
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.0.read(2).try_into().unwrap())),
            127 => u64::from_be_bytes(self.0.read(8).try_into().unwrap()),
            short => u64::from(short),
        };
        Frame { first: head[0], payload: self.0.read(usize::try_from(length).unwrap()) }
    }

    /// Reads a frame, which is this one.
    pub(crate) fn expect(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        let frame = self.read();
        let (expected, payload) = (payload.as_ref(), &frame.payload);
        let shown = &payload[..payload.len().min(80)];
        assert!(frame.first == first && payload == expected, "{:#x} {}", frame.first, shown.escape_ascii());
    }

    pub(crate) fn expect_text(&mut self, text: &str) {
        self.expect(FIN | TEXT, text);
    }

    /// Reads a text message, whatever it says.
    pub(crate) fn read_text(&mut self) -> String {
        let frame = self.read();
        assert_eq!(frame.first, FIN | TEXT, "{frame:?}");
        String::from_utf8(frame.payload).unwrap()
    }

    /// Reads frames up to a close frame, which has this code, and the end of the connection.
    pub(crate) fn expect_close(mut self, code: u16) -> String {
        let frame = loop {
            let frame = self.read();
            if frame.first == FIN | CLOSE {
                break frame;
            }
        };
        let (found, reason) = frame.payload.split_at(2);
        assert_eq!(u16::from_be_bytes(found.try_into().unwrap()), code, "{}", reason.escape_ascii());
        let reason = String::from_utf8(reason.to_vec()).unwrap();
        self.0.closed();
        reason
    }
}
