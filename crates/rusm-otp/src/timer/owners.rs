//! From an owner to the first of its entries.

use std::collections::HashMap;

use crate::Pid;

/// Maps with room for no more than this are not shrunk.
const KEEP: usize = 64;

/// A map that gives memory back.
#[derive(Default)]
pub(super) struct Owners(HashMap<Pid, u32>);

impl Owners {
    /// Returns what stood there.
    pub(super) fn insert(&mut self, owner: Pid, first: u32) -> Option<u32> {
        self.0.insert(owner, first)
    }

    pub(super) fn remove(&mut self, owner: Pid) -> Option<u32> {
        let first = self.0.remove(&owner);
        // So rarely that it costs nothing.
        if self.0.capacity() > KEEP.max(self.0.len() * 8) {
            self.0.shrink_to(self.0.len() * 2);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_when_owners_go() {
        let mut owners = Owners::default();
        for n in 0..100_000 {
            assert_eq!(owners.insert(Pid::from_u64(n), n as u32), None);
        }
        for n in 10..100_000 {
            assert_eq!(owners.remove(Pid::from_u64(n)), Some(n as u32));
        }
        assert!(owners.0.capacity() <= 2 * KEEP, "{}", owners.0.capacity());
        assert_eq!(owners.insert(Pid::from_u64(7), 8), Some(7));
    }
}
