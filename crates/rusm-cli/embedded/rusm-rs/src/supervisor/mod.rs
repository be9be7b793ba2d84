//! Supervisors: processes of the node that start components, start them again when they fail, and stop them when
//! they end. The rules are those of OTP's `supervisor(3)`.
//!
//! ```no_run
//! use std::time::Duration;
//! use rusm_rs::supervisor::{Child, Restart, Strategy, Supervisor};
//!
//! let shop = Supervisor::new(Strategy::RestForOne)
//!     .intensity(3, Duration::from_secs(10))
//!     .child(Child::new("stock", "stock").argument(&"warehouse 7").name("stock of 7"))
//!     .child(Child::new("till", "till").restart(Restart::Transient))
//!     .start()?;
//! println!("{} children", shop.count_children()?.active);
//! shop.stop()?;
//! # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
//! ```
//!
//! A supervisor is linked to the process that starts it, and ends with it, after its children. One whose children
//! fail too often ends with [`Shutdown`](crate::process::ExitReason::Shutdown), which ends that process too unless
//! it [traps exits](crate::process::trap_exit).
//!
//! Each component needs `allow-spawn` in the profile of the process that names it, and runs under its own
//! profile. A child counts as started when its process is there. A process may have 100 supervisors and 10,000
//! children in them.

mod child;
mod error;
mod reference;

use std::time::Duration;

pub use child::{Child, Restart, Shutdown};
pub use error::SupervisorError;
pub use reference::{ChildCounts, ChildInfo, ChildKind, ChildState, SupervisorRef};

use crate::bindings::rusm::runtime::supervisor as host;
use crate::process::Pid;

/// Who else is restarted with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Nobody.
    OneForOne,
    /// All other children. They are stopped in reverse, and all start in order.
    OneForAll,
    /// Those that started after it, in the same way.
    RestForOne,
    /// Nobody, and children come and go. Such a supervisor starts without children and knows them by pid; their
    /// ids are labels. One that ends and is not restarted is forgotten.
    Dynamic,
}

/// Whether a supervisor ends when [significant](Child::significant) children end by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AutoShutdown {
    /// No child may be significant.
    #[default]
    Never,
    /// With the first of them.
    AnySignificant,
    /// With the last of them.
    AllSignificant,
}

/// What a supervisor is to be like.
#[derive(Clone, Debug)]
#[must_use = "`start` makes the supervisor"]
pub struct Supervisor {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    intensity: u32,
    period: Duration,
    children: Vec<Child>,
    label: Option<String>,
}

impl Supervisor {
    /// A supervisor without children, with OTP's defaults: one restart in 5 s at most, no automatic shutdown.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Strategy, Supervisor};
    /// let sessions = Supervisor::new(Strategy::Dynamic);
    /// ```
    pub fn new(strategy: Strategy) -> Self {
        Supervisor {
            strategy,
            auto_shutdown: AutoShutdown::Never,
            intensity: 1,
            period: Duration::from_secs(5),
            children: Vec::new(),
            label: None,
        }
    }

    /// How many restarts within a period are not yet too many. With one more, the supervisor stops its children
    /// and ends.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Strategy, Supervisor};
    /// # use std::time::Duration;
    /// let patient = Supervisor::new(Strategy::OneForOne).intensity(10, Duration::from_secs(1));
    /// ```
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        (self.intensity, self.period) = (restarts, period);
        self
    }

    /// Adds a child that starts with the supervisor, after those that were added before.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let pair = Supervisor::new(Strategy::OneForAll)
    ///     .child(Child::new("reader", "reader"))
    ///     .child(Child::new("writer", "writer"));
    /// ```
    pub fn child(mut self, child: Child) -> Self {
        self.children.push(child);
        self
    }

    /// Whether it ends with its significant children.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{AutoShutdown, Child, Restart, Strategy, Supervisor};
    /// let job = Supervisor::new(Strategy::OneForAll)
    ///     .auto_shutdown(AutoShutdown::AnySignificant)
    ///     .child(Child::new("job", "job").restart(Restart::Transient).significant());
    /// ```
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// What it is called in logs.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Strategy, Supervisor};
    /// let sessions = Supervisor::new(Strategy::Dynamic).label("sessions");
    /// ```
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Starts the supervisor, linked to this process, and its children in order.
    ///
    /// As in OTP, a start that fails ends this process too, unless it [traps exits](crate::process::trap_exit). What
    /// is found before anything starts (a denial, an impossible description, too many) does not.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let supervisor = Supervisor::new(Strategy::OneForOne).child(Child::new("echo", "echo")).start()?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn start(self) -> Result<SupervisorRef, SupervisorError> {
        let mut tree = Vec::new();
        self.into_wire(&mut tree);
        Ok(SupervisorRef::from_pid(Pid::from_u64(host::start(&tree)?)))
    }

    /// Appends this supervisor and those below it to the list that goes over the wire, in which each comes after
    /// its parent. Returns its index.
    fn into_wire(self, tree: &mut Vec<host::SupervisorSpec>) -> u32 {
        let index = tree.len();
        tree.push(host::SupervisorSpec {
            strategy: match self.strategy {
                Strategy::OneForOne => host::Strategy::OneForOne,
                Strategy::OneForAll => host::Strategy::OneForAll,
                Strategy::RestForOne => host::Strategy::RestForOne,
                Strategy::Dynamic => host::Strategy::Dynamic,
            },
            auto_shutdown: match self.auto_shutdown {
                AutoShutdown::Never => host::AutoShutdown::Never,
                AutoShutdown::AnySignificant => host::AutoShutdown::AnySignificant,
                AutoShutdown::AllSignificant => host::AutoShutdown::AllSignificant,
            },
            restarts: self.intensity,
            period: nanos(self.period),
            children: Vec::new(),
            label: self.label,
        });
        let children = self.children.into_iter().map(|child| child.into_wire(tree)).collect();
        tree[index].children = children;
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}

/// 584 years at most.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_crosses_the_boundary_as_a_list_in_which_parents_come_first() {
        let leaf = |id| Child::new(id, "worker");
        let inner = Supervisor::new(Strategy::OneForAll)
            .child(Child::supervisor("deep", Supervisor::new(Strategy::Dynamic)))
            .child(leaf("c"));
        let root = Supervisor::new(Strategy::OneForOne)
            .child(leaf("a"))
            .child(Child::supervisor("inner", inner))
            .child(Child::supervisor("last", Supervisor::new(Strategy::RestForOne)));
        let mut tree = Vec::new();
        root.into_wire(&mut tree);
        let ids = |index: usize| -> Vec<_> {
            let start = |child: &host::ChildSpec| match child.start {
                host::ChildStart::Supervisor(index) => Some(index),
                host::ChildStart::Component(_) => None,
            };
            tree[index].children.iter().map(|child| (child.id.as_str(), start(child))).collect()
        };
        assert_eq!(ids(0), [("a", None), ("inner", Some(1)), ("last", Some(3))]);
        assert_eq!(ids(1), [("deep", Some(2)), ("c", None)]);
        assert_eq!((ids(2), ids(3)), (vec![], vec![]));
        assert_eq!(tree[2].strategy, host::Strategy::Dynamic);
    }
}
