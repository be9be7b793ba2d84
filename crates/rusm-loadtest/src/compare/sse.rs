//! `compare sse`: streams of events without end.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Contest, Contestants};
use crate::{
    Verdict, args,
    failure::Failure,
    http::{
        request::{Request, Target},
        response::{ResponseReader, Sink},
    },
    report::comparison::Comparison,
    server::Server,
    shape::Shape,
    socket::{self, Watchdog},
    sse::{self, Streams, stream::StreamError},
};

/// How much of both streams has to be the same, in bytes.
const COMPARED: usize = 16 * 1024;

/// Measure `rusm serve` against hyper alone, sending events in a loop
///
/// Starts the native server (`native-sse`) and rusm, checks that both begin their streams with the same bytes
/// and declare them alike, then drives them in turn. Prints both rates and their ratio for each round, the
/// servers' CPU time for each event, and the medians.
#[derive(Args, Debug)]
#[command(mut_arg("connections", |connections| connections.default_value("64")))]
#[command(after_long_help = "\
Examples:
  rusm-loadtest compare sse --app crates/rusm-loadtest/app
  rusm-loadtest compare sse --app crates/rusm-loadtest/app --connections 1 --rounds 9 --markdown")]
pub(crate) struct CompareSse {
    #[command(flatten)]
    contest: Contest,

    #[command(flatten)]
    shape: Shape,

    /// Where the events come from; the native server has them at /events
    #[arg(long, default_value = "/events", value_parser = args::path)]
    path: String,
}

impl CompareSse {
    /// Makes the comparison and prints it.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let mut contestants = self.contest.start("native-sse").await?;
        self.same_streams(&contestants).await?;
        let rounds = contestants
            .rounds(self.contest.rounds, self.shape.load(self.contest.duration), |server| {
                Ok(Streams::new(server.address(), self.request(server)?, self.shape.timeout()))
            })
            .await?;
        contestants.stop().await;
        let work = format!("events of GET {}, {}, {}", self.path, self.shape, self.contest);
        self.contest.report(&Comparison::new(work, "event", rounds))
    }

    fn request(&self, server: &Server) -> anyhow::Result<Request> {
        let target = Target::at(server.address(), &self.path).map_err(anyhow::Error::msg)?;
        Ok(sse::request(&target, &[]))
    }

    /// Reads the start of both streams: a ratio of two different pieces of work would mean nothing. Fields of
    /// the head other than the content type may differ, since a stream has one head and events without end.
    async fn same_streams(&self, contestants: &Contestants) -> anyhow::Result<()> {
        let native = self.opening(&contestants.native).await?;
        let rusm = self.opening(&contestants.rusm).await?;
        anyhow::ensure!(
            native.status == 200 && native == rusm,
            "GET {} gives no stream, or not the same one, so a ratio would mean nothing:\n  native: {}\n  rusm: {}",
            self.path,
            native.shown(),
            rusm.shown()
        );
        Ok(())
    }

    async fn opening(&self, server: &Server) -> anyhow::Result<Opening> {
        Opening::read(server, &self.request(server)?, self.shape.timeout())
            .await
            .with_context(|| format!("{} gives no stream at {}", server.name(), self.path))
    }
}

/// How a stream begins.
#[derive(Debug, Default, PartialEq, Eq)]
struct Opening {
    status: u16,
    content_type: String,
    /// Without framing; of a stream that goes on, the first [`COMPARED`] bytes.
    body: Vec<u8>,
}

impl Opening {
    async fn read(server: &Server, request: &Request, timeout: Duration) -> Result<Self, Failure> {
        let mut opening = Self::default();
        let mut stream = socket::connect(server.address(), None, timeout).await?;
        let read = async {
            stream.write_all(request.bytes()).await.map_err(Failure::Write)?;
            let mut response = ResponseReader::new(false);
            let mut unread = Vec::new();
            while opening.body.len() < COMPARED {
                if stream.read_buf(&mut unread).await.map_err(Failure::Read)? == 0 {
                    return Err(StreamError::Ended.into());
                }
                let progress = response.read(&unread, &mut opening)?;
                unread.drain(..progress.consumed);
                if progress.completed.is_some() {
                    break;
                }
            }
            Ok(())
        };
        Watchdog::new(timeout).guard(Instant::now(), read).await?;
        opening.body.truncate(COMPARED);
        Ok(opening)
    }

    fn shown(&self) -> String {
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(80)]);
        format!("{}, {:?}, {start:?} ({} bytes)", self.status, self.content_type, self.body.len())
    }
}

impl Sink for Opening {
    fn head(&mut self, head: &httparse::Response<'_, '_>) {
        self.status = head.code.unwrap_or_default();
        let field = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-type"));
        self.content_type = String::from_utf8_lossy(field.map_or(b"", |field| field.value)).into_owned();
    }

    fn body(&mut self, part: &[u8]) {
        self.body.extend_from_slice(part);
    }
}
