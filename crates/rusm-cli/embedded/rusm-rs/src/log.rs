//! Lines in the node's log, with the time, the component and the pid.
//!
//! They need `allow-stdio`, as standard output does. With the feature `log` or `tracing` of this crate,
//! [`init`] makes the facade of that name write them too.

use std::fmt;

use crate::bindings::rusm::runtime::log as host;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warn,
    /// Something worth knowing happened.
    Info,
    /// Of use to who looks for a fault.
    Debug,
}

impl Level {
    fn to_wire(self) -> host::Level {
        match self {
            Level::Error => host::Level::Error,
            Level::Warn => host::Level::Warn,
            Level::Info => host::Level::Info,
            Level::Debug => host::Level::Debug,
        }
    }
}

/// Whether a line of this level would be written: whether `[log] level` and the profile let it.
pub fn enabled(level: Level) -> bool {
    host::enabled(level.to_wire())
}

/// Writes a line. `target` says where in the program it comes from, a module's path as a rule.
///
/// ```no_run
/// use rusm_rs::log::{self, Level};
///
/// log::write(Level::Warn, "shop::stock", format_args!("{} left", 3));
/// ```
pub fn write(level: Level, target: &str, text: impl fmt::Display) {
    if enabled(level) {
        host::write(level.to_wire(), target, &text.to_string());
    }
}
