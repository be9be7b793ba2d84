//! The body of a reply whose process is still at work: it runs when the connection asks for more.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::timeout;

use crate::component::{Responder, Run};
use crate::failure::Failure;
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
    /// What ends the reply from the node's side.
    ending: Option<Ending>,
    /// What is kept until the process is over.
    held: Option<Box<dyn Send>>,
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
    pub(crate) fn new(reply: Arc<Reply>, responder: &Responder, process: LiveProcess) -> Live {
        Live {
            reply,
            label: Arc::clone(&responder.label),
            process: Some(process),
            end: End::Clean,
            told: matches!(responder.run, Run::Feed(_)),
            ending: None,
            held: None,
        }
    }

    /// Keeps this until the process is over.
    pub(crate) fn hold(&mut self, held: impl Send + 'static) {
        self.held = Some(Box::new(held));
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
        let Some(process) = self.process.take().filter(|_| self.told) else { return };
        let (label, held) = (Arc::clone(&self.label), self.held.take());
        tokio::spawn(async move {
            let _held = held;
            if let Ok(Err(failure)) = timeout(LAST_WORDS, process).await {
                failure.log_request(&label);
            }
        });
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
        // Asked first: one that writes and writes never comes to wait.
        if this.ending.as_mut().is_some_and(|ending| ending.as_mut().poll(cx).is_ready()) {
            this.ending = None;
            let last = this.reply.take_written();
            this.part();
            return Poll::Ready(last.map(|last| Ok(Frame::data(last))));
        }
        this.run(cx);
        loop {
            if let Some(written) = this.reply.take_written() {
                return Poll::Ready(Some(Ok(Frame::data(written))));
            }
            if this.process.is_none() {
                return match this.end {
                    End::Clean => Poll::Ready(None),
                    End::BrokenOff => Poll::Ready(Some(Err(BrokenOff))),
                    // What the connection has taken is written while it waits, and dropped when it is told.
                    End::Failed => {
                        this.end = End::BrokenOff;
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                };
            }
            // A process that has moved to another thread may write at any moment.
            if this.reply.is_empty_before(cx.waker()) {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.part();
    }
}
