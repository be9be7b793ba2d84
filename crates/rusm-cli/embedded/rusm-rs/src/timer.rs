//! Messages that come later.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::bindings::rusm::runtime::timer as host;
use crate::process::Pid;
use crate::wire;

/// A message that is to come; see [`send_after`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer(u64);

/// Why a timer was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimerError {
    /// The message is longer than this many bytes, which is the most that one may be.
    TooLong(u64),
    /// The process has this many timers pending, which is the most that it may have.
    TooMany(u64),
    /// An interval of nothing.
    NoTime,
    /// More of this process's messages are under way than it may have memory.
    Full,
}

impl fmt::Display for TimerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimerError::TooLong(limit) => write!(f, "a message is at most {limit} bytes"),
            TimerError::TooMany(limit) => write!(f, "a process has at most {limit} timers"),
            TimerError::NoTime => f.write_str("an interval is longer than nothing"),
            TimerError::Full => {
                f.write_str("more of this process's messages are under way than it may have memory")
            }
        }
    }
}

impl std::error::Error for TimerError {}

impl From<host::TimerError> for TimerError {
    fn from(error: host::TimerError) -> Self {
        match error {
            host::TimerError::TooLong(limit) => TimerError::TooLong(limit),
            host::TimerError::TooMany(limit) => TimerError::TooMany(limit),
            host::TimerError::NoTime => TimerError::NoTime,
            host::TimerError::Full => TimerError::Full,
        }
    }
}

/// Sends a value from this process when `delay` is over, unless this process has ended by then.
///
/// ```no_run
/// use std::time::Duration;
/// use rusm_rs::process::{self, Pid};
/// use rusm_rs::timer;
///
/// let reminder = timer::send_after(Duration::from_secs(30), Pid::own(), &"time is up")?;
/// // ...
/// timer::cancel(reminder);
/// # Ok::<_, timer::TimerError>(())
/// ```
///
/// # Errors
///
/// If the message is too long, there are too many timers, or no room for the message.
///
/// # Panics
///
/// If the value cannot be [sent](crate::wire).
pub fn send_after<T: Serialize + ?Sized>(delay: Duration, to: Pid, value: &T) -> Result<Timer, TimerError> {
    let body = wire::to_vec_or_panic(value);
    Ok(Timer(host::send_after(nanos(delay), to.as_u64(), &body)?))
}

/// Sends a value again and again, until this process ends or the timer is [cancelled](cancel).
///
/// # Errors
///
/// As of [`send_after`], or if the period is zero.
///
/// # Panics
///
/// As of [`send_after`].
pub fn send_interval<T: Serialize + ?Sized>(
    period: Duration,
    to: Pid,
    value: &T,
) -> Result<Timer, TimerError> {
    let body = wire::to_vec_or_panic(value);
    Ok(Timer(host::send_interval(nanos(period), to.as_u64(), &body)?))
}

/// Takes a timer back, and tells how much time was left; none if it has fired.
pub fn cancel(timer: Timer) -> Option<Duration> {
    host::cancel(timer.0).map(Duration::from_nanos)
}

/// How much time is left; none if it has fired or was cancelled. Just after setting it can be a millisecond more than
/// was asked.
pub fn read(timer: Timer) -> Option<Duration> {
    host::read(timer.0).map(Duration::from_nanos)
}

/// 584 years at most.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
