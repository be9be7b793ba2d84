use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::callback::Listener;
use super::exchange::Exchange;
use super::{CALL_TIMEOUT, CallError, Items, late};
use crate::process::{self, ExitReason, Pid, send_bytes, whereis};
use crate::wire::{self, frame};

/// What a service's `Client` is made of: whom it calls, and how long it waits. For a service whose functions are
/// known only at run time it does by itself.
///
/// ```no_run
/// use rusm_rs::service::Connection;
///
/// let counter = Connection::to_name("counter")?;
/// let total: i64 = counter.call("add", &(2, 3))?;
/// # Ok::<_, rusm_rs::service::CallError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    pid: Cell<Pid>,
    name: Option<Rc<str>>,
    timeout: Duration,
}

impl Connection {
    /// To the process of a name. Should that process end, the one that has the name then is called: a resident
    /// keeps its clients over a restart.
    ///
    /// # Errors
    ///
    /// If no process has the name.
    pub fn to_name(name: &str) -> Result<Self, CallError> {
        let pid = whereis(name).ok_or_else(|| CallError::NotRunning(name.to_owned()))?;
        Ok(Connection { pid: Cell::new(pid), name: Some(name.into()), timeout: CALL_TIMEOUT })
    }

    /// To a process, for as long as it lives.
    pub fn to_pid(pid: Pid) -> Self {
        Connection { pid: Cell::new(pid), name: None, timeout: CALL_TIMEOUT }
    }

    /// How long each call waits for its answer, and each item of a stream is waited for. [`CALL_TIMEOUT`] by
    /// default; [`Duration::MAX`] is for ever.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Connection { timeout, ..self }
    }

    /// The process that is called next.
    pub fn pid(&self) -> Pid {
        self.pid.get()
    }

    /// Calls a function and waits for its answer. `arguments` is a tuple, or another value that is an array on
    /// the wire; `&[(); 0]` for none.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        self.call_listening(function, arguments, &mut [])
    }

    /// A call with callbacks, whose numbers stand among the arguments.
    #[doc(hidden)]
    pub fn call_listening<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: &(impl Serialize + ?Sized),
        listeners: &mut [Listener<'_>],
    ) -> Result<T, CallError> {
        let reference = late::reference();
        let frame =
            frame::call(function, arguments, Some(reference), false).map_err(|error| unsendable(&error))?;
        let deadline = self.deadline();
        loop {
            let callee = self.pid.get();
            let answer = Exchange { callee, function, reference, deadline, listeners }.run(&frame);
            // It was dead before the call came, and so has done nothing of it.
            let unseen = matches!(answer, Err(CallError::Down(ExitReason::NoProcess)));
            if !(unseen && self.look_up_again()) {
                return answer;
            }
        }
    }

    /// Calls a function that nobody waits for. Whether it runs, and what comes of it, stays unknown: it is lost if
    /// the service ends first.
    ///
    /// # Errors
    ///
    /// If an argument cannot be sent, or no process has the name any more.
    pub fn cast(&self, function: &str, arguments: &(impl Serialize + ?Sized)) -> Result<(), CallError> {
        let frame = frame::call(function, arguments, None, false).map_err(|error| unsendable(&error))?;
        self.find_living()?;
        send(self.pid.get(), &frame)
    }

    /// Calls a function that answers with many values, one by one.
    ///
    /// # Errors
    ///
    /// If the call cannot be sent. That the service is dead, or has no such function, shows at the first item.
    pub fn stream<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: &(impl Serialize + ?Sized),
    ) -> Result<Items<T>, CallError> {
        let reference = late::reference();
        let frame =
            frame::call(function, arguments, Some(reference), true).map_err(|error| unsendable(&error))?;
        self.find_living()?;
        Items::open(self.pid.get(), reference, &frame, self.timeout)
    }

    /// Looks the name up once more if the process that had it is dead.
    fn find_living(&self) -> Result<(), CallError> {
        match &self.name {
            Some(name) if !process::is_alive(self.pid.get()) && !self.look_up_again() => {
                Err(CallError::NotRunning(name.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Whether another process has the name now.
    fn look_up_again(&self) -> bool {
        let found = self.name.as_deref().and_then(whereis);
        found.is_some_and(|pid| pid != self.pid.replace(pid))
    }

    /// A limit past the end of time is none.
    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.timeout)
    }
}

pub(super) fn send(callee: Pid, frame: &[u8]) -> Result<(), CallError> {
    send_bytes(callee, frame).map_err(CallError::Unsent)
}

fn unsendable(error: &wire::Error) -> CallError {
    CallError::Unsendable(error.reason())
}

pub(super) fn bad_answer(function: &str, error: &wire::Error) -> CallError {
    CallError::BadAnswer(format!("the answer is not what `{function}` was declared to give: {error}"))
}
