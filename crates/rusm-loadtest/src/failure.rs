//! Why an operation failed, in every mode. The connection it was on is of no further use.

use std::{io, net::SocketAddr, time::Duration};

use thiserror::Error;

use crate::{
    http::response::ResponseError,
    sse::stream::StreamError,
    tally::ErrorKind,
    ws::{frame::FrameError, handshake::HandshakeError},
};

/// What went wrong.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("cannot connect to {0}: {1}")]
    Connect(SocketAddr, io::Error),
    #[error("cannot send: {0}")]
    Write(io::Error),
    #[error("cannot read: {0}")]
    Read(io::Error),
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    #[error("{0}")]
    Response(#[from] ResponseError),
    #[error("the response's head has more than {0} bytes")]
    LongHead(usize),
    #[error("the response has more than {0} bytes")]
    LongResponse(usize),
    #[error("{0}")]
    Stream(#[from] StreamError),
    #[error("{0}")]
    Handshake(#[from] HandshakeError),
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("the connection ended without a close frame")]
    Ended,
    #[error("the server closed: {0}")]
    Closed(String),
    #[error("an echo that {0}")]
    Echo(&'static str),
    #[error("bytes after the close frame")]
    AfterClose,
}

impl Failure {
    /// How it is counted.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Connect(..) => ErrorKind::Connect,
            Self::Write(_) => ErrorKind::Write,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Handshake(HandshakeError::Refused(status)) | Self::Stream(StreamError::Status(status)) => {
                ErrorKind::Status(*status)
            }
            Self::Handshake(_) => ErrorKind::Handshake,
            Self::Frame(_) | Self::AfterClose => ErrorKind::Frame,
            Self::Closed(_) => ErrorKind::Closed,
            Self::Echo(_) => ErrorKind::Body,
            Self::Stream(StreamError::ContentType(_)) => ErrorKind::ContentType,
            Self::Stream(StreamError::Order { .. } | StreamError::NoNumber(_)) => ErrorKind::Order,
            Self::Read(_)
            | Self::Response(_)
            | Self::LongHead(_)
            | Self::LongResponse(_)
            | Self::Stream(_)
            | Self::Ended => ErrorKind::Read,
        }
    }
}
