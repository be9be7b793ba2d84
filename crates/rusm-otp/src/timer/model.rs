//! The wheel does what a sorted map does.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::slab::Key;
use super::wheel::{Node, Wheel};
use crate::Pid;

#[derive(Clone, Copy, Debug)]
enum Op {
    Insert {
        delay: u64,
        owner: u64,
    },
    /// One of the keys that were ever given out.
    Remove(Index),
    Postpone(Index, u64),
    RemoveOwner(u64),
    Advance(u64),
    /// To the tick that the wheel asks for, as a driver does.
    AdvanceToNext,
}

/// Spans of every order of magnitude, up to all of time.
fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..3_u64,
        0..200_u64,
        (0..64_u32, any::<u64>()).prop_map(|(bits, any)| any >> bits),
        (0..64_u32, 0..3_u64).prop_map(|(bit, more)| (1_u64 << bit) + more - 1),
        Just(u64::MAX),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (span(), 0..4_u64).prop_map(|(delay, owner)| Op::Insert { delay, owner }),
        3 => any::<Index>().prop_map(Op::Remove),
        1 => (any::<Index>(), span()).prop_map(|(key, delay)| Op::Postpone(key, delay)),
        1 => (0..4_u64).prop_map(Op::RemoveOwner),
        3 => span().prop_map(Op::Advance),
        2 => Just(Op::AdvanceToNext),
    ]
}

/// The wheel beside a map from deadline and number of the insertion to who was inserted.
struct Both {
    wheel: Wheel<usize>,
    map: BTreeMap<(u64, usize), (usize, Pid)>,
    keys: Vec<Key>,
    insertions: usize,
    now: u64,
}

impl Both {
    fn new() -> Self {
        Self { wheel: Wheel::new(), map: BTreeMap::new(), keys: Vec::new(), insertions: 0, now: 0 }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Insert { delay, owner } => self.insert(self.now.saturating_add(delay), Pid::from_u64(owner)),
            Op::Remove(index) => self.remove(index),
            Op::Postpone(index, delay) => self.postpone(index, self.now.saturating_add(delay)),
            Op::RemoveOwner(owner) => self.remove_owner(Pid::from_u64(owner)),
            Op::Advance(span) => self.advance(self.now.saturating_add(span)),
            Op::AdvanceToNext => self.advance(self.wheel.next_expiry().unwrap_or(self.now)),
        }
        self.check_next();
    }

    fn insert(&mut self, deadline: u64, owner: Pid) {
        let id = self.keys.len();
        let key = self.wheel.insert(deadline, owner, id);
        assert!(!self.keys.contains(&key));
        self.keys.push(key);
        self.note(deadline, id, owner);
    }

    fn note(&mut self, deadline: u64, id: usize, owner: Pid) {
        self.map.insert((deadline, self.insertions), (id, owner));
        self.insertions += 1;
    }

    /// Which of the keys that were given out, and where its entry stands in the map if it is there.
    fn pick(&self, index: Index) -> Option<(usize, Option<(u64, usize)>)> {
        let id = (!self.keys.is_empty()).then(|| index.index(self.keys.len()))?;
        let place = self.map.iter().find(|(_, (other, _))| *other == id).map(|(place, _)| *place);
        Some((id, place))
    }

    fn remove(&mut self, index: Index) {
        let Some((id, place)) = self.pick(index) else { return };
        let expected = place.and_then(|place| Some((place.0, self.map.remove(&place)?)));
        let key = self.keys[id];
        assert_eq!(self.wheel.get(key).map(seen), expected);
        assert_eq!(self.wheel.remove(key).as_ref().map(seen), expected);
        assert!(self.wheel.remove(key).is_none());
    }

    fn postpone(&mut self, index: Index, deadline: u64) {
        let Some((id, place)) = self.pick(index) else { return };
        self.wheel.postpone(self.keys[id], deadline);
        if let Some((id, owner)) = place.and_then(|place| self.map.remove(&place)) {
            self.note(deadline, id, owner);
        }
    }

    fn remove_owner(&mut self, owner: Pid) {
        let mut removed = self.wheel.remove_owner(owner);
        removed.sort_unstable();
        let mut expected: Vec<_> =
            self.map.values().filter(|(_, of)| *of == owner).map(|(id, _)| *id).collect();
        expected.sort_unstable();
        assert_eq!(removed, expected);
        self.map.retain(|_, (_, of)| *of != owner);
    }

    fn advance(&mut self, now: u64) {
        self.now = now;
        while let Some(key) = self.wheel.due(now) {
            let ((deadline, _), value) = self.map.pop_first().expect("due, and yet not in the map");
            assert!(deadline <= now);
            assert_eq!(self.wheel.remove(key).as_ref().map(seen), Some((deadline, value)));
        }
        assert!(self.map.first_key_value().is_none_or(|((deadline, _), _)| *deadline > now));
    }

    fn check_next(&self) {
        let first = self.map.first_key_value().map(|((deadline, _), _)| *deadline);
        let next = self.wheel.next_expiry();
        assert_eq!(first.is_none(), next.is_none());
        assert!(next <= first, "{next:?} is later than {first:?}");
        // A driver that sleeps until then makes progress, and wakes at most once for each level.
        assert!(first.is_none_or(|first| first <= self.now || next > Some(self.now)));
    }
}

fn seen(node: &Node<usize>) -> (u64, (usize, Pid)) {
    (node.deadline, (node.entry, node.owner))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wheel_is_a_sorted_map(ops in vec(op(), 0..300)) {
        let mut both = Both::new();
        for op in ops {
            both.run(op);
        }
        both.advance(u64::MAX);
        prop_assert!(both.map.is_empty());
        prop_assert_eq!(both.wheel.next_expiry(), None);
    }
}

/// However far a deadline is, a driver wakes a few times for it and not once for each turn of the wheel.
#[test]
fn a_far_deadline_takes_few_wakes() {
    for bit in 0..64 {
        let deadline = u64::MAX >> bit;
        let mut wheel = Wheel::new();
        wheel.insert(deadline, Pid::NODE, ());
        let mut wakes = 0;
        while let Some(next) = wheel.next_expiry() {
            wakes += 1;
            while let Some(key) = wheel.due(next) {
                assert_eq!(next, deadline);
                wheel.remove(key);
            }
        }
        assert!(wakes <= 11, "{wakes} wakes for {deadline}");
    }
}
