//! Services: processes whose functions others call.
//!
//! A service is a module of functions under [`#[rusm_rs::service]`](macro@crate::service). Its process keeps the
//! state; each function runs to its end before the next call is looked at. Others call it by the module's
//! `Client`:
//!
//! ```no_run
//! #[rusm_rs::service]
//! pub mod counter {
//!     fn init() -> u64 {
//!         0
//!     }
//!
//!     pub fn add(total: &mut u64, amount: u64) -> u64 {
//!         *total += amount;
//!         *total
//!     }
//! }
//!
//! # fn main() -> Result<(), rusm_rs::service::CallError> {
//! let counter = counter::Client::connect("counter")?;
//! assert_eq!(counter.add(2)?, 2);
//! counter.cast().add(40)?;
//! # Ok(()) }
//! ```
//!
//! # A client in another component
//!
//! A component must not depend on another one: it would export what the other exports. There are two ways to its
//! client.
//!
//! **A crate of both.** The service stands in a library of its own, which says `#[rusm_rs::service(shared)]`. Its
//! component consists of one line, and whoever calls it depends on the library. The compiler then knows of both
//! sides.
//!
//! ```
//! // crates/counter-service/src/lib.rs
//! #[rusm_rs::service(shared)]
//! pub mod counter {
//!     pub fn double(number: u32) -> u32 {
//!         2 * number
//!     }
//! }
//!
//! // components/counter/src/lib.rs, where it is `counter_service::counter`
//! rusm_rs::export_service!(counter);
//! # fn main() {}
//! ```
//!
//! **A declaration.** [`#[rusm_rs::client]`](macro@crate::client) makes a client of signatures alone, for a service
//! that is written in TypeScript, say.
//!
//! # What is promised
//!
//! - Calls of one process to another arrive in their order, and so do casts and everything else it sends.
//! - A call is answered once, or ends with a [`CallError`]: at once when the service dies, else after
//!   [`CALL_TIMEOUT`] or the client's own limit. It is never sent twice, but to the new process of a name when the
//!   old one was dead before the call came.
//! - While a call waits, other mail waits too, in its order. A service that calls others while it serves answers
//!   its own callers afterwards; two services that call each other at once wait for each other until the limit.
//! - A panic in a function ends the service's process. Whoever waits for it is told so.
//! - A stream's items are made as the caller takes them, at most a window of 16 ahead, and the service answers
//!   other calls between two items. A stream that nobody wants any more, since its caller dropped it or died, is
//!   dropped, as its iterator is.

mod answer;
mod argument;
mod callback;
mod connection;
mod error;
mod exchange;
pub(crate) mod items;
pub(crate) mod late;
pub(crate) mod serving;
mod streams;

use std::time::Duration;

use crate::process::Pid;

pub use argument::Argument;
pub use callback::{Callback, CallbackError};
pub use connection::Connection;
pub use error::{CallError, Error};
pub use items::Items;

/// How long a call waits for its answer by default.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the lines that this module writes to the log come from.
const LOG: &str = "rusm_rs::service";

/// Who made the call that is being served, as the node knows and nobody can forge.
///
/// ```no_run
/// #[rusm_rs::service]
/// pub mod guestbook {
///     use rusm_rs::Pid;
///
///     fn init() -> Vec<(Pid, String)> {
///         Vec::new()
///     }
///
///     pub fn sign(entries: &mut Vec<(Pid, String)>, name: String) {
///         entries.push((rusm_rs::service::caller(), name));
///     }
/// }
/// # fn main() {}
/// ```
///
/// # Panics
///
/// Outside of a service's function.
pub fn caller() -> Pid {
    serving::current().expect("only a service's function has a caller").caller
}

/// What the macros need of this module.
pub(crate) mod rt {
    pub use super::answer::{Answer, Arguments, Call, begun};
    pub use super::callback::Listener;
    pub use super::serving::{Service, serve};
}
