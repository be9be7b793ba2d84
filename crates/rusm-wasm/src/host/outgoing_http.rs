//! `wasi:http/outgoing-handler`: what a guest may ask of others, under `allow-network`.

use std::sync::Arc;

use http::{Method, Request};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use super::HostState;
use crate::component::Component;
use crate::outbound::{Outbound, Timeouts};

/// Requests of one process whose responses it has not done with.
const MAX_IN_FLIGHT: usize = 64;

/// Bytes of one set of header fields, with what it takes to keep them.
const MAX_FIELDS: usize = 32 << 10;

/// Bytes of a body, a request's or a reply's, that wait to be sent, in at most two pieces.
const BODY_CHUNK: usize = 64 << 10;

/// What a process keeps for its requests.
pub(super) struct OutgoingHttp {
    ctx: WasiHttpCtx,
    requests: Requests,
}

/// Sends what the grant covers.
struct Requests {
    component: Arc<Component>,
    outbound: Arc<Outbound>,
    in_flight: Arc<Semaphore>,
}

impl OutgoingHttp {
    fn of(state: &HostState) -> OutgoingHttp {
        let mut ctx = WasiHttpCtx::new();
        ctx.set_field_size_limit(MAX_FIELDS);
        let requests = Requests {
            component: Arc::clone(&state.component),
            outbound: Arc::clone(&state.world.outbound),
            in_flight: Arc::new(Semaphore::new(MAX_IN_FLIGHT)),
        };
        OutgoingHttp { ctx, requests }
    }
}

impl WasiHttpView for HostState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        if self.http.is_none() {
            self.http = Some(Box::new(OutgoingHttp::of(self)));
        }
        let http = self.http.as_mut().expect("it was made a line above");
        WasiHttpCtxView { hooks: &mut http.requests, table: &mut self.resources, ctx: &mut http.ctx }
    }
}

impl Requests {
    /// Whether the profile lets this request out. Every request is asked about, one that follows a redirect too,
    /// since nobody but the guest follows one.
    fn check(&self, request: &Request<WasiBody>) -> Result<(), Error> {
        let uri = request.uri();
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        // `user@host` is two names, and programs have disagreed on which is the host's.
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(Error::HttpRequestUriInvalid);
        }
        // A tunnel would carry what no grant was asked for.
        if *request.method() == Method::CONNECT {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(default);
        let profile = &self.component.profile;
        if profile.network.allows_host(authority.host(), port) {
            return Ok(());
        }
        tracing::debug!(
            target: "rusm",
            component = &**self.component.name(),
            host = authority.host(),
            port,
            "denied: the profile `{}` does not grant `allow-network` for this host",
            profile.name
        );
        Err(Error::HttpRequestDenied)
    }
}

type Exchange = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Worker), Error>> + Send>;
type Worker = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Requests {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Worker,
    ) -> Exchange {
        let allowed = self.check(&request);
        let outbound = Arc::clone(&self.outbound);
        let permit = Arc::clone(&self.in_flight).try_acquire_owned();
        Box::new(async move {
            allowed?;
            let permit = permit.map_err(|_| Error::ConnectionLimitReached)?;
            let response = outbound.send(request, Timeouts::from(options)).await?;
            let response = response.map(|body| body.holding(permit).boxed_unsync());
            Ok((response, Box::new(async { Ok(()) }) as Worker))
        })
    }

    /// The client sets it from the address, so that the two cannot differ.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }
}
