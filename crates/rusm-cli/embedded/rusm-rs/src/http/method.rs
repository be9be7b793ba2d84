use std::fmt;

use crate::bindings::rusm::runtime::http_types as wire;

/// A request method (RFC 9110, section 9).
///
/// ```
/// # use rusm_rs::http::{Method, Request, Response};
/// fn answer(request: &Request) -> Response {
///     match request.method() {
///         Method::Get | Method::Head => Response::text("here it is"),
///         _ => Response::new(405).header("allow", "GET, HEAD"),
///     }
/// }
/// assert_eq!(answer(&Request::post("/")).status_code(), 405);
/// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::Method;
    /// assert_eq!(Method::Get.as_str(), "GET");
    /// assert_eq!(Method::Other("PURGE".to_owned()).as_str(), "PURGE");
    /// ```
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

    pub(crate) fn to_wire(&self) -> wire::Method {
        match self {
            Method::Get => wire::Method::Get,
            Method::Head => wire::Method::Head,
            Method::Post => wire::Method::Post,
            Method::Put => wire::Method::Put,
            Method::Delete => wire::Method::Delete,
            Method::Connect => wire::Method::Connect,
            Method::Options => wire::Method::Options,
            Method::Trace => wire::Method::Trace,
            Method::Patch => wire::Method::Patch,
            Method::Other(token) => wire::Method::Other(token.clone()),
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

#[cfg(test)]
mod tests {
    use super::{Method, wire};

    #[test]
    fn each_method_of_the_wire_is_the_one_of_its_name() {
        for (method, name) in [
            (wire::Method::Get, "GET"),
            (wire::Method::Head, "HEAD"),
            (wire::Method::Post, "POST"),
            (wire::Method::Put, "PUT"),
            (wire::Method::Delete, "DELETE"),
            (wire::Method::Connect, "CONNECT"),
            (wire::Method::Options, "OPTIONS"),
            (wire::Method::Trace, "TRACE"),
            (wire::Method::Patch, "PATCH"),
            // Methods are case-sensitive, so this is another one than GET.
            (wire::Method::Other("get".to_owned()), "get"),
        ] {
            let method = Method::from_wire(method);
            assert_eq!(method.to_string(), name);
            assert_eq!(Method::from_wire(method.to_wire()), method);
        }
    }
}
