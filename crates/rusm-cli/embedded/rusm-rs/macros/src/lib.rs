//! The macros of `rusm-rs`. Use them through that crate.

use proc_macro::TokenStream;

mod actions;
mod section;

/// Makes a module's `pub fn`s the actions of this component.
///
/// An action is `pub fn name(request: Request, params: Params) -> Response`, or one that returns
/// `Result<Response, E>` with an `E: Display`: an `Err` is a bare 500 for the client and its text a line
/// in the node's log. A route in `rusm.toml` names it as `component#name`. Functions that are not `pub`
/// are helpers. A component has one such module.
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
#[proc_macro_attribute]
pub fn handlers(arguments: TokenStream, module: TokenStream) -> TokenStream {
    actions::expand(arguments.into(), module.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}
