//! What threads may do at once, in many orders: each use of a lock or an atomic is a point where another
//! thread may go on, and shuttle decides which.
//!
//! `ci/interleavings` runs it. `INTERLEAVINGS` is how many orders are tried of each program, twice: at random,
//! and by priorities (PCT). A failure prints the order, which `shuttle::replay` repeats.
//!
//! Processes are inline and polled by shuttle. Not under test are tokio, its semaphore in `bound.rs` included,
//! and the reordering that weak memory orders allow: shuttle takes each for sequentially consistent.
#![cfg(shuttle)]

mod bounds;
mod ends;
mod mailbox;
mod pids;
mod requests;
mod streams;
mod timers;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use rusm_otp::{Context, ExitReason, Mail, Pid, Runtime, SpawnOptions};
use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::mpsc::{Receiver, channel};
use shuttle::thread::{self, JoinHandle};

/// Runs a program in many orders.
fn check(program: impl Fn(&Runtime) + Send + Sync + 'static) {
    let iterations = std::env::var("INTERLEAVINGS").map_or(300, |n| n.parse().expect("a number"));
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (program, handle) = (Arc::new(program), tokio.handle().clone());
    let schedulers: [Box<dyn Scheduler + Send>; 2] =
        [Box::new(RandomScheduler::new(iterations)), Box::new(PctScheduler::new(3, iterations))];
    for scheduler in schedulers {
        let (program, handle) = (program.clone(), handle.clone());
        let mut config = shuttle::Config::new();
        config.stack_size = 1 << 18;
        let runner = shuttle::Runner::new(scheduler, config);
        runner.run(move || program(&Runtime::with_handle(handle.clone())));
    }
}

/// A process that is alive and does nothing before it is told to [`go`](Self::go) on.
struct Begun<T> {
    pid: Pid,
    run: Pin<Box<dyn Future<Output = Result<T, ExitReason>> + Send>>,
}

impl<T: Send + 'static> Begun<T> {
    fn new<B>(runtime: &Runtime, body: impl FnOnce(Context) -> B + Send + 'static) -> Self
    where
        B: Future<Output = Result<T, ExitReason>> + Send + 'static,
    {
        Self::with(runtime, SpawnOptions::default(), body)
    }

    fn with<B>(
        runtime: &Runtime,
        options: SpawnOptions,
        body: impl FnOnce(Context) -> B + Send + 'static,
    ) -> Self
    where
        B: Future<Output = Result<T, ExitReason>> + Send + 'static,
    {
        let (sender, pid) = std::sync::mpsc::channel();
        let mut run = Box::pin(runtime.run(options, move |ctx| async move {
            sender.send(ctx.pid()).unwrap();
            let mut paused = false;
            poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending })
                .await;
            body(ctx).await
        }));
        assert!(run.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())).is_pending());
        Self { pid: pid.recv().unwrap(), run }
    }

    fn go(self) -> JoinHandle<Result<T, ExitReason>> {
        thread::spawn(|| block_on(self.run))
    }
}

/// A process that does something and then collects its mail, until it is told that it is over.
struct Observer<T> {
    pid: Pid,
    acted: Receiver<()>,
    run: JoinHandle<Result<(T, Vec<Mail>), ExitReason>>,
}

impl<T: Send + 'static> Observer<T> {
    /// One that traps exits.
    fn start(runtime: &Runtime, act: impl FnOnce(&mut Context) -> T + Send + 'static) -> Self {
        let (sender, acted) = channel();
        let process = Begun::new(runtime, move |mut ctx| async move {
            ctx.trap_exit(true);
            let result = act(&mut ctx);
            sender.send(()).unwrap();
            Ok((result, collect(&mut ctx).await))
        });
        Self { pid: process.pid, acted, run: process.go() }
    }

    /// For when all others are done: whatever they caused is in the mailbox once the act is over.
    fn over(self, runtime: &Runtime) -> (T, Vec<Mail>) {
        self.acted.recv().unwrap();
        runtime.send(self.pid, "over");
        join(self.run).unwrap()
    }
}

/// All mail up to the word "over" from outside.
async fn collect(ctx: &mut Context) -> Vec<Mail> {
    let mut mails = Vec::new();
    loop {
        match ctx.receive().await {
            Mail::Message { from: Pid::NODE, payload } if payload.as_bytes() == Some(b"over") => {
                return mails;
            }
            mail => mails.push(mail),
        }
    }
}

fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap()
}

fn in_thread<T: Send + 'static>(
    runtime: &Runtime,
    work: impl FnOnce(&Runtime) -> T + Send + 'static,
) -> JoinHandle<T> {
    let runtime = runtime.clone();
    thread::spawn(move || work(&runtime))
}

/// No process is left, and nothing of any.
fn assert_empty(runtime: &Runtime) {
    assert!(runtime.list().is_empty());
    assert!(runtime.groups().is_empty());
}
