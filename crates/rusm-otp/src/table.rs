//! The process table: from a pid to its process.

use std::cmp::Ordering;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering as Memory};

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};

use crate::Pid;
use crate::free::Free;
use crate::pid::{GENERATIONS, SLOTS};
use crate::process::Process;

const CHUNK: u32 = 1 << 12;

/// A living process, locked.
pub(crate) type Locked<'a> = MappedMutexGuard<'a, Process>;

/// Slots in chunks that never move, so that a look-up takes no lock but the slot's own.
///
/// A slot is used by one process after another; its generation, a part of the pid, tells them apart. When the
/// generations run out the slot retires, which is why no pid returns. A slot's memory (128 bytes) is kept for the
/// next process.
pub(crate) struct Table {
    chunks: Box<[OnceLock<Box<[Slot]>>]>,
    free: Free,
}

/// One place in the table, on cache lines of its own.
#[repr(align(128))]
#[derive(Default)]
pub(crate) struct Slot {
    /// The number of the process in it; 0 if there is none, or if a signal is about to end it. Written under the lock.
    living: AtomicU64,
    /// How many mails the receiver holds. Written by the receiver alone, for observers.
    held: AtomicUsize,
    entry: Mutex<Entry>,
}

#[derive(Default)]
struct Entry {
    generation: u32,
    process: Option<Process>,
}

const _: () = assert!(size_of::<Slot>() == 128);

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            chunks: (0..SLOTS / CHUNK).map(|_| OnceLock::new()).collect(),
            free: Free::new(SLOTS),
        }
    }

    /// Brings a process to life; `None` if there is no room.
    pub(crate) fn insert(&self, process: Process) -> Option<Pid> {
        let number = self.free.take()?;
        let chunk = self.chunks[(number / CHUNK) as usize].get_or_init(|| {
            std::iter::repeat_with(Slot::default)
                .take(CHUNK as usize)
                .collect()
        });
        let slot = &chunk[(number % CHUNK) as usize];
        let mut entry = slot.entry.lock();
        let pid = Pid::local(number, entry.generation);
        entry.process = Some(process);
        slot.held.store(0, Memory::Relaxed);
        slot.living.store(pid.as_u64(), Memory::Release);
        Some(pid)
    }

    /// Ends a process; `None` if it ended before.
    pub(crate) fn remove(&self, pid: Pid) -> Option<Process> {
        let (number, generation) = pid.place()?;
        let slot = self.slot(pid)?;
        let mut entry = slot.entry.lock();
        if entry.generation != generation {
            return None;
        }
        let process = entry.process.take()?;
        entry.generation += 1;
        slot.living.store(0, Memory::Release);
        let retired = entry.generation == GENERATIONS;
        drop(entry);
        if !retired {
            self.free.put(number);
        }
        Some(process)
    }

    /// The process, locked, if it lives.
    pub(crate) fn lock(&self, pid: Pid) -> Option<Locked<'_>> {
        let (_, generation) = pid.place()?;
        self.slot(pid)?.lock(generation)
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

    pub(crate) fn slot(&self, pid: Pid) -> Option<&Slot> {
        let (number, _) = pid.place()?;
        let chunk = self.chunks[(number / CHUNK) as usize].get()?;
        Some(&chunk[(number % CHUNK) as usize])
    }

    /// The pids of all that live, in no order. Each was alive at some moment of the call.
    pub(crate) fn pids(&self) -> Vec<Pid> {
        let chunks = self.free.end().div_ceil(CHUNK) as usize;
        let chunks = self
            .chunks
            .iter()
            .take(chunks)
            .zip(0..)
            .filter_map(|(chunk, n)| Some((chunk.get()?, n)));
        chunks
            .flat_map(|(chunk, n)| chunk.iter().zip(n * CHUNK..))
            .filter_map(|(slot, number)| {
                let entry = slot.entry.lock();
                entry
                    .process
                    .as_ref()
                    .map(|_| Pid::local(number, entry.generation))
            })
            .collect()
    }
}

impl Slot {
    /// Whether this process lives and no signal is about to end it.
    pub(crate) fn is_living(&self, pid: Pid) -> bool {
        self.living.load(Memory::Acquire) == pid.as_u64()
    }

    /// Under the lock of the process: whether a signal is about to end it.
    pub(crate) fn set_ending(&self, pid: Pid, ending: bool) {
        self.living
            .store(if ending { 0 } else { pid.as_u64() }, Memory::Release);
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Memory::Relaxed)
    }

    pub(crate) fn set_held(&self, held: usize) {
        self.held.store(held, Memory::Relaxed);
    }

    fn lock(&self, generation: u32) -> Option<Locked<'_>> {
        let entry = self.entry.lock();
        if entry.generation != generation {
            return None;
        }
        MutexGuard::try_map(entry, |entry| entry.process.as_mut()).ok()
    }
}
