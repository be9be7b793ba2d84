//! Names: `erlang:register/2`, `unregister/1`, `whereis/1`.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{as_process, down, idle, no_mail, text};
use rusm_otp::{NameError, Pid, SpawnOptions};
use tokio::sync::Barrier;

#[tokio::test]
async fn one_name_is_one_process() {
    as_process(|ctx| async move {
        let (runtime, other) = (ctx.runtime(), ctx.runtime().spawn(SpawnOptions::default(), idle));
        runtime.register("clock", other).unwrap();
        let taken = ctx.register("clock").unwrap_err();
        assert_eq!(taken, NameError::Taken { name: "clock".into(), holder: other });
        assert_eq!(taken.to_string(), format!("the name `clock` is taken by process {other}"));
        assert_eq!(runtime.whereis("clock"), Some(other));
    })
    .await;
}

#[tokio::test]
async fn one_process_may_have_several_names() {
    as_process(|ctx| async move {
        ctx.register("a").unwrap();
        ctx.register("b").unwrap();
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().names, ["a".into(), "b".into()]);
    })
    .await;
}

#[tokio::test]
async fn an_unregistered_name_is_free() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        runtime.register("x", child).unwrap();
        assert_eq!(runtime.unregister("x"), Some(child));
        assert_eq!(runtime.unregister("x"), None);
        ctx.register("x").unwrap();
        runtime.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(runtime.whereis("x"), Some(ctx.pid()));
    })
    .await;
}

#[tokio::test]
async fn the_dead_and_the_dying_take_no_names() {
    as_process(|ctx| async move {
        let runtime = ctx.runtime();
        assert_eq!(runtime.register("x", Pid::NODE), Err(NameError::NoProcess(Pid::NODE)));
        let child = runtime.spawn(SpawnOptions::default(), idle);
        runtime.kill(child);
        assert_eq!(runtime.register("x", child), Err(NameError::NoProcess(child)));
        assert_eq!(runtime.whereis("x"), None);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_free_when_the_down_arrives() {
    as_process(|mut ctx| async move {
        for _ in 0..1000 {
            let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
                ctx.register("phoenix").unwrap();
            });
            down(&mut ctx, monitor).await;
            assert_eq!(ctx.runtime().whereis("phoenix"), None, "{child}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_ask_at_once_one_spawns_and_one_body_runs() {
    const CROWD: usize = 64;
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        for _ in 0..50 {
            let start = Arc::new(Barrier::new(CROWD));
            let askers: Vec<_> = (0..CROWD)
                .map(|_| {
                    let (runtime, start) = (ctx.runtime().clone(), start.clone());
                    tokio::spawn(async move {
                        start.wait().await;
                        runtime.whereis_or_spawn("cache", SpawnOptions::default(), move |ctx| {
                            assert_eq!(ctx.runtime().whereis("cache"), Some(ctx.pid()));
                            ctx.send(test, "begun");
                            idle(ctx)
                        })
                    })
                })
                .collect();
            let mut pids = BTreeSet::new();
            for asker in askers {
                pids.insert(asker.await.unwrap());
            }
            let pid = pids.pop_first().unwrap();
            assert!(pids.is_empty());
            assert_eq!(text(&mut ctx).await, "begun");
            assert_eq!(ctx.runtime().info(pid).unwrap().names, ["cache".into()]);
            let monitor = ctx.monitor(pid);
            ctx.kill(pid);
            down(&mut ctx, monitor).await;
            assert_eq!(ctx.runtime().whereis("cache"), None);
            assert_eq!(ctx.runtime().list(), [test]);
            assert!(no_mail(&mut ctx).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_dying_process_gives_its_name_to_the_next() {
    as_process(|mut ctx| async move {
        let runtime = ctx.runtime().clone();
        let old = runtime.whereis_or_spawn("cache", SpawnOptions::default(), idle);
        let monitor = ctx.monitor(old);
        ctx.kill(old);
        let new = runtime.whereis_or_spawn("cache", SpawnOptions::default(), idle);
        assert_ne!(old, new);
        assert_eq!(runtime.whereis("cache"), Some(new));
        down(&mut ctx, monitor).await;
        assert_eq!(runtime.whereis("cache"), Some(new));
        assert_eq!(runtime.info(new).unwrap().names, ["cache".into()]);
    })
    .await;
}

/// A signal that was to end it can be taken back; its name has gone all the same.
#[tokio::test]
async fn a_process_that_lost_its_name_while_it_was_dying_does_not_claim_it() {
    as_process(|ctx| async move {
        let (runtime, nobody) = (ctx.runtime().clone(), Pid::from_u64(7));
        ctx.register("cache").unwrap();
        ctx.register("other").unwrap();
        ctx.link(nobody);
        let new = runtime.whereis_or_spawn("cache", SpawnOptions::default(), idle);
        assert_ne!(new, ctx.pid());
        ctx.unlink(nobody);
        assert_eq!(runtime.info(ctx.pid()).unwrap().names, ["other".into()]);
        assert_eq!(runtime.whereis("cache"), Some(new));
    })
    .await;
}

#[tokio::test]
async fn a_name_found_spawns_nothing() {
    as_process(|ctx| async move {
        ctx.register("me").unwrap();
        let found = ctx.runtime().whereis_or_spawn("me", SpawnOptions::default(), idle);
        assert_eq!(found, ctx.pid());
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
    })
    .await;
}
