//! Which processes are a process's own: those that it spawned, and those that its supervisors started, at first
//! and again. It may do more to them than send.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusm_otp::{Pid, Runtime};

/// Some of them may be dead. Made with the first; most processes have none.
#[derive(Default)]
pub(super) struct Family(Option<Members>);

/// What adds to a family, wherever it is.
#[derive(Clone, Default)]
pub(super) struct Members(Arc<Mutex<HashSet<Pid>>>);

impl Family {
    pub(super) fn has(&self, pid: Pid) -> bool {
        self.0
            .as_ref()
            .is_some_and(|Members(pids)| pids.lock().unwrap_or_else(PoisonError::into_inner).contains(&pid))
    }

    pub(super) fn members(&mut self) -> &Members {
        self.0.get_or_insert_default()
    }
}

impl Members {
    pub(super) fn add(&self, pid: Pid, runtime: &Runtime) {
        let mut pids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only when it would grow, so that each is looked at a few times in its life.
        if pids.len() == pids.capacity() {
            pids.retain(|pid| runtime.is_alive(*pid));
            let room = pids.len().max(8);
            pids.reserve(room);
        }
        pids.insert(pid);
    }
}
