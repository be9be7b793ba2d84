//! A supervisor as others see it.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use super::error::SupervisorError;
use super::spec::{ChildKind, ChildSpec};
use crate::{CallError, Payload, Pid, Runtime};

/// A supervisor to whom one can speak. Clones speak to the same one, and are cheap.
///
/// Each call waits until the supervisor has done what it is asked, as OTP's do: there is no limit. While a
/// supervisor starts or stops a child it serves nobody, so a child must not call its own supervisor while it
/// starts or stops. To give up, drop the future; the supervisor does what it was asked all the same.
///
/// Ids are those of [`ChildSpec::new`]. A [dynamic](crate::Strategy::Dynamic) supervisor knows its children by
/// pid only.
///
/// ```
/// # use rusm_otp::{ChildSpec, ExitReason, Runtime, Strategy, Supervisor};
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runtime = Runtime::new();
/// let supervisor = Supervisor::new(Strategy::OneForOne).start(&runtime).await?;
/// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
/// let pid = supervisor.start_child(worker).await?.expect("a plain body always starts");
/// supervisor.terminate_child("worker").await?;
/// assert!(!runtime.is_alive(pid));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct SupervisorRef {
    runtime: Runtime,
    pid: Pid,
}

/// A child as [`SupervisorRef::which_children`] shows it.
///
/// ```
/// # use rusm_otp::{ChildInfo, ChildKind, ChildState};
/// let info = ChildInfo { id: "worker".into(), state: ChildState::Stopped, kind: ChildKind::Worker };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildInfo {
    /// Its id. Of a dynamic supervisor's children, many may have the same.
    pub id: Arc<str>,
    /// Its process, if it has one.
    pub state: ChildState,
    /// What it counts as.
    pub kind: ChildKind,
}

/// Whether a child has a process.
///
/// ```
/// # use rusm_otp::{ChildState, Pid};
/// assert_ne!(ChildState::Stopped, ChildState::Running(Pid::from_u64(7)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChildState {
    /// It has this one.
    Running(Pid),
    /// It has none until an attempt to restart it succeeds: OTP's `restarting`.
    Restarting,
    /// It has none: OTP's `undefined`.
    Stopped,
}

/// What [`SupervisorRef::count_children`] counts.
///
/// ```
/// # use rusm_otp::ChildCounts;
/// assert_eq!(ChildCounts::default().active, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// All children, whether running or not.
    pub specs: usize,
    /// Those that have a process.
    pub active: usize,
    /// Those that are supervisors, running or not.
    pub supervisors: usize,
    /// Those that are not, running or not.
    pub workers: usize,
}

/// What a supervisor is asked. Each answer is a `Result<_, SupervisorError>`.
pub(super) enum Request {
    /// For `Option<Pid>`.
    Start(Box<ChildSpec>),
    /// For `Option<Pid>`.
    Restart(Arc<str>),
    /// For `()`.
    Terminate(Arc<str>),
    /// For `()`.
    TerminatePid(Pid),
    /// For `()`.
    Delete(Arc<str>),
    /// For `Vec<ChildInfo>`.
    Which,
    /// For `ChildCounts`.
    Count,
}

impl SupervisorRef {
    /// The supervisor with this pid. Should it be none, calls fail with [`SupervisorError::Call`].
    ///
    /// ```
    /// # use rusm_otp::{CallError, ExitReason, Pid, Runtime, SupervisorRef};
    /// # #[tokio::main] async fn main() {
    /// let nobody = SupervisorRef::from_pid(&Runtime::new(), Pid::from_u64(7));
    /// let error = nobody.count_children().await.unwrap_err();
    /// assert_eq!(error, CallError::Down(ExitReason::NoProcess).into());
    /// # }
    /// ```
    pub fn from_pid(runtime: &Runtime, pid: Pid) -> Self {
        Self { runtime: runtime.clone(), pid }
    }

    /// The supervisor's process.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime, SupervisorRef};
    /// # #[tokio::main] async fn main() {
    /// let pid = Pid::from_u64(7);
    /// assert_eq!(SupervisorRef::from_pid(&Runtime::new(), pid).pid(), pid);
    /// # }
    /// ```
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Starts one more child, after all others (`supervisor:start_child/2`). The result is its pid, or `None`
    /// if there was nothing to run: OTP's `ignore`, after which the spec stays, unless it is temporary or the
    /// supervisor dynamic.
    ///
    /// A child that does not start is not kept.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Runtime, Strategy, Supervisor, SupervisorError};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let supervisor = Supervisor::new(Strategy::OneForOne).start(&Runtime::new()).await?;
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let pid = supervisor.start_child(worker.clone()).await?.unwrap();
    /// assert_eq!(supervisor.start_child(worker).await, Err(SupervisorError::AlreadyStarted(pid)));
    /// # Ok(()) }
    /// ```
    pub async fn start_child(&self, spec: ChildSpec) -> Result<Option<Pid>, SupervisorError> {
        self.ask(Request::Start(Box::new(spec))).await
    }

