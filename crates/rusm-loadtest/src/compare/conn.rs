//! `compare conn`: WebSocket connections that come and go.

use clap::Args;

use super::{
    Contest,
    ws::{both_echo, dial},
};
use crate::{Verdict, args, conn::Lives, report::comparison::Comparison, shape::Shape, ws::Messages};

/// Measure `rusm serve` against tokio-tungstenite alone, opening and closing WebSocket connections
///
/// As `compare ws`, but each connection is used for one echo and then closed by both sides. The latency is
/// the time until it was upgraded.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  rusm-loadtest compare conn --app crates/rusm-loadtest/app
  rusm-loadtest compare conn --app crates/rusm-loadtest/app --connections 8 --rounds 9 --markdown")]
pub(crate) struct CompareConn {
    #[command(flatten)]
    contest: Contest,

    #[command(flatten)]
    shape: Shape,

    /// Where the handler that echoes is; the native server has it at /ws
    #[arg(long, default_value = "/ws", value_parser = args::path)]
    path: String,
}

impl CompareConn {
    /// Makes the comparison and prints it.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        let timeout = self.shape.timeout();
        let mut contestants = self.contest.start("native-ws").await?;
        both_echo(&contestants, &self.path, timeout).await?;
        let rounds = contestants
            .rounds(self.contest.rounds, self.shape.load(self.contest.duration), |server| {
                Ok(Lives(dial(server, &self.path, Messages::short(false), timeout)?))
            })
            .await?;
        contestants.stop().await;
        let work = format!(
            "WebSockets at {} opened, used for one echo and closed, {}, {}",
            self.path, self.shape, self.contest
        );
        self.contest.report(&Comparison::new(work, "connection", rounds))
    }
}
