//! A supervisor that runs.

use super::{Child, SupervisorError, host};
use crate::process::Pid;

/// A supervisor to whom one can speak. Each call waits until it has done what it is asked.
///
/// A process may speak to the supervisors that it started and to those below them; to others' if its profile has
/// `allow-process-control`. Their children, at first and again, are its own, as what it spawns is: it may monitor
/// and kill them, for instance. While a supervisor starts or stops a child it
/// serves nobody else, so a child must not call its own supervisor while it is being stopped.
///
/// # Errors
///
/// Of each call: see [`SupervisorError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SupervisorRef(Pid);

impl SupervisorRef {
    /// The supervisor with this pid, which another process gave.
    ///
    /// ```
    /// # use rusm_rs::{Pid, supervisor::SupervisorRef};
    /// assert_eq!(SupervisorRef::from_pid(Pid::from_u64(7)).pid(), Pid::from_u64(7));
    /// ```
    pub const fn from_pid(pid: Pid) -> Self {
        SupervisorRef(pid)
    }

    /// Its process.
    pub const fn pid(self) -> Pid {
        self.0
    }

    /// Starts one more child, after all others.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Restart, Strategy, Supervisor};
    /// let sessions = Supervisor::new(Strategy::Dynamic).start()?;
    /// let session = sessions.start_child(Child::new("session", "session").restart(Restart::Temporary))?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`]. A child that does not start is not kept.
    pub fn start_child(self, child: Child) -> Result<Pid, SupervisorError> {
        let mut tree = Vec::new();
        let child = child.into_wire(&mut tree);
        Ok(Pid::from_u64(host::start_child(self.0.as_u64(), &child, &tree)?))
    }

    /// Stops a child, in the way that it says; it is not restarted. It can be started again, unless it is
    /// temporary. To stop one that is stopped is no error.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let shop = Supervisor::new(Strategy::OneForOne).child(Child::new("till", "till")).start()?;
    /// shop.terminate_child("till")?;
    /// shop.restart_child("till")?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn terminate_child(self, id: &str) -> Result<(), SupervisorError> {
        Ok(host::terminate_child(self.0.as_u64(), id)?)
    }

    /// Stops a child of a dynamic supervisor. One that is dead is no error; a living one that is no child is
    /// [`NotFound`](SupervisorError::NotFound).
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let sessions = Supervisor::new(Strategy::Dynamic).start()?;
    /// let session = sessions.start_child(Child::new("session", "session"))?;
    /// sessions.terminate_pid(session)?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn terminate_pid(self, child: Pid) -> Result<(), SupervisorError> {
        Ok(host::terminate_pid(self.0.as_u64(), child.as_u64())?)
    }

    /// Starts a stopped child at its place. It does not count as a restart.
    ///
    /// [`terminate_child`](Self::terminate_child) has an example.
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`]. A child that does not start stays as it was.
    pub fn restart_child(self, id: &str) -> Result<Pid, SupervisorError> {
        Ok(Pid::from_u64(host::restart_child(self.0.as_u64(), id)?))
    }

    /// Forgets a stopped child.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let shop = Supervisor::new(Strategy::OneForOne).child(Child::new("till", "till")).start()?;
    /// shop.terminate_child("till")?;
    /// shop.delete_child("till")?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn delete_child(self, id: &str) -> Result<(), SupervisorError> {
        Ok(host::delete_child(self.0.as_u64(), id)?)
    }

    /// All children, in the order of their starts.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{ChildState, SupervisorRef};
    /// # fn show(supervisor: SupervisorRef) -> Result<(), rusm_rs::supervisor::SupervisorError> {
    /// for child in supervisor.which_children()? {
    ///     match child.state {
    ///         ChildState::Running(pid) => println!("{} is process {pid}", child.id),
    ///         ChildState::Restarting | ChildState::Stopped => println!("{} does not run", child.id),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn which_children(self) -> Result<Vec<ChildInfo>, SupervisorError> {
        let children = host::which_children(self.0.as_u64())?;
        let info = |child: host::ChildInfo| ChildInfo {
            id: child.id,
            state: match child.state {
                host::ChildState::Running(pid) => ChildState::Running(Pid::from_u64(pid)),
                host::ChildState::Restarting => ChildState::Restarting,
                host::ChildState::Stopped => ChildState::Stopped,
            },
            kind: match child.kind {
                host::ChildKind::Worker => ChildKind::Worker,
                host::ChildKind::Supervisor => ChildKind::Supervisor,
            },
        };
        Ok(children.into_iter().map(info).collect())
    }

    /// How many children there are.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::SupervisorRef;
    /// # fn show(supervisor: SupervisorRef) -> Result<(), rusm_rs::supervisor::SupervisorError> {
    /// let counts = supervisor.count_children()?;
    /// println!("{} of {} children run", counts.active, counts.specs);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`SupervisorError`].
    pub fn count_children(self) -> Result<ChildCounts, SupervisorError> {
        let counts = host::count_children(self.0.as_u64())?;
        Ok(ChildCounts {
            specs: counts.specs,
            active: counts.active,
            supervisors: counts.supervisors,
            workers: counts.workers,
        })
    }

    /// Has it stop its children, the last one first, and end. Only the process that started it may; a supervisor
    /// that is another's child is stopped by [`terminate_child`](Self::terminate_child). No exit signal comes of
    /// it.
    ///
    /// ```no_run
    /// # use rusm_rs::supervisor::{Child, Strategy, Supervisor};
    /// let shop = Supervisor::new(Strategy::OneForOne).child(Child::new("till", "till")).start()?;
    /// shop.stop()?;
    /// # Ok::<_, rusm_rs::supervisor::SupervisorError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoSupervisor`](SupervisorError::NoSupervisor) for any other. One that has ended is stopped.
    pub fn stop(self) -> Result<(), SupervisorError> {
        Ok(host::stop(self.0.as_u64())?)
    }
}

/// A child as [`SupervisorRef::which_children`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildInfo {
    /// Its id. Of a dynamic supervisor's children, many may have the same.
    pub id: String,
    /// Its process, if it has one.
    pub state: ChildState,
    /// What it counts as.
    pub kind: ChildKind,
}

/// Whether a child has a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildState {
    /// It has this one.
    Running(Pid),
    /// It has none until an attempt to restart it succeeds.
    Restarting,
    /// It has none.
    Stopped,
}

/// What a child counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// A component.
    Worker,
    /// A supervisor.
    Supervisor,
}

/// What [`SupervisorRef::count_children`] counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// All children, whether running or not.
    pub specs: u64,
    /// Those that have a process.
    pub active: u64,
    /// Those that are supervisors, running or not.
    pub supervisors: u64,
    /// Those that are not, running or not.
    pub workers: u64,
}
