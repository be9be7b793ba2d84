//! Graceful shutdown by stages: `Runtime::shutdown`.

mod common;

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{idle, idle_trapping};
use parking_lot::Mutex;
use rusm_otp::{Context, Event, ExitReason, Observer, Pid, Runtime, SpawnOptions, Stage, StageReport};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Spawns a process that has begun when this is over.
async fn spawn<F>(runtime: &Runtime, body: impl FnOnce(Context) -> F + Send + 'static) -> Pid
where
    F: Future<Output = ()> + Send + 'static,
{
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let pid = runtime.spawn(SpawnOptions::default(), |ctx| {
        let body = body(ctx);
        async {
            begun.send(()).unwrap();
            body.await;
        }
    });
    has_begun.await.unwrap();
    pid
}

type Ends = Arc<Mutex<Vec<(Pid, ExitReason)>>>;

/// The reasons of all ends, in their order.
fn ends(runtime: &Runtime) -> (Observer, Ends) {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let log = ends.clone();
    let observer = runtime.observe(move |event| {
        if let Event::Exited { pid, label, reason } = event
            && label.as_deref() != Some("shutdown")
        {
            log.lock().push((*pid, reason.clone()));
        }
    });
    (observer, ends)
}

fn counts(report: &StageReport) -> (&str, usize, usize, usize) {
    (&report.name, report.ended, report.killed.len(), report.stuck.len())
}

#[tokio::test]
async fn with_nothing_to_end_there_is_nothing_to_report() {
    let runtime = Runtime::new();
    let reports = runtime.shutdown([Stage::stop("none", SECOND, |_| vec![])]).await;
    assert_eq!(reports.iter().map(counts).collect::<Vec<_>>(), [("none", 0, 0, 0), ("rest", 0, 0, 0)]);
    assert!(runtime.list().is_empty());
}

#[tokio::test]
async fn stages_come_in_order_and_the_rest_is_killed() {
    let runtime = Runtime::new();
    let first = spawn(&runtime, idle).await;
    let second = spawn(&runtime, idle).await;
    let rest = spawn(&runtime, idle_trapping).await;
    let (_observer, ends) = ends(&runtime);
    let stages = [
        Stage::stop("second", SECOND, move |_| vec![second]),
        // Selected when it begins: the other is gone by then.
        Stage::stop("first", SECOND, move |runtime| {
            assert!(runtime.info(second).is_none());
            vec![first]
        }),
    ];
    let reports = runtime.shutdown(stages).await;
    let expected = [("second", 1, 0, 0), ("first", 1, 0, 0), ("rest", 0, 1, 0)];
    assert_eq!(reports.iter().map(counts).collect::<Vec<_>>(), expected);
    assert_eq!(reports[2].killed, [rest]);
    let expected =
        [(second, ExitReason::Shutdown), (first, ExitReason::Shutdown), (rest, ExitReason::Killed)];
    assert_eq!(*ends.lock(), expected);
    assert!(runtime.list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_and_tells_nobody() {
    let runtime = Runtime::new();
    let start = Instant::now();
    let quick = spawn(&runtime, |_ctx| tokio::time::sleep(2 * SECOND)).await;
    let (_observer, ends) = ends(&runtime);
    let reports = runtime.shutdown([Stage::drain("requests", 30 * SECOND, move |_| vec![quick])]).await;
    assert_eq!(counts(&reports[0]), ("requests", 1, 0, 0));
    assert_eq!(start.elapsed().as_secs(), 2);
    assert_eq!(*ends.lock(), [(quick, ExitReason::Normal)]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_within_the_limit_is_killed() {
    let runtime = Runtime::new();
    let start = Instant::now();
    let deaf = spawn(&runtime, idle_trapping).await;
    let willing = spawn(&runtime, idle).await;
    let slow = spawn(&runtime, |_ctx| pending()).await;
    let stages = [
        Stage::stop("stop", 3 * SECOND, move |_| vec![deaf, willing]),
        Stage::drain("drain", 4 * SECOND, move |_| vec![slow]),
    ];
    let reports = runtime.shutdown(stages).await;
    let expected = [("stop", 1, 1, 0), ("drain", 0, 1, 0), ("rest", 0, 0, 0)];
    assert_eq!(reports.iter().map(counts).collect::<Vec<_>>(), expected);
    assert_eq!((&reports[0].killed, &reports[1].killed), (&vec![deaf], &vec![slow]));
    assert_eq!(start.elapsed().as_secs(), 7);
}

#[tokio::test]
async fn who_is_selected_twice_is_one_process() {
    let runtime = Runtime::new();
    let member = spawn(&runtime, idle).await;
    let deaf = spawn(&runtime, idle_trapping).await;
    for pid in [member, member, deaf, deaf] {
        runtime.join("group", pid);
    }
    let reports =
        runtime.shutdown([Stage::stop("group", Duration::ZERO, |runtime| runtime.members("group"))]).await;
    assert_eq!(reports[0].ended + reports[0].killed.len(), 2, "{reports:?}");
    assert!(reports[0].killed.contains(&deaf));
}

/// What the stopped spawn, and what they spawn in turn, is ended too.
#[tokio::test]
async fn what_is_spawned_meanwhile_is_killed_in_the_end() {
    /// Leaves a successor behind, this many times.
    struct Hydra(Runtime, u32);
    impl Drop for Hydra {
        fn drop(&mut self) {
            if let Some(left) = self.1.checked_sub(1) {
                let next = Self(self.0.clone(), left);
                self.0.spawn(SpawnOptions::default(), |ctx| async move {
                    let _next = next;
                    idle(ctx).await;
                });
            }
        }
    }
    let runtime = Runtime::new();
    let head = Hydra(runtime.clone(), 5);
    let pid = spawn(&runtime, |ctx| async move {
        let _head = head;
        idle(ctx).await;
    })
    .await;
    let reports = runtime.shutdown([Stage::stop("hydra", SECOND, move |_| vec![pid])]).await;
    assert_eq!((counts(&reports[0]), counts(&reports[1])), (("hydra", 1, 0, 0), ("rest", 0, 5, 0)));
    assert!(runtime.list().is_empty());
}

/// A body that computes without waiting cannot be ended; the shutdown gives it up and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_computes_is_stuck() {
    // On a clock of its own, so that the five seconds after a kill pass at once.
    let tokio =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    let (begun, has_begun) = std::sync::mpsc::channel();
    let free = Arc::new(AtomicBool::new(false));
    let computing = std::thread::spawn({
        let (runtime, free) = (runtime.clone(), free.clone());
        move || {
            let body = |ctx: Context| async move {
                begun.send(ctx.pid()).unwrap();
                while !free.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                Ok(())
            };
            let mut run = std::pin::pin!(runtime.run(SpawnOptions::default(), body));
            let waker = std::task::Waker::noop();
            assert!(run.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready());
        }
    });
    let pid = has_begun.recv().unwrap();
    let reports = tokio::task::spawn_blocking({
        let runtime = runtime.clone();
        move || tokio.block_on(runtime.shutdown([Stage::stop("stop", SECOND, move |_| vec![pid])]))
    })
    .await
    .unwrap();
    assert_eq!(counts(&reports[0]), ("stop", 0, 1, 1));
    assert_eq!(reports.last().unwrap().stuck, [pid]);
    free.store(true, Ordering::Relaxed);
    computing.join().unwrap();
    assert!(runtime.list().is_empty());
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_stops_where_it_is() {
    let runtime = Runtime::new();
    let deaf = spawn(&runtime, idle_trapping).await;
    let mut shutdown = Box::pin(runtime.shutdown([Stage::stop("stop", Duration::MAX, move |_| vec![deaf])]));
    assert!(common::poll_once(shutdown.as_mut()).await.is_pending());
    drop(shutdown);
    assert_eq!(runtime.list(), [deaf]);
    assert_eq!(runtime.info(deaf).unwrap().monitored_by, []);
    runtime.kill(deaf);
}

/// A name of the user's own for a stage is not mistaken for the last one.
#[tokio::test]
async fn a_stage_named_rest_has_a_report_of_its_own() {
    let runtime = Runtime::new();
    let kept = spawn(&runtime, idle_trapping).await;
    let reports = runtime.shutdown([Stage::stop("rest", SECOND, |_| vec![])]).await;
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[1].killed, [kept]);
}
