//! `rusm:runtime/action`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tokio::time::Instant;

use super::bindings::rusm::runtime::action::{self, ActionCall, CallError};
use super::bindings::rusm::runtime::http_types::{self, MethodResult, Response};
use super::{HostState, IncomingRequest};
use crate::dispatch::{self, Call};
use crate::failure::Cause;

impl action::Host for HostState {
    async fn call(
        &mut self,
        component: String,
        action: String,
        call: ActionCall,
        timeout: u64,
    ) -> Result<Response, CallError> {
        if !self.component.profile.spawn.allows(&component) {
            let denial = self.denial("allow-spawn", &format!("call `{component}#{action}`"));
            return Err(CallError::Denied(denial));
        }
        let Some(found) = self.world.components.get(&component) else {
            return Err(CallError::NotFound(format!("there is no component `{component}`")));
        };
        let target = found.action(&action).map_err(|actions| {
            let there_are = if actions.is_empty() { "none".to_owned() } else { actions.join(", ") };
            CallError::NotFound(format!("`{component}` has no action `{action}`; there are: {there_are}"))
        })?;
        let call = incoming(call).map_err(CallError::Invalid)?;
        let world = std::sync::Arc::clone(&self.world);
        let timeout = Duration::from_nanos(timeout);
        match dispatch::call(&world, &target, call, Instant::now(), timeout).await {
            Ok((_, response)) => Ok(response),
            Err(failure) => {
                failure.log_request(&target.label);
                Err(match failure.cause {
                    Cause::Busy(_) => CallError::Busy,
                    Cause::RequestTimeout(limit) => CallError::Failed(format!("no reply within {limit:?}")),
                    cause => CallError::Failed(cause.to_string()),
                })
            }
        }
    }
}

impl http_types::Host for HostState {}

/// A guest's call as a request that arrived, or what of it HTTP does not allow.
fn incoming(call: ActionCall) -> Result<Call, String> {
    let ActionCall { method, target, params, headers, body } = call;
    if target.parse::<Uri>().is_err() {
        return Err(format!("`{target}` is no path"));
    }
    let mut fields = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let bad = || format!("the header `{name}` is none that HTTP allows");
        let value = HeaderValue::from_bytes(&value).map_err(|_| bad())?;
        fields.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
    }
    let request = IncomingRequest { headers: fields, body: body.into(), remote: None };
    Ok(Call { method: to_method(method)?, target, params, request })
}

fn to_method(method: MethodResult) -> Result<Method, String> {
    Ok(match method {
        MethodResult::Get => Method::GET,
        MethodResult::Head => Method::HEAD,
        MethodResult::Post => Method::POST,
        MethodResult::Put => Method::PUT,
        MethodResult::Delete => Method::DELETE,
        MethodResult::Connect => Method::CONNECT,
        MethodResult::Options => Method::OPTIONS,
        MethodResult::Trace => Method::TRACE,
        MethodResult::Patch => Method::PATCH,
        MethodResult::Other(token) => {
            Method::from_bytes(token.as_bytes()).map_err(|_| format!("`{token}` is no method"))?
        }
    })
}
