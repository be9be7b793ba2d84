//! Events in the lives of processes: `Runtime::observe`.

mod common;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{as_process, down, idle, poll_once};
use parking_lot::Mutex;
use rusm_otp::{
    ChildSpec, Context, Event, ExitReason, Mail, Observer, Pid, Restart, Runtime, Shutdown, SpawnOptions,
    Strategy, Supervisor,
};

/// Writes down what it is told.
fn record(runtime: &Runtime) -> (Observer, Arc<Mutex<Vec<Event>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let observer = runtime.observe({
        let log = log.clone();
        move |event| log.lock().push(event.clone())
    });
    (observer, log)
}

fn spawned(pid: Pid, label: &str) -> Event {
    Event::Spawned { pid, label: Some(label.into()) }
}

fn exited(pid: Pid, label: &str, reason: ExitReason) -> Event {
    Event::Exited { pid, label: Some(label.into()), reason }
}

#[tokio::test]
async fn a_process_is_spawned_and_exits() {
    as_process(|mut ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let options = SpawnOptions::default().label("child");
        let (child, monitor) = ctx.spawn_monitor(options, |_ctx| async { ExitReason::shutdown_with("x") });
        assert_eq!(*log.lock(), [spawned(child, "child")]);
        down(&mut ctx, monitor).await;
        // The exit is told after links and monitors, by the thread that they were told by.
        assert_eq!(
            *log.lock(),
            [spawned(child, "child"), exited(child, "child", ExitReason::shutdown_with("x"))]
        );
    })
    .await;
}

#[tokio::test]
async fn an_inline_process_is_spawned_when_it_is_polled_and_exits_before_its_result() {
    let runtime = Runtime::new();
    let (_observer, log) = record(&runtime);
    let options = SpawnOptions::default().label("inline");
    let run = runtime.run(options.clone(), |ctx| async move { Ok(ctx.pid()) });
    assert!(log.lock().is_empty());
    let pid = run.await.unwrap();
    assert_eq!(*log.lock(), [spawned(pid, "inline"), exited(pid, "inline", ExitReason::Normal)]);

    log.lock().clear();
    let mut dropped = Box::pin(runtime.run(options, |ctx| async move {
        idle(ctx).await;
        Ok(())
    }));
    assert!(poll_once(dropped.as_mut()).await.is_pending());
    let pid = runtime.list()[0];
    drop(dropped);
    assert_eq!(*log.lock(), [spawned(pid, "inline"), exited(pid, "inline", ExitReason::Killed)]);
}

#[tokio::test]
async fn a_named_process_is_spawned_once() {
    as_process(|mut ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let options = SpawnOptions::default().label("cache");
        let pid = ctx.runtime().whereis_or_spawn("cache", options.clone(), idle);
        assert_eq!(ctx.runtime().whereis_or_spawn("cache", options, idle), pid);
        let monitor = ctx.monitor(pid);
        ctx.kill(pid);
        down(&mut ctx, monitor).await;
        assert_eq!(*log.lock(), [spawned(pid, "cache"), exited(pid, "cache", ExitReason::Killed)]);
    })
    .await;
}

#[tokio::test]
async fn the_label_of_an_exit_is_the_last() {
    let runtime = Runtime::new();
    let (_observer, log) = record(&runtime);
    let body = |ctx: rusm_otp::Context| async move {
        ctx.set_label("later");
        Ok(())
    };
    runtime.run(SpawnOptions::default(), body).await.unwrap();
    assert!(matches!(&log.lock()[0], Event::Spawned { label: None, .. }));
    assert!(matches!(&log.lock()[1], Event::Exited { label: Some(label), .. } if &**label == "later"));
}

