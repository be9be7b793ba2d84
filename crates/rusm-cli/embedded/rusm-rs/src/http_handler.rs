//! Between the component's one export and the actions that the user wrote.

use std::fmt::Display;

use crate::bindings::exports::rusm::runtime::http_handler as export;
use crate::bindings::rusm::runtime::http_types as wire;
use crate::http::{Body, Params, Request, Response, Sse};

/// An entry of the action table that `#[handlers]` makes. Its place there is the index that the node calls.
pub struct Action {
    /// What a route calls it.
    pub name: &'static str,
    /// What the node has to know of it.
    pub shape: Shape,
    /// Calls the user's function. None if it has replied by itself.
    pub run: fn(Request, Params) -> Result<Option<Response>, String>,
}

/// How an action is called and replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// With the whole body of the request there, it gives a response.
    Buffered,
    /// It reads the body as it arrives, and gives a response.
    StreamedBody,
    /// It sends events.
    Events,
}

/// Answers one call of the component's export.
pub fn handle(
    actions: &[Action],
    index: u32,
    request: export::Request,
) -> Result<Option<wire::Response>, String> {
    crate::process::report_panics();
    let action =
        actions.get(index as usize).ok_or_else(|| format!("this component has no action {index}"))?;
    let params = Params::from_wire(request.params);
    let request = Request::from_wire(request.method, request.target);
    (action.run)(request, params)?.map_or(Ok(None), Response::answer)
}

/// The first argument of an action.
#[diagnostic::on_unimplemented(
    message = "the first argument of an action is `rusm_rs::http::Request`, not `{Self}`",
    label = "expected `Request`",
    note = "an action is `pub fn name(request: Request, params: Params) -> Response`"
)]
pub trait FirstArgument {
    /// Hands the request to an action that takes it.
    fn of(request: Request) -> Self;
}

#[diagnostic::do_not_recommend]
impl FirstArgument for Request {
    fn of(request: Request) -> Request {
        request
    }
}

/// The second argument of an action.
#[diagnostic::on_unimplemented(
    message = "the second argument of an action is `rusm_rs::http::Params`, not `{Self}`",
    label = "expected `Params`",
    note = "an action is `pub fn name(request: Request, params: Params) -> Response`"
)]
pub trait SecondArgument {
    /// Hands the parameters to an action that takes them.
    fn of(params: Params) -> Self;
}

#[diagnostic::do_not_recommend]
impl SecondArgument for Params {
    fn of(params: Params) -> Params {
        params
    }
}

/// The third argument of an action, which makes it one that streams.
#[diagnostic::on_unimplemented(
    message = "the third argument of an action is `rusm_rs::http::Sse` or `rusm_rs::http::Body`, not `{Self}`",
    label = "expected `Sse` or `Body`",
    note = "an action that sends events is `pub fn name(request: Request, params: Params, sse: Sse)`",
    note = "one that reads its body as a stream is \
            `pub fn name(request: Request, params: Params, body: Body) -> Response`"
)]
pub trait ThirdArgument: Sized {
    /// What this makes of the action.
    const SHAPE: Shape;

    /// Itself. By this name of a type that is no third argument, the compiler says nothing of what the action returns.
    type Itself;

    /// Makes it. An error is the text of a failed action.
    fn begin() -> Result<Self, String>;
}

#[diagnostic::do_not_recommend]
impl ThirdArgument for Sse {
    const SHAPE: Shape = Shape::Events;
    type Itself = Sse;

    fn begin() -> Result<Sse, String> {
        Sse::start()
    }
}

#[diagnostic::do_not_recommend]
impl ThirdArgument for Body {
    const SHAPE: Shape = Shape::StreamedBody;
    type Itself = Body;

    fn begin() -> Result<Body, String> {
        Ok(Body::of_client())
    }
}

/// What an action with a third argument may return.
#[diagnostic::on_unimplemented(
    message = "an action with a third argument of the type `{T}` does not return `{Self}`",
    label = "cannot be what this action returns",
    note = "with an `Sse` it returns nothing or `Result<(), E>`, with a `Body` `Response` or `Result<Response, E>`, \
            each with an `E: Display`"
)]
pub trait ReplyWith<T> {
    /// The response, none if the action has replied by itself, or the text of the failure.
    fn into_result(self) -> Result<Option<Response>, String>;
}

