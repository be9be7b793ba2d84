//! A hierarchical timing wheel (Varghese and Lauck, 1987), as a data structure alone: no clock, no waiting.
//!
//! Time is counted in ticks. Written in base 64, a deadline has eleven digits, and each digit has a level of
//! 64 buckets. An entry stands at the level of the highest digit in which its deadline differs from the
//! wheel's present, in the bucket of that digit's value. Three things follow, which the code below lives on:
//!
//! * Everything at a level is due before everything at the next, and within a level the buckets are in order;
//!   so the first bucket that is not empty is found by two looks at bits. A bucket of level 0 is one tick.
//! * Where an entry stands follows from its deadline and the present, and need not be stored. Moving the
//!   present moves no entry, except that when it reaches a bucket's first tick that bucket is dealt out to the
//!   levels below.
//! * Entries of one deadline are always in one bucket, so that a bucket in order of insertion is all it takes
//!   to keep equal deadlines in order.

use super::owners::Owners;
use super::slab::{Key, NOWHERE, Slab};
use crate::Pid;

const DIGIT: u32 = 6;
const BUCKETS: usize = 1 << DIGIT;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT) as usize;

/// Entries by deadline, each of which belongs to an owner. Inserting, finding and removing one takes constant
/// time; an entry that comes due has been dealt out at most ten times.
pub(super) struct Wheel<T> {
    /// All that is due before this tick has been taken out.
    present: u64,
    levels: [Level; LEVELS],
    slab: Slab<Node<T>>,
    /// The first of each owner's entries.
    owners: Owners,
}

struct Level {
    /// A bit for each bucket, set while it has entries.
    occupied: u64,
    buckets: [Bucket; BUCKETS],
}

/// A doubly linked list of places, in order of insertion.
#[derive(Clone, Copy)]
struct Bucket {
    first: u32,
    last: u32,
}

/// An entry and its place in two lists.
pub(super) struct Node<T> {
    pub(super) deadline: u64,
    pub(super) owner: Pid,
    pub(super) entry: T,
    /// Neighbours in the bucket.
    before: u32,
    after: u32,
    /// Neighbours among the owner's entries.
    owner_before: u32,
    owner_after: u32,
}

const EMPTY: Bucket = Bucket { first: NOWHERE, last: NOWHERE };

impl<T> Wheel<T> {
    pub(super) fn new() -> Self {
        Self {
            present: 0,
            levels: [const { Level { occupied: 0, buckets: [EMPTY; BUCKETS] } }; LEVELS],
            slab: Slab::new(),
            owners: Owners::default(),
        }
    }

    /// A deadline that is past counts as the present tick.
    pub(super) fn insert(&mut self, deadline: u64, owner: Pid, entry: T) -> Key {
        let deadline = deadline.max(self.present);
        let [before, after, owner_before, owner_after] = [NOWHERE; 4];
        let node = Node { deadline, owner, entry, before, after, owner_before, owner_after };
        let key = self.slab.insert(node);
        self.give(key.place, owner);
        self.append(key.place, deadline);
        key
    }

