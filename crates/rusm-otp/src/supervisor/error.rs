//! What can be wrong with what a supervisor is asked.

use std::sync::Arc;

use crate::{CallError, ExitReason, Pid};

/// Why a supervisor did not do what it was asked: the errors of OTP's functions by their names there.
///
/// ```
/// # use rusm_otp::{Runtime, Strategy, Supervisor, SupervisorError};
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runtime = Runtime::new();
/// let supervisor = Supervisor::new(Strategy::OneForOne).start(&runtime).await?;
/// let missing = supervisor.delete_child("cache").await.unwrap_err();
/// assert_eq!(missing, SupervisorError::NotFound);
/// assert_eq!(missing.to_string(), "the supervisor has no such child");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SupervisorError {
    /// A child of this id is running: `already_started`.
    #[error("a child of this id is running already, as process {0}")]
    AlreadyStarted(Pid),
    /// There is a child of this id without a process: `already_present`. A stopped one can be restarted or
    /// deleted.
    #[error("a child of this id is present already, and not running")]
    AlreadyPresent,
    /// `not_found`.
    #[error("the supervisor has no such child")]
    NotFound,
    /// What is asked is for a stopped child: `running`.
    #[error("the child is running")]
    Running,
    /// Attempts to restart the child are under way: `restarting`.
    #[error("the child is being restarted")]
    Restarting,
    /// What is asked is for children with ids: `simple_one_for_one`.
    #[error("a dynamic supervisor knows its children by pid, not by id")]
    Dynamic,
    /// The child's spec is impossible.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The child did not start.
    #[error("the child did not start: {0}")]
    Start(ExitReason),
    /// The supervisor did not answer, by its end for instance, or that process is none.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// What is wrong with a spec, as OTP's `check_childspecs/1` and the start of a supervisor find it.
///
/// ```
/// # use rusm_otp::{ChildSpec, ExitReason, Runtime, SpecError, Strategy, Supervisor};
/// # #[tokio::main] async fn main() {
/// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
/// let twins = Supervisor::new(Strategy::OneForOne).child(worker.clone()).child(worker);
/// let error = SpecError::DuplicateId("worker".into());
/// assert_eq!(error.to_string(), "two children have the id `worker`");
/// assert_eq!(twins.start(&Runtime::new()).await.unwrap_err(), ExitReason::crashed(error));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// `duplicate_child_name`.
    #[error("two children have the id `{0}`")]
    DuplicateId(Arc<str>),
    /// `bad_combination` of `permanent` and `significant`.
    #[error("the child `{0}` is permanent, so it has no end that could be significant")]
    SignificantPermanent(Arc<str>),
    /// `bad_combination` of `significant` and no `auto_shutdown`.
    #[error("the child `{0}` is significant to a supervisor that never shuts down with its children")]
    SignificantForNothing(Arc<str>),
    /// A dynamic supervisor starts without children.
    #[error("the child `{0}` cannot start with a dynamic supervisor, only be started by it later")]
    DynamicWithChildren(Arc<str>),
    /// `invalid_period`.
    #[error("the period of the restart intensity is zero")]
    ZeroPeriod,
}
