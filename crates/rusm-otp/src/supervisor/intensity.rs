//! How many restarts are too many.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// At most `limit` restarts within `period`: one more ends the supervisor.
///
/// OTP counts in whole seconds; this counts in the clock's own steps. In both, a restart that is exactly one
/// period old still counts.
pub(super) struct Intensity {
    limit: u32,
    period: Duration,
    restarts: VecDeque<Instant>,
}

impl Intensity {
    pub(super) fn new(limit: u32, period: Duration) -> Self {
        Self { limit, period, restarts: VecDeque::new() }
    }

    /// Counts a restart; false if it is one too many.
    pub(super) fn admit(&mut self) -> bool {
        let now = Instant::now();
        while self.restarts.front().is_some_and(|&earlier| now - earlier > self.period) {
            self.restarts.pop_front();
        }
        self.restarts.push_back(now);
        self.restarts.len() <= self.limit as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn restarts_count_up_to_the_age_of_a_period() {
        let period = Duration::from_secs(5);
        let mut intensity = Intensity::new(2, period);
        assert!(intensity.admit());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(intensity.admit());
        tokio::time::advance(Duration::from_secs(3)).await;
        assert!(!intensity.admit(), "the first is one period old");
        tokio::time::advance(period + Duration::from_millis(1)).await;
        assert!(intensity.admit(), "all are older");
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_none() {
        assert!(!Intensity::new(0, Duration::from_secs(5)).admit());
    }
}
