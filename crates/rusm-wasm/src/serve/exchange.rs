//! One HTTP exchange: routing, the request's body, who answers, the response.

#![expect(clippy::result_large_err, reason = "a refusal is a reply, and goes out like any")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{ALLOW, EXPECT, HOST, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::response::{self, ReplyBody, is_event_stream};
use super::router::{Match, Router};
use super::socket::Upgrade;
use super::upgrade::{Handshake, Refused};
use super::{Handler, Handlers, ListenerState, Phase};
use crate::component::{Responder, Run, SocketHandler, Taker};
use crate::dispatch::{self, Answer};
use crate::failure::{Cause, Failure};
use crate::live::Live;
use crate::request::{BodyError, IncomingRequest, Lingering, Params, RequestBody, Upload};
use crate::threads;

pub(crate) type Reply = Response<ReplyBody>;

/// What took no longer than this to answer is short work, and so is as a rule what waits beside it.
const SHORT: Duration = Duration::from_micros(200);

/// Answers one request. Never fails: whatever goes wrong is a response.
pub(crate) async fn exchange(
    connection: Arc<Connection>,
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let start = Instant::now();
    let is_head = request.method() == Method::HEAD;
    let reply = answer(&connection, remote, request, start).await.unwrap_or_else(|refusal| refusal);
    if start.elapsed() < SHORT {
        threads::let_others_run().await;
    }
    Ok(response::without_forbidden_body(reply, is_head))
}

/// The reply, or a refusal of the node's own.
async fn answer(
    connection: &Arc<Connection>,
    remote: SocketAddr,
    request: Request<Incoming>,
    start: Instant,
) -> Result<Reply, Reply> {
    let listener = &connection.listener;
    let running = connection.activity.request();
    let (mut head, body) = request.into_parts();
    // Whoever answers, or nobody: what is not read of the body is seen to.
    let body = upload(connection, &head, body);
    let (found, params) = route(listener, &head.method, head.uri.path())?;
    let body = body.map_err(|_| plain(StatusCode::PAYLOAD_TOO_LARGE))?;
    match found {
        Handler::Action(responder) | Handler::Component(Taker::Feed(responder) | Taker::Http(responder)) => {
            if matches!(responder.run, Run::Http(_)) {
                head.uri = absolute(&head).ok_or_else(|| plain(StatusCode::BAD_REQUEST))?;
            }
            let body = match &responder.run {
                Run::Action { reads_stream: false, .. } => whole(body, listener, start).await?,
                _ => body.map_or_else(|| RequestBody::Whole(Bytes::new()), RequestBody::Arriving),
            };
            let request = incoming(head, params, body, remote);
            respond(connection, responder, request, start, running).await
        }
        Handler::Folder(folder) => {
            // Apart, since it is larger than all else that a request may take.
            let answer = Box::pin(folder.answer(head, start + listener.limits.request_timeout, running));
            Ok(answer.await)
        }
        Handler::Component(Taker::Socket(handler)) => {
            upgrade(connection, handler, params, remote, head).await
        }
    }
}

/// Who answers, and what the path's pattern captured.
fn route<'a>(
    listener: &'a ListenerState,
    method: &Method,
    path: &str,
) -> Result<(&'a Handler, Params), Reply> {
    let router = match &listener.handlers {
        Handlers::One(handler) => return only(handler, method),
        Handlers::Each(router) => router,
    };
    match router.find(method, path) {
        Match::Found(route, _)
            if route.takes_rest()
                && let Some(folder) = slashless(router, method, path) =>
        {
            Ok((folder, Params::new()))
        }
        Match::Found(route, values) => Ok((&route.target, route.names.iter().cloned().zip(values).collect())),
        Match::MethodNotAllowed(methods) => Err(method_not_allowed(&methods)),
        Match::NotFound => match slashless(router, method, path) {
            Some(folder) => Ok((folder, Params::new())),
            None => Err(plain(StatusCode::NOT_FOUND)),
        },
        Match::Malformed => Err(plain(StatusCode::BAD_REQUEST)),
    }
}

/// The folder whose own path this is, but for the slash at its end.
fn slashless<'a>(router: &'a Router<Handler>, method: &Method, path: &str) -> Option<&'a Handler> {
    match router.find(method, &format!("{path}/")) {
        Match::Found(route, values) => {
            let is_folder = matches!(route.target, Handler::Folder(_));
            (is_folder && values.last().is_some_and(String::is_empty)).then_some(&route.target)
        }
        _ => None,
    }
}

/// The handler of a listener that has no other.
fn only<'a>(handler: &'a Handler, method: &Method) -> Result<(&'a Handler, Params), Reply> {
    match handler {
        // A connection that is held is opened by asking for it.
        Handler::Component(Taker::Feed(_) | Taker::Socket(_))
            if method != Method::GET && method != Method::HEAD =>
        {
            Err(method_not_allowed(&[Method::GET, Method::HEAD]))
        }
        handler => Ok((handler, Params::new())),
    }
}

/// The request's body, if it has one.
fn upload(connection: &Arc<Connection>, head: &Parts, body: Incoming) -> Result<Option<Upload>, BodyError> {
    if body.is_end_stream() {
        return Ok(None);
    }
    // HTTP/2 ends a stream without its connection.
    let is_connection = head.version < Version::HTTP_2;
    let lingering =
        if is_connection { Lingering::Yes(Box::new(connection.activity.request())) } else { Lingering::No };
    let waits = head.headers.contains_key(EXPECT);
    Upload::new(body, connection.listener.limits.max_body_size, lingering, waits).map(Some)
}

