//! The load: many connections over few threads, each asking again as soon as it is answered.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, Barrier, OnceLock},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{
    runtime::{Builder, LocalOptions},
    task::JoinSet,
    time::sleep,
};

use super::{
    connection::{Answer, Connection, Failure},
    request::Request,
    response::Sink,
};
use crate::tally::{ErrorKind, Outcome, Tally, Window};

/// Pause of a connection after a failure, so that a server that is down is not asked in a busy loop.
const PAUSE: Duration = Duration::from_millis(10);

/// What to do to a server.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) request: Request,
    pub(crate) connections: usize,
    /// At least one; at most as many as connections are used.
    pub(crate) threads: usize,
    pub(crate) warmup: Duration,
    pub(crate) duration: Duration,
    /// For connecting, and for each answer.
    pub(crate) timeout: Duration,
}

/// One thread for two cores: the server is to have the rest.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// Drives a server as `load` says, and returns when every request has been answered or has failed.
///
/// Dropping the future abandons the run: its threads go on until their time is over.
pub(crate) async fn drive(load: &Load) -> anyhow::Result<Outcome> {
    let load = Arc::new(load.clone());
    let threads = load.threads.clamp(1, load.connections.max(1));
    let shared = Arc::new(Shared { ready: Barrier::new(threads), first_body: OnceLock::new() });
    let mut running = JoinSet::new();
    for index in 0..threads {
        // The remainder goes to the first threads, one each.
        let connections = load.connections / threads + usize::from(index < load.connections % threads);
        let (load, shared) = (load.clone(), shared.clone());
        running.spawn_blocking(move || drive_thread(&load, connections, &shared));
    }
    let mut tally = Tally::new();
    while let Some(finished) = running.join_next().await {
        tally.merge(&finished.context("a load thread panicked")??);
    }
    Ok(Outcome { tally, measured_for: load.duration })
}

/// What the threads of one run share.
#[derive(Debug)]
struct Shared {
    /// Held until every thread's connections are open, so that connecting is not measured.
    ready: Barrier,
    /// The first whole body, which every other has to equal.
    first_body: OnceLock<Vec<u8>>,
}

/// Drives `connections` connections on this thread, with a runtime of its own.
fn drive_thread(load: &Arc<Load>, connections: usize, shared: &Arc<Shared>) -> anyhow::Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    if runtime.is_err() {
        // The other threads are waiting for this one.
        shared.ready.wait();
    }
    let runtime =
        runtime.context("cannot start a load thread's runtime: check the limit on open files (ulimit -n)")?;
    runtime.block_on(async {
        let tally = Rc::new(RefCell::new(Tally::new()));
        let mut opening = JoinSet::new();
        for _ in 0..connections {
            let load = load.clone();
            opening.spawn_local(async move { Connection::open(load.address, load.timeout).await });
        }
        let opened = opening.join_all().await;
        shared.ready.wait();
        let opens = Instant::now() + load.warmup;
        let window = Window { opens, closes: opens + load.duration };
        let mut driving = JoinSet::new();
        for connection in opened {
            let worker = Worker { load: load.clone(), shared: shared.clone(), tally: tally.clone(), window };
            driving.spawn_local(worker.run(connection));
        }
        driving.join_all().await;
        Ok(Rc::try_unwrap(tally).expect("every worker has ended").into_inner())
    })
}

/// Keeps one connection busy.
struct Worker {
    load: Arc<Load>,
    shared: Arc<Shared>,
    tally: Rc<RefCell<Tally>>,
    window: Window,
}

