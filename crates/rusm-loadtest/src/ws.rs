//! Mode `ws`: echoes over held WebSocket connections.
//!
//! | module | what it holds |
//! |---|---|
//! | [`handshake`] | the upgrade's request, and the check of its answer |
//! | [`frame`] | frames, which do no I/O |
//! | [`message`] | what is sent |
//! | [`client`] | one connection |

pub(crate) mod client;
pub(crate) mod frame;
pub(crate) mod handshake;
pub(crate) mod message;

use std::{
    fmt,
    net::SocketAddr,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clap::{Args, value_parser};
use http::{HeaderName, HeaderValue};

use self::{client::Client, handshake::Upgrade, message::Message};
use crate::{
    Verdict, args,
    drive::{Counter, Step, Work},
    failure::Failure,
    http::request::Target,
    run::{Described, Run},
    shape::Shape,
    socket,
};

/// Send messages over held WebSocket connections to a handler that echoes them
///
/// Each connection sends a message, waits for its echo and sends the next. Every echo has to have the
/// message's bytes and type; no two messages in a row are the same. The handler has to say nothing else. At
/// the end each connection is closed with code 1000, which the server has to answer and then close.
#[derive(Args, Debug)]
#[command(mut_arg("connections", |connections| connections.default_value("256")))]
#[command(after_long_help = "\
Examples:
  rusm-loadtest ws ws://127.0.0.1:8080/ws
  rusm-loadtest ws ws://127.0.0.1:8080/ws --connections 1000 --size 4096 --binary --json")]
pub(crate) struct Ws {
    /// Where the handler is, like `ws://127.0.0.1:8080/ws`
    url: SocketUrl,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    run: Run,

    #[command(flatten)]
    messages: Messages,

    /// A header to send with the upgrade; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,
}

impl Ws {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let address = socket::reachable(&self.url.0, timeout).await?;
        let dial = Dial::new(address, Upgrade::new(&self.url.0, &self.header), self.messages, timeout);
        let load = format!("{}, {}", self.shape, self.messages);
        let described = Described { url: self.url.to_string(), load, unit: "message" };
        self.run.make(described, self.shape.load(self.run.duration), Echoes(dial)).await
    }
}

/// The arguments that say what is sent.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Messages {
    /// Bytes of each message
    #[arg(long, default_value_t = 32, value_parser = value_parser!(u32).range(..=16 << 20))]
    size: u32,

    /// Send binary messages instead of text
    #[arg(long)]
    binary: bool,
}

impl Messages {
    /// Of 16 bytes.
    pub(crate) fn short(binary: bool) -> Self {
        Self { size: 16, binary }
    }
}

/// `messages of 32 bytes of text`.
impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.binary { "" } else { " of text" };
        write!(f, "messages of {} bytes{kind}", self.size)
    }
}

/// A URL that begins with `ws://`; with `http://` it is the same.
#[derive(Clone, Debug)]
pub(crate) struct SocketUrl(pub(crate) Target);

impl FromStr for SocketUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let over_http = match text.split_once("://") {
            Some(("ws", rest)) => format!("http://{rest}"),
            Some(("wss", _)) => return Err("TLS would be measured too: drive a plain ws:// listener".into()),
            _ => text.to_owned(),
        };
        over_http.parse().map(Self)
    }
}

impl fmt::Display for SocketUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over_http = self.0.to_string();
        write!(f, "ws{}", over_http.strip_prefix("http").unwrap_or(&over_http))
    }
}

/// Whom to connect to, and what for.
#[derive(Debug)]
pub(crate) struct Dial {
    address: SocketAddr,
    upgrade: Upgrade,
    messages: Messages,
    timeout: Duration,
    opened: AtomicU64,
}

impl Dial {
    /// `timeout` is for connecting, upgrading, each echo and closing.
    pub(crate) fn new(address: SocketAddr, upgrade: Upgrade, messages: Messages, timeout: Duration) -> Self {
        Self { address, upgrade, messages, timeout, opened: AtomicU64::new(0) }
    }

    /// Opens a WebSocket.
    pub(crate) async fn open(&self) -> Result<Client, Failure> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let message = Message::new(self.messages.size as usize, self.messages.binary, number);
        Client::open(self.address, &self.upgrade, message, self.timeout).await
    }
}

/// The work of this mode: echo after echo on held connections.
#[derive(Debug)]
pub(crate) struct Echoes(pub(crate) Dial);

impl Work for Echoes {
    type Connection = Client;

    async fn open(&self) -> Result<Client, Failure> {
        self.0.open().await
    }

    async fn step(&self, client: &mut Client, began: Instant, counter: &Counter) -> Result<Step, Failure> {
        let received = client.echo(began).await?;
        let ended = Instant::now();
        counter.timed(ended, ended - began, received);
        Ok(Step { ended, reusable: true })
    }

    async fn close(&self, client: Client) -> Result<(), Failure> {
        client.close().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (text, shown) in
            [("ws://127.0.0.1:8080/ws", "ws://127.0.0.1:8080/ws"), ("http://localhost", "ws://localhost/")]
        {
            assert_eq!(text.parse::<SocketUrl>().expect(text).to_string(), shown);
        }
        for (text, why) in [("wss://host/", "TLS"), ("127.0.0.1:80", "http://"), ("ftp://host/", "http://")] {
            let error = text.parse::<SocketUrl>().expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
