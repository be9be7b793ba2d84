use std::io;

use serde::Serialize;

use super::streamed::{Beginning, Streamed};
use super::{BodyWriter, Headers, Sse, sse};
use crate::bindings::rusm::runtime::http_types as wire;
use crate::http_handler::EventsOutcome;
use crate::http_reply::Output;

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
    streamed: Option<Streamed>,
}

impl Response {
    /// An empty response with this status.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::new(204);
    /// assert_eq!((response.status_code(), response.body()), (204, &b""[..]));
    /// ```
    pub fn new(status: u16) -> Response {
        Response { status, headers: Headers::new(), body: Vec::new(), streamed: None }
    }

    /// `200` with plain text in UTF-8.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::text("hello\n");
    /// assert_eq!(response.headers().get("content-type"), Some("text/plain; charset=utf-8"));
    /// ```
    pub fn text(body: impl Into<String>) -> Response {
        Response::bytes("text/plain; charset=utf-8", body.into())
    }

    /// `200` with an HTML page in UTF-8.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::html("<h1>hello</h1>");
    /// assert_eq!(response.headers().get("content-type"), Some("text/html; charset=utf-8"));
    /// ```
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
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// # use std::collections::HashMap;
    /// assert!(Response::try_json(&[1, 2, 3]).is_ok());
    /// let coordinates = HashMap::from([((1, 2), "here")]);
    /// assert!(Response::try_json(&coordinates).is_err(), "a key of JSON is a string");
    /// ```
    pub fn try_json<T: Serialize + ?Sized>(value: &T) -> Result<Response, serde_json::Error> {
        Ok(Response::bytes("application/json", serde_json::to_vec(value)?))
    }

    /// `200` with these bytes, of this media type.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::bytes("image/gif", *b"GIF89a");
    /// assert_eq!(response.headers().get("content-type"), Some("image/gif"));
    /// ```
    pub fn bytes(content_type: &str, body: impl Into<Vec<u8>>) -> Response {
        let mut response = Response::new(200);
        response.headers.append("content-type", content_type);
        response.body = body.into();
        response
    }

    /// `200` with a body that this closure writes, after the action has returned: for one that is too long for memory,
    /// or not known to its end when it begins.
    ///
    /// ```
    /// # use rusm_rs::http::{Params, Request, Response};
    /// use std::io::Write;
    ///
    /// fn numbers(_request: Request, _params: Params) -> Response {
    ///     let response = Response::stream(|body| {
    ///         for number in 1..=3 {
    ///             writeln!(body, "{number}")?;
    ///         }
    ///         Ok(())
    ///     });
    ///     response.header("content-type", "text/plain; charset=utf-8")
    /// }
    /// let reply = numbers(Request::get("/"), Params::default());
    /// assert_eq!(reply.into_body().unwrap(), b"1\n2\n3\n");
    /// ```
    ///
    /// The reply has no `content-length` unless the closure's maker sets that header. If the closure fails, the reply
    /// breaks off, so that the client does not take it for whole, and the error stands in the node's log; but one that
    /// fails because the client is gone ends quietly, see [`BodyWriter`].
    ///
    /// Clones are the same stream: the closure runs once.
    pub fn stream(write: impl FnOnce(&mut BodyWriter) -> io::Result<()> + 'static) -> Response {
        Response::streamed(Headers::new(), |output| {
            let mut body = BodyWriter::new(output);
            let result = write(&mut body);
            body.finish(result).map_err(|error| error.to_string())
        })
    }

    /// A stream of server-sent events that this closure makes, after the action has returned: so an action may refuse
    /// first. It returns nothing, or a `Result<(), E>` whose error breaks the reply off and stands in the node's log.
    ///
    /// ```
    /// # use rusm_rs::http::{Params, Request, Response};
    /// fn events(request: Request, _params: Params) -> Response {
    ///     if request.header("authorization").is_none() {
    ///         return Response::new(401);
    ///     }
    ///     Response::sse(|sse| {
    ///         sse.data("welcome");
    ///     })
    /// }
    /// let refused = events(Request::get("/"), Params::default());
    /// assert_eq!(refused.status_code(), 401);
    /// let request = Request::get("/").with_header("authorization", "Bearer key");
    /// assert_eq!(events(request, Params::default()).into_body().unwrap(), b"data: welcome\n\n");
    /// ```
    pub fn sse<R: EventsOutcome>(events: impl FnOnce(&Sse) -> R + 'static) -> Response {
        Response::streamed(sse::head(), |output| events(&Sse::to(output)).into_result())
    }

