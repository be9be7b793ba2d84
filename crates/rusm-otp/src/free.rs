//! Which slots of the process table are free.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

/// How many slots move between a shard and the reserve at once.
const BATCH: usize = 64;
/// A power of two, and more than the threads that spawn at full speed on most machines.
const SHARDS: usize = 32;

/// Hands out slot numbers. Each thread works on a shard of its own and visits the reserve once in [`BATCH`] calls,
/// whichever way its slots flow: one thread may do all the spawning and another all the ending.
pub(crate) struct Free {
    shards: Box<[Shard]>,
    reserve: Mutex<Reserve>,
}

/// On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Vec<u32>>);

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
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            reserve: Mutex::new(Reserve {
                returned: Vec::new(),
                fresh: 1,
                limit,
            }),
        }
    }

    /// A free slot, or `None` if all are in use (a few may be left in other threads' shards).
    pub(crate) fn take(&self) -> Option<u32> {
        let mut shard = self.shard().lock();
        if shard.is_empty() {
            self.reserve.lock().move_batch_to(&mut shard);
        }
        shard.pop()
    }

    pub(crate) fn put(&self, slot: u32) {
        let mut shard = self.shard().lock();
        shard.push(slot);
        if shard.len() >= 2 * BATCH {
            self.reserve.lock().returned.extend(shard.drain(..BATCH));
        }
    }

    /// One past the highest slot ever handed out to a shard.
    pub(crate) fn end(&self) -> u32 {
        self.reserve.lock().fresh
    }

    fn shard(&self) -> &Mutex<Vec<u32>> {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
        }
        &self.shards[THREAD.with(|thread| thread % SHARDS)].0
    }
}

impl Reserve {
    fn move_batch_to(&mut self, shard: &mut Vec<u32>) {
        let kept = self.returned.len().saturating_sub(BATCH);
        shard.extend(self.returned.drain(kept..));
        if shard.is_empty() {
            let end = self.limit.min(self.fresh + BATCH as u32);
            // Shards are popped from the back: the lowest goes last.
            shard.extend((self.fresh..end).rev());
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
        assert!(
            free.end() as usize <= 1000 + SHARDS * 2 * BATCH + BATCH,
            "{}",
            free.end()
        );
    }

    const SLOTS: u32 = 1 << 20;
}