impl Worker {
    async fn run(self, opened: Result<Connection, Failure>) {
        let mut held = self.keep(opened).await;
        let mut now = Instant::now();
        while now < self.window.closes {
            let Some(connection) = &mut held else {
                held = self.keep(Connection::open(self.load.address, self.load.timeout).await).await;
                now = Instant::now();
                continue;
            };
            // What follows one answer's last byte belongs to the next request's latency: less than a
            // microsecond, for one look at the clock instead of two.
            let began = now;
            let mut check = Check::new(self.shared.first_body.get());
            let result = connection.exchange(&self.load.request, began, &mut check).await;
            now = Instant::now();
            match result {
                Ok(answer) => {
                    self.count(&answer, check, began, now);
                    if !answer.completed.keep_alive {
                        held = None;
                    }
                }
                Err(failure) => {
                    held = self.keep(Err(failure)).await;
                    now = Instant::now();
                }
            }
        }
    }

    /// The connection, or `None` after counting the failure and a pause.
    async fn keep(&self, opened: Result<Connection, Failure>) -> Option<Connection> {
        match opened {
            Ok(connection) => Some(connection),
            Err(failure) => {
                self.tally.borrow_mut().errors.count(failure.kind(), || failure.to_string());
                sleep(PAUSE).await;
                None
            }
        }
    }

    fn count(&self, answer: &Answer, check: Check<'_>, began: Instant, ended: Instant) {
        let mut tally = self.tally.borrow_mut();
        let status = answer.completed.status;
        let same = check.settle(&self.shared.first_body);
        if !(200..300).contains(&status) {
            tally.errors.count(ErrorKind::Status(status), || format!("the server answered {status}"));
        } else if !same {
            tally.errors.count(ErrorKind::Body, || "a body differs from the first one".to_owned());
        } else {
            tally.record(self.window, began, ended, answer.received);
        }
    }
}

/// Compares a body with the first one as it arrives, or keeps it when there is none yet.
enum Check<'a> {
    Collect(Vec<u8>),
    /// What the rest of the body has to be; `None` once something differed.
    Expect(Option<&'a [u8]>),
}

impl<'a> Check<'a> {
    fn new(first: Option<&'a Vec<u8>>) -> Self {
        first.map_or_else(|| Self::Collect(Vec::new()), |first| Self::Expect(Some(first)))
    }

    /// Whether the body, now whole, was that of the first answer; it becomes the first if there is none.
    fn settle(self, first: &OnceLock<Vec<u8>>) -> bool {
        match self {
            Self::Expect(rest) => rest.is_some_and(<[u8]>::is_empty),
            Self::Collect(body) => match first.set(body) {
                Ok(()) => true,
                Err(body) => first.get() == Some(&body),
            },
        }
    }
}

impl Sink for Check<'_> {
    fn head(&mut self, _: &httparse::Response<'_, '_>) {}

    fn body(&mut self, part: &[u8]) {
        match self {
            Self::Collect(body) => body.extend_from_slice(part),
            Self::Expect(rest) => *rest = rest.and_then(|rest| rest.strip_prefix(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a body that comes in `parts` passes as `first`.
    fn passes(first: &str, parts: &[&str]) -> bool {
        let first = OnceLock::from(first.as_bytes().to_vec());
        let mut check = Check::new(first.get());
        for part in parts {
            check.body(part.as_bytes());
        }
        check.settle(&first)
    }

    #[test]
    fn a_body_has_to_equal_the_first() {
        assert!(passes("hello", &["hello"]));
        assert!(passes("hello", &["he", "", "llo"]));
        assert!(passes("", &[]));
        assert!(!passes("hello", &["hellO"]));
        assert!(!passes("hello", &["hell"]));
        assert!(!passes("hello", &["hello", "!"]));
        assert!(!passes("hello", &["x", "hello"]));
    }

    #[test]
    fn of_two_first_bodies_one_wins() {
        let first = OnceLock::new();
        let begin = |body: &str| {
            let mut check = Check::new(first.get());
            check.body(body.as_bytes());
            check
        };
        let (one, same, other) = (begin("a"), begin("a"), begin("b"));
        assert!(one.settle(&first));
        assert!(same.settle(&first));
        assert!(!other.settle(&first));
    }
}
