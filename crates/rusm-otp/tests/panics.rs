//! A panic is an exit reason, wherever in a body it happens, and harms nobody else.

mod common;

use common::{as_process, down, exit, idle, poll_once};
use rusm_otp::{ExitReason, Payload, Runtime, SpawnOptions};

/// Panics when dropped.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

#[tokio::test]
async fn a_panic_is_a_crash_with_its_text() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async { assert_eq!(1, 2, "sums") });
        let (from, reason) = exit(&mut ctx).await;
        assert_eq!(from, child);
        assert!(
            reason.to_string().starts_with("crashed: assertion `left == right` failed: sums"),
            "{reason}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_panic_before_the_body_counts_as_one_in_it() {
    let end = Runtime::new()
        .run(SpawnOptions::default(), |_ctx| {
            assert!(std::hint::black_box(false), "at the door");
            async { Ok(()) }
        })
        .await;
    assert_eq!(end, Err(ExitReason::crashed("at the door")));
}

#[tokio::test]
async fn a_panic_in_a_predicate_is_the_bodys() {
    let end = Runtime::new()
        .run(SpawnOptions::default(), |mut ctx| async move {
            ctx.send(ctx.pid(), "x");
            ctx.receive_match(|_| panic!("choosy")).await;
            Ok(())
        })
        .await;
    assert_eq!(end, Err(ExitReason::crashed("choosy")));
}

#[tokio::test]
async fn a_panic_in_a_destructor_is_a_crash() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {
            let _bomb = Bomb("on the way out");
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::crashed("on the way out"));
    })
    .await;
}

#[tokio::test]
async fn a_killed_body_whose_destructor_panics_was_killed() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            let _bomb = Bomb("under fire");
            idle(ctx).await;
        });
        tokio::task::yield_now().await;
        ctx.kill(child);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_inline_process_whose_destructor_panics_spares_its_caller() {
    as_process(|mut ctx| async move {
        let mut run = Box::pin(ctx.runtime().run(SpawnOptions::default(), |inner| async move {
            inner.register("inner").unwrap();
            let _bomb = Bomb("in the drop");
            idle(inner).await;
            Ok(())
        }));
        assert!(poll_once(run.as_mut()).await.is_pending());
        let monitor = ctx.monitor(ctx.runtime().whereis("inner").unwrap());
        drop(run);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::crashed("in the drop"));
    })
    .await;
}

#[tokio::test]
async fn mail_that_panics_when_dropped_harms_nobody() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            for _ in 0..3 {
                ctx.send(ctx.pid(), Payload::new(Bomb("unread")));
            }
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
        ctx.send(child, "x");

        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            for text in ["taken", "fetched", "fetched too"] {
                ctx.send(ctx.pid(), Payload::new(Bomb(text)));
            }
            std::mem::forget(ctx.receive().await);
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
    })
    .await;
}

#[tokio::test]
async fn a_result_that_came_too_late_may_panic_when_dropped() {
    let end = Runtime::new()
        .run(SpawnOptions::default(), |ctx| async move {
            ctx.kill(ctx.pid());
            Ok(Bomb("too late"))
        })
        .await;
    assert_eq!(end.err(), Some(ExitReason::Killed));
}
