use serde::Serialize;

use super::Headers;
use crate::bindings::exports::rusm::runtime::http_handler as wire;

/// An HTTP response: a status, headers and a body.
///
/// ```
/// # use rusm_rs::http::Response;
/// let response = Response::text("gone fishing\n").status(503).header("retry-after", "3600");
/// assert_eq!(response.status_code(), 503);
/// ```
///
/// The node adds `content-length` and `date`. A status outside 200 to 599, or a header that HTTP does not
/// allow, makes the reply a 500 and stands in the node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

impl Response {
    /// An empty response with this status.
    pub fn new(status: u16) -> Response {
        Response { status, headers: Headers::new(), body: Vec::new() }
    }

    /// `200` with plain text in UTF-8.
    pub fn text(body: impl Into<String>) -> Response {
        Response::bytes("text/plain; charset=utf-8", body.into())
    }

    /// `200` with an HTML page in UTF-8.
    pub fn html(body: impl Into<String>) -> Response {
        Response::bytes("text/html; charset=utf-8", body.into())
    }

    /// `200` with a value written as JSON.
    ///
    /// # Panics
    ///
    /// When the value cannot be JSON: its `Serialize` fails, or a map's keys are not strings. The request
    /// is then answered with 500 and the log says why. Use [`try_json`](Self::try_json) to decide yourself.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::json(&["a", "b"]);
    /// assert_eq!(response.body(), br#"["a","b"]"#);
    /// ```
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Response {
        match Response::try_json(value) {
            Ok(response) => response,
            Err(error) => panic!("a response's value cannot be written as JSON: {error}"),
        }
    }

    /// `200` with a value written as JSON, or the reason why it cannot be.
    pub fn try_json<T: Serialize + ?Sized>(value: &T) -> Result<Response, serde_json::Error> {
        Ok(Response::bytes("application/json", serde_json::to_vec(value)?))
    }

    /// `200` with these bytes, of this media type.
    pub fn bytes(content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        let mut response = Response::new(200);
        response.headers.append("content-type", content_type);
        response.body = body.into();
        response
    }

    /// `303 See Other` to this location: the client follows with `GET`. For another redirect set the
    /// status: `Response::redirect("/new").status(308)`.
    pub fn redirect(location: &str) -> Response {
        Response::new(303).header("location", location)
    }

    /// The same response with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    /// The same response with this header in the place of all of that name.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Response {
        self.headers.set(name, value);
        self
    }

    /// The same response with this header beside those of that name: `set-cookie`, for one.
    #[must_use]
    pub fn append_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Response {
        self.headers.append(name, value);
        self
    }

    /// The status.
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn into_wire(self) -> wire::Response {
        wire::Response { status: self.status, headers: self.headers.into_wire(), body: self.body }
    }
}
