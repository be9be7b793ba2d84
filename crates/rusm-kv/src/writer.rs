//! The one thread that writes.
//!
//! It takes all writes that wait into one transaction and answers them when its commit is on disk. While the
//! disk is busy others come to wait, and make the next group: the more callers, the larger the groups.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redb::Database;

use crate::Failure;
use crate::WriteError;
use crate::apply::{Broken, Work};
use crate::change::Change;
use crate::queue::{Gather, Request};
use crate::store::Shared;
use crate::sweep;
use crate::view::View;
use crate::write::Answer;

/// The part of a commit's time that is spent at most to wait for company.
const GATHER: u32 = 8;

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) database: Database,
    pub(crate) sweep_interval: Duration,
    pub(crate) checkpoint_after: Duration,
    /// What is being committed. Here, so that a panic leaves nobody waiting.
    in_flight: Vec<Request>,
    /// For whom to wait before the next group.
    gather: Gather,
    next_due: Option<u64>,
    dropped: bool,
    /// The last commit, unless a checkpoint came after it.
    last_commit: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        database: Database,
        sweep_interval: Duration,
        checkpoint_after: Duration,
    ) -> Result<Self, Broken> {
        let mut this = Self {
            shared,
            database,
            sweep_interval,
            checkpoint_after,
            in_flight: Vec::new(),
            gather: Gather::default(),
            next_due: None,
            dropped: false,
            last_commit: None,
        };
        this.show()?;
        Ok(this)
    }

    /// Serves until the store is closed or fails, and gives the database back to be closed.
    pub(crate) fn run(mut self) -> Database {
        let served = catch_unwind(AssertUnwindSafe(|| self.serve()));
        let broken = match served {
            Ok(Ok(())) => return self.database,
            Ok(Err(broken)) => broken,
            Err(panic) => format!("the writer panicked: {}", text_of(&*panic)).into(),
        };
        let failure = Failure::new(&self.shared.name, broken);
        for request in self.in_flight {
            request.answer(Err(WriteError::Failed(failure.clone())));
        }
        self.shared.queue.fail(&failure);
        self.database
    }

    fn serve(&mut self) -> Result<(), Broken> {
        while let Some(group) = self.shared.queue.take(self.patience(), std::mem::take(&mut self.gather)) {
            if !group.is_empty() {
                self.commit(group)?;
            } else if self.must_sweep() {
                self.transact(sweep::STEP)?;
            } else if self.checkpoint_in() == Some(Duration::ZERO) {
                self.checkpoint()?;
            }
        }
        Ok(())
    }

    /// How long to wait for a write before something else is to be done, if ever.
    fn patience(&self) -> Option<Duration> {
        if self.must_sweep() {
            return Some(Duration::ZERO);
        }
        let sweep = self.next_due.map(|_| self.sweep_interval);
        [sweep, self.checkpoint_in()].into_iter().flatten().min()
    }

    fn must_sweep(&self) -> bool {
        self.dropped || self.next_due.is_some_and(|due| due <= self.shared.clock.now())
    }

    fn checkpoint_in(&self) -> Option<Duration> {
        self.last_commit.map(|commit| self.checkpoint_after.saturating_sub(commit.elapsed()))
    }

    fn commit(&mut self, group: Vec<Request>) -> Result<(), Broken> {
        self.in_flight = group;
        let asked = self.in_flight.iter().any(|request| matches!(request.change, Change::Sweep));
        let sweep = if asked {
            sweep::STEP
        } else if self.must_sweep() {
            sweep::beside(self.in_flight.len())
        } else {
            0
        };
        let started = Instant::now();
        let answers = self.transact(sweep)?;
        if self.in_flight.len() > 1 {
            self.gather = Gather { requests: self.in_flight.len(), moment: started.elapsed() / GATHER };
        }
        for (request, answer) in self.in_flight.drain(..).zip(answers) {
            request.answer(answer);
        }
        Ok(())
    }

    /// Sweeps so many rows, does what is in flight, and commits. Every answer is true when this returns.
    fn transact(&mut self, sweep: usize) -> Result<Vec<Result<Answer, WriteError>>, Broken> {
        let transaction = self.database.begin_write()?;
        let mut work = Work::open(&transaction, self.shared.clock.now())?;
        if sweep > 0 {
            work.sweep(sweep)?;
        }
        let answers = self.in_flight.iter().map(|it| work.apply(&it.change)).collect::<Result<_, _>>()?;
        if work.finish()? {
            transaction.commit()?;
            self.last_commit = Some(Instant::now());
            self.show()?;
        } else {
            // A compare-and-set that did not hold needs no disk: what it saw is there already.
            transaction.abort()?;
        }
        Ok(answers)
    }

    /// Lets readers see the last commit.
    fn show(&mut self) -> Result<(), Broken> {
        let view = View::open(&self.database)?;
        self.next_due = view.next_due()?;
        self.dropped = view.dropped;
        *self.shared.view.write() = Some(Arc::new(view));
        Ok(())
    }

    /// Records which pages are free, which redb finds out from the whole file otherwise when it is opened after a
    /// crash. Twice the cost of a commit, so it is done when nobody waits.
    fn checkpoint(&mut self) -> Result<(), Broken> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        transaction.commit()?;
        self.last_commit = None;
        self.show()
    }
}

/// What a panic says, if it is text.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
