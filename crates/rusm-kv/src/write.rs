//! The answer to a write, and the one place where writer and caller meet.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use parking_lot::Mutex;

use crate::WriteError;

/// What the writer found, before it has its type: a flag is 0 or 1, a write without an answer 0.
pub(crate) type Answer = i64;

/// A write that is on its way: await it, or [`wait`](Self::wait) for it.
///
/// It is sent when the method that returns this is called, so that the writes of one caller happen in the order
/// of its calls, and many may be under way at once. The answer comes when the commit that has the write is on
/// disk, and a read that follows sees it.
///
/// As a future it needs no particular runtime. It is cancel safe in the sense that dropping it loses the answer
/// alone: the write still happens. Do not poll it again when it is done.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = rusm_kv::Store::memory()?;
/// let bucket = store.bucket("notes")?;
/// let (first, second) = (bucket.set("a", "1"), bucket.set("b", "2")); // one commit, most likely
/// first.await?;
/// second.await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "only its answer tells that the write is on disk"]
pub struct Write<T> {
    state: State,
    typed: fn(Answer) -> T,
}

enum State {
    Refused(Option<WriteError>),
    Sent(Arc<Slot>),
}

impl<T> Write<T> {
    pub(crate) fn new(sent: Result<Arc<Slot>, WriteError>, typed: fn(Answer) -> T) -> Self {
        let state = match sent {
            Ok(slot) => State::Sent(slot),
            Err(error) => State::Refused(Some(error)),
        };
        Self { state, typed }
    }

    /// Blocks the thread until the answer is there. In async code, await it instead.
    pub fn wait(self) -> Result<T, WriteError> {
        let mut this = pin!(self);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            match this.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => thread::park(),
            }
        }
    }
}

impl<T> Future for Write<T> {
    type Output = Result<T, WriteError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let typed = self.typed;
        match &mut self.state {
            State::Refused(error) => Poll::Ready(Err(error.take().expect("a write is not polled when done"))),
            State::Sent(slot) => slot.poll(context).map(|answer| answer.map(typed)),
        }
    }
}

impl<T> fmt::Debug for Write<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").finish_non_exhaustive()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Where the writer leaves the answer.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    answer: Option<Result<Answer, WriteError>>,
    waker: Option<Waker>,
}

impl Slot {
    fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Answer, WriteError>> {
        let mut inside = self.0.lock();
        if let Some(answer) = inside.answer.take() {
            return Poll::Ready(answer);
        }
        match &mut inside.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    pub(crate) fn answer(&self, answer: Result<Answer, WriteError>) {
        let waker = {
            let mut inside = self.0.lock();
            inside.answer = Some(answer);
            inside.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
