//! `rusm:runtime/timer`.

use std::collections::HashSet;
use std::time::Duration;

use rusm_otp::{Payload, Pid, TimerRef};

use super::HostState;
use super::bindings::rusm::runtime::timer;
use super::mail::MAX_MESSAGE;

/// Timers of one process that are pending.
const MAX_TIMERS: usize = 10_000;

/// The timers that a process has set, some of which may have fired.
#[derive(Default)]
pub(super) struct Timers(HashSet<TimerRef>);

impl HostState {
    /// Whether there may be one more of this length.
    fn check_timer(&mut self, body: &[u8]) -> Result<(), timer::TimerError> {
        if body.len() > MAX_MESSAGE {
            return Err(timer::TimerError::TooLong(MAX_MESSAGE as u64));
        }
        let timers = &mut self.timers.0;
        // Only when it would grow, so that each is looked at a few times in its life, or be refused.
        if timers.len() == timers.capacity() || timers.len() >= MAX_TIMERS {
            timers.retain(|timer| self.context.read_timer(*timer).is_some());
            timers.reserve(timers.len().max(8));
        }
        if timers.len() < MAX_TIMERS { Ok(()) } else { Err(timer::TimerError::TooMany(MAX_TIMERS as u64)) }
    }
}

/// They end with the process, wherever they were to lead: what nobody can take back must not stay for years.
impl Drop for HostState {
    fn drop(&mut self) {
        for timer in self.timers.0.drain() {
            self.context.cancel_timer(timer);
        }
    }
}

impl timer::Host for HostState {
    fn send_after(&mut self, delay: u64, to: u64, body: Vec<u8>) -> Result<u64, timer::TimerError> {
        self.check_timer(&body)?;
        let body = self.share(body).ok_or(timer::TimerError::Full)?;
        let delay = Duration::from_nanos(delay);
        let timer = self.context.send_after(delay, Pid::from_u64(to), Payload::from(body));
        self.timers.0.insert(timer);
        Ok(timer.as_u64())
    }

    fn send_interval(&mut self, period: u64, to: u64, body: Vec<u8>) -> Result<u64, timer::TimerError> {
        self.check_timer(&body)?;
        if period == 0 {
            return Err(timer::TimerError::NoTime);
        }
        let body = self.share(body).ok_or(timer::TimerError::Full)?;
        let period = Duration::from_nanos(period);
        let timer = self.context.send_interval(period, Pid::from_u64(to), body);
        self.timers.0.insert(timer);
        Ok(timer.as_u64())
    }

    fn cancel(&mut self, timer: u64) -> Option<u64> {
        let timer = TimerRef::from_u64(timer);
        if !self.timers.0.remove(&timer) {
            return None;
        }
        self.context.cancel_timer(timer).map(nanos)
    }

    fn read(&mut self, timer: u64) -> Option<u64> {
        let timer = TimerRef::from_u64(timer);
        if !self.timers.0.contains(&timer) {
            return None;
        }
        self.context.read_timer(timer).map(nanos)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
