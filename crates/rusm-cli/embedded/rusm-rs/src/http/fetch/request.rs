use std::time::Duration;

use serde::Serialize;

use super::url::Url;
use super::wait::Deadline;
use super::{FetchError, Response, Upload};
use crate::fetch_bindings::wasi::http::outgoing_handler;
use crate::fetch_bindings::wasi::http::types::{self as wire, Fields, OutgoingRequest, RequestOptions};
use crate::http::{Headers, Method};

/// How long a request may take, from [`send`](RequestBuilder::send) to the last byte of its response.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest body that [`Response::bytes`], [`text`](Response::text) and [`json`](Response::json) read.
pub const MAX_BODY: usize = 16 << 20;

/// A request, as far as it is made.
#[derive(Clone, Debug)]
#[must_use = "a request is sent by `send` or `upload`"]
pub struct RequestBuilder {
    method: Method,
    url: String,
    headers: Headers,
    body: Vec<u8>,
    timeout: Duration,
    connect_timeout: Duration,
    max_body: usize,
}

impl RequestBuilder {
    pub(super) fn new(method: Method, url: &str) -> RequestBuilder {
        RequestBuilder {
            method,
            url: url.to_owned(),
            headers: Headers::new(),
            body: Vec::new(),
            timeout: TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            max_body: MAX_BODY,
        }
    }

    /// The same request with this header in the place of all of that name. `host`, `content-length` and what is about
    /// the connection itself are not the request's to set.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> RequestBuilder {
        self.headers.set(name, value);
        self
    }

    /// The same request with this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.body = body.into();
        self
    }

    /// The same request with this value as its body, in JSON.
    ///
    /// # Panics
    ///
    /// If the value cannot be JSON: it has a map whose keys are not strings, say.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> RequestBuilder {
        let body = serde_json::to_vec(value).expect("a request's value can be written as JSON");
        self.header("content-type", "application/json").body(body)
    }

    /// How long it may take, to the last byte of the response; [`TIMEOUT`] if not said. `Duration::MAX` is for ever,
    /// as for a response that is a stream of events.
    pub fn timeout(mut self, limit: Duration) -> RequestBuilder {
        self.timeout = limit;
        self
    }

    /// How long it may take to connect, the look-up of the name and TLS included; [`CONNECT_TIMEOUT`] if not said.
    pub fn connect_timeout(mut self, limit: Duration) -> RequestBuilder {
        self.connect_timeout = limit;
        self
    }

    /// How long a body may be that is read at once; [`MAX_BODY`] if not said.
    pub fn max_body(mut self, bytes: usize) -> RequestBuilder {
        self.max_body = bytes;
        self
    }

    /// Sends the request, and waits for the head of its response.
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub fn send(mut self) -> Result<Response, FetchError> {
        let body = std::mem::take(&mut self.body);
        let sends_body = matches!(self.method, Method::Post | Method::Put | Method::Patch);
        if !body.is_empty() || sends_body {
            self.headers.set("content-length", body.len().to_string());
        }
        let mut upload = self.start(!body.is_empty())?;
        upload.write_all(&body)?;
        upload.finish()
    }

    /// Sends the head of the request, and returns what its body is written into. For a body that is longer than
    /// memory, or is not there yet. Its length is not announced (`transfer-encoding: chunked`), unless by a
    /// `content-length`.
    ///
    /// ```no_run
    /// use rusm_rs::http::fetch;
    /// use std::io::Write;
    ///
    /// let mut upload = fetch::put("https://store.example.com/log").upload()?;
    /// for line in 1..=1_000_000 {
    ///     writeln!(upload, "line {line}")?;
    /// }
    /// let response = upload.finish()?;
    /// assert_eq!(response.status(), 200);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub fn upload(self) -> Result<Upload, FetchError> {
        self.start(true)
    }

    fn start(self, with_body: bool) -> Result<Upload, FetchError> {
        let deadline = Deadline::after(self.timeout);
        let url = Url::parse(&self.url)?;
        let invalid = |what: &str| FetchError::Invalid(format!("{what} is none that HTTP allows"));

        let headers = Fields::from_list(&self.headers.into_wire()).map_err(|error| match error {
            wire::HeaderError::Forbidden => {
                FetchError::Invalid("a header is one that only the node may set, such as `host`".to_owned())
            }
            _ => invalid("a header"),
        })?;
        let request = OutgoingRequest::new(headers);
        request.set_method(&to_wire(&self.method)).map_err(|()| invalid("the method"))?;
        let scheme = if url.https { wire::Scheme::Https } else { wire::Scheme::Http };
        request.set_scheme(Some(&scheme)).map_err(|()| invalid("the scheme"))?;
        request.set_authority(Some(url.authority)).map_err(|()| invalid(&format!("`{}`", url.authority)))?;
        request.set_path_with_query(Some(&url.path)).map_err(|()| invalid(&format!("`{}`", url.path)))?;

        let options = RequestOptions::new();
        let nanos = |limit: Duration| Some(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
        let _ = options.set_connect_timeout(nanos(self.connect_timeout));
        // The deadline is watched on this side. The node's own limits must not come before it, nor with it.
        let later = self.timeout.saturating_add(Duration::from_secs(1));
        let _ = options.set_first_byte_timeout(nanos(later));
        let _ = options.set_between_bytes_timeout(nanos(later));

        let body = if with_body { request.body().ok() } else { None };
        let host = url.host().to_owned();
        let response =
            outgoing_handler::handle(request, Some(options)).map_err(|code| FetchError::of(code, &host))?;
        Ok(Upload::new(body, response, deadline, self.max_body, host))
    }
}

fn to_wire(method: &Method) -> wire::Method {
    match method {
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
