//! One HTTP exchange: routing, the request's body, the action, the response.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, EXPECT, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout, timeout_at};

use super::activity::{Activity, Running};
use super::reply;
use super::router::{Match, Route};
use super::{Limits, ListenerState};
use crate::component::Action;
use crate::dispatch::{self, Call};
use crate::failure::{Cause, Failure};
use crate::host::IncomingRequest;

pub(crate) type Reply = Response<Full<Bytes>>;

/// Answers one request. Never fails: whatever goes wrong is a response.
pub(crate) async fn exchange(
    listener: Arc<ListenerState>,
    activity: Arc<Activity>,
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let start = Instant::now();
    let running = activity.request();
    let (head, mut body) = request.into_parts();
    let is_head = head.method == Method::HEAD;
    // A client that waits for a 100 has sent nothing yet, and HTTP/2 ends a stream without its connection.
    let sends_unasked = head.version < Version::HTTP_2 && !head.headers.contains_key(EXPECT);
    let reply = match listener.router.find(&head.method, head.uri.path()) {
        Match::Found(route, values) => answer(&listener, route, values, remote, head, &mut body, start).await,
        Match::MethodNotAllowed(methods) => method_not_allowed(&methods),
        Match::NotFound => plain(StatusCode::NOT_FOUND),
        Match::Malformed => plain(StatusCode::BAD_REQUEST),
    };
    if sends_unasked && !body.is_end_stream() {
        discard(body, running);
    }
    Ok(reply::without_forbidden_body(reply, is_head))
}

/// Reads and drops what is left of a body that was refused, for a while. A client may send all of it before it looks
/// for an answer, and a connection that is closed on unread bytes is reset, the answer with it.
fn discard(mut body: Incoming, running: Running) {
    const LINGER: Duration = Duration::from_secs(2);
    tokio::spawn(async move {
        let _running = running;
        let rest = async { while let Some(Ok(_)) = body.frame().await {} };
        let _ = timeout(LINGER, rest).await;
    });
}

async fn answer(
    listener: &ListenerState,
    route: &Route<Action>,
    values: Vec<String>,
    remote: SocketAddr,
    head: Parts,
    body: &mut Incoming,
    start: Instant,
) -> Reply {
    let Parts { method, uri, headers, .. } = head;
    let body = match read_body(body, &listener.limits, start).await {
        Ok(body) => body,
        Err(status) => return plain(status),
    };
    let is_head = method == Method::HEAD;
    let call = Call {
        method,
        target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        params: route.names.iter().cloned().zip(values).collect(),
        request: IncomingRequest { headers, body, remote: Some(remote) },
    };
    let action = &route.target;
    let called = dispatch::call(&listener.world, action, call, start, listener.limits.request_timeout).await;
    match called.and_then(|(pid, response)| {
        reply::checked(response, is_head).map_err(|cause| Failure::new(pid, cause))
    }) {
        Ok(reply) => reply,
        Err(failure) => {
            failure.log_request(&action.label);
            failed(&failure.cause)
        }
    }
}

/// Collects a body within the listener's limits, or says by which status it is refused.
async fn read_body(body: &mut Incoming, limits: &Limits, start: Instant) -> Result<Bytes, StatusCode> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limits.max_body_size {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let collect = async {
        let mut chunks: Vec<Bytes> = Vec::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            // A frame that fails is a broken connection, whose peer reads no answer.
            let Ok(data) = frame.map_err(|_| StatusCode::BAD_REQUEST)?.into_data() else { continue };
            length += data.len() as u64;
            if length > limits.max_body_size {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            chunks.push(data);
        }
        Ok(match chunks.len() {
            1 => chunks.swap_remove(0),
            _ => chunks.concat().into(),
        })
    };
    timeout_at(start + limits.request_timeout, collect).await.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
}

fn failed(cause: &Cause) -> Reply {
    match cause {
        Cause::Busy(_) => {
            let mut reply = plain(StatusCode::SERVICE_UNAVAILABLE);
            reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            reply
        }
        Cause::CpuTime(_) | Cause::RequestTimeout(_) | Cause::WallTime(_) => {
            plain(StatusCode::GATEWAY_TIMEOUT)
        }
        _ => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn method_not_allowed(methods: &[Method]) -> Reply {
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED);
    let value = HeaderValue::try_from(allowed).expect("a method is a token, as RFC 9110 has it");
    reply.headers_mut().insert(ALLOW, value);
    reply
}

/// A response of the node's own: the status and its name, nothing of what went wrong inside.
fn plain(status: StatusCode) -> Reply {
    let text = status.canonical_reason().unwrap_or("Error");
    let mut reply = Response::new(Full::new(Bytes::from(format!("{text}\n"))));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply
}
