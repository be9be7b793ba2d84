//! The body of a response on its way to a guest.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::Error;

use super::error;

/// A body that fails when too long passes between two pieces of it.
pub(crate) struct IncomingBody {
    incoming: Incoming,
    limit: Duration,
    /// Runs while somebody waits for the next piece, so that a slow reader is not held against the sender.
    clock: Option<Pin<Box<Sleep>>>,
    /// What its request counts against, given back when the guest has done with the response.
    _in_flight: Option<OwnedSemaphorePermit>,
}

impl IncomingBody {
    pub(super) fn new(incoming: Incoming, limit: Duration) -> IncomingBody {
        IncomingBody { incoming, limit, clock: None, _in_flight: None }
    }

    /// The same body, which holds the permit as long as it lives.
    pub(crate) fn holding(self, permit: OwnedSemaphorePermit) -> IncomingBody {
        IncomingBody { _in_flight: Some(permit), ..self }
    }
}

impl Body for IncomingBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            self.clock = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| error::of_body(&error))));
        }
        let limit = self.limit;
        let clock = self.clock.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(clock.as_mut().poll(cx));
        // Whoever asks again waits again.
        clock.as_mut().reset(Instant::now() + limit);
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