#[tokio::test]
async fn a_crash_and_a_signal_are_told_with_their_reasons() {
    as_process(|mut ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let (_, crash) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async { panic!("oh") as () });
        down(&mut ctx, crash).await;
        let (stopped, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        ctx.exit(stopped, ExitReason::Shutdown);
        down(&mut ctx, monitor).await;
        let reasons: Vec<_> = log
            .lock()
            .iter()
            .filter_map(|event| match event {
                Event::Exited { reason, .. } => Some(reason.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(reasons, [ExitReason::crashed("oh"), ExitReason::Shutdown]);
    })
    .await;
}

#[tokio::test]
async fn one_that_was_dropped_is_told_nothing_more() {
    let runtime = Runtime::new();
    let (first, first_log) = record(&runtime);
    let (second, second_log) = record(&runtime);
    let run = || runtime.run(SpawnOptions::default(), |_ctx| async { Ok(()) });
    run().await.unwrap();
    drop(first);
    run().await.unwrap();
    drop(second);
    run().await.unwrap();
    assert_eq!((first_log.lock().len(), second_log.lock().len()), (2, 4));
    // What an observer holds goes with it.
    assert_eq!((Arc::strong_count(&first_log), Arc::strong_count(&second_log)), (1, 1));
}

#[tokio::test]
async fn one_that_panics_harms_neither_processes_nor_other_observers() {
    let runtime = Runtime::new();
    let _panics = runtime.observe(|_event| panic!("I cannot watch this"));
    let (_observer, log) = record(&runtime);
    assert_eq!(runtime.run(SpawnOptions::default(), |_ctx| async { Ok(7) }).await, Ok(7));
    assert_eq!(log.lock().len(), 2);
}

/// No lock is held while an observer is told, so it may look at the node, change it and observe.
#[tokio::test]
async fn an_observer_may_use_the_runtime() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let later = Arc::new(Mutex::new(None));
        let observer = runtime.observe({
            let (runtime, later, test) = (runtime.clone(), later.clone(), ctx.pid());
            move |event| match event {
                Event::Spawned { pid, .. } => {
                    assert!(runtime.info(*pid).is_some());
                    assert!(runtime.register("newborn", *pid).is_ok());
                    assert!(runtime.join("children", *pid));
                }
                Event::Exited { pid, .. } => {
                    assert!(runtime.info(*pid).is_none() && runtime.groups().is_empty());
                    runtime.send(test, "seen");
                    *later.lock() = Some(runtime.observe(|_event| ()));
                }
                _ => {}
            }
        });
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        assert_eq!(runtime.whereis("newborn"), Some(child));
        ctx.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(common::text(&mut ctx).await, "seen");
        drop(observer);
        assert!(later.lock().is_some());
    })
    .await;
}

/// On all threads at once: for each process one spawn, then one exit.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn spawn_comes_before_exit_for_each() {
    const EACH: usize = 500;
    let runtime = Runtime::new();
    let lives = Arc::new(Mutex::new(HashMap::<Pid, Vec<&str>>::new()));
    let observer = runtime.observe({
        let lives = lives.clone();
        move |event| match event {
            Event::Spawned { pid, .. } => lives.lock().entry(*pid).or_default().push("spawned"),
            Event::Exited { pid, .. } => lives.lock().entry(*pid).or_default().push("exited"),
            _ => {}
        }
    });
    let tasks = [(); 4].map(|()| {
        let runtime = runtime.clone();
        tokio::spawn(async move {
            let body = |mut ctx: rusm_otp::Context| async move {
                for n in 0..EACH {
                    let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
                    if n % 2 == 0 {
                        ctx.kill(child);
                    }
                    down(&mut ctx, monitor).await;
                }
                Ok(())
            };
            runtime.run(SpawnOptions::default(), body).await
        })
    });
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // Told of after its monitors: the last one may be on its way.
    while lives.lock().values().any(|life| life.len() < 2) {
        tokio::task::yield_now().await;
    }
    drop(observer);
    let lives = lives.lock();
    assert_eq!(lives.len(), 4 * (EACH + 1));
    assert!(lives.values().all(|life| *life == ["spawned", "exited"]));
}

/// What supervisors tell, without the spawns and exits between.
fn reports(log: &Mutex<Vec<Event>>) -> Vec<Event> {
    let events = log.lock();
    let of_processes = |event: &&Event| matches!(event, Event::Spawned { .. } | Event::Exited { .. });
    events.iter().filter(|event| !of_processes(event)).cloned().collect()
}

/// A child that is registered under its id and crashes when it is told to.
fn child(id: &'static str) -> ChildSpec {
    ChildSpec::starting(id, move |mut ctx: Context, starting| async move {
        ctx.register(id).unwrap();
        starting.ready(&ctx);
        ctx.receive().await;
        ExitReason::crashed(id)
    })
}

