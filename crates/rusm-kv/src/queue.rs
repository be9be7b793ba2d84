//! Where writes wait for the writer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::change::Change;
use crate::write::Slot;
use crate::{Failure, WriteError};

/// One group has no more writes than this, so that the first in it need not wait for too many others.
const GROUP: usize = 4096;
/// Nor more bytes than this, unless a single write has.
const GROUP_BYTES: usize = 32 * 1024 * 1024;

/// First come, first served, with a bound on what waits.
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    requests: VecDeque<Request>,
    bytes: usize,
    end: Option<WriteError>,
    /// How many requests the writer waits for.
    wanted: usize,
}

/// For how many requests to wait at most for how long, before taking what is there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gather {
    pub(crate) requests: usize,
    pub(crate) moment: Duration,
}

/// A change and where its answer goes.
pub(crate) struct Request {
    pub(crate) change: Change,
    bytes: usize,
    slot: Arc<Slot>,
}

impl Request {
    pub(crate) fn answer(self, answer: Result<i64, WriteError>) {
        self.slot.answer(answer);
    }
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), limit }
    }

    pub(crate) fn push(&self, change: Change) -> Result<Arc<Slot>, WriteError> {
        let bytes = change.bytes();
        let slot = Arc::new(Slot::default());
        let mut state = self.state.lock();
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        if state.bytes > 0 && state.bytes + bytes > self.limit {
            return Err(WriteError::Overloaded { waiting: state.bytes, limit: self.limit });
        }
        state.bytes += bytes;
        state.requests.push_back(Request { change, bytes, slot: slot.clone() });
        let enough = state.requests.len() >= state.wanted;
        drop(state);
        if enough {
            self.arrived.notify_one();
        }
        Ok(slot)
    }

    /// What waits, as much as fits one commit. Empty if nothing came in time; `None` at the end, when all that was
    /// taken in is done.
    ///
    /// Callers that were answered together mostly come back together, a moment later. Without that moment, the
    /// first of them gets a commit of its own and all others wait for it.
    pub(crate) fn take(&self, patience: Option<Duration>, gather: Gather) -> Option<Vec<Request>> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let mut state = self.state.lock();
        state.wanted = gather.requests;
        let moment = Instant::now() + gather.moment;
        while state.requests.len() < gather.requests && state.end.is_none() {
            if self.arrived.wait_until(&mut state, moment).timed_out() {
                break;
            }
        }
        state.wanted = 1;
        while state.requests.is_empty() {
            if state.end.is_some() {
                return None;
            }
            match deadline {
                None => self.arrived.wait(&mut state),
                Some(deadline) => {
                    if self.arrived.wait_until(&mut state, deadline).timed_out() {
                        break;
                    }
                }
            }
        }
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(next) = state.requests.front() {
            if group.len() == GROUP || (!group.is_empty() && bytes + next.bytes > GROUP_BYTES) {
                break;
            }
            bytes += next.bytes;
            group.extend(state.requests.pop_front());
        }
        state.bytes -= bytes;
        Some(group)
    }

    /// Takes no more. What waits is still done.
    pub(crate) fn close(&self) {
        self.state.lock().end.get_or_insert(WriteError::Closed);
        self.arrived.notify_one();
    }

    /// Takes no more, and tells all who wait why.
    pub(crate) fn fail(&self, failure: &Failure) {
        let waiting = {
            let mut state = self.state.lock();
            state.end = Some(WriteError::Failed(failure.clone()));
            state.bytes = 0;
            std::mem::take(&mut state.requests)
        };
        for request in waiting {
            request.answer(Err(WriteError::Failed(failure.clone())));
        }
    }
}
