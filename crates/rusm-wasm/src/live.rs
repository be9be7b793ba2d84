//! The body of a reply whose process is still at work: it runs when the connection asks for more.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::timeout;

use crate::component::{Responder, Run};
use crate::failure::{Cause, Failure};
use crate::outgoing::OutgoingBody;
use crate::reply::Reply;

/// What is left of a process that has begun its reply.
pub(crate) type LiveProcess = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// How long a process that holds a connection has to end once the connection has.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);

/// A reply in the making. Dropping it ends its process, which some are told of first.
pub(crate) struct Live {
    reply: Arc<Reply>,
    label: Arc<str>,
    process: Option<LiveProcess>,
    /// How the reply ends, once the process has.
    end: End,
    /// Whether the process is told that its client has gone, and given time for it.
    told: bool,
    /// What the component makes by itself instead of writing it here.
    made: Option<Made>,
    /// What ends the reply from the node's side.
    ending: Option<Ending>,
    _held: Option<Box<dyn Send>>,
}

/// A body of the component's own.
struct Made {
    body: OutgoingBody,
    /// How long the process may go on once it is sent.
    after: Duration,
}

#[derive(Clone, Copy)]
enum End {
    Clean,
    /// The process failed, and the connection has not been told.
    Failed,
    /// It is told next.
    BrokenOff,
}

/// Completes when the node is about to stop.
pub(crate) type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The process failed after it had begun its reply. To the client the reply is broken off.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the process that made this reply failed")
    }
}

impl std::error::Error for BrokenOff {}

impl Live {
    /// A reply whose body is written to `reply`.
    pub(crate) fn written(reply: Arc<Reply>, responder: &Responder, process: LiveProcess) -> Live {
        Live {
            reply,
            label: Arc::clone(&responder.label),
            process: Some(process),
            end: End::Clean,
            told: matches!(responder.run, Run::Feed(_)),
            made: None,
            ending: None,
            _held: None,
        }
    }

    /// A reply with a body of the component's own, whose process may go on for as long as `after` once that is sent.
    pub(crate) fn made(
        reply: Arc<Reply>,
        responder: &Responder,
        process: LiveProcess,
        body: OutgoingBody,
        after: Duration,
    ) -> Live {
        let mut live = Live::written(reply, responder, process);
        live.made = Some(Made { body, after });
        live
    }

    /// Keeps this until the reply is over.
    pub(crate) fn hold(&mut self, held: impl Send + 'static) {
        self._held = Some(Box::new(held));
    }

    /// Ends the reply, cleanly, when this completes.
    pub(crate) fn end_with(&mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    fn run(&mut self, cx: &mut Context<'_>) {
        let Some(process) = &mut self.process else { return };
        let Poll::Ready(ended) = process.as_mut().poll(cx) else { return };
        self.process = None;
        if let Err(failure) = ended {
            failure.log_request(&self.label);
            self.end = End::Failed;
        }
    }

    /// What to do with a process that has lost its reader.
    fn part(&mut self) {
        self.reply.leave();
        let limit = match &self.made {
            Some(Made { body, after }) if body.is_over() => *after,
            _ if self.told => LAST_WORDS,
            _ => {
                self.process = None;
                return;
            }
        };
        let Some(process) = self.process.take() else { return };
        let (label, told) = (Arc::clone(&self.label), self.told);
        tokio::spawn(async move {
            match timeout(limit, process).await {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => failure.log_request(&label),
                Err(_) if told => {}
                Err(_) => {
                    tracing::warn!(target: "rusm", action = &*label, "still at work {limit:?} after its reply: it is ended");
                }
            }
        });
    }

    /// Has the reply broken off, for this reason.
    fn break_off(&mut self, failure: &Failure) {
        failure.log_request(&self.label);
        self.process = None;
        self.end = End::Failed;
    }

    /// The next piece of the component's own body.
    fn poll_made(
        &mut self,
        body: &mut OutgoingBody,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let next = body.poll_next(cx);
        if let Some(failure) = self.reply.take_failure() {
            self.break_off(&failure);
        }
        match next {
            Poll::Ready(Some(Ok(frame))) => {
                self.reply.note_piece();
                return Poll::Ready(Some(Ok(frame)));
            }
            Poll::Ready(Some(Err(error))) => {
                self.break_off(&Failure::of_request(Cause::Response(error.to_string())));
            }
            // The process's failure, which is about to be known.
            Poll::Ready(None) if self.reply.is_cut_off() && self.process.is_some() => return Poll::Pending,
            Poll::Ready(None) => {}
            Poll::Pending if matches!(self.end, End::Clean) => {
                if !self.is_ended_by_the_node(cx) {
                    return Poll::Pending;
                }
            }
            Poll::Pending => {}
        }
        self.poll_end(cx)
    }

    /// Whether the reply is to end, since the node does.
    fn is_ended_by_the_node(&mut self, cx: &mut Context<'_>) -> bool {
        self.ending.as_mut().is_some_and(|ending| ending.as_mut().poll(cx).is_ready())
    }

    /// There is no more of the reply.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.end {
            End::Clean => Poll::Ready(None),
            End::BrokenOff => Poll::Ready(Some(Err(BrokenOff))),
            // What the connection has taken is written while it waits, and dropped when it is told.
            End::Failed => {
                self.end = End::BrokenOff;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl Body for Live {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = &mut *self;
        this.run(cx);
        if let Some(mut made) = this.made.take() {
            let polled = this.poll_made(&mut made.body, cx);
            this.made = Some(made);
            return polled;
        }
        loop {
            if let Some(written) = this.reply.take_written() {
                return Poll::Ready(Some(Ok(Frame::data(written))));
            }
            if this.process.is_none() {
                return this.poll_end(cx);
            }
            if this.is_ended_by_the_node(cx) {
                this.part();
                return Poll::Ready(None);
            }
            // A process that has moved to another thread may write at any moment.
            if this.reply.is_empty_before(cx.waker()) {
                return Poll::Pending;
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.made.as_ref().and_then(|made| made.body.length());
        length.map(SizeHint::with_exact).unwrap_or_default()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.part();
    }
}
