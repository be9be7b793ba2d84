//! A server under test, as a child process.
//!
//! However a run ends, the child ends with it: a [`Server`] that is dropped kills its whole process group
//! and reaps it.

mod output;

use std::{
    fmt::Write as _,
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr},
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use thiserror::Error;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

use self::output::{ANNOUNCEMENT, Output, watch};
use crate::process::Usage;

/// How long a server may take to stop after SIGTERM before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// Why a server is not there to be measured.
#[derive(Debug, Error)]
pub(crate) enum ServerError {
    #[error("cannot start {name} (`{command}`): {source}")]
    Spawn { name: &'static str, command: String, source: io::Error },
    #[error("{name} ended ({status}) before it listened{output}")]
    Ended { name: &'static str, status: ExitStatus, output: Output },
    #[error("{name} did not print `{ANNOUNCEMENT}PORT` within {limit:?}{output}")]
    Silent { name: &'static str, limit: Duration, output: Output },
    #[error("{name} ended ({status}) while it was measured{output}")]
    Died { name: &'static str, status: ExitStatus, output: Output },
    #[error("cannot observe {name}: {source}")]
    Observe { name: &'static str, source: io::Error },
}

/// A server that runs and listens.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    address: SocketAddr,
    output: Output,
    reaped: bool,
}

impl Server {
    /// Starts `command` and waits up to `limit` until it has printed where it listens.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        limit: Duration,
    ) -> Result<Self, ServerError> {
        // A process group of its own: a terminal's Ctrl-C is then this process's to pass on, and what the
        // child starts in its turn can be ended with it.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().map_err(|source| ServerError::Spawn {
            name,
            command: shown(&command),
            source,
        })?;
        let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self { name, child, address: unknown, output: Output::default(), reaped: false };

        let (announce, mut announced) = mpsc::unbounded_channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            server.child.stdout.take().map(|stream| Box::new(stream) as _),
            server.child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let (output, announce) = (server.output.clone(), announce.clone());
            thread::spawn(move || watch(stream, &output, &announce));
        }
        drop(announce);

        match timeout(limit, announced.recv()).await {
            Ok(Some(port)) => {
                server.address.set_port(port);
                Ok(server)
            }
            // Both streams have ended, so the child has, or is about to.
            Ok(None) if server.ended_within(limit).await => {
                let status = server.end().map_err(|source| ServerError::Observe { name, source })?;
                Err(ServerError::Ended { name, status, output: server.output.clone() })
            }
            _ => Err(ServerError::Silent { name, limit, output: server.output.clone() }),
        }
    }

    /// What it is called in a report.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// CPU time and memory of the child itself, not of what it started. An error when it has ended.
    pub(crate) fn usage(&mut self) -> Result<Usage, ServerError> {
        let name = self.name;
        let observe = |source| ServerError::Observe { name, source };
        if self.has_ended() {
            let status = self.end().map_err(observe)?;
            return Err(ServerError::Died { name, status, output: self.output.clone() });
        }
        Usage::of(self.child.id()).map_err(observe)
    }

    /// Asks it to stop and waits until it has; kills it when that takes too long.
    pub(crate) async fn stop(mut self) {
        if let Some(pid) = self.pid().filter(|_| !self.reaped) {
            let _ = kill_process(pid, Signal::TERM);
        }
        self.ended_within(STOP_LIMIT).await;
    }

    /// Waits for the child's end, and says whether it came.
    async fn ended_within(&mut self, limit: Duration) -> bool {
        let due = Instant::now() + limit;
        while !self.has_ended() {
            if Instant::now() >= due {
                return false;
            }
            sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Whether the child has ended. Leaves it unreaped, so that its pid stays its own.
    fn has_ended(&self) -> bool {
        let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.reaped || self.pid().is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), peek), Ok(None)))
    }

    /// Kills what is left of the child and its process group, and reaps the child.
    fn end(&mut self) -> io::Result<ExitStatus> {
        // The group's id is the child's pid, which no one else can get before the child is reaped.
        if let Some(group) = self.pid().filter(|_| !self.reaped) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let status = self.child.wait()?;
        self.reaped = true;
        Ok(status)
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// A command as it could be typed.
fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Whether the process still exists, be it as a zombie.
    fn exists(pid: u32) -> bool {
        std::path::Path::new(&format!("/proc/{pid}")).exists()
    }

    #[tokio::test]
    async fn an_announcement_in_pieces_on_stderr() {
        let script =
            "printf 'starting\\nat http://127.0' >&2; printf '.0.1:12' >&2; echo 34 >&2; exec sleep 60";
        let mut server = Server::start("fake", shell(script), LONG).await.expect("it announces a port");
        assert_eq!(server.address(), SocketAddr::from(([127, 0, 0, 1], 1234)));
        assert!(server.usage().expect("it runs").resident > 0);
    }

    #[tokio::test]
    async fn a_start_that_fails_shows_the_output() {
        let error =
            Server::start("fake", shell("echo no manifest >&2; exit 3"), LONG).await.expect_err("it ends");
        let message = error.to_string();
        assert!(matches!(error, ServerError::Ended { .. }), "{message}");
        assert!(message.contains("exit status: 3") && message.contains("| no manifest"), "{message}");
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up() {
        let limit = Duration::from_millis(50);
        let error = Server::start("fake", shell("exec sleep 60"), limit).await.expect_err("it says nothing");
        assert!(matches!(error, ServerError::Silent { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there() {
        let error =
            Server::start("fake", Command::new("/no/such/rusm"), LONG).await.expect_err("nothing to run");
        assert!(error.to_string().contains("/no/such/rusm"), "{error}");
    }

    #[tokio::test]
    async fn dropping_ends_the_whole_group() {
        let script = "sleep 60 & echo $!; echo http://127.0.0.1:1; wait";
        let server = Server::start("fake", shell(script), LONG).await.expect("it announces a port");
        let child = server.child.id();
        let printed = server.output.to_string();
        let grandchild =
            printed.split(|c: char| !c.is_ascii_digit()).find_map(|word| word.parse::<u32>().ok());
        let grandchild = grandchild.expect("the script prints its child's pid first");
        drop(server);
        assert!(!exists(child), "killed and reaped");
        // Whoever adopts the grandchild may reap it late.
        let state = || std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
        while !(state().is_empty() || state().contains(") Z")) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn stopping_is_gentle_first() {
        let script =
            "trap 'echo stopped; exit 0' TERM; echo http://127.0.0.1:1; while :; do sleep 0.01; done";
        let server = Server::start("fake", shell(script), LONG).await.expect("it announces a port");
        let (child, output) = (server.child.id(), server.output.clone());
        server.stop().await;
        assert!(!exists(child));
        // The reader thread may still be at work on the last line.
        while !output.to_string().contains("stopped") {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_server_that_dies_is_noticed() {
        let mut server =
            Server::start("fake", shell("echo http://127.0.0.1:1; exit 1"), LONG).await.expect("a port");
        assert!(server.ended_within(LONG).await);
        assert!(matches!(server.usage(), Err(ServerError::Died { .. })));
    }
}
