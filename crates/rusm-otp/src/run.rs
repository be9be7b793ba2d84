//! The life of a process: the future that polls its body.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};

use pin_project_lite::pin_project;

use crate::contain::{contain, contain_drop};
use crate::{Context, ExitError, ExitReason, Pid, Runtime, SpawnOptions};

pin_project! {
    /// A process from birth to burial, spawned or inline alike. `S` turns what the body returns into the
    /// outcome.
    ///
    /// However it comes to an end (the body's own, a panic, a signal, the drop of this future), the body is
    /// dropped first and the end announced after, once.
    pub(crate) struct Run<F, B, S> {
        runtime: Runtime,
        life: Life,
        // The waker that signals know, to see when it changes without a lock.
        task: Option<Waker>,
        settle: S,
        #[pin]
        stage: Stage<F, B>,
    }

    impl<F, B, S> PinnedDrop for Run<F, B, S> {
        fn drop(this: Pin<&mut Self>) {
            let _ = this.end(Err::<(), _>(ExitReason::Killed));
        }
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F, B> {
        Start { start: Option<F> },
        Body { #[pin] body: B },
        Over,
    }
}

enum Life {
    /// Of an inline process, until it is first polled.
    Unborn(SpawnOptions),
    Alive(Pid),
    Over,
}

impl<F, B, S> Run<F, B, S> {
    /// The run of a process that is alive already.
    pub(crate) fn of(runtime: Runtime, pid: Pid, start: F, settle: S) -> Self {
        Self {
            runtime,
            life: Life::Alive(pid),
            task: None,
            settle,
            stage: Stage::Start { start: Some(start) },
        }
    }

    /// The run of a process that comes to life when it is first polled.
    pub(crate) fn unborn(runtime: Runtime, options: SpawnOptions, start: F, settle: S) -> Self {
        let stage = Stage::Start { start: Some(start) };
        Self { runtime, life: Life::Unborn(options), task: None, settle, stage }
    }

    /// Ends the process, if it lives. The outcome stands unless something else ended the process first.
    fn end<T, E>(self: Pin<&mut Self>, outcome: Result<T, E>) -> Result<T, E>
    where
        E: ExitError,
    {
        let mut this = self.project();
        let dropped = contain(|| this.stage.set(Stage::Over));
        let Life::Alive(pid) = mem::replace(this.life, Life::Over) else {
            return outcome;
        };
        let own = match (&outcome, dropped) {
            (_, Err(crash)) => crash,
            (Ok(_), Ok(())) => ExitReason::Normal,
            (Err(error), Ok(())) => error.reason(),
        };
        let told = this.runtime.0.bury(pid, own.clone());
        if told == own && (outcome.is_err() || own == ExitReason::Normal) {
            return outcome;
        }
        // All have been told already: another panic changes nothing.
        let _ = contain_drop(outcome);
        Err(told.into())
    }

    /// Ends the process by the signal that has come for it. It has taken effect: should the body's destructors
    /// unlink whom it came from, that does not take it back.
    fn end_by_signal<T, E>(self: Pin<&mut Self>) -> Result<T, E>
    where
        E: ExitError,
    {
        if let Life::Alive(pid) = self.life
            && let Some(mut process) = self.runtime.0.table.lock(pid)
            && let Some(first) = process.ties.as_mut().and_then(|ties| ties.ending.first_mut())
        {
            first.link = None;
        }
        self.end(Err(ExitReason::Killed.into()))
    }

    /// Has signals wake the task that polls; false if one has come that ends the process.
    fn watch(self: Pin<&mut Self>, pid: Pid, cx: &TaskContext<'_>) -> bool {
        let this = self.project();
        if this.task.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            return this.runtime.is_alive(pid);
        }
        let new = cx.waker().clone();
        *this.task = Some(new.clone());
        let old = match this.runtime.0.table.lock(pid) {
            Some(mut process) if !process.is_ending() => process.task.replace(new),
            _ => return false,
        };
        drop(old);
        true
    }
}

impl<F, B, S> Run<F, B, S>
where
    F: FnOnce(Context) -> B,
{
    /// Calls the closure that makes the body, the first time.
    fn begin(self: Pin<&mut Self>) -> Result<(), ExitReason> {
        let mut this = self.project();
        let StageProjection::Start { start } = this.stage.as_mut().project() else {
            return Ok(());
        };
        let Some(start) = start.take() else {
            return Ok(());
        };
        if let Life::Unborn(options) = this.life {
            *this.life = Life::Alive(this.runtime.0.insert(mem::take(options))?);
        }
        let Life::Alive(pid) = *this.life else {
            return Ok(());
        };
        let context = Context::new(this.runtime.clone(), pid);
        let body = contain(|| start(context))?;
        this.stage.set(Stage::Body { body });
        Ok(())
    }
}

impl<F, B, S, T, E> Future for Run<F, B, S>
where
    F: FnOnce(Context) -> B,
    B: Future,
    S: Fn(B::Output) -> Result<T, E>,
    E: ExitError,
{
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        if let Err(reason) = self.as_mut().begin() {
            return Poll::Ready(self.end(Err(reason.into())));
        }
        let this = self.as_mut().project();
        let (StageProjection::Body { body }, &mut Life::Alive(pid)) = (this.stage.project(), this.life)
        else {
            panic!("a process was polled after its end");
        };
        // A signal that came while the body was suspended ends it there.
        match this.runtime.0.table.slot(pid) {
            Some(slot) if slot.is_living(pid) => slot.bump_reductions(1),
            _ => return Poll::Ready(self.end_by_signal()),
        }
        let settle = this.settle;
        match contain(|| body.poll(cx).map(settle)) {
            Ok(Poll::Ready(outcome)) => Poll::Ready(self.end(outcome)),
            Ok(Poll::Pending) if self.as_mut().watch(pid, cx) => Poll::Pending,
            Ok(Poll::Pending) => Poll::Ready(self.end_by_signal()),
            Err(crash) => Poll::Ready(self.end(Err(crash.into()))),
        }
    }
}
