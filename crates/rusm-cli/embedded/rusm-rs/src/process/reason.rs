use std::fmt;

use crate::bindings::rusm::runtime::types as wire;

/// Why a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitReason {
    /// Its body came to its end.
    Normal,
    /// An orderly end, asked for by a supervisor or by the process itself.
    Shutdown,
    /// An orderly end with a word about it.
    ShutdownWith(String),
    /// It was killed.
    Killed,
    /// It failed: it panicked, trapped, ran out of something or gave up. The text says how.
    Crashed(String),
    /// There was no such process.
    NoProcess,
}

impl ExitReason {
    /// [`Crashed`](Self::Crashed) with this text.
    pub fn crashed(text: impl fmt::Display) -> Self {
        ExitReason::Crashed(text.to_string())
    }

    pub(crate) fn from_wire(reason: wire::ExitReason) -> Self {
        match reason {
            wire::ExitReason::Normal => ExitReason::Normal,
            wire::ExitReason::Shutdown => ExitReason::Shutdown,
            wire::ExitReason::ShutdownWith(text) => ExitReason::ShutdownWith(text),
            wire::ExitReason::Killed => ExitReason::Killed,
            wire::ExitReason::Crashed(text) => ExitReason::Crashed(text),
            wire::ExitReason::NoProcess => ExitReason::NoProcess,
        }
    }

    pub(crate) fn into_wire(self) -> wire::ExitReason {
        match self {
            ExitReason::Normal => wire::ExitReason::Normal,
            ExitReason::Shutdown => wire::ExitReason::Shutdown,
            ExitReason::ShutdownWith(text) => wire::ExitReason::ShutdownWith(text),
            ExitReason::Killed => wire::ExitReason::Killed,
            ExitReason::Crashed(text) => wire::ExitReason::Crashed(text),
            ExitReason::NoProcess => wire::ExitReason::NoProcess,
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitReason::Normal => f.write_str("normal"),
            ExitReason::Shutdown => f.write_str("shutdown"),
            ExitReason::ShutdownWith(text) => write!(f, "shutdown: {text}"),
            ExitReason::Killed => f.write_str("killed"),
            ExitReason::Crashed(text) => write!(f, "crashed: {text}"),
            ExitReason::NoProcess => f.write_str("no process"),
        }
    }
}
