use std::cell::OnceCell;
use std::fmt;
use std::net::SocketAddr;
use std::str::Utf8Error;

use serde::de::DeserializeOwned;

use super::{Headers, Method, Query};
use crate::bindings::exports::rusm::runtime::http_handler as wire;
use crate::http_request as host;

/// An HTTP request.
///
/// Method and target are at hand; headers, body and the peer's address are fetched from the node when
/// they are first asked for, and kept.
pub struct Request {
    method: Method,
    target: String,
    query: OnceCell<Query>,
    headers: OnceCell<Headers>,
    body: OnceCell<Vec<u8>>,
    remote: OnceCell<Option<SocketAddr>>,
}

impl Request {
    /// The request method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it arrived, percent-encoded, without the query: `"/users/42"`. What the route
    /// captured of it is in [`Params`](super::Params), decoded.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The parsed query; empty when there is none.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/search?q=actors");
    /// assert_eq!(request.query().get("q"), Some("actors"));
    /// ```
    pub fn query(&self) -> &Query {
        self.query.get_or_init(|| self.query_string().map(Query::parse).unwrap_or_default())
    }

    /// The query as it arrived, without the `?`; `None` when the target has none.
    pub fn query_string(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first value of this header, if it is UTF-8. Names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)
    }

    /// All headers.
    pub fn headers(&self) -> &Headers {
        self.headers.get_or_init(host::headers)
    }

    /// The whole body; empty when there is none.
    pub fn body(&self) -> &[u8] {
        self.body.get_or_init(host::body)
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, BodyError> {
        std::str::from_utf8(self.body()).map_err(BodyError::NotUtf8)
    }

    /// The body read as JSON.
    ///
    /// ```
    /// # use rusm_rs::http::{Request, Response};
    /// # use std::collections::HashMap;
    /// fn total(request: &Request) -> Response {
    ///     match request.json::<HashMap<String, u32>>() {
    ///         Ok(items) => Response::text(items.values().sum::<u32>().to_string()),
    ///         Err(error) => Response::text(error.to_string()).status(400),
    ///     }
    /// }
    /// let request = Request::post("/cart").with_body(r#"{"apples": 2, "pears": 3}"#);
    /// assert_eq!(total(&request).body(), b"5");
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        serde_json::from_slice(self.body()).map_err(BodyError::NotJson)
    }

    /// The address of the socket's other end: a proxy's, where one stands between. `None` when the
    /// request did not come from a socket.
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        *self.remote.get_or_init(|| host::remote_address().and_then(|text| text.parse().ok()))
    }

    pub(crate) fn from_wire(method: wire::Method, target: String) -> Request {
        Request {
            method: Method::from_wire(method),
            target,
            query: OnceCell::new(),
            headers: OnceCell::new(),
            body: OnceCell::new(),
            remote: OnceCell::new(),
        }
    }
}

/// Requests made by hand, for tests that call an action as the function it is.
impl Request {
    /// A request without headers, body or peer.
    pub fn new(method: Method, target: &str) -> Request {
        Request {
            method,
            target: target.to_owned(),
            query: OnceCell::new(),
            headers: OnceCell::from(Headers::new()),
            body: OnceCell::from(Vec::new()),
            remote: OnceCell::from(None),
        }
    }

    /// A `GET` request.
    pub fn get(target: &str) -> Request {
        Request::new(Method::Get, target)
    }

    /// A `POST` request.
    pub fn post(target: &str) -> Request {
        Request::new(Method::Post, target)
    }

    /// The same request with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Request {
        let mut headers = self.headers.take().unwrap_or_default();
        headers.append(name, value);
        self.headers = OnceCell::from(headers);
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = OnceCell::from(body.into());
        self
    }

    /// The same request from this peer.
    #[must_use]
    pub fn with_remote_addr(mut self, address: SocketAddr) -> Request {
        self.remote = OnceCell::from(Some(address));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("target", &self.target).finish_non_exhaustive()
    }
}

/// Why a body could not be read as what was asked for.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is not UTF-8 text.
    NotUtf8(Utf8Error),
    /// The body is not JSON, or not of the expected shape.
    NotJson(serde_json::Error),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::NotUtf8(error) => write!(f, "the request's body is not UTF-8 text: {error}"),
            BodyError::NotJson(error) => write!(f, "the request's body is not the expected JSON: {error}"),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BodyError::NotUtf8(error) => Some(error),
            BodyError::NotJson(error) => Some(error),
        }
    }
}
