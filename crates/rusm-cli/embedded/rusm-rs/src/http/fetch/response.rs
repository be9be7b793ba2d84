use std::fmt;
use std::io::{self, Cursor, Read};

use serde::de::DeserializeOwned;

use super::FetchError;
use super::wait::Deadline;
use crate::fetch_bindings::wasi::http::types::{IncomingBody, IncomingResponse};
use crate::fetch_bindings::wasi::io::streams::{InputStream, StreamError};
use crate::http::Headers;

/// Bytes that are read at once, at most.
const CHUNK: u64 = 64 << 10;

/// The response to a request: its head, and a body that is read as it comes.
///
/// A body that is not read to its end costs the connection, which is then not used again.
pub struct Response {
    status: u16,
    headers: Headers,
    // In this order: the stream belongs to the body.
    stream: InputStream,
    _body: IncomingBody,
    deadline: Deadline,
    max_body: usize,
    /// What came and has not been read by `Read` yet.
    unread: Cursor<Vec<u8>>,
}

impl Response {
    pub(super) fn new(
        response: &IncomingResponse,
        deadline: Deadline,
        max_body: usize,
    ) -> Result<Response, FetchError> {
        let gone = |()| FetchError::Interrupted;
        let body = response.consume().map_err(gone)?;
        Ok(Response {
            status: response.status(),
            headers: Headers::from_wire(response.headers().entries()),
            stream: body.stream().map_err(gone)?,
            _body: body,
            deadline,
            max_body,
            unread: Cursor::default(),
        })
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is of the 200s.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The first header of this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The next piece of the body, of at least one byte, as soon as there is one; none at its end.
    ///
    /// ```no_run
    /// # use rusm_rs::http::fetch;
    /// # use std::time::Duration;
    /// let mut events = fetch::get("https://news.example.com/events").timeout(Duration::MAX).send()?;
    /// while let Some(piece) = events.read_chunk()? {
    ///     println!("{}", String::from_utf8_lossy(&piece));
    /// }
    /// # Ok::<_, fetch::FetchError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub fn read_chunk(&mut self) -> Result<Option<Vec<u8>>, FetchError> {
        let read = usize::try_from(self.unread.position()).unwrap_or(usize::MAX);
        let mut unread = std::mem::take(&mut self.unread).into_inner();
        if read < unread.len() {
            unread.drain(..read);
            return Ok(Some(unread));
        }
        loop {
            match self.stream.read(CHUNK) {
                Ok(piece) if piece.is_empty() => self.deadline.wait(&self.stream.subscribe())?,
                Ok(piece) => return Ok(Some(piece)),
                Err(StreamError::Closed) => return Ok(None),
                Err(StreamError::LastOperationFailed(_)) => return Err(FetchError::Interrupted),
            }
        }
    }

    /// The whole body, if it is no longer than [`max_body`](super::RequestBuilder::max_body).
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub fn bytes(mut self) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(piece) = self.read_chunk()? {
            if body.len() + piece.len() > self.max_body {
                return Err(FetchError::TooLarge(self.max_body));
            }
            if body.is_empty() {
                body = piece;
            } else {
                body.extend_from_slice(&piece);
            }
        }
        Ok(body)
    }

    /// The whole body as text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8, and as of [`bytes`](Self::bytes).
    pub fn text(self) -> Result<String, FetchError> {
        String::from_utf8(self.bytes()?)
            .map_err(|error| FetchError::Decode(format!("the body is no text: {error}")))
    }

    /// The value that the body is, in JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON, or of another type, and as of [`bytes`](Self::bytes).
    pub fn json<T: DeserializeOwned>(self) -> Result<T, FetchError> {
        let body = self.bytes()?;
        serde_json::from_slice(&body).map_err(|error| {
            FetchError::Decode(format!("the body is not the JSON that it should be: {error}"))
        })
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.unread.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        let Some(piece) = self.read_chunk()? else { return Ok(0) };
        self.unread = Cursor::new(piece);
        self.unread.read(buffer)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
