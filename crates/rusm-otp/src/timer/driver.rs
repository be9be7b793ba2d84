//! The task that waits until timers are due and delivers them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::slab::Key;
use super::{Entry, PARKED, State, Timers, tick_at_or_after, tick_at_or_before};
use crate::contain::contain;
use crate::runtime::Shared;
use crate::{Mail, Payload, Pid};

/// How many timers are delivered before other tasks get their turn.
const BATCH: usize = 128;

/// An `Instant` cannot be moved by any `Duration`, so a far deadline is reached in steps.
const LONGEST_SLEEP: Duration = Duration::from_hours(24);

/// A timer that was due, on its way.
struct Fired {
    key: Key,
    to: Pid,
    entry: Entry,
}

enum Next {
    /// More is due: others first, then on.
    Yield,
    Sleep(Instant),
    /// Nothing pends.
    Park,
}

/// Runs until the runtime is gone. It does not keep the runtime alive, since whoever can receive does that.
pub(super) async fn drive(shared: Weak<Shared>, bell: Arc<Notify>) {
    loop {
        let Some(next) = shared.upgrade().map(|shared| shared.deliver_due()) else { return };
        match next {
            Next::Yield => tokio::task::yield_now().await,
            Next::Sleep(until) => drop(timeout_at(until, bell.notified()).await),
            Next::Park => bell.notified().await,
        }
    }
}

impl Shared {
    /// Delivers what is due, a batch at most, and tells what to do next.
    fn deliver_due(&self) -> Next {
        let (batch, next) = self.timers.fire();
        for Fired { key, to, entry } in batch {
            // If the receiver or the interval is gone a foreign destructor runs here. Its panic has no one to
            // reach.
            let _ = contain(|| {
                if let Some((from, payload)) = self.timers.message(key, entry) {
                    self.send(to, Mail::Message { from, payload });
                }
            });
        }
        next
    }
}

impl Timers {
    fn fire(&self) -> (Vec<Fired>, Next) {
        let mut batch = Vec::new();
        let now = self.now();
        let mut state = self.state.lock();
        while batch.len() < BATCH {
            let Some(key) = state.wheel.due(tick_at_or_before(now)) else {
                state.wakes_at = state.wheel.next_expiry().unwrap_or(PARKED);
                return (batch, self.until(state.wakes_at, now));
            };
            batch.extend(state.fire(key, now));
        }
        // It looks again before it sleeps, so that until then nobody needs to wake it.
        state.wakes_at = 0;
        (batch, Next::Yield)
    }

    fn until(&self, tick: u64, now: Duration) -> Next {
        if tick == PARKED {
            return Next::Park;
        }
        let sleep = Duration::from_millis(tick).saturating_sub(now);
        Next::Sleep(self.epoch + now + sleep.min(LONGEST_SLEEP))
    }

    /// What a timer says, and for whom. An interval whose message cannot be cloned without a panic ends.
    fn message(&self, key: Key, entry: Entry) -> Option<(Pid, Payload)> {
        match entry {
            Entry::Once { from, payload } => Some((from, payload)),
            Entry::Interval(interval) => {
                let payload = contain(|| (interval.message.lock())());
                if payload.is_err() {
                    self.remove(key);
                }
                Some((interval.from, payload.ok()?))
            }
        }
    }
}

impl State {
    /// Takes a timer that is due out of the wheel; an interval stays in it, with its next deadline.
    fn fire(&mut self, key: Key, now: Duration) -> Option<Fired> {
        let node = self.wheel.get(key)?;
        let to = node.owner;
        let entry = match &node.entry {
            Entry::Once { .. } => self.wheel.remove(key)?.entry,
            Entry::Interval(interval) => {
                let interval = interval.clone();
                self.wheel.postpone(key, tick_at_or_after(interval.next(now)));
                Entry::Interval(interval)
            }
        };
        Some(Fired { key, to, entry })
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::time::Duration;

    use crate::{Runtime, SpawnOptions};

    /// Timers keep no runtime alive, and the driver goes when the runtime does.
    #[tokio::test]
    async fn nothing_is_left_behind() {
        let runtime = Runtime::new();
        let handle = runtime.0.handle.clone();
        let pid = runtime.spawn(SpawnOptions::default(), |_ctx| pending::<()>());
        runtime.send_after(Duration::from_hours(1), pid, "never");
        tokio::task::yield_now().await;
        assert_eq!(handle.metrics().num_alive_tasks(), 2, "the process and the driver");

        let shared = Arc::downgrade(&runtime.0);
        runtime.kill(pid);
        drop(runtime);
        while handle.metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(shared.upgrade().is_none());
    }
}
