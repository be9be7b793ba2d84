//! One request, one process, one instance: from a routed request to the action's response.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rusm_otp::{Context, ExitError, ExitReason, Pid, Runtime, SpawnOptions};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::component::Action;
use crate::engine::Engine;
use crate::host::http_handler::{Method as WireMethod, Request, Response};
use crate::host::{HostState, IncomingRequest};
use crate::meter::{self, CpuTimeUsedUp, Meter};
use crate::unit::{Background, Unit};

/// Runs actions.
pub(crate) struct Dispatcher {
    runtime: Runtime,
    engine: Engine,
    background: Background,
    /// One permit for each instance that the pool has room for.
    instances: Arc<Semaphore>,
    queue_wait: Duration,
}

/// What an action is called with.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) request: IncomingRequest,
}

/// An action that gave no response.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The process that failed; none where none came to be, or where it was ended from outside.
    pub(crate) pid: Option<Pid>,
    pub(crate) cause: Cause,
    /// The guest's functions on the stack, innermost first, where the component carries their names.
    pub(crate) backtrace: Option<String>,
}

/// Why an action gave no response.
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
    /// The action's response is not one that HTTP allows.
    Response(String),
    /// The process was ended from outside.
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
            Cause::WallTime(limit) => write!(f, "no reply within {limit:?} (max-wall-time)"),
            Cause::Action(text) => write!(f, "error: {}", OneLine(text)),
            Cause::Response(why) => write!(f, "bad response: {why}"),
            Cause::Ended(reason) => write!(f, "ended from outside: {reason}"),
        }
    }
}

/// A guest's text as one line of a log: what could pass for a line of its own, or steer a terminal, is
/// escaped.
struct OneLine<'a>(&'a str);

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

    /// The one line that says which action failed in which process, and why.
    pub(crate) fn log(&self, action: &str) {
        let Failure { pid, cause, backtrace } = self;
        let pid = pid.map(tracing::field::display);
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(target: "rusm", action, pid, %cause, backtrace, "request failed");
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

impl Dispatcher {
    pub(crate) fn new(
        runtime: Runtime,
        engine: Engine,
        background: Background,
        max_instances: u32,
        queue_wait: Duration,
    ) -> Dispatcher {
        let instances = Arc::new(Semaphore::new(max_instances as usize));
        Dispatcher { runtime, engine, background, instances, queue_wait }
    }

    /// Answers a call by a fresh instance of the action's component, as a process of its own, within
    /// `timeout` from `start`.
    ///
    /// Dropping the future ends the process.
    pub(crate) async fn call(
        &self,
        action: &Action,
        call: Call,
        start: Instant,
        timeout: Duration,
    ) -> Result<(Pid, Response), Failure> {
        let permit = match Arc::clone(&self.instances).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_instance().await?,
        };
        let options = SpawnOptions::default().label(Arc::clone(&action.label));
        let (engine, action) = (self.engine.wasmtime.clone(), action.clone());
        let process = self.runtime.try_run(options, move |context| async move {
            let _permit = permit;
            let mut watch = Watch::over(&context, &action.label);
            let limit = Limit::of(&action, start, timeout);
            let pid = context.pid();
            let answered = timeout_at(limit.at, answer(&engine, &action, call, pid)).await;
            watch.over = true;
            let answered = answered.unwrap_or_else(|_| Err(Failure::new(pid, limit.cause)));
            answered.map(|response| (pid, response))
        });
        Unit::new(process, &self.background).await
    }

    async fn wait_for_instance(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Failure> {
        let waiting = Arc::clone(&self.instances).acquire_owned();
        match tokio::time::timeout(self.queue_wait, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Failure { pid: None, cause: Cause::Busy(self.queue_wait), backtrace: None }),
        }
    }
}

/// The nearer of the two bounds on the time that a request may take by the clock.
struct Limit {
    at: Instant,
    cause: Cause,
}

impl Limit {
    fn of(action: &Action, start: Instant, timeout: Duration) -> Limit {
        let request = Limit { at: start + timeout, cause: Cause::RequestTimeout(timeout) };
        match action.component.grants.profile.max_wall_time {
            Some(wall) if Instant::now() + wall < request.at => {
                Limit { at: Instant::now() + wall, cause: Cause::WallTime(wall) }
            }
            _ => request,
        }
    }
}

/// Notes in the log that a process ended because nobody waited for it any more.
struct Watch<'a> {
    pid: Pid,
    label: &'a str,
    over: bool,
}

impl<'a> Watch<'a> {
    fn over(context: &Context, label: &'a str) -> Watch<'a> {
        Watch { pid: context.pid(), label, over: false }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.over {
            tracing::debug!(target: "rusm", action = self.label, pid = %self.pid, "the client left; its process ends");
        }
    }
}

/// Makes an instance and calls the action in it.
async fn answer(
    engine: &wasmtime::Engine,
    action: &Action,
    call: Call,
    pid: Pid,
) -> Result<Response, Failure> {
    let component = &action.component;
    let Call { method, target, params, request } = call;
    let meter = Meter::new(component.limits);
    let state = HostState::new(pid, Arc::clone(&component.grants), meter, request);
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.meter);
    store.epoch_deadline_callback(meter::on_epoch);
    store.set_epoch_deadline(1);

    let params: Vec<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request { method: wire_method(&method), target: &target, params: &params };
    let called = async {
        let instance = component.pre.instantiate_async(&mut store).await?;
        instance.rusm_runtime_http_handler().call_handle(&mut store, action.index, request).await
    };
    match called.await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(text)) => Err(Failure::new(pid, Cause::Action(text))),
        Err(error) => {
            let cause = cause_of(&error, store.data_mut(), action);
            Err(Failure { pid: Some(pid), cause, backtrace: backtrace_of(&error) })
        }
    }
}

fn wire_method(method: &Method) -> WireMethod<'_> {
    match *method {
        Method::GET => WireMethod::Get,
        Method::HEAD => WireMethod::Head,
        Method::POST => WireMethod::Post,
        Method::PUT => WireMethod::Put,
        Method::DELETE => WireMethod::Delete,
        Method::CONNECT => WireMethod::Connect,
        Method::OPTIONS => WireMethod::Options,
        Method::TRACE => WireMethod::Trace,
        Method::PATCH => WireMethod::Patch,
        _ => WireMethod::Other(method.as_str()),
    }
}

fn cause_of(error: &wasmtime::Error, state: &mut HostState, action: &Action) -> Cause {
    if error.is::<CpuTimeUsedUp>() {
        return Cause::CpuTime(action.component.grants.profile.max_cpu_time);
    }
    // What the guest says of its own end is the better reason; a refused growth explains what it does not say.
    if let Some(text) = state.take_crash() {
        return Cause::Panic(text);
    }
    if state.meter.memory_refused() {
        return Cause::Memory(action.component.limits.memory);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return Cause::Trap(trap.to_string().trim_start_matches("wasm trap: ").to_owned());
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Cause::Trap(format!("the guest ended itself with exit code {code}"));
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
