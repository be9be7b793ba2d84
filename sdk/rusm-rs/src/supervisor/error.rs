//! Why a supervisor did not do what it was asked.

use std::fmt;

use super::host;
use crate::process::{Denied, ExitReason, Pid};

/// Why a supervisor did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SupervisorError {
    /// The profile does not allow it: `allow-spawn` does not name a component, or the supervisor is another's and
    /// there is no `allow-process-control`.
    Denied(Denied),
    /// There is no such component, or it is one for requests alone. The text says which.
    NoComponent(String),
    /// The description is impossible. The text says why.
    Invalid(String),
    /// With this child's argument, those of this process's children and of what it spawned would take more than
    /// this many bytes.
    TooLong(u64),
    /// This process has this many supervisors, or children in them, which is the most that it may have.
    TooMany(u64),
    /// A child of this id is running, as this process.
    AlreadyStarted(Pid),
    /// A child of this id is there, and not running. It can be restarted or deleted.
    AlreadyPresent,
    /// The supervisor has no such child.
    NotFound,
    /// What was asked is for a stopped child.
    Running,
    /// Attempts to restart the child are under way.
    Restarting,
    /// What was asked is for children with ids, which those of a dynamic supervisor have not.
    Dynamic,
    /// The supervisor, or the child, did not start.
    Failed(ExitReason),
    /// The supervisor ended.
    Down(ExitReason),
    /// That process is no supervisor; or, to stop, none that this process started.
    NoSupervisor,
}

impl From<host::SupervisorError> for SupervisorError {
    fn from(error: host::SupervisorError) -> Self {
        use host::SupervisorError as Wire;
        match error {
            Wire::Denied(text) => SupervisorError::Denied(Denied::new(text)),
            Wire::NoComponent(text) => SupervisorError::NoComponent(text),
            Wire::Invalid(text) => SupervisorError::Invalid(text),
            Wire::TooLong(limit) => SupervisorError::TooLong(limit),
            Wire::TooMany(limit) => SupervisorError::TooMany(limit),
            Wire::AlreadyStarted(pid) => SupervisorError::AlreadyStarted(Pid::from_u64(pid)),
            Wire::AlreadyPresent => SupervisorError::AlreadyPresent,
            Wire::NotFound => SupervisorError::NotFound,
            Wire::Running => SupervisorError::Running,
            Wire::Restarting => SupervisorError::Restarting,
            Wire::Dynamic => SupervisorError::Dynamic,
            Wire::Failed(reason) => SupervisorError::Failed(ExitReason::from_wire(reason)),
            Wire::Down(reason) => SupervisorError::Down(ExitReason::from_wire(reason)),
            Wire::NoSupervisor => SupervisorError::NoSupervisor,
        }
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SupervisorError::Denied(denied) => denied.fmt(f),
            SupervisorError::NoComponent(text) | SupervisorError::Invalid(text) => f.write_str(text),
            SupervisorError::TooLong(limit) => {
                write!(f, "the arguments of a process's children take at most {limit} bytes together")
            }
            SupervisorError::TooMany(limit) => write!(f, "a process may have at most {limit} of these"),
            SupervisorError::AlreadyStarted(pid) => {
                write!(f, "a child of this id is running already, as process {pid}")
            }
            SupervisorError::AlreadyPresent => {
                f.write_str("a child of this id is present already, and not running")
            }
            SupervisorError::NotFound => f.write_str("the supervisor has no such child"),
            SupervisorError::Running => f.write_str("the child is running"),
            SupervisorError::Restarting => f.write_str("the child is being restarted"),
            SupervisorError::Dynamic => {
                f.write_str("a dynamic supervisor knows its children by pid, not by id")
            }
            SupervisorError::Failed(reason) => write!(f, "it did not start: {reason}"),
            SupervisorError::Down(reason) => write!(f, "the supervisor ended: {reason}"),
            SupervisorError::NoSupervisor => f.write_str("that process is no supervisor of this one"),
        }
    }
}

impl std::error::Error for SupervisorError {}
