//! The process that this code runs in.

use std::fmt;

use crate::bindings::rusm::runtime::process as host;

/// A process's identity: 64 bits, never used twice in a node's life. Shown as a decimal number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(u64);

impl Pid {
    /// The pid of the calling process.
    ///
    /// # Panics
    ///
    /// Outside a node, where code is in no process: in a unit test, say.
    pub fn own() -> Pid {
        Pid(host::own_pid())
    }

    /// The pid as a number, the form in which it may be stored or shown.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pid({})", self.0)
    }
}

/// Hands a panic's text to the node before the panic ends this instance, since a sandboxed guest's
/// stderr goes nowhere.
pub(crate) fn report_panics() {
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| host::crash(&panic.to_string().replacen(":\n", ": ", 1))));
}