#[diagnostic::do_not_recommend]
impl<R: Reply> ReplyWith<Body> for R {
    fn into_result(self) -> Result<Option<Response>, String> {
        Reply::into_result(self).map(Some)
    }
}

#[diagnostic::do_not_recommend]
impl<R: EventsOutcome> ReplyWith<Sse> for R {
    fn into_result(self) -> Result<Option<Response>, String> {
        EventsOutcome::into_result(self).map(|()| None)
    }
}

/// What may be returned by what sends events.
#[diagnostic::on_unimplemented(
    message = "what sends events returns nothing or `Result<(), E>` with an `E: Display`, not `{Self}`",
    label = "cannot be the end of a stream of events",
    note = "an `Err` breaks the reply off, and its text stands in the node's log"
)]
pub trait EventsOutcome {
    /// Nothing, or the text of the failure.
    fn into_result(self) -> Result<(), String>;
}

#[diagnostic::do_not_recommend]
impl EventsOutcome for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Display> EventsOutcome for Result<(), E> {
    /// Takes the error's alternate form, as a [`Reply`] does.
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

/// What an action may return.
#[diagnostic::on_unimplemented(
    message = "an action returns `Response` or `Result<Response, E>` with an `E: Display`, not `{Self}`",
    label = "cannot be turned into a response",
    note = "an `Err` is a bare 500 for the client, and its text stands in the node's log"
)]
pub trait Reply {
    /// The response, or the text of the failure.
    fn into_result(self) -> Result<Response, String>;
}

#[diagnostic::do_not_recommend]
impl Reply for Response {
    fn into_result(self) -> Result<Response, String> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Display> Reply for Result<Response, E> {
    /// Takes the error's alternate form, in which errors that carry their causes, `anyhow`'s for one, name
    /// them too.
    fn into_result(self) -> Result<Response, String> {
        self.map_err(|error| format!("{error:#}"))
    }
}

/// Makes `$actions` what the component exports, and what it says of itself.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_actions {
    ($actions:path) => {
        const _: () = {
            struct Export;
            impl $crate::bindings::exports::rusm::runtime::http_handler::Guest for Export {
                fn handle(
                    action: u32,
                    request: $crate::bindings::exports::rusm::runtime::http_handler::Request,
                ) -> ::core::result::Result<
                    ::core::option::Option<$crate::bindings::rusm::runtime::http_types::Response>,
                    ::std::string::String,
                > {
                    $crate::__rt::handle($actions, action, request)
                }
            }
    $crate::bindings::export_handlers!(Export with_types_in $crate::bindings);

            #[cfg(target_family = "wasm")]
            #[used]
            #[unsafe(link_section = "rusm")]
            static DESCRIPTION: [u8; $crate::__rt::length($actions)] = $crate::__rt::text($actions);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::{Action, Reply, Shape, export, handle, wire};
    use crate::http::Response;

    const ACTIONS: &[Action] = &[
        Action {
            name: "show",
            shape: Shape::Buffered,
            run: |request, params| {
                let id = params.get("id");
                Ok(Some(Response::text(format!("{} {} {id:?}", request.method(), request.path()))))
            },
        },
        Action { name: "fail", shape: Shape::Buffered, run: |_, _| Err("out of order".to_owned()) },
    ];

    fn call(index: u32) -> Result<Option<wire::Response>, String> {
        let params = vec![("id".to_owned(), "42".to_owned())];
        handle(
            ACTIONS,
            index,
            export::Request { method: wire::Method::Get, target: "/users/42?full".to_owned(), params },
        )
    }

    #[test]
    fn an_action_is_called_by_its_place_in_the_table() {
        let response = call(0).unwrap().unwrap();
        assert_eq!((response.status, response.body), (200, b"GET /users/42 Some(\"42\")".to_vec()));
        assert_eq!(call(1).unwrap_err(), "out of order");
    }

    #[test]
    fn an_index_beyond_the_table_is_an_error() {
        assert_eq!(call(2).unwrap_err(), "this component has no action 2");
    }

    #[test]
    fn an_error_that_carries_its_cause_names_it() {
        struct Chain;
        impl std::fmt::Display for Chain {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(if f.alternate() { "no stock: the store is closed" } else { "no stock" })
            }
        }
        assert_eq!(Err::<Response, _>(Chain).into_result().unwrap_err(), "no stock: the store is closed");
    }
}
