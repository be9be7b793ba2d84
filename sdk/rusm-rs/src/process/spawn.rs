//! Processes made of components.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Denied, Monitor, Pid, host};
use crate::wire;

/// Makes a process of a component: [`Spawn`] without options.
///
/// # Errors
///
/// As of [`Spawn::start`].
pub fn spawn(component: &str) -> Result<Pid, SpawnError> {
    Spawn::new(component).start().map(|spawned| spawned.pid)
}

/// How a process is to be made.
#[derive(Debug)]
#[must_use = "`start` makes the process"]
pub struct Spawn<'a> {
    component: &'a str,
    options: host::SpawnOptions,
}

impl<'a> Spawn<'a> {
    /// A process of this component, by its name.
    pub fn new(component: &'a str) -> Self {
        let options = host::SpawnOptions { argument: Vec::new(), label: None, link: false, monitor: false };
        Spawn { component, options }
    }

    /// What the new process is to know from the start: its [`argument`], or that of its `#[rusm_rs::main]`.
    ///
    /// # Panics
    ///
    /// If the value cannot be [sent](crate::wire).
    pub fn argument<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.argument_bytes(wire::to_vec_or_panic(value))
    }

    /// The same in bytes; see [`argument_bytes`].
    pub fn argument_bytes(mut self, bytes: Vec<u8>) -> Self {
        self.options.argument = bytes;
        self
    }

    /// What it is called in logs; the component's name by default.
    pub fn label(mut self, label: &str) -> Self {
        self.options.label = Some(label.to_owned());
        self
    }

    /// Links it to this process, in one step with its birth.
    pub fn link(mut self) -> Self {
        self.options.link = true;
        self
    }

    /// Monitors it, in one step with its birth.
    pub fn monitor(mut self) -> Self {
        self.options.monitor = true;
        self
    }

    /// Makes the process. It runs under its component's profile, whoever spawns it.
    ///
    /// # Errors
    ///
    /// If the profile's `allow-spawn` does not name the component, there is none, or the argument is too long.
    pub fn start(self) -> Result<Spawned, SpawnError> {
        match host::spawn(self.component, &self.options) {
            Ok(spawned) => Ok(Spawned { pid: Pid(spawned.pid), monitor: spawned.monitor.map(Monitor) }),
            Err(host::SpawnError::Denied(text)) => Err(SpawnError::Denied(Denied::new(text))),
            Err(host::SpawnError::NoComponent(text)) => Err(SpawnError::NoComponent(text)),
            Err(host::SpawnError::TooLong(limit)) => Err(SpawnError::TooLong(limit)),
        }
    }
}

/// A process that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spawned {
    /// The process.
    pub pid: Pid,
    /// The monitor, if one was asked for.
    pub monitor: Option<Monitor>,
}

/// Why no process was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpawnError {
    /// The profile does not allow it.
    Denied(Denied),
    /// There is no such component, or it is one for requests alone. The text says which.
    NoComponent(String),
    /// With this argument, those of the processes that this one spawned and that live would take more than this
    /// many bytes.
    TooLong(u64),
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpawnError::Denied(denied) => denied.fmt(f),
            SpawnError::NoComponent(text) => f.write_str(text),
            SpawnError::TooLong(limit) => {
                write!(f, "the arguments of what a process spawned take at most {limit} bytes together")
            }
        }
    }
}

impl std::error::Error for SpawnError {}

/// What this process was spawned with.
///
/// # Errors
///
/// If it was spawned with something else than a `T`, or with nothing.
pub fn argument<T: DeserializeOwned>() -> Result<T, wire::Error> {
    wire::from_slice(&argument_bytes())
}

/// What this process was spawned with, in bytes; none if with nothing.
pub fn argument_bytes() -> Vec<u8> {
    host::argument()
}
