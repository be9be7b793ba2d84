//! How much of the node's a process may have at once of one kind of thing.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of places. Each is taken until its [`Place`] is dropped, which may be long after the process's end.
pub(super) struct Budget {
    size: u32,
    /// Made for the first who takes something; most processes never do.
    places: Option<Arc<Semaphore>>,
}

/// What was taken of a budget.
pub(super) type Place = OwnedSemaphorePermit;

impl Budget {
    pub(super) fn new(size: u32) -> Budget {
        Budget { size, places: None }
    }

    /// For bytes, in KiB.
    pub(super) fn of_bytes(bytes: usize) -> Budget {
        Budget::new(kib(bytes))
    }

    pub(super) fn size(&self) -> u64 {
        self.size.into()
    }

    /// Takes one place, if there is one.
    pub(super) fn take(&mut self) -> Option<Place> {
        self.places().try_acquire_owned().ok()
    }

    /// Takes room for so many bytes, if there is.
    pub(super) fn take_bytes(&mut self, bytes: usize) -> Option<Place> {
        self.places().try_acquire_many_owned(kib(bytes)).ok()
    }

    /// Takes room for so many bytes, and waits for it.
    pub(super) async fn wait_for_bytes(&mut self, bytes: usize) -> Option<Place> {
        // It is never closed.
        self.places().acquire_many_owned(kib(bytes)).await.ok()
    }

    fn places(&mut self) -> Arc<Semaphore> {
        Arc::clone(self.places.get_or_insert_with(|| Arc::new(Semaphore::new(self.size as usize))))
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX)
}
