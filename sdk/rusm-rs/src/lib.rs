//! Write rusm components in Rust.
//!
//! A serving component is a module of functions. Each `pub fn` is an action that a route in `rusm.toml`
//! names as `component#action`:
//!
//! ```
//! use rusm_rs::http::{Params, Request, Response};
//!
//! #[rusm_rs::handlers]
//! pub mod api {
//!     use super::*;
//!
//!     // "GET /users/:id" = "api#show"
//!     pub fn show(_req: Request, params: Params) -> Response {
//!         Response::text(format!("user {}\n", params.get("id").unwrap_or("?")))
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Every request runs in a fresh instance of the component: nothing that an action leaves in a `static`
//! is there for the next one, and a panic ends one request, never the node.
//!
//! Actions are plain functions, so they can be tested as such, on the machine you build on:
//!
//! ```
//! # use rusm_rs::http::{Params, Request, Response};
//! # fn show(_req: Request, params: Params) -> Response {
//! #     Response::text(format!("user {}\n", params.get("id").unwrap_or("?")))
//! # }
//! let reply = show(Request::get("/users/42"), Params::from([("id", "42")]));
//! assert_eq!(reply.body(), b"user 42\n");
//! ```

pub mod action;
pub mod group;
pub mod http;
pub mod log;
pub mod process;
pub mod timer;

#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;
mod body;
#[doc(hidden)]
#[rustfmt::skip]
pub mod body_bindings;
mod description;
#[rustfmt::skip]
mod fetch_bindings;
mod http_handler;
mod http_request;

pub use action::call;
pub use process::{
    Mail, Pid, receive, receive_match, receive_message, receive_timeout, send, send_bytes, spawn, whereis,
};

/// Makes a module's `pub fn`s the actions of this component.
///
/// An action is `pub fn name(request: Request, params: Params) -> Response`, or one that returns
/// `Result<Response, E>` with an `E: Display`: an `Err` is a bare 500 for the client and its text a line
/// in the node's log. A route in `rusm.toml` names it as `component#name`. Functions that are not `pub`,
/// and those that are `pub(crate)`, are helpers. So is what the module re-exports or a macro in it makes.
///
/// A component has one such module. An action that a `#[cfg]` takes out is not in the component.
///
/// ```
/// use rusm_rs::http::{Params, Request, Response};
///
/// #[rusm_rs::handlers]
/// pub mod api {
///     use super::*;
///
///     pub fn hello(_request: Request, params: Params) -> Response {
///         Response::text(greeting(params.get("name")))
///     }
///
///     pub fn create(request: Request, _params: Params) -> Result<Response, std::num::ParseIntError> {
///         let count: u32 = String::from_utf8_lossy(request.body()).trim().parse()?;
///         Ok(Response::json(&count).status(201))
///     }
///
///     fn greeting(name: Option<&str>) -> String {
///         format!("hello, {}\n", name.unwrap_or("world"))
///     }
/// }
/// # fn main() {}
/// ```
pub use rusm_rs_macros::handlers;

/// Makes a function the body of this component's processes.
///
/// It takes nothing, or what the process was [spawned with](process::Spawn::argument), and returns nothing or
/// a `Result<(), E>` with an `E: Display`. When it returns, the process ends; an `Err` is its exit reason.
///
/// ```
/// use rusm_rs::{Mail, receive, send};
///
/// #[rusm_rs::main]
/// fn main() {
///     loop {
///         if let Mail::Message(message) = receive() {
///             let _ = send(message.from, "thank you");
///         }
///     }
/// }
/// ```
///
/// A resident of this kind is supervised: see `[components.<name>]` in `rusm.toml`.
pub use rusm_rs_macros::main;

/// What the macros expand to. Not for hand-written code: it changes without notice.
#[doc(hidden)]
pub mod __rt {
    pub use crate::body::*;
    pub use crate::description::*;
    pub use crate::http_handler::*;
}
