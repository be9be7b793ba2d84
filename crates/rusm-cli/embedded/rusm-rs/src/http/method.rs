use std::fmt;

use crate::bindings::exports::rusm::runtime::http_handler as wire;

/// A request method (RFC 9110, section 9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is its own name")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    /// Any other token, in the case it was sent in.
    Other(String),
}

impl Method {
    /// The method as it stands in a request line: `"GET"`.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Other(token) => token,
        }
    }

    pub(crate) fn from_wire(method: wire::Method) -> Method {
        match method {
            wire::Method::Get => Method::Get,
            wire::Method::Head => Method::Head,
            wire::Method::Post => Method::Post,
            wire::Method::Put => Method::Put,
            wire::Method::Delete => Method::Delete,
            wire::Method::Connect => Method::Connect,
            wire::Method::Options => Method::Options,
            wire::Method::Trace => Method::Trace,
            wire::Method::Patch => Method::Patch,
            wire::Method::Other(token) => Method::Other(token),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
