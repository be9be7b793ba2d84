//! Graceful shutdown, by stages.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::{Context, ExitReason, Mail, MonitorRef, Pid, Runtime, SpawnOptions};

/// How long a killed process may take to come to rest: one that computes is not interrupted.
const KILLED: Duration = Duration::from_secs(5);

/// A step of [`Runtime::shutdown`]: which processes are to end, how, and within which time. [`Runtime::shutdown`] shows them at work.
pub struct Stage {
    name: Arc<str>,
    limit: Duration,
    ask: bool,
    select: Select,
}

type Select = Box<dyn FnOnce(&Runtime) -> Vec<Pid> + Send>;

impl Stage {
    /// Processes that are told to stop: each gets an exit signal with [`Shutdown`](ExitReason::Shutdown) and
    /// has `limit` to end before it is killed. They are selected when the stage begins.
    ///
    /// ```
    /// # use rusm_otp::Stage;
    /// # use std::time::Duration;
    /// let stage = Stage::stop("residents", Duration::from_secs(10), |runtime| runtime.members("residents"));
    /// ```
    pub fn stop(
        name: impl Into<Arc<str>>,
        limit: Duration,
        select: impl FnOnce(&Runtime) -> Vec<Pid> + Send + 'static,
    ) -> Self {
        Self { name: name.into(), limit, ask: true, select: Box::new(select) }
    }

    /// Processes that are to come to their own end: they are told nothing, and killed when `limit` is over.
    ///
    /// ```
    /// # use rusm_otp::Stage;
    /// # use std::time::Duration;
    /// let stage = Stage::drain("requests", Duration::from_secs(30), |runtime| runtime.members("requests"));
    /// ```
    pub fn drain(
        name: impl Into<Arc<str>>,
        limit: Duration,
        select: impl FnOnce(&Runtime) -> Vec<Pid> + Send + 'static,
    ) -> Self {
        Self { ask: false, ..Self::stop(name, limit, select) }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("name", &self.name).field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// What came of a [`Stage`].
///
/// ```
/// # use rusm_otp::{Runtime, SpawnOptions, Stage};
/// # use std::time::Duration;
/// # #[tokio::main] async fn main() {
/// # let runtime = Runtime::new();
/// let deaf = runtime.start(SpawnOptions::default(), |ctx, starting| async move {
///     ctx.trap_exit(true);
///     starting.ready(&ctx);
///     std::future::pending::<()>().await;
/// }).await.unwrap();
/// let stage = Stage::stop("all", Duration::from_millis(1), |runtime| runtime.list());
/// let report = runtime.shutdown([stage]).await;
/// assert_eq!((&*report[0].name, &report[0].killed), ("all", &vec![deaf]));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageReport {
    /// The stage; `rest` is the last one, of all that were left.
    pub name: Arc<str>,
    /// How many processes ended in time.
    pub ended: usize,
    /// Those that had to be killed.
    pub killed: Vec<Pid>,
    /// Those of the killed that had not come to rest 5 seconds later: their bodies compute without waiting.
    pub stuck: Vec<Pid>,
}

impl Runtime {
    /// Ends all processes: stage by stage, and what is left then is killed. A stage begins when all processes
    /// of the one before are gone, or given up as [stuck](StageReport::stuck).
    ///
    /// Signals come from [`Pid::NODE`], so that servers and supervisors that were started from outside any
    /// process take them for their parent's. Nobody is kept from spawning; what is spawned meanwhile is
    /// killed in the end. To be called by code that is no process, which would be killed too.
    ///
    /// # Cancel safety
    ///
    /// A shutdown that is dropped stops where it is.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions, Stage};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let worker = runtime.spawn(SpawnOptions::default(), |mut ctx| async move { ctx.receive().await; });
    /// let stages = [Stage::stop("workers", Duration::from_secs(1), move |_| vec![worker])];
    /// let report = runtime.shutdown(stages).await;
    /// assert_eq!((report[0].ended, report[0].killed.len()), (1, 0));
    /// assert!(runtime.list().is_empty());
    /// # }
    /// ```
    pub async fn shutdown(&self, stages: impl IntoIterator<Item = Stage>) -> Vec<StageReport> {
        let mut reports = Vec::new();
        for stage in stages {
            reports.push(self.end_stage(stage).await);
        }
        let mut rest: Option<StageReport> = None;
        loop {
            let round = self.end_stage(Stage::drain("rest", Duration::ZERO, Self::list)).await;
            // What a process spawned while it was being killed is in the next list.
            let done = round.killed.len() == round.stuck.len();
            match &mut rest {
                Some(rest) => rest.merge(round),
                None => rest = Some(round),
            }
            if done {
                reports.extend(rest);
                return reports;
            }
        }
    }

    async fn end_stage(&self, stage: Stage) -> StageReport {
        let Stage { name, limit, ask, select } = stage;
        // Who is in a group twice is one process.
        let pids: BTreeSet<Pid> = select(self).into_iter().collect();
        let runtime = self.clone();
        let report = StageReport { name, ended: 0, killed: Vec::new(), stuck: Vec::new() };
        let unknown = report.clone();
        let end = |mut ctx: Context| async move {
            let mut left: HashMap<MonitorRef, Pid> = HashMap::new();
            for pid in pids.into_iter().filter(|pid| *pid != ctx.pid()) {
                left.insert(ctx.monitor(pid), pid);
                if ask {
                    runtime.exit(pid, ExitReason::Shutdown);
                }
            }
            let all = left.len();
            wait_for(&mut ctx, &mut left, limit).await;
            let killed: Vec<Pid> = left.values().copied().collect();
            for pid in &killed {
                runtime.kill(*pid);
            }
            wait_for(&mut ctx, &mut left, KILLED).await;
            let stuck = left.into_values().collect();
            Ok(StageReport { ended: all - killed.len(), killed, stuck, ..report })
        };
        let end = self.run(SpawnOptions::default().label("shutdown"), end).await;
        // Someone killed the shutdown's own process: what became of the others is not known.
        end.unwrap_or_else(|_| StageReport { stuck: self.list(), ..unknown })
    }
}

/// Waits for downs until all have come or the time is up.
async fn wait_for(ctx: &mut Context, left: &mut HashMap<MonitorRef, Pid>, limit: Duration) {
    let start = Instant::now();
    while !left.is_empty() {
        let rest = limit.saturating_sub(start.elapsed());
        match ctx.receive_timeout(rest).await {
            Some(Mail::Down { monitor, .. }) => drop(left.remove(&monitor)),
            Some(_) => {}
            None => return,
        }
    }
}

impl StageReport {
    fn merge(&mut self, later: Self) {
        self.ended += later.ended;
        self.killed.extend(later.killed.into_iter().filter(|pid| !self.stuck.contains(pid)));
        self.stuck = later.stuck;
    }
}
