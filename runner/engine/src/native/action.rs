//! Actions of handlers components.

use rquickjs::{Ctx, Object, Result};

use super::{Bytes, Natives, throw, time};
use crate::bindings::rusm::runtime::action::{self, ActionCall, CallError};
use crate::bindings::rusm::runtime::http_types::Method;

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add_live("callAction", call)
}

fn call<'js>(
    ctx: Ctx<'js>,
    component: String,
    name: String,
    call: Object<'js>,
    timeout: f64,
) -> Result<Object<'js>> {
    let call = ActionCall {
        method: method(call.get("method")?),
        target: call.get("target")?,
        params: super::from_pairs(&call.get("params")?)?,
        headers: super::from_headers(&call.get("headers")?)?,
        body: call.get::<_, Bytes>("body")?.0,
    };
    let response = match action::call(&component, &name, &call, time(Some(timeout)).unwrap_or(u64::MAX)) {
        Ok(response) => response,
        Err(CallError::Busy) => return throw(&ctx, "busy", "no instance came free in time"),
        Err(CallError::Denied(why)) => return throw(&ctx, "denied", &why),
        Err(CallError::NotFound(why)) => return throw(&ctx, "not-found", &why),
        Err(CallError::Invalid(why)) => return throw(&ctx, "invalid", &why),
        Err(CallError::Failed(why)) => return throw(&ctx, "failed", &why),
    };
    let object = Object::new(ctx.clone())?;
    object.set("status", response.status)?;
    object.set("headers", super::headers(&ctx, &response.headers)?)?;
    object.set("body", Bytes(response.body))?;
    Ok(object)
}

fn method(token: String) -> Method {
    match token.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        _ => Method::Other(token),
    }
}
