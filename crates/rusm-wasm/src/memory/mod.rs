//! The memories of instances that begin as an image: copies of it, made copy-on-write and used again.
//!
//! wasmtime's own pool does the same; with these a small handler in Rust answers a tenth more requests (docs/performance.md). And
//! the pool puts at most 32 stretches of an instance's pages back to what they were and gives all behind those back to the
//! kernel. An instance of an interpreter writes to three times as many, scattered over its heap, so that each request ended in
//! a call that stops the other cores (to drop the pages from their address caches) and the next one began with as many faults:
//! 1.9 ms on 2 cores. Here any number of stretches is put back, and the pages stay.

mod mapping;
mod pagemap;
mod stack;

use std::io;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use self::mapping::{Mapping, Original};
use self::pagemap::Pagemap;
pub(crate) use self::stack::Stacks;

/// What may be kept for instances to come, in bytes of memory that they have written to.
pub(crate) struct Spare(AtomicUsize);

impl Spare {
    pub(crate) fn new(bytes: usize) -> Arc<Spare> {
        Arc::new(Spare(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// What an unused memory costs, for it keeps that much of the machine's.
#[derive(Clone, Copy)]
struct Cost(usize);

impl Cost {
    /// Of page tables and the kernel's own records, whatever was written.
    const LEAST: usize = 32 << 10;

    fn of(written: usize) -> Cost {
        Cost(written + Cost::LEAST)
    }
}

/// The memories that begin as one image.
pub(crate) struct Memories {
    original: Original,
    pagemap: Option<Pagemap>,
    /// Put back already, with what each takes of what is spare.
    unused: Mutex<Vec<(Mapping, Cost)>>,
    spare: Arc<Spare>,
    /// What an instance may have written to and is put back by copying. Where it was more, what is behind the image goes back
    /// to the kernel, or all of it.
    kept: usize,
}

tokio::task_local! {
    /// Those of the component of which an instance is being made.
    static MEMORIES: Arc<Memories>;
}

impl Memories {
    /// `scan` says whether to ask the kernel which pages were written; without that all go back to it.
    pub(crate) fn new(image: &[u8], kept: usize, scan: bool, spare: Arc<Spare>) -> io::Result<Arc<Memories>> {
        let original = Original::new(image)?;
        let pagemap = scan.then(Pagemap::open).flatten();
        Ok(Arc::new(Memories { original, pagemap, unused: Mutex::default(), spare, kept }))
    }

    /// Makes instances in this future begin with such a memory.
    pub(crate) fn within<F: Future>(
        self: &Arc<Self>,
        instantiation: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        MEMORIES.scope(Arc::clone(self), instantiation)
    }

    pub(crate) fn image_len(&self) -> usize {
        self.original.len()
    }

    /// One that may grow up to `capacity`, with so much inaccessible behind it.
    fn take(self: &Arc<Self>, capacity: usize, guard: usize) -> io::Result<Memory> {
        let unused = self.unused.lock().pop();
        let mapping = match unused {
            Some((mapping, Cost(cost))) => {
                self.spare.give_back(cost);
                mapping
            }
            None => Mapping::new(&self.original, capacity + guard)?,
        };
        let size = self.image_len();
        Ok(Memory { mapping: ManuallyDrop::new(mapping), size, capacity, of: Arc::clone(self) })
    }

    /// Takes a memory back, as it was at first, or lets go of it.
    fn put_back(&self, mut mapping: Mapping) {
        match mapping.reset(&self.original, self.pagemap.as_ref(), self.kept) {
            Ok(written) => {
                let cost = Cost::of(written);
                if self.spare.take(cost.0) {
                    self.unused.lock().push((mapping, cost));
                }
            }
            Err(error) => {
                tracing::warn!(target: "rusm", %error, "an instance's memory cannot be used again");
            }
        }
    }
}

impl Drop for Memories {
    fn drop(&mut self) {
        for (_, Cost(cost)) in self.unused.get_mut() {
            self.spare.give_back(*cost);
        }
    }
}

/// The memory of one instance.
struct Memory {
    /// There until the drop.
    mapping: ManuallyDrop<Mapping>,
    size: usize,
    capacity: usize,
    of: Arc<Memories>,
}

// SAFETY: the bytes up to the size are accessible and nobody else's, those behind them up to the reservation's end with its
// guard are mapped and inaccessible, and none of it moves.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.capacity {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory).into());
        }
        self.mapping.grow(size)?;
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping.start()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: nothing looks at it after this.
        let mapping = unsafe { ManuallyDrop::take(&mut self.mapping) };
        self.of.put_back(mapping);
    }
}

/// Gives instances their memories.
pub(crate) struct Creator;

// SAFETY: see `Memory`. What it gives is not zero-filled but begins as the image, which no data segment overwrites, for the
// component has none; and it is larger than its type says, as a memory may be that has grown.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let memories = MEMORIES
            .try_with(Arc::clone)
            .map_err(|_| "an instance is made with its image alone".to_owned())?;
        if minimum > memories.image_len() {
            return Err(format!("the memory has {minimum} bytes, and its image {}", memories.image_len()));
        }
        let capacity = reserved.unwrap_or_default().max(memories.image_len());
        let memory = memories.take(capacity, guard);
        let memory = memory.map_err(|error| format!("no memory for an instance: {error}"))?;
        Ok(Box::new(memory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 4096;
    const LEN: usize = 256 * PAGE;
    const CAPACITY: usize = 4 * LEN;
    const KEPT: usize = 8 << 20;

    /// Every fourth page is of nothing but zeros.
    fn image() -> Vec<u8> {
        let byte = |place: usize| if (place / PAGE).is_multiple_of(4) { 0 } else { place as u8 | 1 };
        (0..LEN).map(byte).collect()
    }

    fn contents(memory: &Memory) -> &[u8] {
        // SAFETY: so many bytes are accessible.
        unsafe { std::slice::from_raw_parts(memory.as_ptr(), memory.byte_size()) }
    }

    fn contents_mut(memory: &mut Memory) -> &mut [u8] {
        // SAFETY: so many bytes are accessible.
        unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
    }

    /// Those of which so many that were never written to may be spare.
    fn memories(scan: bool, spare: usize) -> Arc<Memories> {
        Memories::new(&image(), KEPT, scan, Spare::new(spare * Cost::of(0).0)).unwrap()
    }

    #[test]
    fn whatever_is_written_the_next_one_begins_as_the_image() {
        for scan in [true, false] {
            let memories = memories(scan, 100);
            let strides = [1, 2, 3, 5, 64, 255].map(|pages| pages * PAGE);
            for stride in strides {
                let mut memory = memories.take(CAPACITY, PAGE).unwrap();
                assert!(contents(&memory) == image(), "before writing at each {stride}");
                for place in (7..LEN).step_by(stride) {
                    contents_mut(&mut memory)[place] ^= 0xA5;
                }
                drop(memory);
            }
            assert!(contents(&memories.take(CAPACITY, PAGE).unwrap()) == image());
        }
    }

    #[test]
    fn what_grew_begins_small_and_grows_into_zeros() {
        for scan in [true, false] {
            let memories = memories(scan, 100);
            for _ in 0..2 {
                let mut memory = memories.take(CAPACITY, PAGE).unwrap();
                assert_eq!(memory.byte_size(), LEN);
                for size in [LEN + PAGE, 2 * LEN] {
                    let before = memory.byte_size();
                    memory.grow_to(size).unwrap();
                    assert!(contents(&memory)[..LEN] == image());
                    assert!(contents(&memory)[before..].iter().all(|&byte| byte == 0));
                    contents_mut(&mut memory)[before..].fill(1);
                }
            }
        }
    }

    /// What the kernel lets this process do with the page at this address.
    fn access(address: *const u8) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let found = maps.lines().find_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let within = [start, end].map(|end| usize::from_str_radix(end, 16).unwrap() <= address.addr())
                == [true, false];
            within.then(|| rest[..4].to_owned())
        });
        found.unwrap()
    }

    #[test]
    fn what_grew_is_out_of_the_next_ones_reach() {
        for scan in [true, false] {
            let memories = memories(scan, 100);
            let mut memory = memories.take(CAPACITY, PAGE).unwrap();
            memory.grow_to(2 * LEN).unwrap();
            contents_mut(&mut memory)[LEN..].fill(1);
            assert_eq!(access(memory.as_ptr().wrapping_add(LEN)), "rw-p");
            let place = memory.as_ptr();
            drop(memory);
            let memory = memories.take(CAPACITY, PAGE).unwrap();
            assert_eq!(memory.as_ptr(), place);
            assert_eq!(access(memory.as_ptr().wrapping_add(LEN - 1)), "rw-p");
            assert_eq!(access(memory.as_ptr().wrapping_add(LEN)), "---p");
        }
    }

    /// What it wrote to behind the image counts until it is given back, whether or not those after it grow.
    #[test]
    fn what_grew_counts_among_what_is_kept() {
        let memories = memories(true, 1000);
        let kept = || memories.unused.lock().last().map(|(_, Cost(cost))| cost - Cost::LEAST);
        let write = |grown: usize, image: usize| {
            let mut memory = memories.take(1 << 30, PAGE).unwrap();
            memory.grow_to(LEN + grown).unwrap();
            contents_mut(&mut memory)[LEN..].fill(1);
            contents_mut(&mut memory)[..image].fill(1);
        };
        write(4 * PAGE, 0);
        assert_eq!(kept(), Some(4 * PAGE));
        write(0, PAGE);
        assert_eq!(kept(), Some(5 * PAGE));
        write(KEPT - PAGE, 0);
        assert_eq!(kept(), Some(KEPT));
        // That is too much, and what is behind goes.
        write(0, 2 * PAGE);
        assert_eq!(kept(), Some(2 * PAGE));
    }

    #[test]
    fn no_memory_grows_beyond_what_is_reserved() {
        let memories = memories(true, 1);
        let mut memory = memories.take(CAPACITY, PAGE).unwrap();
        memory.grow_to(CAPACITY).unwrap();
        memory.grow_to(CAPACITY + 1).unwrap_err();
        assert_eq!(memory.byte_size(), CAPACITY);
    }

    #[test]
    fn memories_are_used_again_up_to_what_may_be_spare() {
        let memories = memories(true, 2);
        let three: Vec<_> = (0..3).map(|_| memories.take(CAPACITY, PAGE).unwrap()).collect();
        let places: Vec<_> = three.iter().map(LinearMemory::as_ptr).collect();
        drop(three);
        assert_eq!(memories.unused.lock().len(), 2);
        let mut again: Vec<_> = (0..2).map(|_| memories.take(CAPACITY, PAGE).unwrap()).collect();
        assert!(again.iter().all(|memory| places.contains(&memory.as_ptr())));
        // What was written to stays, and so counts.
        contents_mut(&mut again[0]).fill(9);
        drop(again);
        assert_eq!(memories.unused.lock().len(), 1);
    }

    #[test]
    fn what_is_spare_is_so_for_all_images_together() {
        let spare = Spare::new(Cost::of(0).0);
        let [one, two] = [1, 2].map(|_| Memories::new(&image(), KEPT, true, Arc::clone(&spare)).unwrap());
        drop(one.take(CAPACITY, PAGE).unwrap());
        drop(two.take(CAPACITY, PAGE).unwrap());
        assert_eq!((one.unused.lock().len(), two.unused.lock().len()), (1, 0));
        drop(one);
        drop(two.take(CAPACITY, PAGE).unwrap());
        assert_eq!(two.unused.lock().len(), 1);
    }

    #[test]
    fn those_alive_at_once_share_nothing() {
        let memories = memories(true, 2);
        let (mut one, two) = (memories.take(CAPACITY, PAGE).unwrap(), memories.take(CAPACITY, PAGE).unwrap());
        contents_mut(&mut one).fill(9);
        assert!(contents(&two) == image());
    }
}
