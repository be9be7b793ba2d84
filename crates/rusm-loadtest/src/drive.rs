//! The load: many connections over few threads, each busy as soon as it is free.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::{
    runtime::{Builder, LocalOptions},
    task::JoinSet,
    time::sleep,
};

use crate::{
    failure::Failure,
    tally::{ErrorKind, Outcome, Tally, Window},
};

/// Pause of a connection after a failure, so that a server that is down is not asked in a busy loop.
const PAUSE: Duration = Duration::from_millis(10);

/// What a load does on each of its connections.
pub(crate) trait Work: Send + Sync + 'static {
    /// A connection that is kept from one step to the next.
    type Connection: 'static;

    /// Opens a connection.
    async fn open(&self) -> Result<Self::Connection, Failure>;

    /// Takes the next step and counts what was done. The step before it ended at `began`. After a failure
    /// the connection is dropped.
    async fn step(
        &self,
        connection: &mut Self::Connection,
        began: Instant,
        counter: &Counter,
    ) -> Result<Step, Failure>;

    /// Ends a connection that is still held when the time is over.
    async fn close(&self, _: Self::Connection) -> Result<(), Failure> {
        Ok(())
    }
}

/// A step that is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// When it was. What follows a step's last byte belongs to the next step's latency: less than a
    /// microsecond, for one look at the clock instead of two.
    pub(crate) ended: Instant,
    /// Whether the connection can take another.
    pub(crate) reusable: bool,
}

/// Counts what one thread of a load does.
#[derive(Debug)]
pub(crate) struct Counter {
    window: Window,
    tally: RefCell<Tally>,
}

impl Counter {
    /// Counts an operation done right that took `latency`.
    pub(crate) fn timed(&self, ended: Instant, latency: Duration, received: usize) {
        self.tally.borrow_mut().record(self.window, ended, latency, received);
    }

    /// Counts `operations` done right, of which each alone has no latency.
    pub(crate) fn done(&self, ended: Instant, operations: u64, received: usize) {
        self.tally.borrow_mut().add(self.window, ended, operations, received);
    }

    /// Counts an error that leaves the connection usable.
    pub(crate) fn error(&self, kind: ErrorKind, detail: impl FnOnce() -> String) {
        self.tally.borrow_mut().errors.count(kind, detail);
    }
}

/// How much of a [`Work`] to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    /// At least one; at most as many as connections are used.
    pub(crate) threads: usize,
    pub(crate) warmup: Duration,
    pub(crate) duration: Duration,
}

/// One thread for two cores: the server is to have the rest.
pub(crate) fn default_threads() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
}

/// Does `work` as `load` says, and returns when every operation has been done or has failed.
///
/// Dropping the future abandons the run: its threads go on until their time is over.
pub(crate) async fn drive(load: Load, work: impl Work) -> anyhow::Result<Outcome> {
    let work = Arc::new(work);
    let threads = load.threads.clamp(1, load.connections.max(1));
    // Held until every thread's connections are open, so that connecting is not measured.
    let ready = Arc::new(Barrier::new(threads));
    let mut running = JoinSet::new();
    for index in 0..threads {
        // The remainder goes to the first threads, one each.
        let connections = load.connections / threads + usize::from(index < load.connections % threads);
        let share = Load { connections, ..load };
        let (work, ready) = (work.clone(), ready.clone());
        running.spawn_blocking(move || drive_thread(share, &work, &ready));
    }
    let mut tally = Tally::new();
    while let Some(finished) = running.join_next().await {
        tally.merge(&finished.context("a load thread panicked")??);
    }
    Ok(Outcome { tally, measured_for: load.duration })
}

/// Drives one thread's share of the connections, with a runtime of its own.
fn drive_thread(load: Load, work: &Arc<impl Work>, ready: &Barrier) -> anyhow::Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    if runtime.is_err() {
        // The other threads are waiting for this one.
        ready.wait();
    }
    let runtime =
        runtime.context("cannot start a load thread's runtime: check the limit on open files (ulimit -n)")?;
    runtime.block_on(async {
        let mut opening = JoinSet::new();
        for _ in 0..load.connections {
            let work = work.clone();
            opening.spawn_local(async move { work.open().await });
        }
        let opened = opening.join_all().await;
        ready.wait();
        let opens = Instant::now() + load.warmup;
        let window = Window { opens, closes: opens + load.duration };
        let counter = Rc::new(Counter { window, tally: RefCell::new(Tally::new()) });
        let mut driving = JoinSet::new();
        for connection in opened {
            driving.spawn_local(keep_busy(work.clone(), counter.clone(), connection));
        }
        driving.join_all().await;
        Ok(Rc::try_unwrap(counter).expect("every connection has ended").tally.into_inner())
    })
}

/// Keeps one connection busy until the window closes.
async fn keep_busy<W: Work>(work: Arc<W>, counter: Rc<Counter>, opened: Result<W::Connection, Failure>) {
    let fail = |failure: Failure| counter.error(failure.kind(), || failure.to_string());
    let mut held = Some(opened);
    let mut now = Instant::now();
    while now < counter.window.closes {
        let connection = match held.take() {
            Some(connection) => connection,
            None => work.open().await,
        };
        let stepped = match connection {
            Ok(mut connection) => {
                let stepped = work.step(&mut connection, now, &counter).await;
                stepped.map(|step| (step, connection))
            }
            Err(failure) => Err(failure),
        };
        match stepped {
            Ok((step, connection)) => {
                now = step.ended;
                held = step.reusable.then_some(Ok(connection));
            }
            Err(failure) => {
                fail(failure);
                sleep(PAUSE).await;
                now = Instant::now();
            }
        }
    }
    match held {
        Some(Ok(connection)) => {
            if let Err(failure) = work.close(connection).await {
                fail(failure);
            }
        }
        Some(Err(failure)) => fail(failure),
        None => {}
    }
}
