//! What a process does: answers a request, or lives by itself.

#![allow(clippy::used_underscore_items, reason = "generated exports call such functions")]

use rquickjs::{Array, Value};

use crate::bindings::exports::rusm::runtime::{body, http_handler};
use crate::bindings::rusm::runtime::http_types::{Method, Response};
use crate::failure::Failure;
use crate::vm::Entry;
use crate::{bindings, event_loop, native, started, vm};

struct Component;

bindings::export_runner!(Component with_types_in bindings);

impl http_handler::Guest for Component {
    fn handle(_: u32, request: http_handler::Request) -> Result<Option<Response>, String> {
        started::start();
        Ok(vm::with(|entry| answer(entry, &request))?)
    }
}

impl body::Guest for Component {
    fn run() -> Result<(), String> {
        started::start();
        Ok(vm::with(|entry| {
            let failed = |error| Failure::of(&entry.ctx, Some(entry), error);
            let ended = entry.function("run").and_then(|run| run.call::<_, Value<'_>>(())).map_err(failed)?;
            event_loop::settle::<Value<'_>>(entry, ended).map(drop)
        })?)
    }
}

fn answer(entry: &Entry<'_>, request: &http_handler::Request) -> Result<Option<Response>, Failure> {
    let failed = |error| Failure::of(&entry.ctx, Some(entry), error);
    let params = (!request.params.is_empty()).then(|| native::pairs(&entry.ctx, &request.params));
    let params = params.transpose().map_err(failed)?;
    let call = (method(&request.method), request.target.as_str(), params);
    let reply: Value<'_> = entry.handle().call(call).map_err(failed)?;
    let reply: Value<'_> = event_loop::settle(entry, reply)?;
    let Some(reply) = reply.as_array() else { return Ok(None) };
    response(reply).map(Some).map_err(failed)
}

fn response(reply: &Array<'_>) -> rquickjs::Result<Response> {
    let headers = native::from_fields(&reply.get(1)?)?;
    let body: Value<'_> = reply.get(2)?;
    Ok(Response { status: reply.get(0)?, headers, body: native::body(&body)? })
}

fn method(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(token) => token,
    }
}
