//! Links: `erlang:link/1`, `unlink/1`, `spawn_link/1`.

mod common;

use common::{as_process, down, exit, idle, idle_trapping, no_mail, reason_of, spawn_after};
use rusm_otp::{Context, ExitReason, Pid, SpawnOptions};

#[tokio::test]
async fn an_end_reaches_the_linked_process_either_way() {
    as_process(|mut ctx| async move {
        let a = spawn_after(&mut ctx, |_| {}).await;
        let b = spawn_after(&mut ctx, move |ctx| ctx.link(a)).await;
        ctx.exit(a, ExitReason::Shutdown);
        assert_eq!(reason_of(&mut ctx, b).await, ExitReason::Shutdown);

        let a = spawn_after(&mut ctx, |_| {}).await;
        let b = spawn_after(&mut ctx, move |ctx| ctx.link(a)).await;
        let monitor = ctx.monitor(a);
        ctx.exit(b, ExitReason::Shutdown);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test]
async fn a_chain_of_links_falls_to_its_end() {
    as_process(|mut ctx| async move {
        let first = spawn_after(&mut ctx, |_| {}).await;
        let mut last = first;
        for _ in 0..100 {
            last = spawn_after(&mut ctx, move |ctx| ctx.link(last)).await;
        }
        let monitor = ctx.monitor(last);
        ctx.kill(first);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn a_normal_end_leaves_the_linked_process_alone() {
    as_process(|mut ctx| async move {
        let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async {});
        let end = reason_of(&mut ctx, child).await;
        assert!(matches!(end, ExitReason::Normal | ExitReason::NoProcess), "{end}");
        assert!(ctx.runtime().is_alive(ctx.pid()));
    })
    .await;
}

#[tokio::test]
async fn a_normal_end_is_mail_for_a_trapping_process() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async {});
        assert_eq!(exit(&mut ctx).await, (child, ExitReason::Normal));
    })
    .await;
}

#[tokio::test]
async fn to_link_twice_is_to_link_once() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child = ctx.spawn_link(SpawnOptions::default(), idle);
        ctx.link(child);
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().links, [child]);
        assert_eq!(ctx.runtime().info(child).unwrap().links, [ctx.pid()]);
        ctx.kill(child);
        exit(&mut ctx).await;
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn one_unlink_undoes_all_links_from_either_side() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let child = spawn_after(&mut ctx, move |ctx| ctx.link(test)).await;
        ctx.link(child);
        ctx.unlink(child);
        assert_eq!(ctx.runtime().info(child).unwrap().links, []);
        ctx.kill(child);
        assert_eq!(reason_of(&mut ctx, child).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn to_link_to_the_dead_is_noproc() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            ctx.link(Pid::from_u64(7));
            idle(ctx).await;
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::NoProcess);

        ctx.trap_exit(true);
        ctx.link(Pid::NODE);
        assert_eq!(exit(&mut ctx).await, (Pid::NODE, ExitReason::NoProcess));
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().links, []);
    })
    .await;
}

#[tokio::test]
async fn to_link_to_oneself_does_nothing() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        ctx.link(ctx.pid());
        ctx.unlink(ctx.pid());
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().links, []);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn unlinking_takes_back_a_signal_that_has_not_taken_effect() {
    as_process(|mut ctx| async move {
        // The body does not wait between the two, so the signal has come and the body goes on.
        ctx.link(Pid::from_u64(7));
        assert!(!ctx.runtime().is_alive(ctx.pid()));
        ctx.unlink(Pid::from_u64(7));
        assert!(ctx.runtime().is_alive(ctx.pid()));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_destructor_that_unlinks_does_not_take_back_what_has_taken_effect() {
    /// Unlinks, when it is dropped with the body that it is in.
    struct Unlinks(Context, Pid);
    impl Drop for Unlinks {
        fn drop(&mut self) {
            self.0.unlink(self.1);
        }
    }
    as_process(|mut ctx| async move {
        for ends_while_it_waits in [true, false] {
            let a = spawn_after(&mut ctx, |_| {}).await;
            let (ready, is_ready) = tokio::sync::oneshot::channel();
            let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
                ctx.link(a);
                if !ends_while_it_waits {
                    ctx.link(Pid::from_u64(7));
                }
                let _unlinks = Unlinks(ctx, if ends_while_it_waits { a } else { Pid::from_u64(7) });
                ready.send(()).unwrap();
                std::future::pending::<()>().await;
            });
            is_ready.await.unwrap();
            ctx.exit(a, ExitReason::shutdown_with("a"));
            let expected =
                if ends_while_it_waits { ExitReason::shutdown_with("a") } else { ExitReason::NoProcess };
            assert_eq!(down(&mut ctx, monitor).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn unlinking_takes_back_no_other_signal() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            let nobody = Pid::from_u64(7);
            ctx.link(nobody);
            ctx.exit(ctx.pid(), ExitReason::Shutdown);
            ctx.unlink(nobody);
            idle(ctx).await;
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test]
async fn mail_of_a_link_stays_after_unlinking() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let nobody = Pid::from_u64(7);
        ctx.link(nobody);
        ctx.unlink(nobody);
        assert_eq!(exit(&mut ctx).await, (nobody, ExitReason::NoProcess));
    })
    .await;
}

#[tokio::test]
async fn a_spawned_process_is_linked_from_the_start() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        for _ in 0..1000 {
            let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async { ExitReason::Shutdown });
            assert_eq!(exit(&mut ctx).await, (child, ExitReason::Shutdown));
        }
    })
    .await;
}

#[tokio::test]
async fn a_trapping_process_survives_and_the_link_is_used_up() {
    as_process(|mut ctx| async move {
        let a = ctx.runtime().spawn(SpawnOptions::default(), idle);
        let b = spawn_after(&mut ctx, move |ctx| {
            ctx.trap_exit(true);
            ctx.link(a);
        })
        .await;
        let monitor = ctx.monitor(a);
        ctx.kill(a);
        down(&mut ctx, monitor).await;
        let info = ctx.runtime().info(b).unwrap();
        assert!(info.trap_exit);
        assert_eq!(info.links, []);
    })
    .await;
}

#[tokio::test]
async fn a_child_whose_parent_is_gone_already_is_told() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let (sender, late) = tokio::sync::oneshot::channel();
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            sender.send(ctx).unwrap();
        });
        down(&mut ctx, monitor).await;
        let late = late.await.unwrap();
        let child = late.spawn_link(SpawnOptions::default(), idle_trapping);
        let orphan = late.spawn_link(SpawnOptions::default(), idle);
        assert!(!ctx.runtime().is_alive(orphan));
        assert!(ctx.runtime().info(child).is_none_or(|info| info.links.is_empty()));
        late.link(ctx.pid());
        late.monitor(ctx.pid());
        let me = ctx.runtime().info(ctx.pid()).unwrap();
        assert_eq!((me.links, me.monitored_by), (vec![], vec![]));
    })
    .await;
}