    /// Stops a child, in the way that its spec says; it is not restarted (`supervisor:terminate_child/2`).
    /// Its spec stays, unless it is temporary. To stop one that is stopped is no error.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, ChildState, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let supervisor = Supervisor::new(Strategy::OneForOne).child(worker).start(&Runtime::new()).await?;
    /// supervisor.terminate_child("worker").await?;
    /// assert_eq!(supervisor.which_children().await?[0].state, ChildState::Stopped);
    /// # Ok(()) }
    /// ```
    pub async fn terminate_child(&self, id: &str) -> Result<(), SupervisorError> {
        self.ask(Request::Terminate(id.into())).await
    }

    /// Stops a child of a dynamic supervisor (`supervisor:terminate_child/2` with a pid). A process that is
    /// dead is no error, a living one that is no child is [`NotFound`](SupervisorError::NotFound); so is
    /// any to a supervisor that is not dynamic.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = Supervisor::new(Strategy::Dynamic).start(&Runtime::new()).await?;
    /// let session = ChildSpec::new("session", |_ctx| std::future::pending::<()>());
    /// let pid = sessions.start_child(session).await?.unwrap();
    /// sessions.terminate_pid(pid).await?;
    /// assert_eq!(sessions.count_children().await?.specs, 0);
    /// # Ok(()) }
    /// ```
    pub async fn terminate_pid(&self, pid: Pid) -> Result<(), SupervisorError> {
        self.ask(Request::TerminatePid(pid)).await
    }

    /// Starts a stopped child at its place (`supervisor:restart_child/2`). It does not count as a restart. If
    /// it does not start it stays as it was. The result is that of [`start_child`](Self::start_child).
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Runtime, Strategy, Supervisor, SupervisorError};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let supervisor = Supervisor::new(Strategy::OneForOne).child(worker).start(&Runtime::new()).await?;
    /// assert_eq!(supervisor.restart_child("worker").await, Err(SupervisorError::Running));
    /// supervisor.terminate_child("worker").await?;
    /// assert!(supervisor.restart_child("worker").await?.is_some());
    /// # Ok(()) }
    /// ```
    pub async fn restart_child(&self, id: &str) -> Result<Option<Pid>, SupervisorError> {
        self.ask(Request::Restart(id.into())).await
    }

    /// Forgets a stopped child (`supervisor:delete_child/2`).
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let supervisor = Supervisor::new(Strategy::OneForOne).child(worker).start(&Runtime::new()).await?;
    /// supervisor.terminate_child("worker").await?;
    /// supervisor.delete_child("worker").await?;
    /// assert_eq!(supervisor.which_children().await?, []);
    /// # Ok(()) }
    /// ```
    pub async fn delete_child(&self, id: &str) -> Result<(), SupervisorError> {
        self.ask(Request::Delete(id.into())).await
    }

    /// All children, in the order of their starts (`supervisor:which_children/1`, which promises none).
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, ChildState, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let supervisor = Supervisor::new(Strategy::OneForOne).child(worker).start(&Runtime::new()).await?;
    /// let children = supervisor.which_children().await?;
    /// assert_eq!(&*children[0].id, "worker");
    /// assert!(matches!(children[0].state, ChildState::Running(_)));
    /// # Ok(()) }
    /// ```
    pub async fn which_children(&self) -> Result<Vec<ChildInfo>, SupervisorError> {
        self.ask(Request::Which).await
    }

    /// How many children there are (`supervisor:count_children/1`). The children of a dynamic supervisor
    /// count as a spec each, as Elixir's `DynamicSupervisor` counts them, where `simple_one_for_one` has one.
    ///
    /// ```
    /// # use rusm_otp::{ChildCounts, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let supervisor = Supervisor::new(Strategy::OneForOne).start(&Runtime::new()).await?;
    /// assert_eq!(supervisor.count_children().await?, ChildCounts::default());
    /// # Ok(()) }
    /// ```
    pub async fn count_children(&self) -> Result<ChildCounts, SupervisorError> {
        self.ask(Request::Count).await
    }

    async fn ask<T: Any>(&self, request: Request) -> Result<T, SupervisorError> {
        let answer = self.runtime.call_within(Duration::MAX, self.pid, Payload::new(request)).await?;
        // What answers something else is no supervisor.
        answer.downcast().unwrap_or(Err(CallError::Refused.into()))
    }
}

impl std::fmt::Debug for SupervisorRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SupervisorRef").field(&self.pid).finish()
    }
}
