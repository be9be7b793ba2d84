//! The actor core of rusm: processes, mailboxes, links, monitors and names, with Erlang's rules.
#![forbid(unsafe_code)]

mod contain;
mod context;
mod free;
mod info;
mod mail;
mod mailbox;
mod names;
mod options;
mod payload;
mod pid;
mod process;
mod reason;
mod receive;
mod run;
mod runtime;
mod signal;
mod table;

pub use context::Context;
pub use info::ProcessInfo;
pub use mail::{Mail, MonitorRef};
pub use names::NameError;
pub use options::SpawnOptions;
pub use payload::Payload;
pub use pid::Pid;
pub use reason::{ExitError, ExitReason};
pub use runtime::Runtime;
