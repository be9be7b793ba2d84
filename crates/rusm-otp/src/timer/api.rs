//! What users call.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::slab::Key;
use super::{Entry, Interval};
use crate::runtime::Shared;
use crate::{Context, Payload, Pid, Runtime};

/// Names one timer. No other timer of the runtime gets the same name, before or after.
///
/// ```
/// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
/// # use std::time::Duration;
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
/// let timer = ctx.send_after(Duration::from_secs(5), ctx.pid(), "later");
/// assert_ne!(timer, ctx.send_after(Duration::from_secs(5), ctx.pid(), "later"));
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerRef(u64);

impl TimerRef {
    /// Of a timer that was not set since its receiver is dead.
    pub(super) const NONE: TimerRef = TimerRef(0);

    pub(super) fn of(key: Key) -> Self {
        Self(key.as_u64())
    }

    fn key(self) -> Key {
        Key::from_u64(self.0)
    }

    /// The number of this timer, as it travels to guests.
    ///
    /// ```
    /// # use rusm_otp::TimerRef;
    /// assert_eq!(TimerRef::from_u64(3).as_u64(), 3);
    /// ```
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The timer with this number. One that was never given out names no timer.
    ///
    /// ```
    /// # use rusm_otp::TimerRef;
    /// assert_eq!(TimerRef::from_u64(3), TimerRef::from_u64(3));
    /// ```
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

/// # Timers
///
/// A timer sends a message later. It counts in milliseconds, never fires early, and on an idle node fires
/// within two milliseconds of its time (the timers of tokio, on which it waits, are a millisecond coarse too).
/// Timers to one process fire in the order of their times, rounded up to a millisecond, and within one
/// millisecond in the order they were set.
///
/// A timer goes with the process it sends to. It does not go with the one that set it, which may well be dead
/// when the message arrives. None fires when the tokio runtime has shut down.
///
/// To set and to cancel take constant time, however many pend. A pending timer costs some 100 bytes and what
/// its message owns.
impl Context {
    /// Sends a message after a delay (`erlang:send_after/3`), stamped with this process's pid.
    ///
    /// If the receiver is dead, nothing is set, and the result names no timer. A delay that no clock can count
    /// is for ever. Where Erlang's `start_timer/3` puts the timer's reference into the message, to tell a
    /// timeout that matters from one that came too late to cancel, let the message carry a number of its own.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send_after(Duration::from_millis(20), ctx.pid(), "then");
    /// ctx.send_after(Duration::from_millis(10), ctx.pid(), "first");
    /// for text in ["first", "then"] {
    ///     let Mail::Message { from, payload } = ctx.receive().await else { unreachable!() };
    ///     assert_eq!((from, payload.as_bytes()), (ctx.pid(), Some(text.as_bytes())));
    /// }
    /// # Ok(()) }).await }
    /// ```
    pub fn send_after(&self, delay: Duration, to: Pid, payload: impl Into<Payload>) -> TimerRef {
        self.runtime.0.send_after(self.pid, delay, to, payload.into())
    }

    /// Sends a message again and again (`timer:send_interval/3`), stamped with this process's pid, until the
    /// receiver ends or the timer is cancelled.
    ///
    /// The first comes after one period. All are counted from the start, so they do not drift. When the node
    /// is late by a period or more, or the period is shorter than a millisecond, the messages that were missed
    /// are skipped, not sent in a burst. Each is a clone of `payload`; should `clone` panic, the interval ends.
    ///
    /// # Panics
    ///
    /// If the period is zero, where Erlang answers `badarg`.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let timer = ctx.send_interval(Duration::from_millis(10), ctx.pid(), "tick");
    /// for _ in 0..3 {
    ///     let Mail::Message { payload, .. } = ctx.receive().await else { unreachable!() };
    ///     assert_eq!(payload.as_bytes(), Some(&b"tick"[..]));
    /// }
    /// assert!(ctx.cancel_timer(timer).is_some());
    /// # Ok(()) }).await }
    /// ```
    pub fn send_interval<P>(&self, period: Duration, to: Pid, payload: P) -> TimerRef
    where
        P: Into<Payload> + Clone + Send + 'static,
    {
        self.runtime.0.send_interval(self.pid, period, to, payload)
    }

