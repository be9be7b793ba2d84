//! The rules hold when everything happens at once.

mod common;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{as_process, down, idle, idle_trapping, no_mail};
use rusm_otp::{Context, ExitReason, Mail, Payload, Pid, SpawnOptions};
use tokio::sync::Barrier;

const CROWD: usize = 64;

/// Spawns a crowd of monitored processes that start their work together, and waits for the end of all.
async fn crowd<F, B>(ctx: &mut Context, work: F)
where
    F: Fn(Context, usize) -> B + Clone + Send + 'static,
    B: Future<Output = ()> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CROWD));
    let mut monitors = Vec::new();
    for n in 0..CROWD {
        let (work, start) = (work.clone(), start.clone());
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
            ctx.trap_exit(true);
            start.wait().await;
            work(ctx, n).await;
        });
        monitors.push(monitor);
    }
    for monitor in monitors {
        assert_eq!(down(ctx, monitor).await, ExitReason::Normal);
    }
}

/// Whether the process links, or is killed: each linker gets exactly one signal, with one of the two possible
/// reasons.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_link_answers_once_when_its_other_end_is_killed() {
    as_process(|mut ctx| async move {
        for _ in 0..100 {
            let victim = ctx.runtime().spawn(SpawnOptions::default(), idle_trapping);
            crowd(&mut ctx, move |mut ctx, n| async move {
                ctx.link(victim);
                if n % 8 == 0 {
                    ctx.kill(victim);
                }
                let Mail::Exit { from, reason } = ctx.receive().await else { panic!("no exit") };
                assert_eq!(from, victim);
                assert!(matches!(reason, ExitReason::Killed | ExitReason::NoProcess), "{reason}");
                assert!(no_mail(&mut ctx).await);
                assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().links, []);
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_monitor_answers_once_when_its_process_is_killed() {
    as_process(|mut ctx| async move {
        for _ in 0..100 {
            let victim = ctx.runtime().spawn(SpawnOptions::default(), idle);
            crowd(&mut ctx, move |mut ctx, n| async move {
                let dropped = ctx.monitor(victim);
                let kept = ctx.monitor(victim);
                if n % 8 == 0 {
                    ctx.kill(victim);
                }
                ctx.demonitor_flush(dropped);
                let Mail::Down { monitor, pid, reason } = ctx.receive().await else { panic!("no down") };
                assert_eq!((monitor, pid), (kept, victim));
                assert!(matches!(reason, ExitReason::Killed | ExitReason::NoProcess), "{reason}");
                assert!(no_mail(&mut ctx).await);
            })
            .await;
        }
    })
    .await;
}

/// A process that has unlinked is out of reach, however the end of the other and the unlinking fell together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_comes_by_a_link_that_was_taken_away() {
    as_process(|mut ctx| async move {
        for _ in 0..100 {
            let victim = ctx.runtime().spawn(SpawnOptions::default(), idle);
            crowd(&mut ctx, move |ctx, n| async move {
                let test = ctx.pid();
                let (done, was_done) = tokio::sync::oneshot::channel();
                ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
                    ctx.link(victim);
                    ctx.unlink(victim);
                    tokio::task::yield_now().await;
                    ctx.send(test, "survived");
                    done.send(()).unwrap();
                });
                if n % 8 == 0 {
                    ctx.kill(victim);
                }
                was_done.await.expect("unlinked, and yet ended");
            })
            .await;
        }
    })
    .await;
}

/// Two processes link and unlink each other at once: in the end both ends agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_ends_of_a_link_agree() {
    as_process(|ctx| async move {
        for _ in 0..200 {
            let (start, done) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(3)));
            let partners = [0, 1].map(|parity| {
                let (start, done) = (start.clone(), done.clone());
                ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
                    let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
                    let other = payload.downcast::<Pid>().unwrap();
                    start.wait().await;
                    for n in 0..51 {
                        if n % 2 == parity {
                            ctx.link(other);
                        } else {
                            ctx.unlink(other);
                        }
                    }
                    done.wait().await;
                    idle(ctx).await;
                })
            });
            let [a, b] = partners;
            ctx.send(a, Payload::new(b));
            ctx.send(b, Payload::new(a));
            done.wait().await;
            let is_linked = [(a, b), (b, a)].map(|(own, other)| {
                let info = ctx.runtime().info(own).expect("idle");
                info.links.contains(&other)
            });
            assert_eq!(is_linked[0], is_linked[1]);
            ctx.kill(a);
            ctx.kill(b);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_has_one_holder_at_a_time() {
    as_process(|mut ctx| async move {
        let holders = Arc::new(AtomicUsize::new(0));
        crowd(&mut ctx, move |ctx, _| {
            let holders = holders.clone();
            async move {
                for _ in 0..100 {
                    if ctx.register("crown").is_ok() {
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        assert_eq!(ctx.runtime().whereis("crown"), Some(ctx.pid()));
                        holders.fetch_sub(1, Ordering::SeqCst);
                        assert_eq!(ctx.runtime().unregister("crown"), Some(ctx.pid()));
                    }
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        assert_eq!(ctx.runtime().whereis("crown"), None);
    })
    .await;
}

/// Processes are born and end on all threads while others look at them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn observers_see_only_the_living() {
    as_process(|mut ctx| async move {
        crowd(&mut ctx, |mut ctx, _| async move {
            for _ in 0..50 {
                let (child, monitor) =
                    ctx.spawn_monitor(SpawnOptions::default().label("child"), |_ctx| async {});
                if let Some(info) = ctx.runtime().info(child) {
                    assert_eq!((info.pid, info.label.as_deref()), (child, Some("child")));
                }
                ctx.runtime().list();
                down(&mut ctx, monitor).await;
                assert_eq!(ctx.runtime().info(child), None);
            }
        })
        .await;
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
    })
    .await;
}
