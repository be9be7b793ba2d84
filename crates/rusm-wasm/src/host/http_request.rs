//! `rusm:runtime/http-request`: the parts of a request that wait on the host until a guest asks.

use std::net::SocketAddr;

use bytes::Bytes;
use http::HeaderMap;

use super::HostState;
use super::bindings::rusm::runtime::http_request;

/// A request as the node holds it while an instance answers it.
#[derive(Debug)]
pub(crate) struct IncomingRequest {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) remote: Option<SocketAddr>,
}

impl http_request::Host for HostState {
    fn headers(&mut self) -> Vec<(String, Vec<u8>)> {
        let headers = &self.request.headers;
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn body(&mut self) -> Vec<u8> {
        self.request.body.to_vec()
    }

    fn remote_address(&mut self) -> Option<String> {
        self.request.remote.map(|address| address.to_string())
    }
}
