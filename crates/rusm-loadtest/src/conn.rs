//! Mode `conn`: how fast WebSocket connections come and go.

use std::time::Instant;

use clap::Args;
use http::{HeaderName, HeaderValue};

use crate::{
    Verdict, args,
    drive::{Counter, Step, Work},
    failure::Failure,
    run::{Described, Run},
    shape::Shape,
    socket,
    ws::{Dial, Messages, SocketUrl, handshake::Upgrade},
};

/// Open WebSocket connections, use each for one echo and close it, over and over
///
/// As many as `--connections` says are under way at a time. One counts once it was connected, upgraded, has
/// echoed a message, and was closed with code 1000 by both sides; the latency is the time until it was
/// upgraded.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest conn ws://127.0.0.1:8080/ws
  rusm-loadtest conn ws://127.0.0.1:8080/ws --connections 8 --duration 30s --json")]
pub(crate) struct Conn {
    /// Where the handler is, like `ws://127.0.0.1:8080/ws`; it has to echo
    url: SocketUrl,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    run: Run,

    /// A header to send with the upgrade; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,
}

impl Conn {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let address = socket::reachable(&self.url.0, timeout).await?;
        let upgrade = Upgrade::new(&self.url.0, &self.header);
        let work = Lives(Dial::new(address, upgrade, Messages::short(false), timeout));
        let described =
            Described { url: self.url.to_string(), load: self.shape.to_string(), unit: "connection" };
        self.run.make(described, self.shape.load(self.run.duration), work).await
    }
}

/// The work of this mode: whole lives of connections, so none is held from one step to the next.
#[derive(Debug)]
pub(crate) struct Lives(pub(crate) Dial);

impl Work for Lives {
    type Connection = ();

    async fn open(&self) -> Result<(), Failure> {
        Ok(())
    }

    async fn step(&self, (): &mut (), began: Instant, counter: &Counter) -> Result<Step, Failure> {
        let mut client = self.0.open().await?;
        let upgraded = Instant::now();
        let received = client.echo(upgraded).await?;
        client.close().await?;
        let ended = Instant::now();
        counter.timed(ended, upgraded - began, received);
        Ok(Step { ended, reusable: true })
    }
}
