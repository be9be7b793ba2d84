//! `rusm:runtime/http-request`: the parts of a request that wait on the host until a guest asks.

use std::net::SocketAddr;

use bytes::Bytes;
use http::HeaderMap;

use super::bindings::rusm::runtime::http_request;
use super::{HostState, Role};

/// A request as the node holds it while an instance answers it.
#[derive(Debug)]
pub(crate) struct IncomingRequest {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) remote: Option<SocketAddr>,
}

impl HostState {
    fn request(&self) -> Option<&IncomingRequest> {
        match &self.role {
            Role::Request(request) => Some(request),
            Role::Actor { .. } => None,
        }
    }
}

/// Of a process that answers no request they are empty.
impl http_request::Host for HostState {
    fn headers(&mut self) -> Vec<(String, Vec<u8>)> {
        let headers = self.request().into_iter().flat_map(|request| &request.headers);
        headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn body(&mut self) -> Vec<u8> {
        self.request().map_or_else(Vec::new, |request| request.body.to_vec())
    }

    fn remote_address(&mut self) -> Option<String> {
        self.request()?.remote.map(|address| address.to_string())
    }
}
