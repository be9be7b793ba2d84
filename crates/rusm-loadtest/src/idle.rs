//! Mode `idle`: what a server's connections cost in memory while nothing happens on them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Subcommand, value_parser};
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    Verdict, args,
    drive::Work,
    failure::Failure,
    http::request::Target,
    process::{self, Memory},
    report::{self, table::Table},
    socket,
    sse::{self, Streams, stream::EventStream},
    tally::Errors,
    ws::{Dial, Messages, SocketUrl, client::Client, handshake::Upgrade},
};

/// Connections that are opened, or closed, at the same time: fewer than a listener's backlog holds.
const AT_ONCE: usize = 64;

/// Hold connections, and read the server's memory before, meanwhile and after
///
/// All connections are opened, held, and closed, twice, since what the second time adds is what a server
/// that runs for long will lack. What is private to the process counts, and its page tables; what it shares
/// with others and the kernel's buffers do not.
#[derive(Subcommand, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest idle ws ws://127.0.0.1:8080/ws --pid 4711
  rusm-loadtest idle sse http://127.0.0.1:8080/events --pid 4711 --connections 500 --json")]
pub(crate) enum Idle {
    Ws(IdleWs),
    Sse(IdleSse),
}

impl Idle {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        process::raise_file_limit();
        match self {
            Self::Ws(mode) => mode.run().await,
            Self::Sse(mode) => mode.run().await,
        }
    }
}

/// Hold WebSocket connections whose handler echoes
///
/// Each has had one echo before it is idle, and has to give another before it is closed.
#[derive(Args, Debug)]
pub(crate) struct IdleWs {
    /// Where the handler is, like `ws://127.0.0.1:8080/ws`; it has to echo
    url: SocketUrl,

    #[command(flatten)]
    hold: Hold,
}

impl IdleWs {
    async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.hold.timeout;
        let address = socket::reachable(&self.url.0, timeout).await?;
        let upgrade = Upgrade::new(&self.url.0, &self.hold.header);
        let dial = Dial::new(address, upgrade, Messages::short(false), timeout);
        self.hold.run(&self.url.to_string(), Sockets(dial)).await
    }
}

/// Hold streams of events that nobody reads
///
/// A handler that has events to send fills the kernel's buffers and then waits; one that has none is idle
/// from the start.
#[derive(Args, Debug)]
pub(crate) struct IdleSse {
    /// Where the events come from, like `http://127.0.0.1:8080/events`
    url: Target,

    #[command(flatten)]
    hold: Hold,
}

impl IdleSse {
    async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.hold.timeout;
        let address = socket::reachable(&self.url, timeout).await?;
        let streams = Streams::new(address, sse::request(&self.url, &self.hold.header), timeout);
        self.hold.run(&self.url.to_string(), streams).await
    }
}

/// The arguments of both kinds.
#[derive(Args, Debug)]
struct Hold {
    /// The server's process, whose memory is read; it has to be this user's
    #[arg(long)]
    pid: u32,

    /// Connections to hold
    #[arg(long, default_value_t = 1000, value_parser = value_parser!(u16).range(1..))]
    connections: u16,

    /// How long to wait before each reading
    #[arg(long, default_value = "2s", value_parser = args::duration)]
    settle: Duration,

    /// How long to wait for a connection, and for each answer
    #[arg(long, default_value = "10s", value_parser = args::positive_duration)]
    timeout: Duration,

    /// A header to send; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Connections that can be held.
trait Holding {
    type Connection;

    /// Opens one and makes sure that the server has a handler for it.
    async fn open(&self) -> Result<Self::Connection, Failure>;

    /// Makes sure that the server still holds it, and ends it.
    async fn end(&self, connection: Self::Connection) -> Result<(), Failure>;
}

struct Sockets(Dial);

impl Holding for Sockets {
    type Connection = Client;

    async fn open(&self) -> Result<Client, Failure> {
        let mut client = self.0.open().await?;
        client.echo(Instant::now()).await?;
        Ok(client)
    }

    async fn end(&self, mut client: Client) -> Result<(), Failure> {
        client.echo(Instant::now()).await?;
        client.close().await
    }
}

impl Holding for Streams {
    type Connection = EventStream;

    async fn open(&self) -> Result<EventStream, Failure> {
        Work::open(self).await
    }

