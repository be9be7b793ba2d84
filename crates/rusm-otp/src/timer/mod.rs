//! Timers: messages that are sent later.
//!
//! All timers of a runtime stand in one [`Wheel`], under one lock. One task ([`driver`]) sleeps until the next
//! is due; it is started when the first timer is set. A timer belongs to the process that it will send to,
//! and goes with it.
//!
//! Time is counted in milliseconds from the making of the runtime. Deadlines are rounded up and the present
//! down, so nothing fires early.
//!
//! Of the locks, the one here is taken last and no other while it is held. Messages are sent, and foreign
//! values cloned and dropped, outside it.

mod api;
mod driver;
#[cfg(test)]
mod model;
mod owners;
mod slab;
mod wheel;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::slab::Key;
use self::wheel::Wheel;
use crate::contain::contain_drop;
use crate::runtime::Shared;
use crate::sync::Mutex;
use crate::{Payload, Pid};

pub use self::api::TimerRef;

/// A tick that does not come: the driver sleeps until it is woken.
const PARKED: u64 = u64::MAX;

/// All timers of a runtime.
pub(crate) struct Timers {
    epoch: Instant,
    state: Mutex<State>,
    /// Wakes the driver.
    bell: Arc<Notify>,
}

struct State {
    wheel: Wheel<Entry>,
    /// The tick at which the driver looks again by itself.
    wakes_at: u64,
    has_driver: bool,
}

/// What a timer does.
enum Entry {
    Once { from: Pid, payload: Payload },
    Interval(Arc<Interval>),
}

/// Of 88 bytes a timer, 48 are what it sends. Beside that there is the owner's place in a map.
const _: () = assert!(size_of::<Entry>() == 48 && size_of::<wheel::Node<Entry>>() == 80);

struct Interval<F: ?Sized = dyn FnMut() -> Payload + Send> {
    from: Pid,
    /// When the interval was set: ticks are counted from here, so that they do not drift.
    start: Duration,
    period: Duration,
    /// Makes the message. Only the driver calls it, so the lock is never waited for; it lets the closure be
    /// shared between threads.
    message: parking_lot::Mutex<F>,
}

impl Interval {
    /// The first time that is later than now and a whole number of periods from the start.
    fn next(&self, now: Duration) -> Duration {
        let period = self.period.as_nanos();
        let passed = now.saturating_sub(self.start).as_nanos() / period;
        // Neither can overflow: a period that has passed is not long, and one that has not counts once.
        self.start.saturating_add(Duration::from_nanos_u128(passed * period)).saturating_add(self.period)
    }
}

impl Timers {
    pub(crate) fn new(handle: &Handle) -> Self {
        // The clock is the tokio runtime's own, which its tests may pause.
        let _tokio = handle.enter();
        Self {
            epoch: Instant::now(),
            state: Mutex::new(State { wheel: Wheel::new(), wakes_at: PARKED, has_driver: false }),
            bell: Arc::new(Notify::new()),
        }
    }

    /// The time since the epoch.
    fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.epoch)
    }

    fn remove(&self, key: Key) -> Option<Duration> {
        let removed = self.state.lock().wheel.remove(key)?;
        Some(self.left(removed.deadline))
    }

    fn read(&self, key: Key) -> Option<Duration> {
        let deadline = self.state.lock().wheel.get(key)?.deadline;
        Some(self.left(deadline))
    }

    fn left(&self, deadline: u64) -> Duration {
        Duration::from_millis(deadline).saturating_sub(self.now())
    }

    /// Cancels all that would be sent to a process that ended.
    pub(crate) fn remove_all(&self, owner: Pid) {
        let removed = self.state.lock().wheel.remove_owner(owner);
        for entry in removed {
            let _ = contain_drop(entry);
        }
    }
}

impl Drop for Timers {
    fn drop(&mut self) {
        // The driver looks, finds the runtime gone, and ends.
        self.bell.notify_one();
    }
}

impl Shared {
    fn set_timer(self: &Arc<Self>, to: Pid, due: Duration, entry: Entry) -> TimerRef {
        match self.table.lock(to) {
            Some(mut process) => process.has_timers = true,
            None => return TimerRef::NONE,
        }
        let deadline = tick_at_or_after(due);
        let (key, is_first, is_earlier) = {
            let mut state = self.timers.state.lock();
            let key = state.wheel.insert(deadline, to, entry);
            let is_first = !std::mem::replace(&mut state.has_driver, true);
            let is_earlier = deadline < state.wakes_at;
            state.wakes_at = state.wakes_at.min(deadline);
            (key, is_first, is_earlier)
        };
        if is_first {
            self.handle.spawn(driver::drive(Arc::downgrade(self), self.timers.bell.clone()));
        } else if is_earlier {
            self.timers.bell.notify_one();
        }
        // It may have ended, and its timers gone, after it was asked and before this one was set.
        if self.table.lock(to).is_none() {
            self.timers.remove(key);
        }
        TimerRef::of(key)
    }
}

/// The first tick that is not before a time. Beyond all ticks it is the last.
fn tick_at_or_after(time: Duration) -> u64 {
    let started = u128::from(!time.subsec_nanos().is_multiple_of(1_000_000));
    (time.as_millis() + started).try_into().unwrap_or(u64::MAX)
}

/// The last tick that is not after a time.
fn tick_at_or_before(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
