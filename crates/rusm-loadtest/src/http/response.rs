//! Reads HTTP/1.1 responses from whatever pieces the socket delivers (RFC 9112).
//!
//! The reader owns no buffer and does no I/O: it is handed the bytes that have arrived, passes head and
//! body on to a [`Sink`], and says how many bytes it is done with. hyper's client would do, at several
//! times the CPU for each response, and a generator's CPU is what the server beside it lacks.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};
use thiserror::Error;

/// Fields that a head may have.
const MAX_FIELDS: usize = 96;

/// Takes what the reader finds.
pub(crate) trait Sink {
    /// The head of the final response; interim ones (1xx) are skipped.
    fn head(&mut self, head: &httparse::Response<'_, '_>);
    /// The next part of the body, without framing.
    fn body(&mut self, part: &[u8]);
}

/// A complete response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Completed {
    /// Its status code.
    pub(crate) status: u16,
    /// Whether the connection may carry another request.
    pub(crate) keep_alive: bool,
}

/// Where [`ResponseReader::read`] got to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Progress {
    /// Bytes at the input's start that need not be shown again.
    pub(crate) consumed: usize,
    /// Set when the response is whole.
    pub(crate) completed: Option<Completed>,
}

/// A response that cannot be understood.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub(crate) enum ResponseError {
    #[error("malformed response head: {0}")]
    Head(httparse::Error),
    #[error("status {0} to a request that asked for no upgrade")]
    Upgrade(u16),
    #[error("`content-length: {0}` is not a length")]
    Length(String),
    #[error("two lengths for one body")]
    TwoLengths,
    #[error("`transfer-encoding: {0}`: only `chunked` is understood")]
    Coding(String),
    #[error("malformed chunk")]
    Chunk,
    #[error("bytes after the end of the response")]
    Excess,
    #[error("the connection closed before the response's head was whole")]
    ClosedInHead,
    #[error("the connection closed inside the response's body")]
    ClosedInBody,
}

/// Reads one response; make a new one for the next.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    state: State,
    bodiless: bool,
    completed: Completed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Head,
    /// A body of known length, with this much to come.
    Sized(u64),
    /// A chunk's size line comes next.
    ChunkSize,
    /// Inside a chunk, with this much to come.
    Chunk(u64),
    /// The line end after a chunk's data.
    ChunkEnd,
    /// Field lines after the last chunk, up to an empty one.
    Trailers,
    /// A body that the end of the connection ends.
    UntilClose,
    Done,
}

impl ResponseReader {
    /// A reader for the answer to one request. `bodiless` says that the request was a HEAD, whose answer
    /// describes a body without having one.
    pub(crate) fn new(bodiless: bool) -> Self {
        Self { state: State::Head, bodiless, completed: Completed { status: 0, keep_alive: false } }
    }

