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
//! A third argument makes an action one that streams: an [`http::Sse`] sends events for as long as the client is there, an
//! [`http::Body`] reads an upload as it arrives. Connections by WebSocket are held by processes: see [`ws`].
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
pub mod kv;
pub mod log;
pub mod process;
pub mod pubsub;
pub mod service;
pub mod sse;
pub mod stream;
pub mod supervisor;
pub mod timer;
pub mod wire;
pub mod ws;

#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;
mod body;
#[doc(hidden)]
#[rustfmt::skip]
pub mod body_bindings;
mod client;
mod description;
#[rustfmt::skip]
mod fetch_bindings;
mod http_handler;
mod http_reply;
mod http_request;

pub use action::call;
pub use process::{
    Mail, Pid, receive, receive_match, receive_message, receive_timeout, send, send_bytes, spawn, whereis,
};
pub use stream::Stream;

/// Makes a module's `pub fn`s the actions of this component.
///
/// An action is `pub fn name(request: Request, params: Params) -> Response`, or one that returns
/// `Result<Response, E>` with an `E: Display`: an `Err` is a bare 500 for the client and its text a line
/// in the node's log. A route in `rusm.toml` names it as `component#name`. Functions that are not `pub`,
/// and those that are `pub(crate)`, are helpers. So is what the module re-exports or a macro in it makes.
///
/// With a third argument an action streams: `(request: Request, params: Params, sse: Sse)` [sends events](http::Sse)
/// and returns nothing or a `Result<(), E>`, `(request: Request, params: Params, body: Body) -> Response`
/// [reads the body](http::Body) as it arrives. To reply piece by piece, return a [`Response::stream`](http::Response::stream).
///
/// A component has one such module. An action that a `#[cfg]` takes out is not in the component.
///
/// ```
/// use rusm_rs::http::{Params, Request, Response, Sse};
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
///     pub fn events(_request: Request, params: Params, sse: Sse) {
///         let room = params.get("room").unwrap_or("lobby");
///         for tick in 0.. {
///             if !sse.data(format!("{room} tick {tick}")) {
///                 break; // The client is gone.
///             }
///         }
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
/// ```no_run
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

/// Makes a module a service: its `pub fn`s are what other processes may ask this component's process to do.
///
/// ```
/// use rusm_rs::service::{Callback, Error};
///
/// #[rusm_rs::service]
/// pub mod stock {
///     use super::*;
///     use std::collections::BTreeMap;
///
///     #[derive(Default)]
///     pub struct Stock(BTreeMap<String, u32>);
///
///     // The state. With an argument, it is what the process was spawned with.
///     fn init() -> Stock {
///         Stock::default()
///     }
///
///     pub fn add(stock: &mut Stock, item: String, count: u32) -> u32 {
///         let there = stock.0.entry(item).or_default();
///         *there += count;
///         *there
///     }
///
///     // An error is an error to the caller as well. Any type that implements `Display` will do.
///     pub fn take(stock: &mut Stock, item: String) -> Result<u32, Error> {
///         match stock.0.get_mut(&item) {
///             Some(there @ 1..) => {
///                 *there -= 1;
///                 Ok(*there)
///             }
///             _ => Err(Error::new("out-of-stock", format!("no {item} is left"))),
///         }
///     }
///
///     // Made item by item, as the caller takes them. The iterator outlives the call, and so owns what it gives.
///     pub fn items(stock: &mut Stock) -> impl Iterator<Item = String> {
///         stock.0.keys().cloned().collect::<Vec<_>>().into_iter()
///     }
///
///     // The caller hears of each before the answer.
///     pub fn recount(stock: &mut Stock, progress: Callback<String>) -> u32 {
///         for item in stock.0.keys() {
///             let _ = progress.call(item);
///         }
///         stock.0.values().sum()
///     }
///
///     // Mail that is no call: what others sent, the end of a monitored process. Without this it is dropped.
///     fn handle_info(_stock: &mut Stock, mail: rusm_rs::Mail) {
///         println!("{mail:?}");
///     }
/// }
///
/// # fn caller() -> Result<(), rusm_rs::service::CallError> {
/// let stock = stock::Client::connect("stock")?;
/// assert_eq!(stock.add("tea", 3)?, 3);
/// stock.cast().add("milk", 1)?;
/// assert_eq!(stock.take("salt").unwrap_err().code(), Some("out-of-stock"));
/// for item in stock.items()?.take(100) {
///     println!("{}", item?);
/// }
/// let total = stock.recount(|item| println!("{item}"))?;
/// # Ok(()) }
/// # fn main() {}
/// ```
///
/// Arguments and what is given are any types of serde's; see [`wire`]. `Result` and `Callback` are known by their
/// names, so an alias of theirs bears the same. A function has no generics, is not `async`, and has none of the
/// client's own names: `connect`, `of`, `with_timeout`, `cast` and `pid`.
///
/// With `#[rusm_rs::service(shared)]` the module is not the component's yet; see [`export_service!`] and
/// [`service`](mod@service#a-client-in-another-component).
pub use rusm_rs_macros::service;

/// Makes a module of signatures a client of the service that has them, in whatever language it is written.
///
/// ```no_run
/// #[rusm_rs::client]
/// pub mod counter {
///     pub fn add(amount: i64) -> i64;
///     pub fn history(days: u32) -> impl Iterator<Item = (String, i64)>;
/// }
///
/// # fn main() -> Result<(), rusm_rs::service::CallError> {
/// let counter = counter::Client::connect("counter")?;
/// println!("{}", counter.add(2)?);
/// # Ok(()) }
/// ```
///
/// What is declared stands as in a [`service`](macro@service), without the state and with `;` in place of the
/// body. If the service has something else, calls say so: [`NoSuchFunction`](service::CallError::NoSuchFunction),
/// [`BadArguments`](service::CallError::BadArguments) or [`BadAnswer`](service::CallError::BadAnswer).
pub use rusm_rs_macros::client;

/// What the macros expand to. Not for hand-written code: it changes without notice.
#[doc(hidden)]
pub mod __rt {
    pub use crate::body::*;
    #[cfg(not(target_family = "wasm"))]
    pub use crate::client::{Client, attach};
    pub use crate::description::*;
    pub use crate::http_handler::*;
    #[cfg(not(target_family = "wasm"))]
    pub use crate::process::seam::{Node, enter};
    pub use crate::service::rt::*;

    /// The state that an `init` gave, or the text of its failure.
    pub fn started<S, E: std::fmt::Display>(state: Result<S, E>) -> Result<S, String> {
        state.map_err(|error| format!("{error:#}"))
    }
}