    async fn end(&self, mut stream: EventStream) -> Result<(), Failure> {
        stream.still_open()
    }
}

impl Hold {
    async fn run(&self, url: &str, connections: impl Holding) -> anyhow::Result<Verdict> {
        let before = self.reading().await?;
        let mut errors = Errors::default();
        let first = self.burst(&connections, &mut errors).await?;
        let second = self.burst(&connections, &mut errors).await?;
        let report = IdleReport::new(url, self.pid, before, [first, second], errors);
        if self.json {
            report::json(&report)?;
        } else {
            report::print(&report.text())?;
        }
        Ok(if report.errors == 0 { Verdict::Clean } else { Verdict::Errors })
    }

    /// Opens all, holds them, closes them.
    async fn burst(&self, connections: &impl Holding, errors: &mut Errors) -> anyhow::Result<Burst> {
        let count = |failure: Failure, errors: &mut Errors| {
            errors.count(failure.kind(), || failure.to_string());
        };
        let mut held = Vec::new();
        let mut opening =
            stream::iter(0..self.connections).map(|_| connections.open()).buffer_unordered(AT_ONCE);
        while let Some(opened) = opening.next().await {
            match opened {
                Ok(connection) => held.push(connection),
                Err(failure) => count(failure, errors),
            }
        }
        let connected = held.len();
        let meanwhile = self.reading().await?;

        let mut ending =
            stream::iter(held).map(|connection| connections.end(connection)).buffer_unordered(AT_ONCE);
        while let Some(ended) = ending.next().await {
            if let Err(failure) = ended {
                count(failure, errors);
            }
        }
        Ok(Burst { connections: connected, held: meanwhile, closed: self.reading().await? })
    }

    /// The server's memory, once it has settled.
    async fn reading(&self) -> anyhow::Result<Memory> {
        sleep(self.settle).await;
        Memory::of(self.pid).with_context(|| {
            format!("cannot read the memory of process {}: give --pid of a running server of yours", self.pid)
        })
    }
}

/// One burst of connections.
#[derive(Clone, Copy, Debug, Serialize)]
struct Burst {
    /// Those that were held.
    connections: usize,
    held: Memory,
    closed: Memory,
}

/// What was read.
#[derive(Debug, Serialize)]
struct IdleReport {
    url: String,
    pid: u32,
    before: Memory,
    bursts: [Burst; 2],
    /// What a connection of the first burst takes: memory while all are held, less that before, divided.
    bytes_per_connection: f64,
    /// What is left of it when all are closed.
    bytes_per_connection_closed: f64,
    /// What the second burst takes beyond the first, for each connection.
    second_burst_adds: f64,
    errors: u64,
    errors_by_kind: Errors,
}

impl IdleReport {
    fn new(url: &str, pid: u32, before: Memory, bursts: [Burst; 2], errors: Errors) -> Self {
        let [first, second] = bursts;
        let each = |from: Memory, to: Memory| {
            (to.own() as f64 - from.own() as f64) / first.connections.max(1) as f64
        };
        Self {
            url: url.to_owned(),
            pid,
            before,
            bursts,
            bytes_per_connection: each(before, first.held),
            bytes_per_connection_closed: each(before, first.closed),
            second_burst_adds: each(first.held, second.held),
            errors: errors.total(),
            errors_by_kind: errors,
        }
    }

    fn text(&self) -> String {
        let [first, second] = self.bursts;
        let mut table =
            Table::new(["", "private", "page tables", "resident", "proportional"].map(str::to_owned));
        for (name, memory) in [
            ("before", self.before),
            ("held", first.held),
            ("closed", first.closed),
            ("held again", second.held),
            ("closed again", second.closed),
        ] {
            let Memory { private, page_tables, resident, proportional } = memory;
            let figures = [private, page_tables, resident, proportional];
            let cells = figures.map(|bytes| report::bytes(bytes as f64));
            table.row(std::iter::once(name.to_owned()).chain(cells).collect());
        }
        let signed = |bytes: f64| {
            let sign = if bytes < 0.0 { "-" } else { "" };
            format!("{sign}{}", report::bytes(bytes.abs()))
        };
        format!(
            "{}, process {}, {} and then {} connections held\n\n{}\n\
             a connection     {}\n\
             left of it       {}\n\
             second one adds  {}\n\
             errors           {}\n",
            self.url,
            self.pid,
            first.connections,
            second.connections,
            table.text(),
            signed(self.bytes_per_connection),
            signed(self.bytes_per_connection_closed),
            signed(self.second_burst_adds),
            self.errors_by_kind,
        )
    }
}
