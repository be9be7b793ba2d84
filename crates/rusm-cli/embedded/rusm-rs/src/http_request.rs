//! What the node keeps of a request until it is asked for.

use crate::bindings::rusm::runtime::http_request as host;
use crate::http::Headers;

pub(crate) fn headers() -> Headers {
    Headers::from_wire(host::headers())
}

pub(crate) fn body() -> Vec<u8> {
    host::body()
}

pub(crate) fn remote_address() -> Option<String> {
    host::remote_address()
}
