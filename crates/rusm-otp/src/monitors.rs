//! The monitors of one process.

use std::collections::BTreeMap;
use std::mem;

use crate::{MonitorRef, Pid};

/// Up to this many stand in a vector. A call sets one monitor and takes it away again, and costs no
/// allocation by that.
const FEW: usize = 16;

/// Monitors in order of their references, each with the process at its other end.
pub(crate) enum Monitors {
    Few(Vec<(MonitorRef, Pid)>),
    Many(BTreeMap<MonitorRef, Pid>),
}

impl Monitors {
    pub(crate) fn insert(&mut self, monitor: MonitorRef, pid: Pid) {
        match self {
            Self::Few(few) if few.len() < FEW => {
                // References count up, so that the place is mostly the last.
                let place =
                    few.iter().rposition(|(known, _)| *known < monitor).map_or(0, |before| before + 1);
                few.insert(place, (monitor, pid));
            }
            Self::Few(few) => {
                *self = Self::Many(mem::take(few).into_iter().collect());
                self.insert(monitor, pid);
            }
            Self::Many(many) => drop(many.insert(monitor, pid)),
        }
    }

    pub(crate) fn remove(&mut self, monitor: MonitorRef) -> Option<Pid> {
        match self {
            Self::Few(few) => {
                let place = few.iter().position(|(known, _)| *known == monitor)?;
                Some(few.remove(place).1)
            }
            Self::Many(many) => {
                let pid = many.remove(&monitor);
                if many.is_empty() {
                    *self = Self::default();
                }
                pid
            }
        }
    }

    pub(crate) fn pids(&self) -> impl Iterator<Item = Pid> {
        let (few, many) = match self {
            Self::Few(few) => (Some(few), None),
            Self::Many(many) => (None, Some(many)),
        };
        let few = few.into_iter().flatten().map(|(_, pid)| *pid);
        few.chain(many.into_iter().flat_map(BTreeMap::values).copied())
    }

    pub(crate) fn for_each(self, act: impl FnMut((MonitorRef, Pid))) {
        match self {
            Self::Few(few) => few.into_iter().for_each(act),
            Self::Many(many) => many.into_iter().for_each(act),
        }
    }
}

impl Default for Monitors {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn monitors_are_a_sorted_map(steps in prop::collection::vec((any::<bool>(), 0..40_u64), 0..200)) {
            let mut monitors = Monitors::default();
            let mut model = BTreeMap::new();
            for (insert, number) in steps {
                let (monitor, pid) = (MonitorRef(number), Pid::from_u64(number + 100));
                if insert && !model.contains_key(&monitor) {
                    monitors.insert(monitor, pid);
                    model.insert(monitor, pid);
                } else {
                    prop_assert_eq!(monitors.remove(monitor), model.remove(&monitor));
                }
                prop_assert!(monitors.pids().eq(model.values().copied()));
            }
            let mut left = Vec::new();
            monitors.for_each(|monitor| left.push(monitor));
            prop_assert_eq!(left, model.into_iter().collect::<Vec<_>>());
        }
    }
}
