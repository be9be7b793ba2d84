//! What the black-box tests share: running the binary, and servers that misbehave on purpose.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    thread,
};

use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_rusm-loadtest");

/// The binary with `args`, to be run.
pub(crate) fn loadtest(args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(args);
    command
}

/// What a finished run printed.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
        Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

/// A child that is killed and reaped when it goes out of scope.
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A native server on a free port.
pub(crate) struct Native {
    pub(crate) process: Reaped,
    pub(crate) base: String,
}

impl Native {
    /// Starts this binary in `mode`.
    pub(crate) fn start(mode: &str) -> Self {
        let mut child = loadtest(&[mode]).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        let process = Reaped(child);
        BufReader::new(stdout).read_line(&mut line).expect("it prints where it listens");
        let base = line.trim().strip_prefix("listening on ").expect("the announced form").to_owned();
        Self { process, base }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn address(&self) -> &str {
        self.base.strip_prefix("http://").expect("an http URL")
    }
}

/// Writes `request` to `address` and returns everything up to the connection's end.
pub(crate) fn raw(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(request.as_bytes()).expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers and closes");
    answer
}

/// Writes `request` to `address` and returns the first `length` bytes that come back.
pub(crate) fn raw_start(address: &str, request: &str, length: usize) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(request.as_bytes()).expect("it takes the request");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).expect("it answers with more");
    String::from_utf8(answer).expect("it answers with text")
}

/// A server in this process: each connection is `serve`d on a thread of its own, with its number from 0.
pub(crate) fn server(serve: impl Fn(Peer, usize) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serve = std::sync::Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let serve = serve.clone();
            thread::spawn(move || serve(Peer(BufReader::new(stream)), number));
        }
    });
    address
}

/// The head of an answer to an upgrade, but for what depends on the key.
pub(crate) const SWITCHING: &str =
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n";

/// A whole frame as a server sends it, of at most 125 bytes.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, payload.len() as u8], payload].concat()
}

/// The server's side of a connection.
pub(crate) struct Peer(BufReader<TcpStream>);

impl Peer {
    /// Reads the head of the next request; `None` once the client has closed.
    pub(crate) fn request(&mut self) -> Option<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        Some(head)
    }

    /// Writes `answer`, and says whether the client was there to take it.
    pub(crate) fn answer(&mut self, answer: &str) -> bool {
        self.send(answer.as_bytes())
    }

    /// Writes `bytes`, and says whether the client was there to take them.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// Takes part in a WebSocket's opening handshake, and says whether the client was there.
    pub(crate) fn upgrade(&mut self) -> bool {
        let Some(request) = self.request() else {
            return false;
        };
        let key = request.lines().find_map(|line| line.strip_prefix("sec-websocket-key: "));
        let accept = derive_accept_key(key.expect("an upgrade").as_bytes());
        self.answer(&format!("{SWITCHING}sec-websocket-accept: {accept}\r\n\r\n"))
    }

    /// Reads the next frame, of at most 125 bytes, and returns its first byte and its payload without the mask;
    /// `None` once the client has closed.
    pub(crate) fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut header = [0; 6];
        self.0.read_exact(&mut header).ok()?;
        let [first, length, mask @ ..] = header;
        assert!((0x80..0x80 + 126).contains(&length), "masked and short");
        let mut payload = vec![0; usize::from(length - 0x80)];
        self.0.read_exact(&mut payload).ok()?;
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Some((first, payload))
    }
}
