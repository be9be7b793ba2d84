//! The process table: from a pid to its process.

use std::cmp::Ordering;
use std::mem;
use std::sync::OnceLock;

use crate::bound::Bound;
use crate::free::Free;
use crate::mailbox::Inbox;
use crate::pid::{GENERATIONS, SLOTS};
use crate::process::Process;
use crate::sync::atomic::{AtomicU64, Ordering as Memory};
use crate::sync::{Mutex, MutexGuard};
use crate::{Pid, SpawnOptions};

// Shuttle makes a table for each order that it tries.
const CHUNK: u32 = if cfg!(shuttle) { 1 << 4 } else { 1 << 12 };
const CHUNKS: u32 = if cfg!(shuttle) { 4 } else { SLOTS / CHUNK };

/// A living process, locked.
pub(crate) type Locked<'a> = MutexGuard<'a, Process>;

/// Slots in chunks that never move, so that a look-up takes no lock but the slot's own.
///
/// A slot is used by one process after another; its generation, a part of the pid, tells them apart. When the
/// generations run out the slot retires, which is why no pid returns. A slot's memory (128 bytes) is kept for
/// the next process.
pub(crate) struct Table {
    chunks: Box<[OnceLock<Box<[Slot]>>]>,
    free: Free,
}

/// One place in the table, on two cache lines of its own.
///
/// The first has what is mostly read, the second the lock and the inbox, which senders write: who asks
/// whether a process lives, as its own receiver does with each mail, does not get in their way.
#[repr(C, align(128))]
#[derive(Default)]
pub(crate) struct Slot {
    /// `generation << 2 | phase`. Whoever took the slot from the free list brings it to life; from then on it
    /// changes under the lock.
    state: AtomicU64,
    /// How much the process has worked. Written by the thread that polls it, and with the process locked when
    /// it ends.
    reductions: AtomicU64,
    /// As new while the slot is free, so that a process comes to life by one store.
    process: Mutex<Process>,
}

const FREE: u64 = 0;
const LIVING: u64 = 1;
/// A signal has come that ends it.
const ENDING: u64 = 2;

#[cfg(not(shuttle))]
const _: () = assert!(size_of::<Slot>() == 128);

impl Table {
    pub(crate) fn new() -> Self {
        Self { chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(), free: Free::new(CHUNKS * CHUNK) }
    }

    /// Brings a process to life; `None` if there is no room.
    pub(crate) fn insert(&self, options: SpawnOptions) -> Option<Pid> {
        let number = self.free.take()?;
        let chunk = self.chunks[(number / CHUNK) as usize]
            .get_or_init(|| std::iter::repeat_with(Slot::default).take(CHUNK as usize).collect());
        let slot = &chunk[(number % CHUNK) as usize];
        if options.label.is_some() || options.mailbox.is_some() {
            let mut process = slot.process.lock();
            process.label = options.label;
            if let Some((limit, policy)) = options.mailbox {
                process.inbox = Inbox::bounded(Bound::new(limit, policy));
            }
        }
        let generation = slot.state.load(Memory::Relaxed) >> 2;
        slot.state.store(generation << 2 | LIVING, Memory::Release);
        Some(Pid::local(number, generation as u32))
    }

    /// Ends a process; `None` if it ended before.
    pub(crate) fn remove(&self, pid: Pid) -> Option<Process> {
        let (number, generation) = pid.place()?;
        let mut locked = self.lock(pid)?;
        let slot = self.slot(pid)?;
        let process = mem::take(&mut *locked);
        slot.reductions.store(0, Memory::Relaxed);
        slot.state.store(u64::from(generation + 1) << 2 | FREE, Memory::Release);
        drop(locked);
        if generation + 1 < GENERATIONS {
            self.free.put(number);
        }
        Some(process)
    }

