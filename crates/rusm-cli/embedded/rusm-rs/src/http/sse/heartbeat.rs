//! When a quiet stream is to say that it is alive.

use std::time::{Duration, Instant};

use super::Sse;

/// Counts from the last write on.
pub(crate) struct Heartbeat {
    /// None for a stream that may be quiet for ever.
    period: Option<Duration>,
    due: Option<Instant>,
}

impl Heartbeat {
    pub(crate) fn of_millis(period: u64) -> Heartbeat {
        Heartbeat::new(Duration::from_millis(period))
    }

    /// With a period of zero, or past the end of time, there is none.
    pub(crate) fn new(period: Duration) -> Heartbeat {
        let mut heartbeat = Heartbeat { period: (!period.is_zero()).then_some(period), due: None };
        heartbeat.restart();
        heartbeat
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// To be told each time when something may have been written.
    pub(crate) fn after(&mut self, sse: &Sse) {
        if sse.written.take() {
            self.restart();
        }
    }

    fn restart(&mut self) {
        self.due = self.period.and_then(|period| Instant::now().checked_add(period));
    }
}