    /// Reads on in `input`: all bytes received and not yet consumed.
    pub(crate) fn read(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<Progress, ResponseError> {
        let mut consumed = 0;
        while let Some(length) = self.step(&input[consumed..], sink)? {
            consumed += length;
            if self.state == State::Done {
                // Nothing was asked that these bytes could answer.
                if consumed < input.len() {
                    return Err(ResponseError::Excess);
                }
                return Ok(Progress { consumed, completed: Some(self.completed) });
            }
        }
        Ok(Progress { consumed, completed: None })
    }

    /// The connection has ended; says whether that completes the response.
    pub(crate) fn end(&self) -> Result<Completed, ResponseError> {
        match self.state {
            State::UntilClose | State::Done => Ok(self.completed),
            State::Head => Err(ResponseError::ClosedInHead),
            _ => Err(ResponseError::ClosedInBody),
        }
    }

    /// Takes one element of the response off `input`'s start and returns its length, or `None` when more
    /// input is needed first.
    fn step(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<Option<usize>, ResponseError> {
        if input.is_empty() {
            return Ok(None);
        }
        match self.state {
            State::Head => self.head(input, sink),
            State::Sized(left) => {
                let length = body_part(input, left, sink);
                let left = left - length as u64;
                self.state = if left == 0 { State::Done } else { State::Sized(left) };
                Ok(Some(length))
            }
            State::ChunkSize => match httparse::parse_chunk_size(input) {
                Ok(Status::Complete((length, size))) => {
                    self.state = if size == 0 { State::Trailers } else { State::Chunk(size) };
                    Ok(Some(length))
                }
                Ok(Status::Partial) => Ok(None),
                Err(_) => Err(ResponseError::Chunk),
            },
            State::Chunk(left) => {
                let length = body_part(input, left, sink);
                let left = left - length as u64;
                self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                Ok(Some(length))
            }
            State::ChunkEnd => {
                let length = line(input, 0)?;
                if length.is_some() {
                    self.state = State::ChunkSize;
                }
                Ok(length)
            }
            State::Trailers => {
                let length = line(input, usize::MAX)?;
                if length == Some(2) {
                    self.state = State::Done;
                }
                Ok(length)
            }
            State::UntilClose => {
                sink.body(input);
                Ok(Some(input.len()))
            }
            State::Done => Err(ResponseError::Excess),
        }
    }

    fn head(&mut self, input: &[u8], sink: &mut impl Sink) -> Result<Option<usize>, ResponseError> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut head = httparse::Response::new(&mut []);
        let parsed =
            ParserConfig::default().parse_response_with_uninit_headers(&mut head, input, &mut fields);
        let length = match parsed.map_err(ResponseError::Head)? {
            Status::Complete(length) => length,
            Status::Partial => return Ok(None),
        };
        let status = head.code.unwrap_or_default();
        match status {
            101 => return Err(ResponseError::Upgrade(status)),
            100..200 => return Ok(Some(length)),
            _ => {}
        }
        let fields = Fields::of(head.headers)?;
        // RFC 9112, 6.3: these have no body, whatever their fields say.
        let bodiless = self.bodiless || matches!(status, 204 | 304);
        self.state = match (bodiless, fields.length, fields.chunked) {
            (true, ..) | (false, Some(0), false) => State::Done,
            (false, Some(length), false) => State::Sized(length),
            (false, None, true) => State::ChunkSize,
            (false, None, false) => State::UntilClose,
            (false, Some(_), true) => return Err(ResponseError::TwoLengths),
        };
        let persistent =
            if head.version == Some(1) { !fields.close } else { fields.keep_alive && !fields.close };
        self.completed = Completed { status, keep_alive: persistent && self.state != State::UntilClose };
        sink.head(&head);
        Ok(Some(length))
    }
}

/// The fields that frame a response.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
}

impl Fields {
    fn of(headers: &[httparse::Header<'_>]) -> Result<Self, ResponseError> {
        let mut fields = Self::default();
        for header in headers {
            // Most names are told apart by their length alone.
            match header.name.len() {
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    fields.add_length(header.value)?;
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                    // Twice chunked is as little a coding that we can undo as any other.
                    if fields.chunked || !header.value.eq_ignore_ascii_case(b"chunked") {
                        return Err(ResponseError::Coding(lossy(header.value)));
                    }
                    fields.chunked = true;
                }
                10 if header.name.eq_ignore_ascii_case("connection") => {
                    for option in header.value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                        fields.close |= option.eq_ignore_ascii_case(b"close");
                        fields.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                    }
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    fn add_length(&mut self, value: &[u8]) -> Result<(), ResponseError> {
        let wrong = || ResponseError::Length(lossy(value));
        // `parse` would take a sign.
        if !value.iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let length = str::from_utf8(value).ok().and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
        match self.length.replace(length) {
            Some(earlier) if earlier != length => Err(ResponseError::TwoLengths),
            _ => Ok(()),
        }
    }
}

fn lossy(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// Passes on as much of `input` as belongs to a part with `left` bytes to come.
fn body_part(input: &[u8], left: u64, sink: &mut impl Sink) -> usize {
    let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
    sink.body(&input[..length]);
    length
}

/// Length of the line at `input`'s start with its CR LF, `None` when it is not whole yet. A line with more
/// than `most` bytes of text is malformed.
fn line(input: &[u8], most: usize) -> Result<Option<usize>, ResponseError> {
    let Some(end) = input.iter().position(|&byte| byte == b'\n') else {
        let text = input.strip_suffix(b"\r").unwrap_or(input);
        return if text.len() > most { Err(ResponseError::Chunk) } else { Ok(None) };
    };
    match input[..end].strip_suffix(b"\r") {
        Some(text) if text.len() <= most => Ok(Some(end + 1)),
        _ => Err(ResponseError::Chunk),
    }
}

#[cfg(test)]
mod tests;
