//! Where a unit of work runs: at first in the task that waits for its result, and on threads of its own
//! once it has shown itself to be long.
//!
//! A guest that computes cannot be told from one that loops for ever, and neither may slow its neighbours.
//! Slicing it by epochs is not enough: with as many looping guests as serving threads, each request that
//! arrives waits for the rest of a slice, and its socket for the I/O driver's turn. So a unit of work that
//! has run for some ticks moves, suspended fibre and all, to background threads, which the kernel runs
//! only when no serving thread wants the core.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

thread_local! {
    /// Set by the meter while a guest runs, read when that same poll returns.
    static BACKGROUND_REQUESTED: Cell<bool> = const { Cell::new(false) };
}

/// Asks for the unit of work that is being polled on this thread to be moved to the background.
pub(crate) fn request_background() {
    BACKGROUND_REQUESTED.set(true);
}

/// A future that moves to the background when what it polls asks for it.
///
/// Dropping it drops the work, wherever that runs.
pub(crate) struct Unit<'a, F: Future> {
    background: &'a Background,
    /// The work, until it moves.
    here: Option<Pin<Box<F>>>,
    /// The task that it is, afterwards.
    there: Option<JoinHandle<F::Output>>,
}

impl<'a, F: Future> Unit<'a, F> {
    pub(crate) fn new(work: F, background: &'a Background) -> Unit<'a, F> {
        Unit { background, here: Some(Box::pin(work)), there: None }
    }
}

impl<F> Future for Unit<'_, F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(work) = &mut self.here {
            BACKGROUND_REQUESTED.set(false);
            let poll = work.as_mut().poll(cx);
            if poll.is_ready() || !BACKGROUND_REQUESTED.take() {
                return poll;
            }
            self.there = self.here.take().map(|work| self.background.0.spawn(work));
        }
        let Some(task) = &mut self.there else { return Poll::Pending };
        match Pin::new(task).poll(cx) {
            Poll::Ready(Ok(output)) => Poll::Ready(output),
            Poll::Ready(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only the end of the node cancels a background task that someone still waits for, and the
                // waiting task is cancelled with it.
                Err(_) => Poll::Pending,
            },
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<F: Future> Drop for Unit<'_, F> {
    fn drop(&mut self) {
        if let Some(task) = &self.there {
            task.abort();
        }
    }
}

/// The threads for long work.
#[derive(Clone)]
pub(crate) struct Background(Arc<Threads>);

struct Threads(Option<Runtime>);

impl Background {
    /// Starts one thread for each core.
    pub(crate) fn start() -> std::io::Result<Background> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("rusm-background")
            .on_thread_start(lower_priority)
            // A looping guest is one long poll after another: look at sockets and timers after each few.
            .event_interval(4)
            .build()?;
        Ok(Background(Arc::new(Threads(Some(runtime)))))
    }
}

impl Threads {
    fn spawn<F>(&self, work: Pin<Box<F>>) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.0.as_ref().expect("the runtime is taken by drop alone");
        runtime.spawn(work)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The plain drop of a runtime waits for its threads, which an asynchronous context must not do.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets the kernel prefer the threads that serve requests. Refused by no kernel for a value this way round,
/// and where it is refused all the same the work is merely less polite.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}
