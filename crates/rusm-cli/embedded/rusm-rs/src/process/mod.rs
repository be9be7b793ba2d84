//! The process that this code runs in, and those that it knows.
//!
//! ```no_run
//! use rusm_rs::process::{self, Mail, Spawn};
//!
//! let worker = Spawn::new("worker").argument(&"a job").monitor().start()?;
//! process::send(worker.pid, &"more")?;
//! match process::receive() {
//!     Mail::Message(answer) => println!("{} says {:?}", answer.from, answer.decode::<String>()),
//!     Mail::Down(down) => println!("{} ended: {}", down.pid, down.reason),
//!     _ => {}
//! }
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod info;
pub(crate) mod mail;
mod pid;
mod reason;
pub(crate) mod seam;
mod spawn;

use std::fmt;

use crate::bindings::rusm::runtime::process as host;

pub use info::{ProcessInfo, info, list, set_label};
pub use mail::{
    DecodeError, Down, ExitSignal, Mail, Message, SendError, receive, receive_match, receive_match_timeout,
    receive_message, receive_timeout, send, send_bytes,
};
pub use pid::Pid;
pub use reason::ExitReason;
pub use spawn::{Spawn, SpawnError, Spawned, argument, argument_bytes, spawn};

/// A call that this component's profile does not grant. The text names the key that would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied(String);

impl Denied {
    pub(crate) fn new(text: String) -> Self {
        Denied(text)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Denied {}

/// One process's watch over another; see [`monitor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Monitor(pub(crate) u64);

/// Has this process told by [`Mail::Down`], once, when another ends. At once if it is dead already.
///
/// # Errors
///
/// For a process that is not this one's own (it did not spawn it, and none of its supervisors started it), unless the profile has `allow-process-control`.
pub fn monitor(other: Pid) -> Result<Monitor, Denied> {
    host::monitor(other.0).map(Monitor).map_err(Denied)
}

/// Takes a monitor back. What it had to tell is dropped, if it has not been received.
pub fn demonitor(monitor: Monitor) {
    seam::demonitor(monitor.0);
    mail::discard(|mail| matches!(mail, Mail::Down(down) if down.monitor == monitor));
}

/// A monitor of a process that owes this one an answer, which any profile allows.
pub(crate) fn await_answer(callee: Pid) -> Result<Monitor, Denied> {
    seam::await_answer(callee.0).map(Monitor).map_err(Denied)
}

/// Takes back what [`await_answer`] gave. Cheaper than [`demonitor`] while the process lives, for then there is
/// nothing to drop.
pub(crate) fn answered(callee: Pid, monitor: Monitor) {
    seam::demonitor(monitor.0);
    if !is_alive(callee) {
        mail::discard(|mail| matches!(mail, Mail::Down(down) if down.monitor == monitor));
    }
}

/// Links this process to another: should either end abnormally, so does the other, unless it traps exits.
///
/// # Errors
///
/// As of [`monitor`].
pub fn link(other: Pid) -> Result<(), Denied> {
    host::link(other.0).map_err(Denied)
}

/// Takes a link back.
pub fn unlink(other: Pid) {
    host::unlink(other.0);
}

/// Whether exit signals come as [`Mail::Exit`] rather than end this process. Returns how it was before.
pub fn trap_exit(on: bool) -> bool {
    host::trap_exit(on)
}

/// Sends an exit signal: the process ends by this reason, unless it traps exits. [`ExitReason::Normal`] is
/// ignored by one that does not.
///
/// # Errors
///
/// As of [`monitor`].
pub fn exit(to: Pid, reason: &ExitReason) -> Result<(), Denied> {
    host::exit(to.0, &reason.clone().into_wire()).map_err(Denied)
}

/// Ends another process, whether it traps exits or not.
///
/// # Errors
///
/// As of [`monitor`].
pub fn kill(other: Pid) -> Result<(), Denied> {
    host::kill(other.0).map_err(Denied)
}

/// Ends this process by this reason. Destructors do not run.
pub fn exit_self(reason: &ExitReason) -> ! {
    host::exit_self(&reason.clone().into_wire());
    unreachable!("the node ends a process that asks for it");
}

/// Whether a process lives.
pub fn is_alive(pid: Pid) -> bool {
    seam::is_alive(pid.0)
}

/// Why a name was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// This process has it.
    Taken(Pid),
    /// It is a component's name, which belongs to the processes of that component.
    Reserved(String),
    /// A name is 1 to 255 bytes, and a process has at most 1024 of them.
    Invalid,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameError::Taken(pid) => write!(f, "the name is taken by process {pid}"),
            NameError::Reserved(name) => {
                write!(f, "`{name}` is a component, and its name belongs to its processes")
            }
            NameError::Invalid => {
                f.write_str("a name is 1 to 255 bytes, and a process has at most 1024 of them")
            }
        }
    }
}

impl std::error::Error for NameError {}

/// Gives this process a name, until it ends. A process may have several.
///
/// # Errors
///
/// If another has it, or it is none that this process may have.
pub fn register(name: &str) -> Result<(), NameError> {
    host::register(name).map_err(|error| match error {
        host::NameError::Taken(pid) => NameError::Taken(Pid(pid)),
        host::NameError::Reserved(name) => NameError::Reserved(name),
        host::NameError::Invalid => NameError::Invalid,
    })
}

/// Takes one of this process's names back. False if it has no such name.
pub fn unregister(name: &str) -> bool {
    host::unregister(name)
}

/// The process of this name. A resident has the name of its component.
///
/// ```no_run
/// let counter = rusm_rs::process::whereis("counter").expect("the counter runs");
/// ```
pub fn whereis(name: &str) -> Option<Pid> {
    seam::whereis(name).map(Pid)
}

/// Hands a panic's text to the node before the panic ends this instance, since a sandboxed guest's
/// stderr goes nowhere.
pub(crate) fn report_panics() {
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| host::crash(&panic.to_string().replacen(":\n", ": ", 1))));
}
