//! Between the component's one export and the actions that the user wrote.

use std::fmt::Display;

use crate::bindings::exports::rusm::runtime::http_handler as wire;
use crate::http::{Params, Request, Response};

/// The shape of what an action is called with and returns; implemented by `#[handlers]`.
pub trait Actions {
    /// Runs the action at this index of the action table.
    fn call(action: u32, request: Request, params: Params) -> Result<Response, String>;
}

/// Answers one call of the component's export.
pub fn handle<A: Actions>(action: u32, request: wire::Request) -> Result<wire::Response, String> {
    crate::process::report_panics();
    let params = Params::from_wire(request.params);
    let request = Request::from_wire(request.method, request.target);
    A::call(action, request, params).map(Response::into_wire)
}

/// The first argument of an action.
#[diagnostic::on_unimplemented(
    message = "the first argument of an action is `rusm_rs::http::Request`, not `{Self}`",
    label = "expected `Request`",
    note = "an action is `pub fn name(request: Request, params: Params) -> Response`"
)]
pub trait FirstArgument {}
impl FirstArgument for Request {}

/// The second argument of an action.
#[diagnostic::on_unimplemented(
    message = "the second argument of an action is `rusm_rs::http::Params`, not `{Self}`",
    label = "expected `Params`",
    note = "an action is `pub fn name(request: Request, params: Params) -> Response`"
)]
pub trait SecondArgument {}
impl SecondArgument for Params {}

/// What an action may return.
#[diagnostic::on_unimplemented(
    message = "an action returns `Response` or `Result<Response, E>`, not `{Self}`",
    label = "cannot be turned into a response",
    note = "`E` may be anything that implements `Display`; the client gets a bare 500, the node's log gets the text"
)]
pub trait Reply {
    /// The response, or the text of the failure.
    fn into_result(self) -> Result<Response, String>;
}

impl Reply for Response {
    fn into_result(self) -> Result<Response, String> {
        Ok(self)
    }
}

impl<E: Display> Reply for Result<Response, E> {
    fn into_result(self) -> Result<Response, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Compiles when the type fits; the error otherwise points at where the type stands.
pub fn assert_first_argument<T: FirstArgument>() {}
/// See [`assert_first_argument`].
pub fn assert_second_argument<T: SecondArgument>() {}
/// See [`assert_first_argument`].
pub fn assert_reply<T: Reply>() {}

/// Makes `$actions` the component's `http-handler` export.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_actions {
    ($actions:ty) => {
        const _: () = {
            struct Export;
            impl $crate::bindings::exports::rusm::runtime::http_handler::Guest for Export {
                fn handle(
                    action: u32,
                    request: $crate::bindings::exports::rusm::runtime::http_handler::Request,
                ) -> ::core::result::Result<
                    $crate::bindings::exports::rusm::runtime::http_handler::Response,
                    ::std::string::String,
                > {
                    $crate::__rt::handle::<$actions>(action, request)
                }
            }
            $crate::bindings::export_handlers!(Export with_types_in $crate::bindings);
        };
    };
}
