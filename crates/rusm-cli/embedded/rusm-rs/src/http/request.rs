use std::cell::OnceCell;
use std::fmt;
use std::net::SocketAddr;

use serde::de::DeserializeOwned;

use super::{BodyError, Headers, Method, Query};
use crate::bindings::rusm::runtime::http_types as wire;
use crate::http_request as host;

/// An HTTP request.
///
/// ```
/// # use rusm_rs::http::{Params, Request, Response};
/// fn greet(request: Request, _params: Params) -> Response {
///     let name = request.query().get("name").unwrap_or("world");
///     Response::text(format!("hello, {name}\n"))
/// }
/// let request = Request::get("/hello?name=Joe");
/// assert_eq!(greet(request, Params::default()).body(), b"hello, Joe\n");
/// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::{Method, Request};
    /// assert_eq!(Request::get("/").method(), &Method::Get);
    /// ```
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path as it arrived, percent-encoded, without the query: `"/users/42"`. What the route
    /// captured of it is in [`Params`](super::Params), decoded.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::get("/caf%C3%A9?open").path(), "/caf%C3%A9");
    /// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::get("/search?q=a%26b").query_string(), Some("q=a%26b"));
    /// assert_eq!(Request::get("/search").query_string(), None);
    /// ```
    pub fn query_string(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// The first value of this header, if it is UTF-8. Names are compared without regard to case.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/").with_header("Accept", "text/html");
    /// assert_eq!(request.header("accept"), Some("text/html"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)
    }

    /// What a client of server-sent events that connects anew has seen last: the `id` of that
    /// [`Event`](super::Event).
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/events").with_header("last-event-id", "42");
    /// assert_eq!(request.last_event_id(), Some("42"));
    /// ```
    pub fn last_event_id(&self) -> Option<&str> {
        self.header("last-event-id")
    }

    /// All headers.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/").with_header("cookie", "a=1").with_header("cookie", "b=2");
    /// assert_eq!(request.headers().get_all("cookie").count(), 2);
    /// ```
    pub fn headers(&self) -> &Headers {
        self.headers.get_or_init(host::headers)
    }

    /// The whole body; empty when there is none.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::post("/").with_body([1, 2, 3]).body(), [1, 2, 3]);
    /// assert!(Request::get("/").body().is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// If the client went away before the end of it, which can be so only in an action that takes a [`Body`] and is
    /// called before the body is there.
    ///
    /// [`Body`]: super::Body
    pub fn body(&self) -> &[u8] {
        self.whole_body().unwrap_or_else(|error| panic!("{error}"))
    }

    fn whole_body(&self) -> Result<&[u8], BodyError> {
        if self.body.get().is_none() {
            // Nobody else sets it: this is the one place where it is fetched.
            let _ = self.body.set(host::body()?);
        }
        Ok(self.body.get().map_or(&[], Vec::as_slice))
    }

    /// The body as text.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::post("/").with_body("hello").text().unwrap(), "hello");
    /// assert!(Request::post("/").with_body([0xFF]).text().is_err());
    /// ```
    pub fn text(&self) -> Result<&str, BodyError> {
        std::str::from_utf8(self.whole_body()?).map_err(BodyError::NotUtf8)
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
        serde_json::from_slice(self.whole_body()?).map_err(BodyError::NotJson)
    }

    /// The address of the socket's other end: a proxy's, where one stands between. `None` when the
    /// request did not come from a socket.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/").with_remote_addr("192.0.2.7:4000".parse().unwrap());
    /// assert_eq!(request.remote_addr().unwrap().port(), 4000);
    /// ```
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        *self.remote.get_or_init(|| host::remote_address().and_then(|text| text.parse().ok()))
    }

    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body();
        self.body.into_inner().unwrap_or_default()
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
    ///
    /// ```
    /// # use rusm_rs::http::{Method, Request};
    /// let request = Request::new(Method::Delete, "/users/42");
    /// assert_eq!(request.path(), "/users/42");
    /// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::get("/users?page=2").query().get("page"), Some("2"));
    /// ```
    pub fn get(target: &str) -> Request {
        Request::new(Method::Get, target)
    }

    /// A `POST` request.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::post("/users").with_body("Joe").body(), b"Joe");
    /// ```
    pub fn post(target: &str) -> Request {
        Request::new(Method::Post, target)
    }

    /// The same request with one header more.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/").with_header("host", "example.org");
    /// assert_eq!(request.header("host"), Some("example.org"));
    /// ```
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Request {
        let mut headers = self.headers.take().unwrap_or_default();
        headers.append(name, value);
        self.headers = OnceCell::from(headers);
        self
    }

    /// The same request with this body.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// assert_eq!(Request::post("/").with_body("first").with_body("second").body(), b"second");
    /// ```
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = OnceCell::from(body.into());
        self
    }

    /// The same request from this peer.
    ///
    /// ```
    /// # use rusm_rs::http::Request;
    /// let request = Request::get("/").with_remote_addr("[2001:db8::7]:4000".parse().unwrap());
    /// assert!(request.remote_addr().unwrap().is_ipv6());
    /// ```
    #[must_use]
    pub fn with_remote_addr(mut self, address: SocketAddr) -> Request {
        self.remote = OnceCell::from(Some(address));
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::{Request, wire};

    #[test]
    fn the_query_begins_at_the_first_question_mark() {
        let request = Request::get("/a?b?c=d");
        assert_eq!((request.path(), request.query_string()), ("/a", Some("b?c=d")));
        let request = Request::get("/a?");
        assert_eq!((request.path(), request.query_string()), ("/a", Some("")));
        assert_eq!(request.query().iter().count(), 0);
    }

    #[test]
    fn method_and_target_are_those_of_the_wire() {
        let request = Request::from_wire(wire::Method::Other("PURGE".to_owned()), "/a?b".to_owned());
        assert_eq!((request.method().as_str(), request.path()), ("PURGE", "/a"));
    }

    #[test]
    fn a_request_made_by_hand_has_nothing_that_it_was_not_given() {
        let request = Request::post("/");
        assert!(request.headers().is_empty());
        assert!(request.body().is_empty());
        assert_eq!(request.remote_addr(), None);
    }

    #[test]
    fn a_body_that_is_not_what_was_asked_for_is_told_why() {
        let request = Request::post("/").with_body([b'"', 0xFF, b'"']);
        let error = request.text().unwrap_err();
        assert!(
            error.to_string().starts_with("the request's body is not UTF-8 text: invalid utf-8"),
            "{error}"
        );
        assert!(error.source().is_some());

        let request = Request::post("/").with_body("[1, 2");
        let error = request.json::<Vec<u32>>().unwrap_err();
        assert!(error.to_string().starts_with("the request's body is not the expected JSON: EOF"), "{error}");
        assert!(error.source().is_some());
    }

    #[test]
    fn debug_output_fetches_nothing() {
        let request = Request::from_wire(wire::Method::Get, "/a".to_owned());
        assert_eq!(format!("{request:?}"), r#"Request { method: Get, target: "/a", .. }"#);
    }
}
