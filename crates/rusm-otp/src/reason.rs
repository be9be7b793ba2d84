//! Why a process ended.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

/// Why a process ended, as its links and monitors are told. Cheap to clone.
///
/// Only [`Normal`](ExitReason::Normal) leaves linked processes alone; every other reason ends those that do
/// not trap exits.
///
/// ```
/// use rusm_otp::ExitReason;
///
/// assert_eq!(ExitReason::Normal.to_string(), "normal");
/// assert_eq!(ExitReason::shutdown_with("out of work").to_string(), "{shutdown, out of work}");
/// assert_eq!(ExitReason::crashed("index 7 of 3").to_string(), "crashed: index 7 of 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExitReason {
    /// The body came to its end.
    Normal,
    /// An orderly end, asked for by a supervisor or by the process itself.
    Shutdown,
    /// An orderly end with a word about it: Erlang's `{shutdown, Term}`.
    ShutdownWith(Arc<str>),
    /// The process was killed: by the kill signal, or because the task that ran it was dropped.
    ///
    /// As a *reason* it is an ordinary one. What cannot be trapped is the kill *signal* (see
    /// [`Context::kill`](crate::Context::kill)).
    Killed,
    /// The body failed: it panicked, trapped or gave up. The text says how.
    Crashed(Arc<str>),
    /// There was no such process to link to or to monitor: Erlang's `noproc`.
    NoProcess,
}

impl ExitReason {
    /// [`ExitReason::Crashed`] with this text.
    ///
    /// ```
    /// # use rusm_otp::ExitReason;
    /// fn parse(text: &str) -> Result<u16, ExitReason> {
    ///     text.parse().map_err(ExitReason::crashed)
    /// }
    /// assert!(matches!(parse("x"), Err(ExitReason::Crashed(_))));
    /// ```
    pub fn crashed(text: impl fmt::Display) -> Self {
        Self::Crashed(text.to_string().into())
    }

    /// [`ExitReason::ShutdownWith`] with this text.
    ///
    /// ```
    /// # use rusm_otp::ExitReason;
    /// assert_ne!(ExitReason::shutdown_with("drained"), ExitReason::Shutdown);
    /// ```
    pub fn shutdown_with(text: impl Into<Arc<str>>) -> Self {
        Self::ShutdownWith(text.into())
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::ShutdownWith(text) => write!(f, "{{shutdown, {text}}}"),
            Self::Killed => f.write_str("killed"),
            Self::Crashed(text) => write!(f, "crashed: {text}"),
            Self::NoProcess => f.write_str("noproc"),
        }
    }
}

impl std::error::Error for ExitReason {}

/// The error type of an inline process's body: see [`Runtime::try_run`](crate::Runtime::try_run).
///
/// `From<ExitReason>` makes one of what ended the process from outside; [`reason`](Self::reason) is what links and
/// monitors are told of one that the body returned.
///
/// ```
/// use rusm_otp::{ExitError, ExitReason, Runtime, SpawnOptions};
///
/// #[derive(Debug, PartialEq)]
/// enum Failure {
///     NotFound(u32),
///     Ended(ExitReason),
/// }
///
/// impl From<ExitReason> for Failure {
///     fn from(reason: ExitReason) -> Failure {
///         Failure::Ended(reason)
///     }
/// }
///
/// impl ExitError for Failure {
///     fn reason(&self) -> ExitReason {
///         match self {
///             Failure::NotFound(id) => ExitReason::crashed(format!("no user {id}")),
///             Failure::Ended(reason) => reason.clone(),
///         }
///     }
/// }
///
/// # #[tokio::main] async fn main() {
/// # let runtime = Runtime::new();
/// let outcome: Result<(), Failure> =
///     runtime.try_run(SpawnOptions::default(), |_ctx| async { Err(Failure::NotFound(42)) }).await;
/// assert_eq!(outcome, Err(Failure::NotFound(42)));
/// # }
/// ```
pub trait ExitError: From<ExitReason> {
    /// The reason that this failure is for the process's end; an example is [above](ExitError).
    fn reason(&self) -> ExitReason;
}

impl ExitError for ExitReason {
    fn reason(&self) -> ExitReason {
        self.clone()
    }
}

/// A body that ends without a word ends normally.
impl From<()> for ExitReason {
    fn from((): ()) -> Self {
        Self::Normal
    }
}

/// A body that can fail: `Ok` is a normal end, `Err` gives the reason.
impl From<Result<(), ExitReason>> for ExitReason {
    fn from(result: Result<(), ExitReason>) -> Self {
        result.err().unwrap_or(Self::Normal)
    }
}

/// A body that ends by [`Context::exit_self`](crate::Context::exit_self).
impl From<Infallible> for ExitReason {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A body that loops for ever, as a server's does: its type is `!`.
#[allow(private_interfaces, reason = "`Never` is `!`, which is public")]
impl From<Never> for ExitReason {
    fn from(never: Never) -> Self {
        never
    }
}

/// `!` cannot be written as a type argument on stable Rust, but it can be named as what a function returns.
type Never = <fn() -> ! as Returns>::Output;

trait Returns {
    type Output;
}

impl<T> Returns for fn() -> T {
    type Output = T;
}
