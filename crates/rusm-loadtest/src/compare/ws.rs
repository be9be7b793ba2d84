//! `compare ws`: echoes over held WebSocket connections.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;

use super::{Contest, Contestants};
use crate::{
    Verdict, args,
    http::request::Target,
    report::comparison::Comparison,
    server::Server,
    shape::Shape,
    ws::{Dial, Echoes, Messages, handshake::Upgrade},
};

/// Measure `rusm serve` against tokio-tungstenite alone, echoing over held WebSocket connections
///
/// Starts the native server (`native-ws`) and rusm, checks that both echo text and binary messages and close
/// as they should, then drives them in turn. Prints both rates and their ratio for each round, the servers'
/// CPU time for each message, and the medians.
#[derive(Args, Debug)]
#[command(mut_arg("connections", |connections| connections.default_value("256")))]
#[command(after_long_help = "\
Examples:
  rusm-loadtest compare ws --app crates/rusm-loadtest/app
  rusm-loadtest compare ws --app crates/rusm-loadtest/app --rounds 9 --size 4096 --markdown")]
pub(crate) struct CompareWs {
    #[command(flatten)]
    contest: Contest,

    #[command(flatten)]
    shape: Shape,

    #[command(flatten)]
    messages: Messages,

    /// Where the handler that echoes is; the native server has it at /ws
    #[arg(long, default_value = "/ws", value_parser = args::path)]
    path: String,
}

impl CompareWs {
    /// Makes the comparison and prints it.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let mut contestants = self.contest.start("native-ws").await?;
        both_echo(&contestants, &self.path, timeout).await?;
        let rounds = contestants
            .rounds(self.contest.rounds, self.shape.load(self.contest.duration), |server| {
                Ok(Echoes(dial(server, &self.path, self.messages, timeout)?))
            })
            .await?;
        contestants.stop().await;
        let work =
            format!("WebSocket echo at {}, {}, {}, {}", self.path, self.messages, self.shape, self.contest);
        self.contest.report(&Comparison::new(work, "message", rounds))
    }
}

/// How to open WebSocket connections at `path` of `server`.
pub(super) fn dial(
    server: &Server,
    path: &str,
    messages: Messages,
    timeout: Duration,
) -> anyhow::Result<Dial> {
    let target = Target::at(server.address(), path).map_err(anyhow::Error::msg)?;
    Ok(Dial::new(server.address(), Upgrade::new(&target, &[]), messages, timeout))
}

/// Tries one connection to each server: a ratio of two different pieces of work would mean nothing.
pub(super) async fn both_echo(
    contestants: &Contestants,
    path: &str,
    timeout: Duration,
) -> anyhow::Result<()> {
    for server in [&contestants.native, &contestants.rusm] {
        for (kind, binary) in [("text", false), ("binary", true)] {
            let name = server.name();
            let failed = || format!("{name} does not echo {kind} messages at {path}, so nothing is compared");
            let dial = dial(server, path, Messages::short(binary), timeout)?;
            let mut client = dial.open().await.with_context(failed)?;
            for _ in 0..2 {
                client.echo(Instant::now()).await.with_context(failed)?;
            }
            client.close().await.with_context(|| format!("{name} does not close as RFC 6455 says"))?;
        }
    }
    Ok(())
}
