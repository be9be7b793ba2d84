use std::fmt;
use std::io;

use super::wait::Deadline;
use super::{FetchError, Response};
use crate::fetch_bindings::wasi::http::types::{FutureIncomingResponse, OutgoingBody};
use crate::fetch_bindings::wasi::io::streams::{OutputStream, StreamError};

/// A request whose body is being written. Made by [`RequestBuilder::upload`](super::RequestBuilder::upload).
///
/// Each write waits for the receiver to take what was written before, so that no more of a body is in memory than is
/// on its way. Dropping it breaks the request off.
#[must_use = "the request is not complete before `finish`"]
pub struct Upload {
    // In this order: what is written into belongs to the body.
    writer: Option<OutputStream>,
    body: Option<OutgoingBody>,
    response: FutureIncomingResponse,
    deadline: Deadline,
    max_body: usize,
    host: String,
}

impl Upload {
    pub(super) fn new(
        body: Option<OutgoingBody>,
        response: FutureIncomingResponse,
        deadline: Deadline,
        max_body: usize,
        host: String,
    ) -> Upload {
        let writer = body.as_ref().and_then(|body| body.write().ok());
        Upload { writer, body, response, deadline, max_body, host }
    }

    /// Writes all of it, unless the receiver has answered already and takes no more.
    pub(super) fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), FetchError> {
        while !bytes.is_empty() && self.writer.is_some() {
            let written = self.write_some(bytes)?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    /// Writes some, waiting until that is possible. What is written once the receiver takes no more goes nowhere:
    /// why it does not is in its response.
    fn write_some(&mut self, bytes: &[u8]) -> Result<usize, FetchError> {
        while let Some(writer) = &self.writer {
            let room = match writer.check_write() {
                Ok(0) => {
                    self.deadline.wait(&writer.subscribe())?;
                    continue;
                }
                Ok(room) => bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)),
                Err(_) => 0,
            };
            match writer.write(&bytes[..room]) {
                Ok(()) if room > 0 => return Ok(room),
                Ok(()) | Err(StreamError::Closed | StreamError::LastOperationFailed(_)) => {
                    self.writer = None;
                    self.body = None;
                }
            }
        }
        Ok(bytes.len())
    }

    /// Ends the body, and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// See [`FetchError`].
    pub fn finish(mut self) -> Result<Response, FetchError> {
        self.writer = None;
        if let Some(body) = self.body.take() {
            OutgoingBody::finish(body, None).map_err(|code| FetchError::of(code, &self.host))?;
        }
        loop {
            match self.response.get() {
                None => self.deadline.wait(&self.response.subscribe())?,
                Some(Ok(Ok(response))) => {
                    return Response::new(&response, self.deadline, self.max_body);
                }
                Some(Ok(Err(code))) => return Err(FetchError::of(code, &self.host)),
                Some(Err(())) => unreachable!("a response is taken once"),
            }
        }
    }
}

impl io::Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        Ok(self.write_some(bytes)?)
    }

    /// There is nothing to flush: what is written is on its way.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("host", &self.host).finish_non_exhaustive()
    }
}