    pub(super) fn get(&self, key: Key) -> Option<&Node<T>> {
        Some(self.slab.get(self.slab.find(key)?))
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Node<T>> {
        let place = self.slab.find(key)?;
        self.unlink(place);
        self.take_from_owner(place);
        Some(self.slab.remove(place))
    }

    /// Gives an entry a new deadline, as if it were removed and inserted, but under the key it has.
    pub(super) fn postpone(&mut self, key: Key, deadline: u64) {
        if let Some(place) = self.slab.find(key) {
            let deadline = deadline.max(self.present);
            self.unlink(place);
            self.slab.get_mut(place).deadline = deadline;
            self.append(place, deadline);
        }
    }

    /// Removes all entries of an owner, in time that depends on their number alone.
    pub(super) fn remove_owner(&mut self, owner: Pid) -> Vec<T> {
        let mut removed = Vec::new();
        let mut place = self.owners.remove(owner).unwrap_or(NOWHERE);
        while place != NOWHERE {
            self.unlink(place);
            let node = self.slab.remove(place);
            removed.push(node.entry);
            place = node.owner_after;
        }
        removed
    }

    /// A tick before which nothing is due: the first deadline itself if it is near, else one at which
    /// [`due`](Self::due) brings it nearer. `None` if there is no entry.
    pub(super) fn next_expiry(&self) -> Option<u64> {
        let (.., start) = self.first_bucket()?;
        Some(start)
    }

    /// Moves the present towards `now`, up to the first entry that is due by then. It stays in the wheel: to
    /// get the next, remove or postpone it. Entries come in order of their deadlines, those of one deadline in
    /// order of insertion.
    pub(super) fn due(&mut self, now: u64) -> Option<Key> {
        while let Some((level, digit, start)) = self.first_bucket()
            && start <= now
        {
            self.present = start;
            if level == 0 {
                return Some(self.slab.key(self.levels[0].buckets[digit].first));
            }
            self.deal_out(level, digit);
        }
        self.present = self.present.max(now);
        None
    }

    /// The first bucket that is not empty: its level, its digit, and its first tick.
    fn first_bucket(&self) -> Option<(usize, usize, u64)> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let digit = self.levels[level].occupied.trailing_zeros();
        let shift = DIGIT * level as u32;
        // The highest level has no digits above it.
        let above = u64::MAX.checked_shl(shift + DIGIT).unwrap_or(0);
        Some((level, digit as usize, self.present & above | u64::from(digit) << shift))
    }

    /// Moves the entries of a bucket, whose first tick is the present, to the levels below.
    fn deal_out(&mut self, level: usize, digit: usize) {
        let level = &mut self.levels[level];
        level.occupied &= !(1 << digit);
        let mut place = std::mem::replace(&mut level.buckets[digit], EMPTY).first;
        while place != NOWHERE {
            let node = self.slab.get(place);
            let (deadline, after) = (node.deadline, node.after);
            self.append(place, deadline);
            place = after;
        }
    }

    /// The level and the digit that say where a deadline stands. It is not before the present.
    fn bucket_of(&self, deadline: u64) -> (usize, usize) {
        let differing = (deadline ^ self.present) | 1;
        let level = differing.ilog2() / DIGIT;
        (level as usize, (deadline >> (level * DIGIT)) as usize % BUCKETS)
    }

    fn append(&mut self, place: u32, deadline: u64) {
        let (level, digit) = self.bucket_of(deadline);
        let level = &mut self.levels[level];
        level.occupied |= 1 << digit;
        let bucket = &mut level.buckets[digit];
        let last = std::mem::replace(&mut bucket.last, place);
        if last == NOWHERE {
            bucket.first = place;
        } else {
            self.slab.get_mut(last).after = place;
        }
        let node = self.slab.get_mut(place);
        node.before = last;
        node.after = NOWHERE;
    }

    fn unlink(&mut self, place: u32) {
        let &Node { deadline, before, after, .. } = self.slab.get(place);
        let (level, digit) = self.bucket_of(deadline);
        let level = &mut self.levels[level];
        let bucket = &mut level.buckets[digit];
        if before == NOWHERE {
            bucket.first = after;
        } else {
            self.slab.get_mut(before).after = after;
        }
        if after == NOWHERE {
            bucket.last = before;
        } else {
            self.slab.get_mut(after).before = before;
        }
        if bucket.first == NOWHERE {
            level.occupied &= !(1 << digit);
        }
    }

    fn give(&mut self, place: u32, owner: Pid) {
        if let Some(after) = self.owners.insert(owner, place) {
            self.slab.get_mut(after).owner_before = place;
            self.slab.get_mut(place).owner_after = after;
        }
    }

    fn take_from_owner(&mut self, place: u32) {
        let &Node { owner, owner_before: before, owner_after: after, .. } = self.slab.get(place);
        if after != NOWHERE {
            self.slab.get_mut(after).owner_before = before;
        }
        if before != NOWHERE {
            self.slab.get_mut(before).owner_after = after;
        } else if after != NOWHERE {
            self.owners.insert(owner, after);
        } else {
            self.owners.remove(owner);
        }
    }
}
