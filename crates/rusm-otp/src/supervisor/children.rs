//! The children of one supervisor.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::reference::{ChildCounts, ChildInfo, ChildState};
use super::spec::{ChildKind, ChildSpec, Restart};
use crate::{ExitReason, Pid};

/// A child's place in the order of starts. It keeps it through restarts, until it is deleted.
pub(super) type Place = u64;

/// All places.
pub(super) const ALL: RangeInclusive<Place> = 0..=Place::MAX;

pub(super) struct Child {
    pub(super) spec: ChildSpec,
    pub(super) state: ChildState,
    /// The process that it was and why that ended, between its end and the restart.
    pub(super) was: Option<Box<(Pid, ExitReason)>>,
}

/// The children in the order of their starts. Each operation costs the same whether they are ten or a
/// hundred thousand, but for a logarithm.
pub(super) struct Children {
    in_order: BTreeMap<Place, Child>,
    /// `None` where children are known by pid only.
    by_id: Option<HashMap<Arc<str>, Place>>,
    by_pid: HashMap<Pid, Place>,
    next: Place,
    /// How many significant ones are running or being restarted.
    significant: usize,
}

impl Children {
    pub(super) fn new(have_ids: bool) -> Self {
        Self {
            in_order: BTreeMap::new(),
            by_id: have_ids.then(HashMap::new),
            by_pid: HashMap::new(),
            next: 0,
            significant: 0,
        }
    }

    /// Adds a stopped child at the end.
    pub(super) fn add(&mut self, spec: ChildSpec) -> Place {
        let place = self.next;
        self.next += 1;
        if let Some(by_id) = &mut self.by_id {
            by_id.insert(spec.id.clone(), place);
        }
        self.in_order.insert(place, Child { spec, state: ChildState::Stopped, was: None });
        place
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.set(place, ChildState::Stopped);
        if let Some(child) = self.in_order.remove(&place)
            && let Some(by_id) = &mut self.by_id
        {
            by_id.remove(&child.spec.id);
        }
    }

    /// What a child becomes that is stopped and not to be started again of itself: one that nobody could ask
    /// for by its id is forgotten.
    pub(super) fn retire(&mut self, place: Place) {
        let forget = self.get(place).is_some_and(|child| child.spec.restart == Restart::Temporary);
        if forget || self.by_id.is_none() {
            self.remove(place);
        } else {
            self.set(place, ChildState::Stopped);
        }
    }

    pub(super) fn set(&mut self, place: Place, state: ChildState) {
        let Some(child) = self.in_order.get_mut(&place) else { return };
        if let ChildState::Running(pid) = child.state {
            self.by_pid.remove(&pid);
        }
        if let ChildState::Running(pid) = state {
            self.by_pid.insert(pid, place);
        }
        if child.spec.significant {
            self.significant += usize::from(state != ChildState::Stopped);
            self.significant -= usize::from(child.state != ChildState::Stopped);
        }
        child.state = state;
    }

    pub(super) fn get(&self, place: Place) -> Option<&Child> {
        self.in_order.get(&place)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Child> {
        self.in_order.get_mut(&place)
    }

    pub(super) fn with_id(&self, id: &str) -> Option<(Place, ChildState)> {
        let place = *self.by_id.as_ref()?.get(id)?;
        Some((place, self.get(place)?.state))
    }

    pub(super) fn with_pid(&self, pid: Pid) -> Option<Place> {
        self.by_pid.get(&pid).copied()
    }

    pub(super) fn places(&self, range: RangeInclusive<Place>) -> Vec<Place> {
        self.in_order.range(range).map(|(&place, _)| place).collect()
    }

    /// The running ones, in order.
    pub(super) fn running(&self) -> impl Iterator<Item = (Pid, &ChildSpec)> {
        self.in_order.values().filter_map(|child| match child.state {
            ChildState::Running(pid) => Some((pid, &child.spec)),
            ChildState::Restarting | ChildState::Stopped => None,
        })
    }

    pub(super) fn has_active_significant(&self) -> bool {
        self.significant > 0
    }

    pub(super) fn infos(&self) -> Vec<ChildInfo> {
        let info = |child: &Child| ChildInfo {
            id: child.spec.id.clone(),
            state: child.state,
            kind: child.spec.kind,
        };
        self.in_order.values().map(info).collect()
    }

    /// `active` are those whose end is not known.
    pub(super) fn counts(&self) -> ChildCounts {
        let supervisors =
            self.in_order.values().filter(|child| child.spec.kind == ChildKind::Supervisor).count();
        ChildCounts {
            specs: self.in_order.len(),
            active: self.by_pid.len(),
            supervisors,
            workers: self.in_order.len() - supervisors,
        }
    }
}
