//! The bounds of one unit of work: the CPU time that it may use and the memory that it may hold.

use std::cmp::Ordering;

use wasmtime::{ResourceLimiter, Result, StoreContextMut, UpdateDeadline};

use crate::host::HostState;
use crate::unit;

/// Entries of all tables of an instance together, eight bytes each, outside `max-memory`. A guest written
/// in Rust or C has one table of its functions, a few thousand at most.
const MAX_TABLE_ENTRIES: usize = 20_000;

/// A unit of work that has run for so many ticks leaves the threads that serve requests.
const TICKS_BEFORE_BACKGROUND: u32 = 5;

/// What one instance may use, and what it has used.
pub(crate) struct Meter {
    limits: Limits,
    ticks: u32,
    memory: usize,
    table_entries: usize,
    memory_refused: bool,
}

/// The bounds that a profile sets, in the units of the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of linear memory.
    pub(crate) memory: usize,
    /// CPU time in epoch ticks.
    pub(crate) ticks: Option<u32>,
}

/// Ends a guest that has used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("the CPU time of this unit of work is used up")]
pub(crate) struct CpuTimeUsedUp;

impl Meter {
    pub(crate) fn new(limits: Limits) -> Meter {
        Meter { limits, ticks: 0, memory: 0, table_entries: 0, memory_refused: false }
    }

    /// A new unit of work begins.
    pub(crate) fn begin_unit(&mut self) {
        if std::mem::take(&mut self.ticks) >= TICKS_BEFORE_BACKGROUND {
            unit::request_foreground();
        }
    }

    /// Whether the guest asked for more memory than it may have. A guest that is refused memory aborts
    /// as a rule, and this tells that abort from any other trap.
    pub(crate) fn memory_refused(&self) -> bool {
        self.memory_refused
    }
}

/// Called when guest code notices that an epoch has passed: about once for each tick that it runs, so that the count
/// is of CPU time and not of time on the clock. A guest that waited notices at once what passed meanwhile; it has not
/// run for that, and is neither charged nor interrupted.
pub(crate) fn on_epoch(mut store: StoreContextMut<'_, HostState>) -> Result<UpdateDeadline> {
    if unit::take_fresh() {
        return Ok(UpdateDeadline::Continue(1));
    }
    let state = store.data_mut();
    let moved_on = state.takes_pieces();
    let meter = &mut state.meter;
    if moved_on {
        meter.begin_unit();
    }
    meter.ticks += 1;
    if meter.limits.ticks.is_some_and(|limit| meter.ticks > limit) {
        return Err(CpuTimeUsedUp.into());
    }
    match meter.ticks.cmp(&TICKS_BEFORE_BACKGROUND) {
        Ordering::Less => unit::note_interrupted(),
        Ordering::Equal => unit::request_background(),
        Ordering::Greater => {}
    }
    unit::end_turn();
    Ok(UpdateDeadline::Yield(1))
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limits.memory {
            self.memory_refused = true;
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let total = self.table_entries.saturating_add(desired.saturating_sub(current));
        if total > MAX_TABLE_ENTRIES {
            return Ok(false);
        }
        self.table_entries = total;
        Ok(true)
    }
}