    /// The process, locked, if it lives.
    #[inline]
    pub(crate) fn lock(&self, pid: Pid) -> Option<Locked<'_>> {
        let slot = self.slot(pid)?;
        let process = slot.process.lock();
        let state = slot.state.load(Memory::Acquire);
        (state == state_of(pid, LIVING) || state == state_of(pid, ENDING)).then_some(process)
    }

    /// The same if no signal is about to end it either.
    #[inline]
    pub(crate) fn lock_living(&self, pid: Pid) -> Option<Locked<'_>> {
        let slot = self.slot(pid)?;
        let process = slot.process.lock();
        slot.is_living(pid).then_some(process)
    }

    /// Two different processes, locked, each if it lives.
    pub(crate) fn lock_pair(&self, a: Pid, b: Pid) -> (Option<Locked<'_>>, Option<Locked<'_>>) {
        debug_assert_ne!(a, b);
        let slot = |pid: Pid| pid.place().map(|(slot, _)| slot);
        // The lower slot is locked first, always, so that no two callers wait for each other.
        match slot(a).cmp(&slot(b)) {
            Ordering::Less => {
                let a = self.lock(a);
                (a, self.lock(b))
            }
            Ordering::Greater => {
                let b = self.lock(b);
                (self.lock(a), b)
            }
            // One slot is the place of one living process at most.
            Ordering::Equal => match self.lock(a) {
                Some(a) => (Some(a), None),
                None => (None, self.lock(b)),
            },
        }
    }

    #[inline]
    pub(crate) fn slot(&self, pid: Pid) -> Option<&Slot> {
        let (number, _) = pid.place()?;
        let chunk = self.chunks[(number / CHUNK) as usize].get()?;
        Some(&chunk[(number % CHUNK) as usize])
    }

    /// The pids of all that live, in no order. Each was alive at some moment of the call.
    pub(crate) fn pids(&self) -> Vec<Pid> {
        let chunks = self.free.end().div_ceil(CHUNK) as usize;
        let chunks =
            self.chunks.iter().take(chunks).zip(0..).filter_map(|(chunk, n)| Some((chunk.get()?, n)));
        chunks
            .flat_map(|(chunk, n)| chunk.iter().zip(n * CHUNK..))
            .filter_map(|(slot, number)| {
                let state = slot.state.load(Memory::Acquire);
                (state & 3 != FREE).then(|| Pid::local(number, (state >> 2) as u32))
            })
            .collect()
    }
}

impl Slot {
    /// Only for the thread that polls the process.
    #[inline]
    pub(crate) fn bump_reductions(&self, by: u64) {
        // One writer: no need for an atomic addition.
        let before = self.reductions.load(Memory::Relaxed);
        self.reductions.store(before.wrapping_add(by), Memory::Relaxed);
    }

    pub(crate) fn reductions(&self) -> u64 {
        self.reductions.load(Memory::Relaxed)
    }

    /// Whether this process lives and no signal is about to end it.
    pub(crate) fn is_living(&self, pid: Pid) -> bool {
        self.state.load(Memory::Acquire) == state_of(pid, LIVING)
    }

    /// Only with the process locked: whether a signal is about to end it.
    pub(crate) fn set_ending(&self, pid: Pid, ending: bool) {
        self.state.store(state_of(pid, if ending { ENDING } else { LIVING }), Memory::Release);
    }
}

fn state_of(pid: Pid, phase: u64) -> u64 {
    // A pid of another node finds no slot, so that this state is never compared.
    pid.place().map_or(FREE, |(_, generation)| u64::from(generation) << 2 | phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &Table) -> Pid {
        table.insert(SpawnOptions::default()).unwrap()
    }

    #[test]
    fn a_slot_retires_when_its_generations_run_out() {
        let table = Table::new();
        let first = insert(&table);
        table.remove(first);
        let again = insert(&table);
        assert_eq!(again.place(), Some((1, 1)));
        table.remove(again);

        let slot = table.slot(first).unwrap();
        slot.state.store(u64::from(GENERATIONS - 1) << 2 | FREE, Memory::Relaxed);
        let last = insert(&table);
        assert_eq!(last.place(), Some((1, GENERATIONS - 1)));
        table.remove(last);
        assert_eq!(insert(&table).place(), Some((2, 0)));
        for dead in [first, again, last] {
            assert!(table.lock(dead).is_none());
        }
    }

    #[test]
    fn pids_that_were_never_given_out_name_nobody() {
        let table = Table::new();
        let pid = insert(&table).as_u64();
        for number in [0, pid - 1, pid + 1, pid + (1 << 24), pid + (1 << 48), u64::MAX] {
            let nobody = Pid::from_u64(number);
            assert!(table.lock(nobody).is_none(), "{nobody}");
            assert!(table.remove(nobody).is_none(), "{nobody}");
        }
    }

    #[test]
    fn a_pair_in_one_slot_is_locked_without_a_deadlock() {
        let table = Table::new();
        let dead = insert(&table);
        table.remove(dead);
        let living = insert(&table);
        assert!(matches!(table.lock_pair(dead, living), (None, Some(_))));
        assert!(matches!(table.lock_pair(living, dead), (Some(_), None)));
    }
}
