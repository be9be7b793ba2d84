//! What a child is, and how it is to be treated.

use std::time::Duration;

use serde::Serialize;

use super::{Supervisor, host, nanos};
use crate::wire;

/// A component, or a supervisor, as the child of a supervisor. It is started again from this, so each process of
/// it begins alike.
///
/// The defaults are OTP's: [`Restart::Permanent`]; 5 s to shut down for a component and no limit for a supervisor;
/// not significant.
#[derive(Clone, Debug)]
pub struct Child {
    id: String,
    start: Start,
    restart: Restart,
    shutdown: Option<Shutdown>,
    significant: bool,
    label: Option<String>,
}

#[derive(Clone, Debug)]
enum Start {
    Component { component: String, argument: Vec<u8>, name: Option<String> },
    Supervisor(Supervisor),
}

impl Child {
    /// A process of a component, by this id among its siblings.
    ///
    /// ```
    /// # use rusm_rs::supervisor::Child;
    /// let stock = Child::new("stock", "stock");
    /// ```
    pub fn new(id: &str, component: &str) -> Self {
        let start = Start::Component { component: component.to_owned(), argument: Vec::new(), name: None };
        Self::of(id, start)
    }

    /// A supervisor, with children of its own.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let sessions = Child::supervisor("sessions", Supervisor::new(Strategy::Dynamic));
    /// ```
    pub fn supervisor(id: &str, supervisor: Supervisor) -> Self {
        Self::of(id, Start::Supervisor(supervisor))
    }

    fn of(id: &str, start: Start) -> Self {
        let id = id.to_owned();
        Child { id, start, restart: Restart::default(), shutdown: None, significant: false, label: None }
    }

    /// What each process of it knows from the start, as by [`Spawn::argument`](crate::process::Spawn::argument). For
    /// a supervisor it means nothing.
    ///
    /// ```
    /// # use rusm_rs::supervisor::Child;
    /// let worker = Child::new("worker 7", "worker").argument(&7);
    /// ```
    ///
    /// # Panics
    ///
    /// If the value cannot be JSON.
    #[must_use]
    pub fn argument<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.argument_bytes(wire::to_vec_or_panic(value))
    }

    /// The same in bytes.
    ///
    /// ```
    /// # use rusm_rs::supervisor::Child;
    /// let worker = Child::new("worker", "worker").argument_bytes(vec![7]);
    /// ```
    #[must_use]
    pub fn argument_bytes(mut self, bytes: Vec<u8>) -> Self {
        if let Start::Component { argument, .. } = &mut self.start {
            *argument = bytes;
        }
        self
    }

    /// A name that each process of it is registered by; see [`process::register`](crate::process::register). If
    /// another has it, the child cannot be started. For a supervisor it means nothing.
    ///
    /// ```
    /// # use rusm_rs::supervisor::Child;
    /// let stock = Child::new("stock", "stock").name("stock of 7");
    /// ```
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        if let Start::Component { name: place, .. } = &mut self.start {
            *place = Some(name.to_owned());
        }
        self
    }

    /// When it is started again after its end.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Child, Restart};
    /// let job = Child::new("job", "job").restart(Restart::Temporary);
    /// ```
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How it is stopped.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Child, Shutdown};
    /// let cache = Child::new("cache", "cache").shutdown(Shutdown::BrutalKill);
    /// ```
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Its end may end the supervisor; see [`AutoShutdown`](super::AutoShutdown). Not for a permanent child, which
    /// has no end.
    ///
    /// ```
    /// # use rusm_rs::supervisor::{Child, Restart};
    /// let job = Child::new("job", "job").restart(Restart::Transient).significant();
    /// ```
    #[must_use]
    pub fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    /// What its processes are called in logs; its id by default.
    ///
    /// ```
    /// # use rusm_rs::supervisor::Child;
    /// let worker = Child::new("7", "worker").label("worker 7");
    /// ```
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Appends the supervisors that it names to the list.
    pub(super) fn into_wire(self, tree: &mut Vec<host::SupervisorSpec>) -> host::ChildSpec {
        host::ChildSpec {
            id: self.id,
            start: match self.start {
                Start::Component { component, argument, name } => {
                    host::ChildStart::Component(host::ComponentChild { component, argument, name })
                }
                Start::Supervisor(supervisor) => host::ChildStart::Supervisor(supervisor.into_wire(tree)),
            },
            restart: match self.restart {
                Restart::Permanent => host::Restart::Permanent,
                Restart::Transient => host::Restart::Transient,
                Restart::Temporary => host::Restart::Temporary,
            },
            shutdown: self.shutdown.map(|shutdown| match shutdown {
                Shutdown::Timeout(limit) => host::Shutdown::Timeout(nanos(limit)),
                Shutdown::BrutalKill => host::Shutdown::BrutalKill,
                Shutdown::Infinity => host::Shutdown::Infinity,
            }),
            significant: self.significant,
            label: self.label,
        }
    }
}

/// When a child is started again after it ended by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// Unless its end was normal or an orderly shutdown.
    Transient,
    /// Never, not even when a sibling's end has this child stopped: its spec goes with it.
    Temporary,
}

/// How a child is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// By the exit signal [`Shutdown`](crate::process::ExitReason::Shutdown), and killed when it has not ended in
    /// this time.
    Timeout(Duration),
    /// Killed.
    BrutalKill,
    /// By the exit signal [`Shutdown`](crate::process::ExitReason::Shutdown), with all the time it takes. The
    /// supervisor waits for ever for one that does not end.
    Infinity,
}
