//! A request as the node holds it while a process answers it.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use tokio::time::timeout;

/// What the path's pattern captured, by name.
pub(crate) type Params = Vec<(String, String)>;

/// A request.
pub(crate) struct IncomingRequest {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) params: Arc<Params>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: RequestBody,
    pub(crate) remote: Option<SocketAddr>,
}

/// The path and query as they arrived.
pub(crate) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |target| target.as_str())
}

/// A request's body.
pub(crate) enum RequestBody {
    /// What is left of one that is all there.
    Whole(Bytes),
    /// One that is still to come.
    Arriving(Upload),
}

/// Why there is no more of a body, although it has not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The client went away.
    Aborted,
    /// It is longer than the listener allows.
    TooLarge,
}

impl RequestBody {
    /// The next bytes, at most `max`; none at the end. Cancel-safe.
    pub(crate) async fn next(&mut self, max: usize) -> Result<Option<Bytes>, BodyError> {
        match self {
            RequestBody::Whole(rest) if rest.is_empty() => Ok(None),
            RequestBody::Whole(rest) => Ok(Some(rest.split_to(rest.len().min(max)))),
            RequestBody::Arriving(upload) => upload.next(max).await,
        }
    }

    /// Ready when [`next`](Self::next) is.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            RequestBody::Whole(_) => Poll::Ready(()),
            RequestBody::Arriving(upload) => upload.poll_ready(cx),
        }
    }

    /// All that is left. What was read of it is lost if the future is dropped.
    pub(crate) async fn rest(&mut self) -> Result<Bytes, BodyError> {
        match self {
            RequestBody::Whole(rest) => Ok(std::mem::take(rest)),
            RequestBody::Arriving(upload) => upload.rest().await,
        }
    }
}

/// A body on its way from a client, within a bound. Dropped before its end, it takes care of the rest.
pub(crate) struct Upload {
    incoming: Option<Incoming>,
    /// What has arrived and was not asked for yet.
    arrived: Bytes,
    /// Why there is no more, of which nobody has been told yet.
    failed: Option<BodyError>,
    /// How many bytes may still come.
    left: u64,
    lingering: Lingering,
    /// Whether the client waits to be told to go on (100), which asking for the body does.
    waits: bool,
}

/// What is to be done about a body that nobody reads to its end.
pub(crate) enum Lingering {
    /// Nothing: the protocol can refuse it by itself.
    No,
    /// To read and drop it for a while, with this held meanwhile. A client may send all of it before it looks for an
    /// answer, and a connection that is closed on unread bytes is reset, the answer with it.
    Yes(Box<dyn Send>),
}

impl Upload {
    /// A body of at most `limit` bytes; [`BodyError::TooLarge`] if it says of itself that it is longer. A client that
    /// `waits` sends nothing before it is asked for.
    pub(crate) fn new(
        incoming: Incoming,
        limit: u64,
        lingering: Lingering,
        waits: bool,
    ) -> Result<Upload, BodyError> {
        let length = incoming.size_hint().lower();
        let upload = Upload {
            incoming: Some(incoming),
            arrived: Bytes::new(),
            failed: None,
            left: limit,
            lingering,
            waits,
        };
        if length > limit { Err(BodyError::TooLarge) } else { Ok(upload) }
    }

    async fn next(&mut self, max: usize) -> Result<Option<Bytes>, BodyError> {
        while self.arrived.is_empty() {
            match self.frame().await? {
                Some(data) => self.arrived = data,
                None => return Ok(None),
            }
        }
        Ok(Some(self.arrived.split_to(self.arrived.len().min(max))))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.arrived.is_empty() && self.failed.is_none() {
            match ready!(self.poll_frame(cx)) {
                Ok(Some(frame)) => self.arrived = frame.into_data().unwrap_or_default(),
                Ok(None) => break,
                Err(error) => self.failed = Some(error),
            }
        }
        Poll::Ready(())
    }

    async fn rest(&mut self) -> Result<Bytes, BodyError> {
        let mut chunks = match std::mem::take(&mut self.arrived) {
            arrived if arrived.is_empty() => Vec::new(),
            arrived => vec![arrived],
        };
        while let Some(data) = self.frame().await? {
            chunks.push(data);
        }
        Ok(match chunks.len() {
            1 => chunks.swap_remove(0),
            _ => chunks.concat().into(),
        })
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, BodyError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            let Some(frame) = poll_fn(|cx| self.poll_frame(cx)).await? else { return Ok(None) };
            // Trailers say nothing that an action could ask for.
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// The next piece as it arrives, beside what [`RequestBody::next`] has left over; none at the end.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame<Bytes>>, BodyError>> {
        self.waits = false;
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(Ok(None)) };
        Poll::Ready(match ready!(Pin::new(incoming).poll_frame(cx)) {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                match self.left.checked_sub(length) {
                    Some(left) => {
                        self.left = left;
                        Ok(Some(frame))
                    }
                    None => Err(BodyError::TooLarge),
                }
            }
            Some(Err(_)) => {
                self.incoming = None;
                Err(BodyError::Aborted)
            }
            None => {
                self.incoming = None;
                Ok(None)
            }
        })
    }

    /// Whether all has arrived.
    pub(crate) fn is_over(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        const LINGER: Duration = Duration::from_secs(2);
        let incoming = self.incoming.take().filter(|incoming| !self.waits && !incoming.is_end_stream());
        let Some(mut incoming) = incoming else { return };
        if let Lingering::Yes(held) = std::mem::replace(&mut self.lingering, Lingering::No) {
            tokio::spawn(async move {
                let _held = held;
                let rest = async { while let Some(Ok(_)) = incoming.frame().await {} };
                let _ = timeout(LINGER, rest).await;
            });
        }
    }
}
