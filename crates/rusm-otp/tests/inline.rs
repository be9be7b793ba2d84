//! Inline processes: `Runtime::run`.

mod common;

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use common::{as_process, down, exit, idle, poll_once};
use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};
use tokio::sync::{mpsc, oneshot};

type Held = Pin<Box<dyn Future<Output = Result<(), ExitReason>> + Send>>;

/// Starts an inline process that idles, and suspends it.
async fn suspended(runtime: &Runtime) -> (Pid, Held) {
    let (started, mut pid) = oneshot::channel();
    let mut run: Held = Box::pin(runtime.run(SpawnOptions::default(), |ctx| async move {
        started.send(ctx.pid()).unwrap();
        idle(ctx).await;
        Ok(())
    }));
    assert!(poll_once(run.as_mut()).await.is_pending());
    (pid.try_recv().unwrap(), run)
}

#[tokio::test]
async fn the_result_is_the_bodys() {
    let runtime = Runtime::new();
    let ok: Result<_, ExitReason> = runtime.run(SpawnOptions::default(), |_ctx| async { Ok("fine") }).await;
    assert_eq!(ok, Ok("fine"));
    let err = runtime.run(SpawnOptions::default(), |_ctx| async { Err::<(), _>(ExitReason::Shutdown) }).await;
    assert_eq!(err, Err(ExitReason::Shutdown));
    assert_eq!(runtime.list(), []);
}

#[tokio::test]
async fn it_does_not_exist_before_it_is_polled() {
    let runtime = Runtime::new();
    let run = runtime.run(SpawnOptions::default(), |_ctx| async { Ok(()) });
    assert_eq!(runtime.list(), []);
    drop(run);
}

#[tokio::test]
async fn dropping_it_ends_it_as_killed() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let (pid, run) = suspended(ctx.runtime()).await;
        let monitor = ctx.monitor(pid);
        ctx.link(pid);
        drop(run);
        assert!(!ctx.runtime().is_alive(pid));
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
        assert_eq!(exit(&mut ctx).await, (pid, ExitReason::Killed));
    })
    .await;
}

#[tokio::test]
async fn a_kill_wakes_it_and_ends_it() {
    let runtime = Runtime::new();
    let (pid, run) = suspended(&runtime).await;
    let run = tokio::spawn(run);
    tokio::task::yield_now().await;
    runtime.kill(pid);
    assert_eq!(run.await.unwrap(), Err(ExitReason::Killed));
}

#[tokio::test]
async fn an_exit_signal_is_its_result() {
    let runtime = Runtime::new();
    let (pid, run) = suspended(&runtime).await;
    runtime.exit(pid, ExitReason::shutdown_with("stop"));
    assert_eq!(run.await, Err(ExitReason::shutdown_with("stop")));
}

#[tokio::test]
async fn links_and_monitors_are_told_before_the_caller_goes_on() {
    as_process(|mut ctx| async move {
        let (pid, run) = suspended(ctx.runtime()).await;
        ctx.monitor(pid);
        ctx.kill(pid);
        run.await.unwrap_err();
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().mailbox, 1);
        assert!(matches!(ctx.receive().await, Mail::Down { reason: ExitReason::Killed, .. }));
    })
    .await;
}

#[tokio::test]
async fn processes_nest() {
    let runtime = Runtime::new();
    let inner_runtime = runtime.clone();
    let pids: Result<_, ExitReason> = runtime
        .run(SpawnOptions::default(), |ctx| async move {
            let inner =
                inner_runtime.run(SpawnOptions::default(), |ctx| async move { Ok(ctx.pid()) }).await?;
            Ok((ctx.pid(), inner))
        })
        .await;
    let (outer, inner) = pids.unwrap();
    assert_ne!(outer, inner);
}

/// One process, polled by a tokio task and then by an executor that knows nothing of tokio: mail, the timer
/// and the kill find it at each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_moves_between_threads_and_executors() {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    fn block_on<F: Future>(future: F) -> F::Output {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
                return output;
            }
            thread::park();
        }
    }

    let runtime = Runtime::new();
    let (pid_sender, pid) = oneshot::channel();
    let (step_sender, mut step) = mpsc::unbounded_channel();
    let mut run: Held = Box::pin(runtime.run(SpawnOptions::default(), |mut ctx| async move {
        pid_sender.send(ctx.pid()).unwrap();
        ctx.receive().await;
        step_sender.send(1).unwrap();
        ctx.receive_timeout(Duration::from_mins(10)).await;
        step_sender.send(2).unwrap();
        pending().await
    }));

    // A task of the test's runtime takes the first step.
    let run = tokio::spawn(async move {
        poll_fn(|cx| {
            assert!(run.as_mut().poll(cx).is_pending());
            step.poll_recv(cx)
        })
        .await;
        (run, step)
    });
    let pid = pid.await.unwrap();
    runtime.send(pid, "one");
    let (mut run, mut step) = run.await.unwrap();

    // A plain thread takes the second, and starts the timer that only tokio has.
    let (taken, was_taken) = oneshot::channel();
    let plain = thread::spawn(move || {
        let mut taken = Some(taken);
        block_on(poll_fn(move |cx| {
            if let Some(taken) = taken.take() {
                assert!(run.as_mut().poll(cx).is_pending());
                taken.send(()).unwrap();
            } else if let Poll::Ready(end) = run.as_mut().poll(cx) {
                return Poll::Ready(end);
            }
            Poll::Pending
        }))
    });
    was_taken.await.unwrap();
    runtime.send(pid, "two");
    assert_eq!(step.recv().await, Some(2));

    // The kill finds it there.
    runtime.kill(pid);
    assert_eq!(tokio::task::spawn_blocking(|| plain.join().unwrap()).await.unwrap(), Err(ExitReason::Killed));
}
