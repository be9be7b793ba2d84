//! Mode `compare`: rusm and the native server in turn, on one machine, by one generator.
//!
//! Both servers are started once. A round drives each for the same time; the order changes from round to
//! round, so that a machine that grows warm or busy favours neither. The server that waits its turn holds no
//! connection, and what it uses meanwhile is measured too. What is shared by all kinds of comparison is
//! here; each kind is a file.

mod conn;
mod http;
mod sse;
mod ws;

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::{Args, Subcommand, value_parser};

use crate::{
    Verdict, args,
    drive::{Load, Work, drive},
    process::{self, Usage},
    report::{
        self,
        comparison::{Comparison, Round, Sample},
    },
    server::Server,
    tally::Outcome,
};

/// Measure rusm against the native server doing the same work
#[derive(Subcommand, Debug)]
pub(crate) enum Compare {
    Http(http::CompareHttp),
    Ws(ws::CompareWs),
    Sse(sse::CompareSse),
    Conn(conn::CompareConn),
}

impl Compare {
    /// Makes the comparison and prints it.
    pub(crate) async fn run(self) -> anyhow::Result<Verdict> {
        process::raise_file_limit();
        match self {
            Self::Http(mode) => mode.run().await,
            Self::Ws(mode) => mode.run().await,
            Self::Sse(mode) => mode.run().await,
            Self::Conn(mode) => mode.run().await,
        }
    }
}

/// The arguments that every comparison has.
#[derive(Args, Debug)]
struct Contest {
    /// The app's folder, which `rusm serve` is given
    #[arg(long, value_name = "DIR", default_value = ".")]
    app: PathBuf,

    /// The rusm binary: when not given, the one beside this binary, else the one on PATH. A script in its
    /// place has to end in `exec`, since the CPU time of the process itself is measured
    #[arg(long, value_name = "PATH")]
    rusm: Option<PathBuf>,

    /// What to compare with instead of the native server: a command that prints `listening on http://ADDRESS`
    /// when it is ready. Its words are separated by spaces
    #[arg(long, value_name = "COMMAND")]
    against: Option<String>,

    /// Rounds, each with a turn of both servers
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u16).range(5..))]
    rounds: u16,

    /// How long to measure each turn
    #[arg(long, default_value = "3s", value_parser = args::positive_duration)]
    duration: Duration,

    /// How long each server may take to start; rusm compiles an app that it sees for the first time
    #[arg(long, default_value = "60s", value_parser = args::positive_duration)]
    start_timeout: Duration,

    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print Markdown, for docs/performance.md
    #[arg(long)]
    markdown: bool,
}

impl Contest {
    /// Starts the native server, which is this binary in the mode `native`, and rusm.
    async fn start(&self, native: &str) -> anyhow::Result<Contestants> {
        let this = env::current_exe().context("cannot find the path of this binary")?;
        let mut command = Command::new(&this);
        command.args([native, "--listen", "127.0.0.1:0"]);
        if let Some(other) = &self.against {
            let mut words = other.split_whitespace();
            command = Command::new(words.next().context("--against names no command")?);
            command.args(words);
        }
        let native = Server::start("native", command, self.start_timeout).await?;

        let rusm = self.rusm.clone().unwrap_or_else(|| rusm_for(&this));
        let mut command = Command::new(rusm);
        command.arg("serve").arg(&self.app);
        let rusm = Server::start("rusm", command, self.start_timeout).await.context(
            "rusm does not serve: build it (cargo build --release), or name its binary with --rusm",
        )?;
        Ok(Contestants { native, rusm })
    }

    /// Prints the comparison in the form that was asked for.
    fn report(&self, comparison: &Comparison) -> anyhow::Result<Verdict> {
        if self.json {
            report::json(comparison)?;
        } else if self.markdown {
            report::print(&comparison.markdown())?;
        } else {
            report::print(&comparison.text())?;
        }
        Ok(if comparison.is_clean() { Verdict::Clean } else { Verdict::Errors })
    }
}

/// `5 rounds of 3s`, and what is compared with.
impl fmt::Display for Contest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rounds of {:?}", self.rounds, self.duration)?;
        match &self.against {
            Some(command) => write!(f, "; native is `{command}`"),
            None => Ok(()),
        }
    }
}

/// The `rusm` beside the binary `this`, else whichever PATH has.
fn rusm_for(this: &Path) -> PathBuf {
    let beside = this.with_file_name("rusm");
    if beside.is_file() { beside } else { PathBuf::from("rusm") }
}

/// Both servers, running.
struct Contestants {
    native: Server,
    rusm: Server,
}

impl Contestants {
    /// Gives both servers their turns, `rounds` times: in each, one is put under `load`, doing what `work`
    /// makes for it.
    async fn rounds<W: Work>(
        &mut self,
        rounds: u16,
        load: Load,
        work: impl Fn(&Server) -> anyhow::Result<W>,
    ) -> anyhow::Result<Vec<Round>> {
        let Self { native, rusm } = self;
        let drive = async |server: &Server| drive(load, work(server)?).await;
        let mut done = Vec::new();
        for round in 0..rounds {
            eprintln!("round {} of {rounds}", round + 1);
            done.push(if round % 2 == 0 {
                let native_sample = turn(native, rusm, load, &drive).await?;
                Round { native: native_sample, rusm: turn(rusm, native, load, &drive).await? }
            } else {
                let rusm_sample = turn(rusm, native, load, &drive).await?;
                Round { native: turn(native, rusm, load, &drive).await?, rusm: rusm_sample }
            });
        }
        Ok(done)
    }

    /// Stops both.
    async fn stop(self) {
        tokio::join!(self.native.stop(), self.rusm.stop());
    }
}

/// Drives `server` while `idle` waits.
async fn turn(
    server: &mut Server,
    idle: &mut Server,
    load: Load,
    drive: impl AsyncFn(&Server) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Sample> {
    let (began, before, idle_before) = (Instant::now(), server.usage()?, idle.usage()?);
    let (own_before, machine_before) = (Usage::own()?, process::machine_cpu()?);
    let outcome = drive(server).await?;
    let (after, idle_after) = (server.usage()?, idle.usage()?);
    let own = Usage::own()?.cpu_since(own_before);
    let (used, used_idle) = (after.cpu_since(before), idle_after.cpu_since(idle_before));
    let others = process::machine_cpu()?.saturating_sub(machine_before + own + used + used_idle);
    let cores = |cpu: Duration| cpu.as_secs_f64() / began.elapsed().as_secs_f64();
    Ok(Sample {
        per_second: outcome.rate(),
        cpu_us: used.as_secs_f64() * 1e6 / outcome.tally.total as f64,
        resident_bytes: after.resident,
        latency_us: outcome.tally.latency(),
        errors: outcome.tally.errors,
        idle_cores: cores(used_idle),
        generator_load: cores(own) / load.threads as f64,
        other_cores: cores(others),
    })
}
