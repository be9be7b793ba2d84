//! Where a unit of work runs: at first in the task that waits for its result, and on threads of its own
//! once it has shown itself to be long.
//!
//! A guest that computes cannot be told from one that loops for ever, and neither may slow its neighbours.
//! Slicing it by epochs is not enough: with as many looping guests as serving threads, each request that
//! arrives waits for the rest of a slice, and its socket for the I/O driver's turn. So a unit of work that
//! has run for some ticks moves, suspended fibre and all, to background threads, which the kernel runs
//! only when no serving thread wants the core. A process whose next unit of work begins, with the next
//! message, comes back.

use std::borrow::Borrow;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Here,
    Background,
}

thread_local! {
    /// Set while a guest runs, read when that same poll returns.
    static REQUESTED: Cell<Option<Place>> = const { Cell::new(None) };
    static INTERRUPTED: Cell<bool> = const { Cell::new(false) };
}

/// Notes that the guest on this thread gives way, and waits for nothing.
pub(crate) fn note_interrupted() {
    INTERRUPTED.set(true);
}

/// Whether a guest on this thread gave way since this was last asked.
pub(crate) fn take_interrupted() -> bool {
    INTERRUPTED.take()
}

/// Asks for the unit of work that is being polled on this thread to be moved to the background.
pub(crate) fn request_background() {
    REQUESTED.set(Some(Place::Background));
}

/// Asks for it to be moved back: a new unit begins.
pub(crate) fn request_foreground() {
    REQUESTED.set(Some(Place::Here));
}

/// A future that moves to the background when what it polls asks for it, and back.
///
/// Dropping it drops the work, wherever that runs.
pub(crate) struct Unit<B, F: Future> {
    background: B,
    /// The work, until it moves.
    here: Option<Pin<Box<F>>>,
    /// The task that it is, while it is away.
    there: Option<JoinHandle<Away<F>>>,
}

/// What came of work in the background.
enum Away<F: Future> {
    Over(F::Output),
    Back(Pin<Box<F>>),
}

impl<B: Borrow<Background>, F: Future> Unit<B, F> {
    pub(crate) fn new(work: F, background: B) -> Self {
        Unit { background, here: Some(Box::pin(work)), there: None }
    }
}

impl<B, F> Future for Unit<B, F>
where
    B: Borrow<Background> + Unpin,
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            if let Some(work) = &mut self.here {
                let (poll, place) = poll_work(work, cx);
                if poll.is_ready() || place != Some(Place::Background) {
                    return poll;
                }
                let work = self.here.take().map(|work| self.background.borrow().0.spawn(work));
                self.there = work;
            }
            let Some(task) = &mut self.there else { return Poll::Pending };
            let joined = ready!(Pin::new(task).poll(cx));
            self.there = None;
            match joined {
                Ok(Away::Over(output)) => return Poll::Ready(output),
                Ok(Away::Back(work)) => self.here = Some(work),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // Only the end of the node cancels a background task that someone still waits for, and
                    // the waiting task is cancelled with it.
                    Err(_) => return Poll::Pending,
                },
            }
        }
    }
}

/// Polls, and tells where the work wants to go on.
fn poll_work<F: Future>(work: &mut Pin<Box<F>>, cx: &mut Context<'_>) -> (Poll<F::Output>, Option<Place>) {
    REQUESTED.set(None);
    (work.as_mut().poll(cx), REQUESTED.take())
}

impl<B, F: Future> Drop for Unit<B, F> {
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

    /// Does what blocks for long on a thread of its own, at the same low priority: how many run at once, and which gets on, is
    /// left to the kernel.
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.0.as_ref().expect("the runtime is taken by drop alone").spawn_blocking(work)
    }
}

impl Threads {
    fn spawn<F>(&self, work: Pin<Box<F>>) -> JoinHandle<Away<F>>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.0.as_ref().expect("the runtime is taken by drop alone");
        let mut work = Some(work);
        runtime.spawn(std::future::poll_fn(move |cx| {
            let Some(away) = &mut work else { return Poll::Pending };
            let (poll, place) = poll_work(away, cx);
            match poll {
                Poll::Ready(output) => Poll::Ready(Away::Over(output)),
                // It waits, or is interrupted, in a new unit: whoever polls it next is to be woken.
                Poll::Pending if place == Some(Place::Here) => {
                    Poll::Ready(Away::Back(work.take().expect("it was there a moment ago")))
                }
                Poll::Pending => Poll::Pending,
            }
        }))
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
