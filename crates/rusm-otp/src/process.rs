//! What the runtime knows of one process.

use std::collections::BTreeSet;
use std::mem::offset_of;
use std::sync::Arc;
use std::task::Waker;

use crate::mailbox::Inbox;
use crate::monitors::Monitors;
use crate::{ExitReason, Pid};

/// What the runtime knows of one living process, under the lock of its slot.
///
/// Kept small, since a node has many: what most processes never have stands behind [`Ties`]. The order of the
/// fields is that of the cache lines, see [`Slot`](crate::table::Slot).
#[derive(Default)]
#[repr(C)]
pub(crate) struct Process {
    pub(crate) trap_exit: bool,
    /// Whether a timer was ever set that sends to this process.
    pub(crate) has_timers: bool,
    pub(crate) ties: Option<Box<Ties>>,
    pub(crate) label: Option<Arc<str>>,
    /// Of the task that polls the body. Unlike the inbox's waker it stays, for signals that end the process.
    pub(crate) task: Option<Waker>,
    pub(crate) inbox: Inbox,
}

const _: () = assert!(offset_of!(Process, inbox) == 48);

/// A process's bonds with others. `links` and the pair `monitors`/`watchers` have both ends changed under
/// both locks, so one end never knows of a bond between living processes that the other does not.
#[derive(Default)]
pub(crate) struct Ties {
    pub(crate) links: BTreeSet<Pid>,
    /// Monitors that this process set, and on whom.
    pub(crate) monitors: Monitors,
    /// Monitors that others set on this process.
    pub(crate) watchers: Monitors,
    pub(crate) names: Vec<Arc<str>>,
    /// The groups it is a member of, each once.
    pub(crate) groups: Vec<Arc<str>>,
    /// Signals that end this process, in order of arrival. The body learns of them when it next suspends.
    pub(crate) ending: Vec<Ending>,
}

/// A signal that ends its receiver.
pub(crate) struct Ending {
    /// The link it came by, if it did: until it takes effect, unlinking takes it back.
    pub(crate) link: Option<Pid>,
    pub(crate) reason: ExitReason,
}

impl Process {
    pub(crate) fn ties(&mut self) -> &mut Ties {
        self.ties.get_or_insert_default()
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ties.as_ref().is_some_and(|ties| !ties.ending.is_empty())
    }
}

impl Ties {
    /// Keeps a signal that ends the process, unless it cannot come to count: the first counts that is not
    /// taken back. So a process that does not come to rest cannot be filled with them.
    pub(crate) fn add_ending(&mut self, link: Option<Pid>, reason: &ExitReason) {
        if !self.ending.iter().any(|earlier| earlier.link.is_none() || earlier.link == link) {
            self.ending.push(Ending { link, reason: reason.clone() });
        }
    }
}
