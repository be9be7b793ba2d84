//! The stacks on which instances run, used again as they are: what is left on one is no guest's to see.

use std::io;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::param::page_size;
use wasmtime::{StackCreator, StackMemory};

use super::Spare;
use super::mapping::Region;

/// What an unused one takes of what is spare: as much as is written of one by a guest that does not recurse.
const COST: usize = 32 << 10;

/// Gives instances their stacks, all of one size.
pub(crate) struct Stacks(Arc<Unused>);

struct Unused {
    stacks: Mutex<Vec<Region>>,
    spare: Arc<Spare>,
}

impl Stacks {
    pub(crate) fn new(spare: Arc<Spare>) -> Stacks {
        Stacks(Arc::new(Unused { stacks: Mutex::default(), spare }))
    }
}

// SAFETY: a stack is a stretch of the address space of its own, below which a page is inaccessible.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let unused = self.0.stacks.lock().pop();
        let region = match unused {
            Some(region) => {
                self.0.spare.give_back(COST);
                region
            }
            None => new(size)?,
        };
        Ok(Box::new(Stack { region: ManuallyDrop::new(region), of: Arc::clone(&self.0) }))
    }
}

fn new(size: usize) -> io::Result<Region> {
    let guard = page_size();
    let region = Region::reserve(guard + size.next_multiple_of(guard))?;
    region.open(guard, region.len() - guard)?;
    Ok(region)
}

/// A stack with its guard.
struct Stack {
    /// There until the drop.
    region: ManuallyDrop<Region>,
    of: Arc<Unused>,
}

// SAFETY: see `Stacks`.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        self.region.start().wrapping_add(self.region.len())
    }

    fn range(&self) -> Range<usize> {
        let start = self.region.start().addr();
        start + page_size()..start + self.region.len()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        self.region.start()..self.region.start().wrapping_add(page_size())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: nothing looks at it after this.
        let region = unsafe { ManuallyDrop::take(&mut self.region) };
        if self.of.spare.take(COST) {
            self.of.stacks.lock().push(region);
        }
    }
}
