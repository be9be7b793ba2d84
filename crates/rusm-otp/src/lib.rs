//! The actor core of rusm: processes, mailboxes, links, monitors, names and supervisors, with Erlang's rules.
//!
//! A **process** is the unit of isolation: it has a [`Pid`], a mailbox and a body, which is a future.
//! Processes share nothing but messages; when one fails, those bound to it are told and everyone else goes
//! on. "Let it crash" works since a failure has a reason ([`ExitReason`]), a panic too, and somebody who gets
//! it.
//!
//! ```
//! use rusm_otp::{ExitReason, Mail, Payload, Runtime, SpawnOptions};
//!
//! # #[tokio::main] async fn main() -> Result<(), ExitReason> {
//! let runtime = Runtime::new();
//! runtime.run(SpawnOptions::default(), |mut ctx| async move {
//!     // A process of its own task, that doubles numbers and cannot take anything else.
//!     let doubler = ctx.runtime().spawn(SpawnOptions::default().label("doubler"), |mut ctx| async move {
//!         loop {
//!             let Mail::Message { from, payload } = ctx.receive().await else { continue };
//!             let number: u32 = payload.downcast().expect("a number");
//!             ctx.send(from, Payload::new(number * 2));
//!         }
//!     });
//!     let monitor = ctx.monitor(doubler);
//!
//!     ctx.send(doubler, Payload::new(21_u32));
//!     let Mail::Message { payload, .. } = ctx.receive().await else { unreachable!() };
//!     assert_eq!(payload.downcast::<u32>().ok(), Some(42));
//!
//!     ctx.send(doubler, "twenty-one");
//!     let Mail::Down { monitor: of, reason, .. } = ctx.receive().await else { unreachable!() };
//!     assert_eq!(of, monitor);
//!     assert!(reason.to_string().starts_with("crashed: a number"));
//!     Ok(())
//! }).await
//! # }
//! ```
//!
//! # A tour
//!
//! * **To start**: [`Runtime::spawn`] gives a process a task of its own; [`Runtime::run`] runs one *inline*,
//!   in the caller's task, for units of work that are over soon; [`Context::start_link`] waits until the new
//!   one is ready. All are the same kind of process.
//! * **To talk**: [`Context::send`] never waits, [`Context::receive`] and its kin take mail in order or by
//!   choice. The runtime stamps each message with its sender. Every receive is cancel safe.
//! * **To ask**: [`Context::call`] waits for a reply, and fails at once if the callee is dead or dies. A
//!   [`Server`] is a process that answers.
//! * **To fall together**: [`Context::link`], [`Context::spawn_link`]. **To know**: [`Context::monitor`].
//!   **To stand**: [`Context::trap_exit`]. **To end others**: [`Context::exit`], [`Context::kill`].
//! * **To rise again**: a [`Supervisor`] starts its children in order, restarts those that fail, and gives up
//!   in an orderly way when that does not help.
//! * **To be found**: [`Context::register`], [`Runtime::whereis`], [`Runtime::whereis_or_spawn`]. **To be
//!   many**: [`Context::join`] a group, [`Context::broadcast`] to it.
//! * **Later**: [`Context::send_after`], [`Context::send_interval`], [`Context::cancel_timer`].
//! * **Much**: [`Context::open_stream`] carries bytes to another process and waits while it is behind.
//!   [`SpawnOptions::mailbox`] bounds what a process may be sent.
//! * **To look**: [`Runtime::info`], [`Runtime::list`], [`Runtime::observe`]. **To stop**:
//!   [`Runtime::shutdown`].
//!
//! For those who know Erlang, [`from_erlang`] has OTP's functions and their counterparts here.
//!
//! # What holds
//!
//! The rules are those of the Erlang reference manual ("Processes") and of the functions that each method
//! names. In short:
//!
//! * Signals from one process to another arrive in the order they were sent. News of an end (exit, down) is
//!   never lost.
//! * What another process is told of an end, it is told when the body and its destructors are done, its names
//!   are free and its pid is dead for good. A pid is not used again.
//! * A signal is at its receiver when the call that sends it returns. The receiver's body notices where it
//!   next waits: one that computes without waiting is not interrupted.
//! * A panic ends its own process alone, with [`ExitReason::Crashed`]. Rust itself aborts the node on a panic
//!   in a destructor that runs during another panic; nothing here can catch that, nor a build with `panic =
//!   "abort"`.
//!
//! # Where it differs from Erlang
//!
//! * A process may have several names.
//! * Code that is no process may send, exit and kill; it appears as [`Pid::NODE`].
//! * A monitor set on a process that a signal is about to end tells of its actual end, when it comes, not of
//!   `noproc`.
//! * A server that panics does not [`terminate`](Server::terminate): what a panic left of its state cannot be
//!   trusted. Its destructors run.
//!
//! More, function by function, is in [`from_erlang`]. This crate knows nothing of WebAssembly, HTTP or JSON and has no unsafe code.
#![forbid(unsafe_code)]

mod bound;
mod call;
mod contain;
mod context;
mod events;
mod free;
mod groups;
mod info;
mod mail;
mod mailbox;
mod monitors;
mod names;
mod options;
mod payload;
mod pid;
mod process;
mod reason;
mod receive;
mod run;
mod runtime;
mod send;
mod server;
mod shutdown;
mod signal;
mod start;
mod stream;
mod supervisor;
mod sync;
mod table;
mod timer;

pub use bound::{MailboxPolicy, SendError};
pub use call::{CALL_TIMEOUT, CallError, Caller};
pub use context::Context;
pub use events::{Event, Observer};
pub use info::ProcessInfo;
pub use mail::{Mail, MonitorRef};
pub use names::NameError;
pub use options::SpawnOptions;
pub use payload::Payload;
pub use pid::Pid;
pub use reason::{ExitError, ExitReason};
pub use runtime::Runtime;
pub use server::{CallFrom, CastFrom, ReplyTo, Server, ServerRef};
pub use shutdown::{Stage, StageReport};
pub use start::Starting;
pub use stream::{StreamError, StreamReader, StreamWriter};
pub use supervisor::{
    AutoShutdown, ChildCounts, ChildInfo, ChildKind, ChildSpec, ChildState, Restart, Shutdown, SpecError,
    StartChild, StartFuture, Strategy, Supervisor, SupervisorError, SupervisorRef,
};
pub use timer::TimerRef;

#[doc = include_str!("../docs/from_erlang.md")]
pub mod from_erlang {}

/// Keeps the README's example true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
