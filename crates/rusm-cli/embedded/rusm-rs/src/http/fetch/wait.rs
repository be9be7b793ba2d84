//! Waiting for the node, until a deadline.

use std::time::{Duration, Instant};

use super::FetchError;
use crate::fetch_bindings::wasi::clocks::monotonic_clock;
use crate::fetch_bindings::wasi::io::poll::{Pollable, poll};

/// The end of an exchange, come what may. None is past the end of time.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    pub(super) fn after(limit: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(limit))
    }

    /// Waits until this is ready.
    pub(super) fn wait(self, ready: &Pollable) -> Result<(), FetchError> {
        let Some(deadline) = self.0 else {
            ready.block();
            return Ok(());
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let over = monotonic_clock::subscribe_duration(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
        // Zero is the index of what is waited for; if both are ready it is not late.
        if poll(&[ready, &over]).contains(&0) { Ok(()) } else { Err(FetchError::Timeout) }
    }
}