/// Waits for the whole body within the listener's limits.
async fn whole(body: Option<Upload>, listener: &ListenerState, start: Instant) -> Result<RequestBody, Reply> {
    let Some(body) = body else { return Ok(RequestBody::Whole(Bytes::new())) };
    let mut body = RequestBody::Arriving(body);
    match timeout_at(start + listener.limits.request_timeout, body.rest()).await {
        Ok(Ok(bytes)) => Ok(RequestBody::Whole(bytes)),
        Ok(Err(BodyError::TooLarge)) => Err(plain(StatusCode::PAYLOAD_TOO_LARGE)),
        // A broken connection, whose peer reads no answer.
        Ok(Err(BodyError::Aborted)) => Err(plain(StatusCode::BAD_REQUEST)),
        Err(_) => Err(plain(StatusCode::REQUEST_TIMEOUT)),
    }
}

fn incoming(head: Parts, params: Params, body: RequestBody, remote: SocketAddr) -> IncomingRequest {
    let Parts { method, uri, headers, .. } = head;
    IncomingRequest { method, uri, params: Arc::new(params), headers, body, remote: Some(remote) }
}

/// Where a request goes in full, as the standard interface has it: what HTTP/1 says in `Host`, HTTP/2 says in the target.
/// None for a request that says none or several (RFC 9112, section 3.2).
fn absolute(head: &Parts) -> Option<Uri> {
    let mut parts = head.uri.clone().into_parts();
    if parts.authority.is_none() {
        let mut hosts = head.headers.get_all(HOST).iter();
        parts.authority = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(Authority::try_from(host.as_bytes()).ok()?),
            // It may have none.
            (None, None) if head.version < Version::HTTP_11 => Some(Authority::from_static("localhost")),
            _ => return None,
        };
    }
    parts.scheme.get_or_insert(Scheme::HTTP);
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    Uri::from_parts(parts).ok()
}

/// Has a process answer.
fn respond<'a>(
    connection: &'a Arc<Connection>,
    responder: &'a Responder,
    request: IncomingRequest,
    start: Instant,
    running: impl Send + 'static,
) -> impl Future<Output = Result<Reply, Reply>> + Send + 'a {
    let listener = &connection.listener;
    let is_head = request.method == Method::HEAD;
    let called = dispatch::call(&listener.world, responder, request, start, listener.limits.request_timeout);
    called.map(move |answer| {
        let reply = answer.and_then(|answer| match answer {
            Answer::Whole(pid, response) => {
                response::checked(response, is_head).map_err(|cause| Failure::new(pid, cause))
            }
            Answer::Live(reply) => Ok(live(connection, reply, running)),
        });
        reply.map_err(|failure| {
            failure.log_request(&responder.label);
            failed(&failure.cause)
        })
    })
}

/// A reply that goes on. While it does, the connection is in use.
fn live(connection: &Arc<Connection>, reply: Response<Live>, running: impl Send + 'static) -> Reply {
    let (head, mut body) = reply.into_parts();
    body.hold((running, connection.open.clone()));
    if is_event_stream(&head.headers) {
        // It has no end of its own, and its client connects again by itself.
        let mut phase = connection.phase.clone();
        body.end_with(Box::pin(async move { drop(phase.wait_for(|phase| *phase != Phase::Running).await) }));
    }
    Response::from_parts(head, ReplyBody::stream(body))
}

/// Makes the connection a WebSocket.
async fn upgrade(
    connection: &Arc<Connection>,
    handler: &SocketHandler,
    params: Params,
    remote: SocketAddr,
    mut head: Parts,
) -> Result<Reply, Reply> {
    let listener = &connection.listener;
    let handshake = Handshake::read(&head, &listener.web_socket).map_err(|refused| refused.answer())?;
    let room = listener.world.room_for_process().await.map_err(|failure| {
        failure.log_request(handler.component.name());
        failed(&failure.cause)
    })?;
    // HTTP/1.1 has it for each request that asks for an upgrade, and a handshake is nothing else.
    let upgraded = head.extensions.remove::<OnUpgrade>().ok_or_else(|| Refused::NoUpgrade.answer())?;
    let answer = handshake.answer();
    detach(&mut head);
    connection.upgrade(Upgrade {
        upgraded,
        handler: handler.clone(),
        request: incoming(head, params, RequestBody::Whole(Bytes::new()), remote),
        subprotocol: handshake.subprotocol,
        room,
    });
    Ok(answer)
}

/// Gives a request's head memory of its own. As parsed it is slices of what was read at once, and keeps all of that, 16 KiB, for as
/// long as a part of it is kept.
fn detach(head: &mut Parts) {
    for value in head.headers.values_mut() {
        // What was a header's value and a target is still one.
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
    if let Ok(copy) = Uri::try_from(head.uri.to_string()) {
        head.uri = copy;
    }
}

/// What a client gets when nobody answered.
fn failed(cause: &Cause) -> Reply {
    match cause {
        Cause::Busy(_) => busy(),
        Cause::BodyTooLarge => plain(StatusCode::PAYLOAD_TOO_LARGE),
        Cause::CpuTime(_) | Cause::RequestTimeout(_) | Cause::WallTime(_) => {
            plain(StatusCode::GATEWAY_TIMEOUT)
        }
        _ => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// There is no room for the request now.
pub(crate) fn busy() -> Reply {
    let mut reply = plain(StatusCode::SERVICE_UNAVAILABLE);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}

fn method_not_allowed(methods: &[Method]) -> Reply {
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut reply = plain(StatusCode::METHOD_NOT_ALLOWED);
    let value = HeaderValue::try_from(allowed).expect("a method is a token, as RFC 9110 has it");
    reply.headers_mut().insert(ALLOW, value);
    reply
}

/// A response of the node's own: the status and its name, nothing of what went wrong inside.
pub(crate) fn plain(status: StatusCode) -> Reply {
    response::text(status, status.canonical_reason().unwrap_or("Error"))
}
