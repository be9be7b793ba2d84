//! The body that a component makes of its reply by the standard interface, on its way to the client.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use hyper::body::{Body, Frame};
use wasmtime_wasi_http::{Error, WasiBody};

/// Pieces that are looked for before the reply's head goes out. A short body is all there by then as a rule, and goes out
/// whole, with its length.
const GATHERED: usize = 4;

/// Such a body.
pub(crate) struct OutgoingBody {
    /// What more of it there may be.
    source: Option<WasiBody>,
    gathered: VecDeque<Frame<Bytes>>,
    /// What the head says that is still to come.
    left: Option<u64>,
}

impl OutgoingBody {
    pub(crate) fn new(head: &Parts, source: WasiBody) -> OutgoingBody {
        let length = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        OutgoingBody { source: Some(source), gathered: VecDeque::new(), left: length }
    }

    /// Takes what is there already, or says what is wrong with it.
    pub(crate) fn gather(&mut self) -> Result<(), String> {
        while self.gathered.len() < GATHERED {
            match self.poll_source(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(Ok(frame))) => self.gathered.push_back(frame),
                Poll::Ready(Some(Err(error))) => return Err(error.to_string()),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// Whether the component has made all of it.
    pub(crate) fn is_all_there(&self) -> bool {
        self.source.is_none()
    }

    /// Whether all of it was handed on.
    pub(crate) fn is_over(&self) -> bool {
        self.left == Some(0) || (self.source.is_none() && self.gathered.is_empty())
    }

    /// Its length, where that is known and it has no trailers.
    pub(crate) fn length(&self) -> Option<u64> {
        let lengths = self.gathered.iter().map(|frame| frame.data_ref().map(|data| data.len() as u64));
        let gathered: Option<u64> = lengths.sum();
        gathered.filter(|_| self.is_all_there())
    }

    /// The next piece; none at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let next = match self.gathered.pop_front() {
            Some(frame) => Some(Ok(frame)),
            None => ready!(self.poll_source(cx)),
        };
        if let (Some(left), Some(Ok(frame))) = (&mut self.left, &next) {
            *left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        Poll::Ready(next)
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let next = loop {
            let Some(source) = &mut self.source else { return Poll::Ready(None) };
            match ready!(Pin::new(source).poll_frame(cx)) {
                Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
                next => break next,
            }
        };
        // Nothing follows trailers or an error.
        if !matches!(&next, Some(Ok(frame)) if frame.is_data()) {
            self.source = None;
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use http::response::Parts;
    use http::{HeaderMap, Response};
    use http_body_util::{BodyExt, Full};
    use hyper::body::Frame;
    use wasmtime_wasi_http::{Error, WasiBody};

    use super::OutgoingBody;

    /// A body of these pieces, which ends if `ends` says so.
    fn body(pieces: Vec<Frame<Bytes>>, ends: bool, head: Response<()>) -> OutgoingBody {
        let mut pieces = pieces.into_iter();
        let source = futures_util::stream::poll_fn(move |_| match pieces.next() {
            Some(piece) => Poll::Ready(Some(Ok::<_, Error>(piece))),
            None if ends => Poll::Ready(None),
            None => Poll::Pending,
        });
        gathered(&head.into_parts().0, http_body_util::StreamBody::new(source).boxed_unsync())
    }

    fn gathered(head: &Parts, source: WasiBody) -> OutgoingBody {
        let mut body = OutgoingBody::new(head, source);
        body.gather().unwrap();
        body
    }

    fn data(text: &'static str) -> Frame<Bytes> {
        Frame::data(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_short_body_has_its_length() {
        let short = body(vec![data("one"), data("two")], true, Response::default());
        assert_eq!((short.is_all_there(), short.length(), short.is_over()), (true, Some(6), false));
        let empty = Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync();
        let empty = gathered(&Response::new(()).into_parts().0, empty);
        assert_eq!((empty.length(), empty.is_over()), (Some(0), true));
        let of_nothing = body(vec![data(""), data("")], true, Response::default());
        assert_eq!((of_nothing.length(), of_nothing.is_over()), (Some(0), true));
    }

    #[test]
    fn a_body_with_more_to_come_or_trailers_has_none() {
        assert_eq!(body(vec![data("one")], false, Response::default()).length(), None);
        let trailers = Frame::trailers(HeaderMap::new());
        let with = body(vec![data("one"), trailers], true, Response::default());
        assert_eq!((with.is_all_there(), with.length()), (true, None));
    }

    #[test]
    fn a_body_is_over_with_the_last_byte_that_its_head_promised() {
        let head = Response::builder().header("content-length", "3").body(()).unwrap();
        let mut body = body(vec![data("one")], false, head);
        assert!(!body.is_over());
        assert!(body.poll_next(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(body.is_over());
    }
}
