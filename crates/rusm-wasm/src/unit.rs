//! Where a unit of work runs: at first in the task that waits for its result, and on threads of its own
//! once it has shown itself to be long.
//!
//! A guest that computes cannot be told from one that loops for ever, and neither may slow its neighbours.
//! Slicing it by epochs is not enough: with as many looping guests as serving threads, each request that
//! arrives waits for the rest of a slice, and its socket for the I/O driver's turn. So a unit of work that
//! has run for some ticks moves, suspended fibre and all, to background threads, which the kernel runs
//! little of while a serving thread wants the core. A process whose next unit of work begins, with the next
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

/// What the guest on this thread did before and in its present turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It had waited, and no epoch has been noticed since.
    Fresh,
    /// It goes on where it was interrupted, or an epoch has been noticed.
    Running,
    /// It is interrupted.
    Interrupted,
}

thread_local! {
    /// Set while a guest runs, read when that same poll returns.
    static REQUESTED: Cell<Option<Place>> = const { Cell::new(None) };
    static TURN: Cell<Turn> = const { Cell::new(Turn::Running) };
    static INTERRUPTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the epoch that has passed did so while the guest waited, for all that is known. Asked by a guest that notices
/// one, and true at most once a turn: the next epoch passes while it runs.
pub(crate) fn take_fresh() -> bool {
    let fresh = TURN.get() == Turn::Fresh;
    if fresh {
        TURN.set(Turn::Running);
    }
    fresh
}

/// Notes that the guest on this thread is interrupted, so that its next turn is the rest of this one.
pub(crate) fn end_turn() {
    TURN.set(Turn::Interrupted);
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
    /// Whether its guest has waited since it last ran.
    waited: bool,
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
        Unit { background, here: Some(Box::pin(work)), waited: false, there: None }
    }
}

impl<B, F> Future for Unit<B, F>
where
    B: Borrow<Background> + Unpin,
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        loop {
            if let Some(work) = &mut this.here {
                let (poll, place) = poll_work(work, &mut this.waited, cx);
                if poll.is_ready() || place != Some(Place::Background) {
                    return poll;
                }
                let work = this.here.take().map(|work| this.background.borrow().0.spawn(work));
                this.there = work;
            }
            let Some(task) = &mut this.there else { return Poll::Pending };
            let joined = ready!(Pin::new(task).poll(cx));
            this.there = None;
            match joined {
                Ok(Away::Over(output)) => return Poll::Ready(output),
                Ok(Away::Back(work)) => this.here = Some(work),
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

/// Polls, and tells where the work wants to go on. `waited` is kept between its turns.
fn poll_work<F: Future>(
    work: &mut Pin<Box<F>>,
    waited: &mut bool,
    cx: &mut Context<'_>,
) -> (Poll<F::Output>, Option<Place>) {
    REQUESTED.set(None);
    // One guest may call another, within its own turn.
    let outer = TURN.replace(if *waited { Turn::Fresh } else { Turn::Running });
    let poll = work.as_mut().poll(cx);
    *waited = TURN.replace(outer) != Turn::Interrupted;
    (poll, REQUESTED.take())
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
        let mut waited = false;
        runtime.spawn(std::future::poll_fn(move |cx| {
            let Some(away) = &mut work else { return Poll::Pending };
            let (poll, place) = poll_work(away, &mut waited, cx);
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

/// Lets the kernel prefer the threads that serve requests, ten to one: enough that loops hurt nobody, and not so much that
/// other programs on the machine bring long work to a halt. Refused by no kernel for a value this way round,
/// and where it is refused all the same the work is merely less polite.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::{Context, Poll, Waker};

    use super::{end_turn, poll_work, take_fresh};

    /// Whether each of two epochs that are noticed in a turn counts as one that passed before it.
    fn noticed() -> [bool; 2] {
        [take_fresh(), take_fresh()]
    }

    #[test]
    fn what_passed_before_a_turn_is_told_once_and_after_a_wait_alone() {
        let mut turns = Vec::new();
        let mut cx = Context::from_waker(Waker::noop());
        let mut waited = false;
        {
            let mut work = Box::pin(poll_fn(|_| {
                turns.push(noticed());
                if turns.len() == 2 {
                    end_turn();
                }
                Poll::<()>::Pending
            }));
            for _ in 0..4 {
                assert!(poll_work(&mut work, &mut waited, &mut cx).0.is_pending());
            }
        }
        // Newly begun; after a wait; after an interruption; after a wait.
        assert_eq!(turns, [[false; 2], [true, false], [false; 2], [true, false]]);
    }

    #[test]
    fn a_guest_that_another_calls_has_turns_of_its_own() {
        let mut cx = Context::from_waker(Waker::noop());
        let (mut waited, mut inner_waited) = (true, false);
        let mut inner = Box::pin(poll_fn(|_| {
            assert_eq!(noticed(), [false; 2]);
            end_turn();
            Poll::<()>::Pending
        }));
        let mut work = Box::pin(poll_fn(|cx| {
            assert!(poll_work(&mut inner, &mut inner_waited, cx).0.is_pending());
            assert!(take_fresh());
            Poll::<()>::Pending
        }));
        assert!(poll_work(&mut work, &mut waited, &mut cx).0.is_pending());
        drop(work);
        assert!(waited && !inner_waited);
    }
}
