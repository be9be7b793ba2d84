//! Mode `sse`: reads streams of server-sent events as fast as they come.
//!
//! | module | what it holds |
//! |---|---|
//! | [`events`] | the parser of events, which does no I/O |
//! | [`stream`] | one connection, and the check of what it brings |

pub(crate) mod events;
pub(crate) mod stream;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use clap::Args;
use http::{HeaderName, HeaderValue, Method};

use self::stream::EventStream;
use crate::{
    Verdict, args,
    drive::{Counter, Step, Work},
    failure::Failure,
    http::request::{Request, Target},
    run::{Described, Run},
    shape::Shape,
    socket,
};

/// Read streams of server-sent events without end, and print how many events came
///
/// Each connection gets a stream and reads it until the time is over. The answer has to be a 200 with
/// `content-type: text/event-stream`, and the data of each event has to end in a number, one more than the
/// last event's: `tick 0`, `tick 1`. A stream that ends, or is silent for as long as `--timeout`, is an error.
#[derive(Args, Debug)]
#[command(mut_arg("connections", |connections| connections.default_value("64")))]
#[command(after_long_help = "\
Examples:
  rusm-loadtest sse http://127.0.0.1:8080/events
  rusm-loadtest sse http://127.0.0.1:8080/events --connections 1 --duration 30s --json")]
pub(crate) struct Sse {
    /// Where the events come from, like `http://127.0.0.1:8080/events`
    url: Target,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    run: Run,

    /// A header to send; may be given several times
    #[arg(long, value_name = "NAME: VALUE", value_parser = args::header)]
    header: Vec<(HeaderName, HeaderValue)>,
}

impl Sse {
    /// Makes the run and prints what it measured.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let address = socket::reachable(&self.url, timeout).await?;
        let work = Streams::new(address, request(&self.url, &self.header), timeout);
        let described = Described { url: self.url.to_string(), load: self.shape.to_string(), unit: "event" };
        self.run.make(described, self.shape.load(self.run.duration), work).await
    }
}

/// The request for a stream of events.
pub(crate) fn request(target: &Target, headers: &[(HeaderName, HeaderValue)]) -> Request {
    let mut headers = headers.to_vec();
    if !headers.iter().any(|(name, _)| name == http::header::ACCEPT) {
        headers.push((http::header::ACCEPT, HeaderValue::from_static("text/event-stream")));
    }
    Request::new(target, &Method::GET, &headers, None)
}

/// The work of this mode: streams that are read until the time is over.
#[derive(Debug)]
pub(crate) struct Streams {
    address: SocketAddr,
    request: Request,
    timeout: Duration,
}

impl Streams {
    /// `timeout` is for connecting, for the answer's head, and for each silence.
    pub(crate) fn new(address: SocketAddr, request: Request, timeout: Duration) -> Self {
        Self { address, request, timeout }
    }
}

impl Work for Streams {
    type Connection = EventStream;

    async fn open(&self) -> Result<EventStream, Failure> {
        EventStream::open(self.address, &self.request, self.timeout).await
    }

    async fn step(
        &self,
        stream: &mut EventStream,
        began: Instant,
        counter: &Counter,
    ) -> Result<Step, Failure> {
        let batch = stream.read(began).await?;
        let ended = Instant::now();
        counter.done(ended, batch.events, batch.received);
        Ok(Step { ended, reusable: true })
    }
}
