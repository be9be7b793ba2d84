//! `wasi:http/incoming-handler` (0.2) and `wasi:http/handler` (0.3): requests to components that know nothing of rusm.

use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame};
use rusm_otp::Pid;
use wasmtime::Store;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p3;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpView};

use super::{HostState, Role};
use crate::failure::{Cause, Failure};
use crate::reply::Reply;
use crate::request::{BodyError, RequestBody};
use crate::serve::check_standard;

/// A component of either interface, ready to be instantiated.
pub(crate) enum HttpPre {
    V0_2(ProxyPre<HostState>),
    V0_3(ServicePre<HostState>),
}

impl HttpPre {
    /// The newer interface, if the component has both.
    pub(crate) fn new(pre: InstancePre<HostState>) -> wasmtime::Result<HttpPre> {
        match ServicePre::new(pre.clone()) {
            Ok(pre) => Ok(HttpPre::V0_3(pre)),
            Err(_) => ProxyPre::new(pre).map(HttpPre::V0_2),
        }
    }

    /// Hands the store's request to a fresh instance, and returns when that has come to its end, which may be long
    /// after the reply has begun.
    pub(crate) async fn handle(&self, store: &mut Store<HostState>) -> wasmtime::Result<()> {
        let Some((request, answer)) = store.data_mut().take_request() else { return Ok(()) };
        match self {
            HttpPre::V0_2(pre) => {
                let proxy = pre.instantiate_async(&mut *store).await?;
                let is_https = request.uri().scheme() == Some(&http::uri::Scheme::HTTPS);
                let scheme = if is_https { Scheme::Https } else { Scheme::Http };
                let mut http = store.data_mut().http();
                let request = http.new_incoming_request(scheme, request)?;
                let begin = move |reply: Result<_, _>| answer.begin(reply.map_err(Error::from));
                let outparam = http.new_response_outparam_from_callback(begin)?;
                proxy.wasi_http_incoming_handler().call_handle(store, request, outparam).await
            }
            HttpPre::V0_3(pre) => {
                let service = pre.instantiate_async(&mut *store).await?;
                let (request, received) = p3::Request::from_http(store.data_mut().http().hooks, request);
                // Its type says that it borrows the store, and its bound that it does not.
                let received: Received = Box::pin(received);
                let called = store.run_concurrent(async |store| {
                    match service.handle(store, request).await? {
                        Ok(response) => {
                            answer.begin(Ok(store.with(|access| response.into_http(access, received))?));
                        }
                        Err(code) => answer.begin(Err(code.into())),
                    }
                    // Until the guest is idle and nobody reads any more: the store may itself be what moves the body.
                    poll_fn(|cx| match store.poll_no_interesting_tasks(cx) {
                        Poll::Ready(()) => answer.reply.poll_gone(cx),
                        Poll::Pending => Poll::Pending,
                    })
                    .await;
                    Ok(())
                });
                called.await?
            }
        }
    }
}

impl HostState {
    /// The request, once, and where its answer goes.
    fn take_request(&mut self) -> Option<(Request<RequestPieces>, Answer)> {
        let pid = self.pid();
        let Role::Exchange(exchange) = &mut self.role else { return None };
        let reply = Arc::clone(&exchange.reply);
        let answer = Answer { pid, is_head: exchange.request.method == http::Method::HEAD, reply };
        let left = mem::replace(&mut exchange.request.body, RequestBody::Whole(Bytes::new()));
        let mut request = Request::new(RequestPieces { left, pid, reply: Arc::clone(&answer.reply) });
        *request.method_mut() = exchange.request.method.clone();
        *request.uri_mut() = exchange.request.uri.clone();
        *request.headers_mut() = mem::take(&mut exchange.request.headers);
        Some((request, answer))
    }

    /// Whether a piece of a body was sent or received since this was last asked: as with the interfaces of rusm's own, a new
    /// unit of work begins with it.
    pub(crate) fn takes_pieces(&self) -> bool {
        match &self.role {
            Role::Exchange(exchange) => exchange.reply.take_pieces(),
            Role::Actor { .. } => false,
        }
    }
}

/// What became of a request's body.
type Received = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Where the component's answer goes.
struct Answer {
    pid: Pid,
    is_head: bool,
    reply: Arc<Reply>,
}

impl Answer {
    fn begin(&self, reply: Result<Response<WasiBody>, Error>) {
        let checked = match reply {
            Ok(reply) => check_standard(&reply, self.is_head).map(|()| reply).map_err(Cause::Response),
            Err(error) => Err(Cause::Action(error.to_string())),
        };
        match checked {
            Ok(reply) => {
                let (head, body) = reply.into_parts();
                self.reply.start(head, Some(body));
            }
            Err(cause) => self.reply.fail(Failure::new(self.pid, cause)),
        }
    }
}

/// A request's body on its way to the guest.
struct RequestPieces {
    left: RequestBody,
    pid: Pid,
    reply: Arc<Reply>,
}

impl Body for RequestPieces {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        let frame = match &mut this.left {
            RequestBody::Whole(rest) if rest.is_empty() => return Poll::Ready(None),
            RequestBody::Whole(rest) => Ok(Some(Frame::data(mem::take(rest)))),
            RequestBody::Arriving(upload) => ready!(upload.poll_frame(cx)),
        };
        match frame {
            Ok(frame) => {
                this.reply.note_piece();
                Poll::Ready(frame.map(Ok))
            }
            Err(BodyError::Aborted) => Poll::Ready(Some(Err(Error::ConnectionTerminated))),
            // Not the guest's to handle: the node ends it.
            Err(BodyError::TooLarge) => {
                this.reply.fail(Failure::new(this.pid, Cause::BodyTooLarge));
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.left {
            RequestBody::Whole(rest) => rest.is_empty(),
            RequestBody::Arriving(upload) => upload.is_over(),
        }
    }
}
