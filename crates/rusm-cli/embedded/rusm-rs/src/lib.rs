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

pub mod http;
pub mod process;

#[doc(hidden)]
pub mod bindings;
mod http_handler;
mod http_request;

pub use rusm_rs_macros::handlers;

/// What the macros expand to. Not for hand-written code: it changes without notice.
#[doc(hidden)]
pub mod __rt {
    pub use crate::http_handler::*;
}
