//! The bounds of one unit of work: the CPU time that it may use and the memory that it may hold.

use std::cmp::Ordering;
use std::time::Duration;

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
    /// CPU time that was used elsewhere and is not a whole tick yet.
    elsewhere: Duration,
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
    /// How long such a tick is.
    pub(crate) tick: Duration,
    /// Bytes of the image that a memory begins as, whatever less its type says.
    pub(crate) image: usize,
}

/// Ends a guest that has used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("the CPU time of this unit of work is used up")]
pub(crate) struct CpuTimeUsedUp;

impl Meter {
    pub(crate) fn new(limits: Limits) -> Meter {
        Meter {
            limits,
            ticks: 0,
            elsewhere: Duration::ZERO,
            memory: 0,
            table_entries: 0,
            memory_refused: false,
        }
    }

    /// A new unit of work begins.
    pub(crate) fn begin_unit(&mut self) {
        if std::mem::take(&mut self.ticks) >= TICKS_BEFORE_BACKGROUND {
            unit::request_foreground();
        }
    }

    /// The CPU time that this unit of work may still use.
    pub(crate) fn cpu_time_left(&self) -> Option<Duration> {
        let ticks = self.limits.ticks?.saturating_sub(self.ticks);
        Some(self.limits.tick.saturating_mul(ticks))
    }

    /// Counts CPU time that was used for the guest on another thread.
    pub(crate) fn charge(&mut self, used: Duration) -> std::result::Result<(), CpuTimeUsedUp> {
        self.elsewhere += used;
        let tick = self.limits.tick.as_nanos().max(1);
        let ticks = self.elsewhere.as_nanos() / tick;
        self.elsewhere -= self.limits.tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
        let before = self.ticks;
        self.ticks = before.saturating_add(u32::try_from(ticks).unwrap_or(u32::MAX));
        if before < TICKS_BEFORE_BACKGROUND && self.ticks >= TICKS_BEFORE_BACKGROUND {
            unit::request_background();
        }
        if self.limits.ticks.is_some_and(|limit| self.ticks > limit) { Err(CpuTimeUsedUp) } else { Ok(()) }
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
        let desired = if current == 0 { desired.max(self.limits.image) } else { desired };
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