    fn streamed(headers: Headers, write: impl FnOnce(Output) -> Result<(), String> + 'static) -> Response {
        Response { headers, streamed: Some(Streamed::new(write)), ..Response::new(200) }
    }

    /// `303 See Other` to this location: the client follows with `GET`. For another redirect set the
    /// status: `Response::redirect("/new").status(308)`.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::redirect("/users/42");
    /// assert_eq!(response.status_code(), 303);
    /// assert_eq!(response.headers().get("location"), Some("/users/42"));
    /// ```
    pub fn redirect(location: &str) -> Response {
        Response::new(303).header("location", location)
    }

    /// The same response with this status.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// assert_eq!(Response::text("no such user\n").status(404).status_code(), 404);
    /// ```
    #[must_use]
    pub fn status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    /// The same response with this header in the place of all of that name.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::text("a,b\n").header("content-type", "text/csv");
    /// assert_eq!(response.headers().get("content-type"), Some("text/csv"));
    /// assert_eq!(response.headers().len(), 1);
    /// ```
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Response {
        self.headers.set(name, value);
        self
    }

    /// The same response with this header beside those of that name: `set-cookie`, for one.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// let response = Response::new(204).append_header("set-cookie", "a=1").append_header("set-cookie", "b=2");
    /// assert_eq!(response.headers().get_all("set-cookie").count(), 2);
    /// ```
    #[must_use]
    pub fn append_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Response {
        self.headers.append(name, value);
        self
    }

    /// The status.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// assert_eq!(Response::text("hello\n").status_code(), 200);
    /// ```
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// The headers.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// assert!(Response::new(204).headers().is_empty());
    /// ```
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body; empty if it is streamed.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// assert_eq!(Response::text("hello\n").body(), b"hello\n");
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, written to its end if it is streamed: for tests.
    ///
    /// ```
    /// # use rusm_rs::http::Response;
    /// assert_eq!(Response::text("hello\n").into_body().unwrap(), b"hello\n");
    /// ```
    ///
    /// # Errors
    ///
    /// With the text that would stand in the log, if it breaks off.
    pub fn into_body(self) -> Result<Vec<u8>, String> {
        let Some(streamed) = self.streamed else { return Ok(self.body) };
        let (output, bytes) = Output::memory(usize::MAX);
        streamed.write(Beginning::None(output))?;
        Ok(bytes.take())
    }

    pub(crate) fn from_wire(response: wire::Response) -> Response {
        let wire::Response { status, headers, body } = response;
        Response { status, headers: Headers::from_wire(headers), body, streamed: None }
    }

    /// Answers the request that this process was made for: by itself if it is streamed, else with what the node sends.
    ///
    /// # Errors
    ///
    /// As the text of a failed action.
    pub(crate) fn answer(self) -> Result<Option<wire::Response>, String> {
        let Response { status, headers, body, streamed } = self;
        match streamed {
            Some(streamed) => streamed.write(Beginning::Head(status, headers)).map(|()| None),
            None => Ok(Some(wire::Response { status, headers: headers.into_wire(), body })),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Response;

    #[test]
    fn the_wire_carries_all_of_it() {
        let wire =
            Response::text("gone").status(410).append_header("X-Why", "sold").answer().unwrap().unwrap();
        assert_eq!(wire.status, 410);
        let headers = [("content-type", "text/plain; charset=utf-8"), ("x-why", "sold")]
            .map(|(name, value)| (name.to_owned(), value.into()));
        assert_eq!(wire.headers, headers);
        assert_eq!(wire.body, b"gone");
    }

    #[test]
    fn json_says_its_media_type() {
        let response = Response::json("text");
        assert_eq!(response.headers().get("content-type"), Some("application/json"));
        assert_eq!(response.body(), br#""text""#);
    }

    #[test]
    #[should_panic(expected = "a response's value cannot be written as JSON: key must be a string")]
    fn a_value_that_is_no_json_panics_with_the_reason() {
        Response::json(&HashMap::from([((1, 2), "here")]));
    }
}
