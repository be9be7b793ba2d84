//! Starts that wait: `proc_lib:start/3`, `start_link/3`, `init_ack/1`.

mod common;

use std::future::pending;

use common::{as_process, down, exit, idle, no_mail, poll_once, text};
use rusm_otp::{Context, ExitReason, Mail, Pid, Runtime, SpawnOptions, Starting};
use tokio::sync::oneshot;

/// Says that it is ready, and idles.
async fn ready(ctx: Context, starting: Starting) {
    starting.ready(&ctx);
    idle(ctx).await;
}

#[tokio::test]
async fn the_starter_goes_on_when_the_process_is_ready() {
    as_process(|mut ctx| async move {
        let child = ctx
            .start_link(SpawnOptions::default(), |ctx, starting| async move {
                tokio::task::yield_now().await;
                ctx.register("ready").unwrap();
                ready(ctx, starting).await;
            })
            .await
            .unwrap();
        assert_eq!(ctx.runtime().whereis("ready"), Some(child));
        let info = ctx.runtime().info(child).unwrap();
        assert_eq!((info.links, info.monitored_by), (vec![ctx.pid()], vec![]));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn from_outside_it_is_started_without_a_link() {
    let runtime = Runtime::new();
    let pid = runtime.start(SpawnOptions::default(), ready).await.unwrap();
    assert_eq!(runtime.list(), [pid]);
    let info = runtime.info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by), (vec![], vec![]));
}

#[tokio::test]
async fn the_parent_is_whoever_is_linked() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        ctx.start_link(SpawnOptions::default(), move |ctx, starting| async move {
            assert_eq!(starting.parent(), test);
            ready(ctx, starting).await;
        })
        .await
        .unwrap();
        let start = ctx.runtime().start(SpawnOptions::default(), |ctx, starting| async move {
            assert_eq!(starting.parent(), Pid::NODE);
            ready(ctx, starting).await;
        });
        start.await.unwrap();
    })
    .await;
}

/// Every way to end before it is ready, seen by a starter that traps exits.
#[tokio::test]
async fn an_end_before_it_is_ready_is_the_reason() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let options = SpawnOptions::default;

        let returned = ctx.start_link(options(), |_ctx, _starting| async {}).await;
        assert_eq!(returned, Err(ExitReason::Normal));
        let failed =
            ctx.start_link(options(), |_ctx, _starting| async { ExitReason::shutdown_with("no disk") }).await;
        assert_eq!(failed, Err(ExitReason::shutdown_with("no disk")));
        let panicked = ctx.start_link(options(), |_ctx, _starting| async { panic!("oh") as () }).await;
        assert_eq!(panicked, Err(ExitReason::crashed("oh")));
        let exited = ctx
            .start_link(options(), |ctx, _starting| async move { ctx.exit_self(ExitReason::Shutdown).await });
        assert_eq!(exited.await, Err(ExitReason::Shutdown));

        // None of them left its exit signal in the mailbox.
        assert!(no_mail(&mut ctx).await);
        let info = ctx.runtime().info(ctx.pid()).unwrap();
        assert_eq!((info.links, info.monitors), (vec![], vec![]));
    })
    .await;
}

#[tokio::test]
async fn other_mail_stays_while_a_start_waits() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let bystander = ctx.spawn_link(SpawnOptions::default(), |_ctx| async { ExitReason::Shutdown });
        ctx.send(ctx.pid(), "before");
        let failed =
            ctx.start_link(SpawnOptions::default(), |_ctx, _starting| async { ExitReason::Shutdown });
        assert_eq!(failed.await, Err(ExitReason::Shutdown));
        assert_eq!(exit(&mut ctx).await, (bystander, ExitReason::Shutdown));
        assert_eq!(text(&mut ctx).await, "before");
    })
    .await;
}