#[tokio::test]
async fn a_supervisor_tells_of_ends_restarts_and_too_many() {
    as_process(|mut ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let supervisor = Supervisor::new(Strategy::OneForAll).intensity(1, Duration::from_mins(1));
        let supervisor = supervisor.child(child("a")).child(child("b")).start(ctx.runtime()).await.unwrap();
        let end = ctx.monitor(supervisor.pid());
        let supervisor = supervisor.pid();
        let pid_of = |id| ctx.runtime().whereis(id).unwrap();

        let (a, b) = (pid_of("a"), pid_of("b"));
        let monitors = [ctx.monitor(a), ctx.monitor(b)];
        ctx.send(b, "go");
        let is_down = |mail: &Mail| matches!(mail, Mail::Down { .. });
        for _ in monitors {
            ctx.receive_match(is_down).await;
        }
        while ctx.runtime().whereis("b").is_none() {
            tokio::task::yield_now().await;
        }
        // Its report comes after the start.
        while reports(&log).len() < 3 {
            tokio::task::yield_now().await;
        }
        let pid_of = |id| ctx.runtime().whereis(id).unwrap();
        let (new_a, new_b) = (pid_of("a"), pid_of("b"));
        let restarted =
            |id: &str, old, new, reason| Event::Restarted { supervisor, id: id.into(), old, new, reason };
        let terminated = |id: &str, pid| Event::ChildTerminated {
            supervisor,
            id: id.into(),
            pid,
            reason: ExitReason::crashed(id),
        };
        assert_eq!(
            reports(&log),
            [
                terminated("b", b),
                restarted("a", a, new_a, ExitReason::Shutdown),
                restarted("b", b, new_b, ExitReason::crashed("b")),
            ]
        );

        log.lock().clear();
        ctx.send(new_a, "go");
        assert_eq!(down(&mut ctx, end).await, ExitReason::Shutdown);
        let too_many = Event::IntensityReached { supervisor, id: "a".into() };
        assert_eq!(reports(&log), [terminated("a", new_a), too_many]);
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_tells_of_starts_and_stops_that_failed() {
    as_process(|ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let supervisor = Supervisor::new(Strategy::OneForOne).start(ctx.runtime()).await.unwrap();
        let id = supervisor.pid();
        let unlucky =
            ChildSpec::starting("unlucky", |_ctx, _starting| async { ExitReason::crashed("no luck") });
        assert!(supervisor.start_child(unlucky).await.is_err());
        let failed = Event::StartFailed {
            supervisor: id,
            id: "unlucky".into(),
            reason: ExitReason::crashed("no luck"),
        };
        assert_eq!(reports(&log), [failed]);

        log.lock().clear();
        // Ends by its own reason when it is asked to stop.
        let contrary = ChildSpec::starting("contrary", |mut ctx: Context, starting| async move {
            ctx.trap_exit(true);
            starting.ready(&ctx);
            ctx.receive().await;
            ExitReason::crashed("never")
        });
        let pid = supervisor.start_child(contrary).await.unwrap().unwrap();
        supervisor.terminate_child("contrary").await.unwrap();
        let failed = Event::StopFailed {
            supervisor: id,
            id: "contrary".into(),
            pid,
            reason: ExitReason::crashed("never"),
        };
        assert_eq!(reports(&log), [failed]);
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_is_silent_about_what_was_meant() {
    as_process(|mut ctx| async move {
        let (_observer, log) = record(ctx.runtime());
        let over = Arc::new(AtomicBool::new(false));
        let done = {
            let over = over.clone();
            ChildSpec::new("done", move |_ctx| {
                over.store(true, Ordering::Release);
                async {}
            })
        };
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(child("stopped").shutdown(Shutdown::BrutalKill))
            .child(done.restart(Restart::Transient))
            .start(ctx.runtime())
            .await
            .unwrap();
        while !over.load(Ordering::Acquire) {
            tokio::task::yield_now().await;
        }
        supervisor.terminate_child("stopped").await.unwrap();
        let end = ctx.monitor(supervisor.pid());
        ctx.exit(supervisor.pid(), ExitReason::Shutdown);
        ctx.runtime().exit(supervisor.pid(), ExitReason::Shutdown);
        assert_eq!(down(&mut ctx, end).await, ExitReason::Shutdown);
        assert_eq!(reports(&log), []);
    })
    .await;
}
