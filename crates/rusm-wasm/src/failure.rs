//! How a process of a guest failed, as a cause, as an exit reason and as a line in the log.

use std::fmt;
use std::time::Duration;

use rusm_otp::{ExitError, ExitReason, Pid};
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::host::{BodyTooLarge, HostState};
use crate::meter::CpuTimeUsedUp;
use crate::world::NoRoom;

/// An action that gave no response, or a process that came to a bad end.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The process that failed; none where none came to be, or where it was ended from outside.
    pub(crate) pid: Option<Pid>,
    pub(crate) cause: Cause,
    /// The guest's functions on the stack, innermost first, where the component carries their names.
    pub(crate) backtrace: Option<String>,
}

/// Why it failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// No instance came free in time.
    Busy(Duration),
    /// The guest panicked, or said otherwise why it would trap.
    Panic(String),
    /// The guest trapped.
    Trap(String),
    /// The guest asked for more memory than its profile allows.
    Memory(usize),
    /// The guest used up the CPU time of its profile.
    CpuTime(Option<Duration>),
    /// No reply within the listener's `request-timeout`.
    RequestTimeout(Duration),
    /// The process outlived its profile's `max-wall-time`.
    WallTime(Duration),
    /// The action returned an error.
    Action(String),
    /// The guest ended itself with this code, as a program does.
    ExitCode(i32),
    /// The action's response is not one that HTTP allows.
    Response(String),
    /// The client sent more than the listener's `max-body-size`.
    BodyTooLarge,
    /// The process was ended from outside, or ended itself by this reason.
    Ended(ExitReason),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Busy(wait) => {
                write!(f, "no instance came free within {wait:?} (queue-wait); max-instances are in use")
            }
            Cause::Panic(text) => write!(f, "{}", OneLine(text)),
            Cause::Trap(text) => write!(f, "trap: {text}"),
            Cause::Memory(limit) => {
                write!(f, "out of memory: the profile allows {} KiB (max-memory)", limit >> 10)
            }
            Cause::CpuTime(Some(limit)) => {
                write!(f, "out of CPU time: the profile allows {limit:?} (max-cpu-time)")
            }
            Cause::CpuTime(None) => f.write_str("out of CPU time"),
            Cause::RequestTimeout(limit) => write!(f, "no reply within {limit:?} (request-timeout)"),
            Cause::WallTime(limit) => {
                write!(f, "out of time: the profile allows {limit:?} (max-wall-time)")
            }
            Cause::Action(text) => write!(f, "error: {}", OneLine(text)),
            Cause::ExitCode(code) => write!(f, "the guest ended itself with exit code {code}"),
            Cause::Response(why) => write!(f, "bad response: {why}"),
            Cause::BodyTooLarge => write!(f, "{BodyTooLarge}"),
            Cause::Ended(reason) => write!(f, "ended: {reason}"),
        }
    }
}

/// Unwinds a guest that asked to end with this reason.
#[derive(Debug, thiserror::Error)]
#[error("the process ends itself: {0}")]
pub(crate) struct ExitSelf(pub(crate) ExitReason);

/// A guest's text as one line of a log: what could pass for a line of its own, or steer a terminal, is
/// escaped.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0.split_inclusive(char::is_control) {
            match part.chars().next_back().filter(|c| c.is_control()) {
                Some(control) => {
                    f.write_str(&part[..part.len() - control.len_utf8()])?;
                    write!(f, "{}", control.escape_default())?;
                }
                None => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

impl Failure {
    pub(crate) fn new(pid: Pid, cause: Cause) -> Failure {
        Failure { pid: Some(pid), cause, backtrace: None }
    }

    /// Of a request whose process is not known, or gone.
    pub(crate) fn of_request(cause: Cause) -> Failure {
        Failure { pid: None, cause, backtrace: None }
    }

    /// What a guest's call came to that did not return.
    pub(crate) fn of(error: &wasmtime::Error, state: &mut HostState) -> Failure {
        Failure { pid: Some(state.pid()), cause: cause_of(error, state), backtrace: backtrace_of(error) }
    }

    /// The one line that says which action failed in which process, and why.
    pub(crate) fn log_request(&self, action: &str) {
        let Failure { pid, cause, backtrace } = self;
        let pid = pid.map(tracing::field::display);
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(target: "rusm", action, pid, %cause, backtrace, "request failed");
    }

    /// The same for a process that is no request.
    pub(crate) fn log_process(&self, component: &str) {
        let Failure { pid, cause, backtrace } = self;
        let pid = pid.map(tracing::field::display);
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(target: "rusm", component, pid, %cause, backtrace, "process failed");
    }
}

impl Cause {
    /// The reason by which the process was ended, or ended itself.
    pub(crate) fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Cause::Ended(reason) => Some(reason),
            _ => None,
        }
    }
}

impl From<ExitReason> for Failure {
    fn from(reason: ExitReason) -> Failure {
        Failure { pid: None, cause: Cause::Ended(reason), backtrace: None }
    }
}

impl ExitError for Failure {
    fn reason(&self) -> ExitReason {
        match &self.cause {
            Cause::Ended(reason) => reason.clone(),
            cause => ExitReason::crashed(cause),
        }
    }
}

fn cause_of(error: &wasmtime::Error, state: &mut HostState) -> Cause {
    if let Some(ExitSelf(reason)) = error.downcast_ref() {
        return Cause::Ended(reason.clone());
    }
    if let Some(NoRoom(wait)) = error.downcast_ref() {
        return Cause::Busy(*wait);
    }
    if error.is::<BodyTooLarge>() {
        return Cause::BodyTooLarge;
    }
    if error.is::<CpuTimeUsedUp>() {
        return Cause::CpuTime(state.component().profile.max_cpu_time);
    }
    // What the guest says of its own end is the better reason; a refused growth explains what it does not say.
    if let Some(text) = state.take_crash() {
        return Cause::Panic(text);
    }
    if state.meter.memory_refused() {
        return Cause::Memory(state.component().limits.memory);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return Cause::Trap(trap.to_string().trim_start_matches("wasm trap: ").to_owned());
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Cause::ExitCode(*code);
    }
    Cause::Trap(error.root_cause().to_string())
}

fn backtrace_of(error: &wasmtime::Error) -> Option<String> {
    const FRAMES: usize = 12;
    let backtrace = error.downcast_ref::<WasmBacktrace>()?;
    let names = backtrace.frames().iter().filter_map(|frame| frame.func_name());
    let names: Vec<String> =
        names.take(FRAMES).map(|name| format!("{:#}", rustc_demangle::demangle(name))).collect();
    (!names.is_empty()).then(|| names.join(" < "))
}

#[cfg(test)]
mod tests {
    use super::OneLine;

    #[test]
    fn a_guests_text_cannot_forge_a_line() {
        let text = OneLine("no\n2026 ERROR rusm: \u{1b}[31mfake\u{85}end").to_string();
        assert_eq!(text, "no\\n2026 ERROR rusm: \\u{1b}[31mfake\\u{85}end");
    }
}
