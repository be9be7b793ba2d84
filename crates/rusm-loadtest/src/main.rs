//! `rusm-loadtest` drives a live port from outside the server's process, and holds the native servers that
//! rusm is compared with.
//!
//! A figure from inside the server's process would share its allocator, its scheduler and its caches with
//! the thing measured. So the generator is a binary of its own, it costs as little CPU as it can (on two
//! cores, what it spends the server lacks), it checks every answer, and any error fails the run.
//!
//! One mode is one file: its arguments, what it does and what it prints.
//!
//! | module | what it holds |
//! |---|---|
//! | [`http`] | `http`: keep-alive HTTP/1.1 against a URL, and below it the client |
//! | [`ws`] | `ws`: echoes over held WebSocket connections, and below it the client |
//! | [`sse`] | `sse`: streams of events, and below it the client |
//! | [`conn`] | `conn`: WebSocket connections that come and go |
//! | [`idle`] | `idle`: the memory of a server that holds connections |
//! | [`native`] | `native-http` and its like: the servers without rusm that set the bar |
//! | [`compare`] | `compare http` and its like: both servers, alternating rounds, the ratio |
//! | [`mod@drive`] | many connections over few threads, whatever the mode does on each |
//! | [`shape`], [`run`] | arguments that modes share, and what a run prints |
//! | [`socket`] | connecting, and a deadline for what follows |
//! | [`failure`] | why an operation failed |
//! | [`tally`] | what a run counted: answers, latencies, errors by kind |
//! | [`server`] | a server as a child process, always reaped |
//! | [`process`] | CPU time and memory of a process, from `/proc` |
//! | [`report`] | text, JSON and Markdown |
//! | [`machine`] | the machine that the figures belong to |

mod args;
mod compare;
mod conn;
mod drive;
mod failure;
mod http;
mod idle;
mod machine;
mod native;
mod process;
mod report;
mod run;
mod server;
mod shape;
mod socket;
mod sse;
mod tally;
mod ws;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// Measures a live server from outside its process.
///
/// Every answer is checked: an HTTP body against the first one, an echo against what was sent, an event's
/// number against the last one's. The exit code is 0 when all were right, 1 when there was any error, 2 when
/// the command line is wrong.
#[derive(Parser)]
#[command(version, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    Http(http::Http),
    Ws(ws::Ws),
    Sse(sse::Sse),
    Conn(conn::Conn),
    #[command(subcommand)]
    Idle(idle::Idle),
    NativeHttp(native::http::NativeHttp),
    NativeWs(native::ws::NativeWs),
    NativeSse(native::sse::NativeSse),
    #[command(subcommand)]
    Compare(compare::Compare),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().mode {
        Mode::Http(mode) => attended(mode.run()),
        Mode::Ws(mode) => attended(mode.run()),
        Mode::Sse(mode) => attended(mode.run()),
        Mode::Conn(mode) => attended(mode.run()),
        Mode::Idle(mode) => attended(mode.run()),
        Mode::NativeHttp(mode) => mode.run().map(|()| Verdict::Clean),
        Mode::NativeWs(mode) => mode.run().map(|()| Verdict::Clean),
        Mode::NativeSse(mode) => mode.run().map(|()| Verdict::Clean),
        Mode::Compare(mode) => attended(mode.run()),
    };
    match outcome {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Errors) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// How a finished run went. A run that could not be made is an `Err` instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Clean,
    Errors,
}

/// Runs a mode until it is done or the user ends it.
///
/// A signal drops the mode's future, and with it every [`server::Server`] it owns, so no child outlives an
/// interrupted run.
fn attended(mode: impl Future<Output = anyhow::Result<Verdict>>) -> anyhow::Result<Verdict> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let outcome = runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::select! {
            outcome = mode => outcome,
            _ = interrupt.recv() => Err(anyhow::anyhow!("interrupted")),
            _ = terminate.recv() => Err(anyhow::anyhow!("terminated")),
            _ = hangup.recv() => Err(anyhow::anyhow!("the terminal hung up")),
        }
    });
    // The load's threads end by themselves; an interrupted run does not wait for them.
    runtime.shutdown_background();
    outcome
}
