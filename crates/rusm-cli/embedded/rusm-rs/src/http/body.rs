use std::fmt;
use std::io::{self, Cursor, Read};

use super::BodyError;
use crate::http_request as host;

/// The most bytes that come at once.
const PIECE: usize = 64 << 10;

/// The body of a request, read as it arrives.
///
/// An action that takes one as its third argument starts when the head of the request is there, and need not have the
/// whole body in its memory:
///
/// ```
/// use std::io::{self, Read};
/// use rusm_rs::http::{Body, Params, Request, Response};
///
/// fn count(_request: Request, _params: Params, mut body: Body) -> io::Result<Response> {
///     let length = io::copy(&mut body, &mut io::sink())?;
///     Ok(Response::text(format!("{length} bytes\n")))
/// }
///
/// let reply = count(Request::post("/"), Params::default(), Body::from("four"))?;
/// assert_eq!(reply.body(), b"4 bytes\n");
/// # Ok::<_, io::Error>(())
/// ```
///
/// It is one with [`Request::body`](super::Request::body), which gives what is left of it. A body beyond the listener's `max-body-size` ends
/// the action, and the client gets a 413.
pub struct Body(Source);

enum Source {
    Client,
    Memory(Cursor<Vec<u8>>),
}

impl Body {
    pub(crate) fn of_client() -> Body {
        Body(Source::Client)
    }

    /// The next bytes, 64 KiB at most, as soon as there are any; none at the end, and again after it.
    ///
    /// ```
    /// # use rusm_rs::http::Body;
    /// let mut body = Body::from("hello");
    /// while let Some(chunk) = body.next_chunk()? {
    ///     println!("{} more bytes", chunk.len());
    /// }
    /// # Ok::<_, rusm_rs::http::BodyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Aborted`](BodyError::Aborted), if the client went away before the end.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        self.next_up_to(PIECE)
    }

    fn next_up_to(&mut self, max: usize) -> Result<Option<Vec<u8>>, BodyError> {
        match &mut self.0 {
            Source::Client => host::read_body(max),
            Source::Memory(bytes) => {
                let mut chunk = Vec::new();
                let _ = bytes.take(max as u64).read_to_end(&mut chunk);
                Ok((!chunk.is_empty()).then_some(chunk))
            }
        }
    }

    /// What is left, as a whole.
    ///
    /// ```
    /// # use rusm_rs::http::Body;
    /// assert_eq!(Body::from("hello").read_all()?, b"hello");
    /// # Ok::<_, rusm_rs::http::BodyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As of [`next_chunk`](Self::next_chunk).
    pub fn read_all(mut self) -> Result<Vec<u8>, BodyError> {
        match &mut self.0 {
            Source::Client => host::body(),
            Source::Memory(bytes) => {
                let mut rest = Vec::new();
                let _ = bytes.read_to_end(&mut rest);
                Ok(rest)
            }
        }
    }
}

/// As [`Body::next_chunk`], with one more copy. A body that broke off is an error of kind
/// [`ConnectionAborted`](io::ErrorKind::ConnectionAborted). For many small reads, a [`BufReader`](io::BufReader) spares
/// calls of the node.
impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let bytes = self.next_up_to(buffer.len())?.unwrap_or_default();
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn read_to_end(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let before = buffer.len();
        while let Some(chunk) = self.next_chunk()? {
            buffer.extend_from_slice(&chunk);
        }
        Ok(buffer.len() - before)
    }
}

/// For tests that call an action as the function it is.
impl<T: Into<Vec<u8>>> From<T> for Body {
    fn from(bytes: T) -> Body {
        Body(Source::Memory(Cursor::new(bytes.into())))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