#[tokio::test]
async fn one_that_is_killed_while_it_starts_has_failed() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let (sender, pid) = oneshot::channel();
        let runtime = ctx.runtime().clone();
        let start = ctx.start_link(SpawnOptions::default(), |ctx, starting| async move {
            sender.send(ctx.pid()).unwrap();
            pending::<()>().await;
            starting.ready(&ctx);
        });
        let kill = async { runtime.kill(pid.await.unwrap()) };
        assert_eq!(tokio::join!(start, kill).0, Err(ExitReason::Killed));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_starter_that_does_not_trap_falls_with_what_it_starts() {
    as_process(|mut ctx| async move {
        let (_, starter) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            let start = ctx.start_link(SpawnOptions::default(), |_ctx, _starting| async {
                ExitReason::crashed("no disk")
            });
            unreachable!("{:?}", start.await)
        });
        assert_eq!(down(&mut ctx, starter).await, ExitReason::crashed("no disk"));

        // A normal end is no reason to fall.
        let (_, starter) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            let start = ctx.start_link(SpawnOptions::default(), |_ctx, _starting| async {});
            assert_eq!(start.await, Err(ExitReason::Normal));
        });
        assert_eq!(down(&mut ctx, starter).await, ExitReason::Normal);
    })
    .await;
}

#[tokio::test]
async fn an_end_after_it_was_ready_is_an_exit_signal() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child = ctx
            .start_link(SpawnOptions::default(), |ctx, starting| async move {
                starting.ready(&ctx);
                ExitReason::Shutdown
            })
            .await
            .unwrap();
        assert_eq!(exit(&mut ctx).await, (child, ExitReason::Shutdown));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_start_that_is_dropped_kills_the_process() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let (sender, pid) = oneshot::channel();
        let mut start = Box::pin(ctx.start_link(SpawnOptions::default(), |ctx, _starting| async move {
            ctx.trap_exit(true);
            sender.send(ctx.pid()).unwrap();
            pending::<()>().await;
        }));
        assert!(poll_once(start.as_mut()).await.is_pending());
        let pid = pid.await.unwrap();
        drop(start);
        assert!(!ctx.runtime().is_alive(pid));
        let monitor = ctx.monitor(pid);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
        assert!(no_mail(&mut ctx).await);

        let runtime = Runtime::new();
        let mut start = Box::pin(
            runtime.start(SpawnOptions::default(), |_ctx, _starting| async { pending::<()>().await }),
        );
        assert!(poll_once(start.as_mut()).await.is_pending());
        drop(start);
        assert!(runtime.list().iter().all(|pid| !runtime.is_alive(*pid)));
    })
    .await;
}

#[tokio::test]
async fn a_start_that_is_dropped_after_it_failed_leaves_no_mail() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let runtime = ctx.runtime().clone();
        let mut start = Box::pin(
            ctx.start_link(SpawnOptions::default(), |_ctx, _starting| async { ExitReason::Shutdown }),
        );
        assert!(poll_once(start.as_mut()).await.is_pending());
        while runtime.list().len() > 1 {
            tokio::task::yield_now().await;
        }
        drop(start);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn the_end_of_the_starter_takes_the_process_along() {
    as_process(|mut ctx| async move {
        let (sender, pid) = oneshot::channel();
        let (starter, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            let start = ctx.start_link(SpawnOptions::default(), |ctx, _starting| async move {
                ctx.trap_exit(true);
                sender.send(ctx.pid()).unwrap();
                pending::<()>().await;
            });
            start.await.map(|_| ())
        });
        let child = ctx.monitor(pid.await.unwrap());
        ctx.kill(starter);
        assert_eq!(down(&mut ctx, child).await, ExitReason::Killed);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn a_started_process_gets_its_mail_from_the_first_on() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let child = ctx
            .start_link(SpawnOptions::default(), move |mut ctx, starting| async move {
                starting.ready(&ctx);
                let Mail::Message { from, .. } = ctx.receive().await else { panic!("no message") };
                assert_eq!(from, test);
            })
            .await
            .unwrap();
        let monitor = ctx.monitor(child);
        ctx.send(child, "hello");
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
    })
    .await;
}
