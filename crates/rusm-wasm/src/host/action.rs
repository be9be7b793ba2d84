//! `rusm:runtime/action`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Limited};
use tokio::time::Instant;

use super::HostState;
use super::bindings::rusm::runtime::action::{self, ActionCall, CallError};
use super::bindings::rusm::runtime::http_types::{self, MethodResult, Response};
use super::mail::MAX_MESSAGE;
use crate::dispatch::{self, Answer};
use crate::failure::{Cause, Failure};
use crate::live::Live;
use crate::request::{IncomingRequest, RequestBody};
use crate::serve::is_event_stream;

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
        let world = Arc::clone(&self.world);
        let timeout = Duration::from_nanos(timeout);
        let answered = async {
            match dispatch::call(&world, &target, call, Instant::now(), timeout).await? {
                Answer::Whole(_, response) => Ok(response),
                Answer::Live(reply) => whole(reply).await,
            }
        };
        match answered.await {
            Ok(response) => Ok(response),
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

/// A streamed reply as a whole one. It may be as long as a message.
async fn whole(reply: http::Response<Live>) -> Result<Response, Failure> {
    let (head, body) = reply.into_parts();
    let refused = |why: String| Failure { pid: None, cause: Cause::Response(why), backtrace: None };
    if is_event_stream(&head.headers) {
        return Err(refused("it is a stream of events, which has no end to wait for".to_owned()));
    }
    let body = Limited::new(body, MAX_MESSAGE).collect().await.map_err(|error| refused(error.to_string()))?;
    let headers = head.headers.iter();
    Ok(Response {
        status: head.status.as_u16(),
        headers: headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect(),
        body: body.to_bytes().into(),
    })
}

/// A guest's call as a request that arrived, or what of it HTTP does not allow.
fn incoming(call: ActionCall) -> Result<IncomingRequest, String> {
    let ActionCall { method, target, params, headers, body } = call;
    let uri = target.parse::<Uri>().map_err(|_| format!("`{target}` is no path"))?;
    let mut fields = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let bad = || format!("the header `{name}` is none that HTTP allows");
        let value = HeaderValue::from_bytes(&value).map_err(|_| bad())?;
        fields.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?, value);
    }
    Ok(IncomingRequest {
        method: to_method(method)?,
        uri,
        params: Arc::new(params),
        headers: fields,
        body: RequestBody::Whole(body.into()),
        remote: None,
    })
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
