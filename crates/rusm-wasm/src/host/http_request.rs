//! `rusm:runtime/http-request`: the parts of a request that wait on the host until a guest asks.

use super::bindings::rusm::runtime::http_request::{self, BodyError};
use super::bindings::rusm::runtime::http_types::MethodParam;
use super::{HostState, Role};
use crate::dispatch::wire_method;
use crate::request::{self, IncomingRequest};

/// The most that is handed to a guest at once.
const CHUNK: usize = 64 << 10;

/// Ends a guest whose client sends more than it may.
#[derive(Debug, thiserror::Error)]
#[error("the request's body is longer than the listener allows (max-body-size)")]
pub(crate) struct BodyTooLarge;

impl HostState {
    pub(super) fn request(&self) -> Option<&IncomingRequest> {
        match &self.role {
            Role::Exchange(exchange) => Some(&exchange.request),
            Role::Actor { .. } => None,
        }
    }

    fn request_mut(&mut self) -> Option<&mut IncomingRequest> {
        match &mut self.role {
            Role::Exchange(exchange) => Some(&mut exchange.request),
            Role::Actor { .. } => None,
        }
    }
}

/// As the interface has it: that a body is too long is not the guest's to handle.
fn body_error<T>(error: request::BodyError) -> wasmtime::Result<Result<T, BodyError>> {
    match error {
        request::BodyError::Aborted => Ok(Err(BodyError::Aborted)),
        request::BodyError::TooLarge => Err(BodyTooLarge.into()),
    }
}

/// Of a process that answers no request they are empty.
impl http_request::Host for HostState {
    fn get_method(&mut self) -> http_request::Method {
        self.request()
            .map_or(http_request::Method::Get, |request| method_to_wire(&wire_method(&request.method)))
    }

    fn target(&mut self) -> String {
        self.request().map_or_else(String::new, |request| request::target(&request.uri).to_owned())
    }

    fn params(&mut self) -> Vec<(String, String)> {
        self.request().map_or_else(Vec::new, |request| request.params.to_vec())
    }

    fn headers(&mut self) -> Vec<(String, Vec<u8>)> {
        let headers = self.request().into_iter().flat_map(|request| &request.headers);
        headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
    }

    async fn body(&mut self) -> wasmtime::Result<Result<Vec<u8>, BodyError>> {
        let Some(request) = self.request_mut() else { return Ok(Ok(Vec::new())) };
        match request.body.rest().await {
            Ok(rest) => Ok(Ok(rest.into())),
            Err(error) => body_error(error),
        }
    }

    async fn read_body(&mut self, max: u64) -> wasmtime::Result<Result<Option<Vec<u8>>, BodyError>> {
        self.meter.begin_unit();
        let max = usize::try_from(max).unwrap_or(CHUNK).min(CHUNK);
        let Some(request) = self.request_mut() else { return Ok(Ok(None)) };
        match request.body.next(max).await {
            Ok(bytes) => Ok(Ok(bytes.map(Vec::from))),
            Err(error) => body_error(error),
        }
    }

    fn authority(&mut self) -> Option<String> {
        let request = self.request()?;
        let host = || request.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
        request.uri.authority().map(http::uri::Authority::as_str).or_else(host).map(str::to_owned)
    }

    fn remote_address(&mut self) -> Option<String> {
        self.request()?.remote.map(|address| address.to_string())
    }
}

fn method_to_wire(method: &MethodParam<'_>) -> http_request::Method {
    match method {
        MethodParam::Get => http_request::Method::Get,
        MethodParam::Head => http_request::Method::Head,
        MethodParam::Post => http_request::Method::Post,
        MethodParam::Put => http_request::Method::Put,
        MethodParam::Delete => http_request::Method::Delete,
        MethodParam::Connect => http_request::Method::Connect,
        MethodParam::Options => http_request::Method::Options,
        MethodParam::Trace => http_request::Method::Trace,
        MethodParam::Patch => http_request::Method::Patch,
        MethodParam::Other(token) => http_request::Method::Other((*token).to_owned()),
    }
}
