//! Which slots of the process table are free.

use std::array;
use std::sync::atomic;

use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, hint};

/// How many slots move between a shard and the reserve at once.
const BATCH: usize = if cfg!(shuttle) { 2 } else { 64 };
/// More than the threads that spawn at full speed on most machines.
const SHARDS: usize = if cfg!(shuttle) { 2 } else { 32 };

/// Hands out slot numbers. Each thread works on a shard of its own and visits the reserve once in [`BATCH`]
/// calls, whichever way its slots flow: one thread may do all the spawning and another all the ending.
pub(crate) struct Free {
    shards: Box<[Shard]>,
    reserve: Mutex<Reserve>,
}

/// A stack of slots, on cache lines of its own.
///
/// `busy` guards the rest. It costs half of what a mutex does, by never waiting: who finds a shard busy goes
/// on to the next.
#[repr(align(128))]
struct Shard {
    busy: AtomicBool,
    len: AtomicUsize,
    slots: [AtomicU32; 2 * BATCH],
}

struct Reserve {
    returned: Vec<u32>,
    /// The lowest slot that was never handed out.
    fresh: u32,
    limit: u32,
}

impl Free {
    /// Slots from 1 up to, not including, `limit`.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::new()).collect(),
            reserve: Mutex::new(Reserve { returned: Vec::new(), fresh: 1, limit }),
        }
    }

    /// A free slot, or `None` if all are in use (a few may be left in other threads' shards).
    pub(crate) fn take(&self) -> Option<u32> {
        self.with_shard(|shard| {
            shard.pop().or_else(|| {
                self.reserve.lock().move_batch_to(shard);
                shard.pop()
            })
        })
    }

    pub(crate) fn put(&self, slot: u32) {
        self.with_shard(|shard| {
            if !shard.push(slot) {
                let mut reserve = self.reserve.lock();
                reserve.returned.push(slot);
                reserve.returned.extend((0..BATCH).map_while(|_| shard.pop()));
            }
        });
    }

    /// One past the highest slot ever handed out to a shard.
    pub(crate) fn end(&self) -> u32 {
        self.reserve.lock().fresh
    }

    fn with_shard<R>(&self, work: impl FnOnce(&Shard) -> R) -> R {
        static THREADS: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        let mut number = THREAD.with(|thread| *thread);
        loop {
            let shard = &self.shards[number % SHARDS];
            if !shard.busy.swap(true, Ordering::Acquire) {
                let result = work(shard);
                shard.busy.store(false, Ordering::Release);
                return result;
            }
            hint::spin_loop();
            number += 1;
        }
    }
}

impl Shard {
    fn new() -> Self {
        Self {
            busy: AtomicBool::new(false),
            len: AtomicUsize::new(0),
            slots: array::from_fn(|_| AtomicU32::new(0)),
        }
    }

    fn pop(&self) -> Option<u32> {
        let last = self.len.load(Ordering::Relaxed).checked_sub(1)?;
        self.len.store(last, Ordering::Relaxed);
        Some(self.slots[last].load(Ordering::Relaxed))
    }

    /// False if it is full.
    fn push(&self, slot: u32) -> bool {
        let len = self.len.load(Ordering::Relaxed);
        let Some(place) = self.slots.get(len) else {
            return false;
        };
        place.store(slot, Ordering::Relaxed);
        self.len.store(len + 1, Ordering::Relaxed);
        true
    }
}

impl Reserve {
    fn move_batch_to(&mut self, shard: &Shard) {
        // Half of what an empty shard has room for.
        let kept = self.returned.len().saturating_sub(BATCH);
        for slot in self.returned.drain(kept..) {
            shard.push(slot);
        }
        if shard.len.load(Ordering::Relaxed) == 0 {
            let end = self.limit.min(self.fresh + BATCH as u32);
            // Shards are popped from the back: the lowest goes last.
            for slot in (self.fresh..end).rev() {
                shard.push(slot);
            }
            self.fresh = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn each_slot_is_handed_out_once_and_zero_never() {
        let free = Free::new(200);
        let taken: Vec<_> = std::iter::from_fn(|| free.take()).collect();
        assert_eq!(taken.first(), Some(&1));
        assert_eq!(taken.len(), 199);
        assert_eq!(taken.iter().copied().collect::<HashSet<_>>(), (1..200).collect());
    }

    #[test]
    fn slots_that_one_thread_returns_serve_another() {
        let free = Free::new(SLOTS);
        for _ in 0..100 {
            let taken: Vec<_> = (0..1000).map(|_| free.take().unwrap()).collect();
            thread::scope(|scope| {
                scope.spawn(|| taken.into_iter().for_each(|slot| free.put(slot)));
            });
        }
        // What the other threads' shards may keep back, and no more.
        assert!(free.end() as usize <= 1000 + SHARDS * 2 * BATCH + BATCH, "{}", free.end());
    }

    const SLOTS: u32 = 1 << 20;
}
