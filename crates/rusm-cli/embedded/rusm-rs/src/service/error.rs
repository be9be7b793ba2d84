use std::any::Any;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::process::{Denied, ExitReason, Pid, SendError};

/// What a service answers when it fails: a text, and a code if callers are to tell failures apart.
///
/// A function may return any error that implements `Display`; only this one carries a code.
///
/// ```
/// use rusm_rs::service::Error;
///
/// fn withdraw(balance: u64, amount: u64) -> Result<u64, Error> {
///     balance.checked_sub(amount).ok_or_else(|| Error::new("insufficient-funds", "not that much is there"))
/// }
/// assert_eq!(withdraw(1, 2).unwrap_err().code(), Some("insufficient-funds"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Codes that the SDK itself answers with.
pub(crate) mod code {
    pub(crate) const NO_SUCH_FUNCTION: &str = "no-such-function";
    pub(crate) const BAD_ARGUMENTS: &str = "bad-arguments";
    pub(crate) const WRONG_KIND: &str = "wrong-kind";
    pub(crate) const BAD_ANSWER: &str = "bad-answer";
}

impl Error {
    /// An error with a code for programs and a text for people.
    pub fn new(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Error { message: message.to_string(), code: Some(code.into()) }
    }

    /// An error with a text alone.
    pub fn message_only(message: impl fmt::Display) -> Self {
        Error { message: message.to_string(), code: None }
    }

    /// What it is, if it says so.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// An error of a user's function. The alternate form names the causes of an error that carries them.
    pub(crate) fn of<E: fmt::Display + 'static>(error: &E) -> Self {
        match (error as &dyn Any).downcast_ref::<Error>() {
            Some(error) => error.clone(),
            None => Error::message_only(format_args!("{error:#}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Why a call has no answer, or none that is a value.
///
/// It has its [code](CallError::code) in [`Error`]'s place when a service passes it on to its own caller: as
/// text only, since the caller's callee neither died nor is late.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The service answered with an error.
    Failed(Error),
    /// The service ended before it answered, or had ended: [`ExitReason::NoProcess`]. In the first case it may
    /// have done what it was asked to.
    Down(ExitReason),
    /// No answer came in time. The service may still do what it was asked to; its answer will be dropped.
    Timeout,
    /// No process has this name.
    NotRunning(String),
    /// The service has no such function. The text says which it has.
    NoSuchFunction(String),
    /// The service's function takes other arguments. The text names the position.
    BadArguments(String),
    /// The answer is not of the type that was expected, or the service could not write it.
    BadAnswer(String),
    /// An argument cannot be sent.
    Unsendable(String),
    /// The call cannot be sent as a message: it is too long, say.
    Unsent(SendError),
    /// This process has too many monitors to watch the service by one more.
    Denied(Denied),
    /// The service is this process, which cannot answer while it waits.
    CallsItself(Pid),
}

impl CallError {
    /// What kind of error this is: one of `down`, `timeout`, `not-running`, `no-such-function`, `bad-arguments`,
    /// `bad-answer`, `unsendable`, `unsent`, `denied` and `calls-itself`, or the code of the service's own error.
    ///
    /// ```
    /// # use rusm_rs::service::CallError;
    /// assert_eq!(CallError::Timeout.code(), Some("timeout"));
    /// ```
    pub fn code(&self) -> Option<&str> {
        Some(match self {
            CallError::Failed(error) => return error.code(),
            CallError::Down(_) => "down",
            CallError::Timeout => "timeout",
            CallError::NotRunning(_) => "not-running",
            CallError::NoSuchFunction(_) => code::NO_SUCH_FUNCTION,
            CallError::BadArguments(_) => code::BAD_ARGUMENTS,
            CallError::BadAnswer(_) => code::BAD_ANSWER,
            CallError::Unsendable(_) => "unsendable",
            CallError::Unsent(_) => "unsent",
            CallError::Denied(_) => "denied",
            CallError::CallsItself(_) => "calls-itself",
        })
    }
}

impl From<Error> for CallError {
    /// An error as it came over the wire.
    fn from(error: Error) -> Self {
        match error.code() {
            Some(code::NO_SUCH_FUNCTION) => CallError::NoSuchFunction(error.message),
            Some(code::BAD_ARGUMENTS) => CallError::BadArguments(error.message),
            Some(code::BAD_ANSWER) => CallError::BadAnswer(error.message),
            _ => CallError::Failed(error),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Failed(error) => error.fmt(f),
            CallError::Down(ExitReason::NoProcess) => f.write_str("the service does not run any more"),
            CallError::Down(reason) => write!(f, "the service ended before it answered: {reason}"),
            CallError::Timeout => f.write_str("the service did not answer in time"),
            CallError::NotRunning(name) => write!(f, "no process is named `{name}`"),
            CallError::NoSuchFunction(text)
            | CallError::BadArguments(text)
            | CallError::BadAnswer(text)
            | CallError::Unsendable(text) => f.write_str(text),
            CallError::Unsent(error) => error.fmt(f),
            CallError::Denied(denied) => denied.fmt(f),
            CallError::CallsItself(pid) => {
                write!(f, "process {pid} called itself, and cannot answer while it waits")
            }
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Failed(error) => Some(error),
            CallError::Unsent(error) => Some(error),
            CallError::Denied(error) => Some(error),
            _ => None,
        }
    }
}