    /// Cancels a timer, whoever set it (`erlang:cancel_timer/1`), and tells how much time was left: for an
    /// interval, until its next message.
    ///
    /// With `Some` the message was not sent and never will be. `None` says that it fired, was cancelled
    /// before, went with its receiver, or never was. As in Erlang, a message that fired may be just on its
    /// way; so may, at either answer, the last one of an interval.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let timer = ctx.send_after(Duration::from_millis(50), ctx.pid(), "never");
    /// if ctx.cancel_timer(timer).is_some() {
    ///     assert!(ctx.receive_timeout(Duration::from_millis(100)).await.is_none());
    /// }
    /// assert_eq!(ctx.cancel_timer(timer), None);
    /// # Ok(()) }).await }
    /// ```
    pub fn cancel_timer(&self, timer: TimerRef) -> Option<Duration> {
        self.runtime.cancel_timer(timer)
    }

    /// How much time a timer has left (`erlang:read_timer/1`): for an interval, until its next message. `None`
    /// as of [`cancel_timer`](Self::cancel_timer).
    ///
    /// It counts to the millisecond that the timer waits for, so just after setting it can be a little more
    /// than was asked. Zero says that it is about to fire.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// let timer = ctx.send_after(Duration::from_mins(1), ctx.pid(), "later");
    /// assert!(ctx.read_timer(timer).unwrap() > Duration::ZERO);
    /// # Ok(()) }).await }
    /// ```
    pub fn read_timer(&self, timer: TimerRef) -> Option<Duration> {
        self.runtime.read_timer(timer)
    }
}

/// # Timers
///
/// The rules are given with [`Context::send_after`] and its kin.
impl Runtime {
    /// [`Context::send_after`] from outside any process: the receiver sees [`Pid::NODE`] as the sender.
    ///
    /// ```
    /// # use rusm_otp::{Mail, Pid, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let (done, was_done) = tokio::sync::oneshot::channel();
    /// let pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
    ///     let Mail::Message { from, .. } = ctx.receive().await else { unreachable!() };
    ///     done.send(from).unwrap();
    /// });
    /// runtime.send_after(Duration::from_millis(10), pid, "time is up");
    /// assert_eq!(was_done.await, Ok(Pid::NODE));
    /// # }
    /// ```
    pub fn send_after(&self, delay: Duration, to: Pid, payload: impl Into<Payload>) -> TimerRef {
        self.0.send_after(Pid::NODE, delay, to, payload.into())
    }

    /// [`Context::send_interval`] from outside any process: the receiver sees [`Pid::NODE`] as the sender.
    ///
    /// # Panics
    ///
    /// If the period is zero.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let (done, was_done) = tokio::sync::oneshot::channel();
    /// let pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
    ///     ctx.receive().await;
    ///     ctx.receive().await;
    ///     done.send(()).unwrap();
    /// });
    /// runtime.send_interval(Duration::from_millis(10), pid, "tick");
    /// was_done.await.unwrap();
    /// # }
    /// ```
    pub fn send_interval<P>(&self, period: Duration, to: Pid, payload: P) -> TimerRef
    where
        P: Into<Payload> + Clone + Send + 'static,
    {
        self.0.send_interval(Pid::NODE, period, to, payload)
    }

    /// See [`Context::cancel_timer`].
    ///
    /// ```
    /// # use rusm_otp::{Runtime, TimerRef};
    /// # #[tokio::main] async fn main() {
    /// assert_eq!(Runtime::new().cancel_timer(TimerRef::from_u64(7)), None);
    /// # }
    /// ```
    pub fn cancel_timer(&self, timer: TimerRef) -> Option<Duration> {
        self.0.timers.remove(timer.key())
    }

    /// See [`Context::read_timer`].
    ///
    /// ```
    /// # use rusm_otp::{Runtime, TimerRef};
    /// # #[tokio::main] async fn main() {
    /// assert_eq!(Runtime::new().read_timer(TimerRef::from_u64(7)), None);
    /// # }
    /// ```
    pub fn read_timer(&self, timer: TimerRef) -> Option<Duration> {
        self.0.timers.read(timer.key())
    }
}

impl Shared {
    fn send_after(self: &Arc<Self>, from: Pid, delay: Duration, to: Pid, payload: Payload) -> TimerRef {
        let due = self.timers.now().saturating_add(delay);
        self.set_timer(to, due, Entry::Once { from, payload })
    }

    fn send_interval<P>(self: &Arc<Self>, from: Pid, period: Duration, to: Pid, payload: P) -> TimerRef
    where
        P: Into<Payload> + Clone + Send + 'static,
    {
        assert!(!period.is_zero(), "badarg: an interval of no time");
        let start = self.timers.now();
        let message = Mutex::new(move || payload.clone().into());
        let interval = Arc::new(Interval { from, start, period, message });
        self.set_timer(to, start.saturating_add(period), Entry::Interval(interval))
    }
}
