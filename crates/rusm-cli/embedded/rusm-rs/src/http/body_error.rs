use std::fmt;
use std::io;
use std::str::Utf8Error;

use crate::client::http_request as wire;

/// Why a body could not be read as what was asked for. It is an error of the client's, so the fitting status
/// is 400; an action that returns it as its own `Err` answers with 500.
///
/// ```
/// # use rusm_rs::http::{BodyError, Request};
/// let error = Request::post("/").with_body("{").json::<Vec<u32>>().unwrap_err();
/// assert!(matches!(error, BodyError::NotJson(_)));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is not UTF-8 text.
    NotUtf8(Utf8Error),
    /// The body is not JSON, or not of the expected shape.
    NotJson(serde_json::Error),
    /// The client went away before the body's end.
    Aborted,
}

impl BodyError {
    pub(crate) fn from_wire(error: wire::BodyError) -> BodyError {
        match error {
            wire::BodyError::Aborted => BodyError::Aborted,
        }
    }
}

/// With the kinds [`ConnectionAborted`](io::ErrorKind::ConnectionAborted) and
/// [`InvalidData`](io::ErrorKind::InvalidData).
impl From<BodyError> for io::Error {
    fn from(error: BodyError) -> io::Error {
        let kind = match error {
            BodyError::Aborted => io::ErrorKind::ConnectionAborted,
            BodyError::NotUtf8(_) | BodyError::NotJson(_) => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::NotUtf8(error) => write!(f, "the request's body is not UTF-8 text: {error}"),
            BodyError::NotJson(error) => write!(f, "the request's body is not the expected JSON: {error}"),
            BodyError::Aborted => f.write_str("the client went away before the end of the request's body"),
        }
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BodyError::NotUtf8(error) => Some(error),
            BodyError::NotJson(error) => Some(error),
            BodyError::Aborted => None,
        }
    }
}
