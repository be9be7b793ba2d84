//! What the node keeps of a request until it is asked for.

use crate::client::http_request as host;
use crate::http::{BodyError, Headers, Params, Request};

/// The request that this process was made for; none for a process that was made otherwise.
pub(crate) fn current() -> Option<Request> {
    let target = host::target();
    // That of a request has at least a slash.
    (!target.is_empty()).then(|| Request::from_wire(host::get_method(), target))
}

pub(crate) fn params() -> Params {
    Params::from_wire(host::params())
}

pub(crate) fn headers() -> Headers {
    Headers::from_wire(host::headers())
}

/// What is left of the body.
pub(crate) fn body() -> Result<Vec<u8>, BodyError> {
    host::body().map_err(BodyError::from_wire)
}

/// The next bytes of the body, as many as that at most; none at its end.
pub(crate) fn read_body(max: usize) -> Result<Option<Vec<u8>>, BodyError> {
    host::read_body(max as u64).map_err(BodyError::from_wire)
}

pub(crate) fn remote_address() -> Option<String> {
    host::remote_address()
}
