//! Lines in the node's log, with the time, the component and the pid.
//!
//! They need `allow-stdio`, as standard output does.
//!
//! With the features `log` and `tracing` of this crate, `init` makes the facades of these names write here too.
//! Call it first of all, in `main` or in a service's `init`; in a handlers component, in each action that logs.
//!
//! - Levels are as they are named; `trace` is written as debug.
//! - The target is kept.
//! - `tracing`'s fields stand behind the message as `key=value`, and the names of the spans around it, with their
//!   own fields, before it: `request{id=7}: query: slow took=12`.

#[cfg(feature = "log")]
mod facade;
#[cfg(feature = "tracing")]
mod spans;

use std::fmt;

use crate::bindings::rusm::runtime::log as host;
#[cfg(not(target_family = "wasm"))]
use crate::process::seam;

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
    #[cfg(not(target_family = "wasm"))]
    if seam::with_node(|_| ()).is_some() {
        return true;
    }
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
    #[cfg(not(target_family = "wasm"))]
    if seam::with_node(|node| node.log(level, target, &text.to_string())).is_some() {
        return;
    }
    if enabled(level) {
        host::write(level.to_wire(), target, &text.to_string());
    }
}

/// Makes the `log` and the `tracing` facade, as far as this crate has the features of these names, write to the
/// node's log. Does nothing the second time, or for a facade that writes elsewhere already.
///
/// ```toml
/// rusm-rs = { path = "../../.rusm/sdk/rusm-rs", features = ["tracing"] }
/// tracing = { version = "0.1", default-features = false, features = ["std"] }
/// ```
///
/// ```no_run
/// #[rusm_rs::main]
/// fn main() {
///     rusm_rs::log::init();
///     tracing::info!(count = 3, "ready");
/// }
/// ```
#[cfg(any(feature = "log", feature = "tracing"))]
pub fn init() {
    #[cfg(feature = "log")]
    facade::init();
    #[cfg(feature = "tracing")]
    spans::init();
}

/// The least important level that would be written; none if not even errors are.
#[cfg(any(feature = "log", feature = "tracing"))]
fn least() -> Option<Level> {
    [Level::Debug, Level::Info, Level::Warn, Level::Error].into_iter().find(|level| enabled(*level))
}
