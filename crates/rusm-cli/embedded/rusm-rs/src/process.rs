//! The process that this code runs in.

use std::fmt;

use crate::bindings::rusm::runtime::process as host;

/// A process's identity: 64 bits, never used twice in a node's life. Shown as a decimal number.
///
/// ```no_run
/// use rusm_rs::http::{Params, Request, Response};
/// use rusm_rs::process::Pid;
///
/// fn whoami(_request: Request, _params: Params) -> Response {
///     Response::text(format!("process {} answered\n", Pid::own()))
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(u64);

impl Pid {
    /// The pid of the calling process.
    ///
    /// # Panics
    ///
    /// Outside a node, where code is in no process: in a unit test, say.    ///
    /// ```no_run
    /// # use rusm_rs::process::Pid;
    /// println!("this is process {}", Pid::own());
    /// ```
    pub fn own() -> Pid {
        Pid(host::own_pid())
    }

    /// The pid as a number, the form in which it may be stored or shown.    ///
    /// ```no_run
    /// # use rusm_rs::process::Pid;
    /// let stored: u64 = Pid::own().as_u64();
    /// ```
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

#[cfg(test)]
mod tests {
    use super::Pid;

    #[test]
    fn a_pid_is_shown_as_its_number() {
        let pid = Pid(u64::MAX);
        assert_eq!(pid.to_string(), "18446744073709551615");
        assert_eq!(format!("{pid:?}"), "Pid(18446744073709551615)");
        assert_eq!(format!("{:>3}", Pid(7)), "  7");
        assert_eq!(pid.as_u64(), u64::MAX);
    }
}
