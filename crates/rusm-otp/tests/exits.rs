//! Exit signals: `erlang:exit/1`, `exit/2`, `process_flag(trap_exit, _)`.

mod common;

use common::{as_process, down, exit, idle, idle_trapping, no_mail, reason_of, spawn_after};
use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};

#[tokio::test]
async fn the_output_of_a_body_is_its_reason() {
    as_process(|mut ctx| async move {
        let (_, unit) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
        let (_, ok) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async { Ok(()) });
        let (_, err) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async { Err(ExitReason::Shutdown) });
        let (_, own) =
            ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async { ExitReason::shutdown_with("x") });
        assert_eq!(down(&mut ctx, unit).await, ExitReason::Normal);
        assert_eq!(down(&mut ctx, ok).await, ExitReason::Normal);
        assert_eq!(down(&mut ctx, err).await, ExitReason::Shutdown);
        assert_eq!(down(&mut ctx, own).await, ExitReason::shutdown_with("x"));
    })
    .await;
}

#[tokio::test]
async fn a_signal_ends_a_process_that_does_not_trap() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        ctx.exit(child, ExitReason::crashed("because"));
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::crashed("because"));
    })
    .await;
}

#[tokio::test]
async fn the_first_of_two_signals_gives_the_reason() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        ctx.exit(child, ExitReason::Shutdown);
        ctx.kill(child);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test]
async fn normal_from_another_is_ignored_without_trapping() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        ctx.exit(child, ExitReason::Normal);
        assert!(ctx.runtime().is_alive(child));
        ctx.kill(child);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn normal_to_oneself_ends_a_process() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            ctx.exit(ctx.pid(), ExitReason::Normal);
            std::future::pending::<()>().await;
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
    })
    .await;
}

#[tokio::test]
async fn trapped_signals_are_mail_whatever_the_reason() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        for reason in [ExitReason::Normal, ExitReason::Killed, ExitReason::crashed("x")] {
            ctx.exit(ctx.pid(), reason.clone());
            assert_eq!(exit(&mut ctx).await, (ctx.pid(), reason));
        }
    })
    .await;
}

#[tokio::test]
async fn signals_from_outside_come_from_the_node() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        ctx.runtime().exit(ctx.pid(), ExitReason::Shutdown);
        assert_eq!(exit(&mut ctx).await, (Pid::NODE, ExitReason::Shutdown));
    })
    .await;
}

#[tokio::test]
async fn a_signal_keeps_the_effect_it_had_when_it_came() {
    as_process(|mut ctx| async move {
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            ctx.exit(ctx.pid(), ExitReason::Shutdown);
            ctx.trap_exit(true);
            idle(ctx).await;
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Shutdown);
    })
    .await;
}

#[tokio::test]
async fn kill_cannot_be_trapped() {
    as_process(|mut ctx| async move {
        let child = spawn_after(&mut ctx, |ctx| {
            ctx.trap_exit(true);
        })
        .await;
        ctx.kill(child);
        assert_eq!(reason_of(&mut ctx, child).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn killed_reaches_links_as_an_ordinary_reason() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child = ctx.spawn_link(SpawnOptions::default(), idle_trapping);
        ctx.kill(child);
        assert_eq!(exit(&mut ctx).await, (child, ExitReason::Killed));
    })
    .await;
}

#[tokio::test]
async fn killed_as_a_sent_reason_can_be_trapped() {
    as_process(|mut ctx| async move {
        let child = spawn_after(&mut ctx, |ctx| {
            ctx.trap_exit(true);
        })
        .await;
        ctx.exit(child, ExitReason::Killed);
        assert!(ctx.runtime().is_alive(child));
    })
    .await;
}

#[tokio::test]
async fn exit_self_ends_a_trapping_process_where_it_stands() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
            ctx.trap_exit(true);
            ctx.exit_self(ExitReason::shutdown_with("enough")).await;
            ctx.send(test, "not reached");
        });
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::shutdown_with("enough"));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn signals_to_nobody_are_dropped() {
    as_process(|ctx| async move {
        let (runtime, nobody) = (ctx.runtime(), Pid::from_u64(u64::MAX));
        for pid in [nobody, Pid::NODE, Pid::from_u64(0), Pid::from_u64(ctx.pid().as_u64() + 1)] {
            ctx.send(pid, "x");
            ctx.exit(pid, ExitReason::Shutdown);
            ctx.kill(pid);
            ctx.unlink(pid);
            assert!(!runtime.is_alive(pid));
            assert_eq!(runtime.info(pid), None);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_sent_the_signal_sees_the_process_dead() {
    as_process(|mut ctx| async move {
        let child = spawn_after(&mut ctx, |_| {}).await;
        assert!(ctx.runtime().is_alive(child));
        ctx.kill(child);
        assert!(!ctx.runtime().is_alive(child));
    })
    .await;
}

#[tokio::test]
async fn a_process_that_is_about_to_end_receives_nothing_more() {
    let runtime = Runtime::new();
    let end = runtime
        .run(SpawnOptions::default(), |mut ctx| async move {
            ctx.send(ctx.pid(), "a");
            ctx.kill(ctx.pid());
            Ok(ctx.receive().await)
        })
        .await;
    assert!(matches!(end, Err(ExitReason::Killed)), "{end:?}");
}

#[tokio::test]
async fn a_body_that_ends_itself_and_returns_at_once_ended_by_the_signal() {
    let runtime = Runtime::new();
    let end = runtime
        .run(SpawnOptions::default(), |ctx| async move {
            ctx.kill(ctx.pid());
            Ok(())
        })
        .await;
    assert_eq!(end, Err(ExitReason::Killed));
}

#[tokio::test]
async fn a_dead_process_is_in_no_list() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        assert!(ctx.runtime().list().contains(&child));
        ctx.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(ctx.runtime().list(), [ctx.pid()]);
        assert_eq!(ctx.runtime().info(child), None);
    })
    .await;
}

#[tokio::test]
async fn a_slot_that_is_used_again_gives_another_pid() {
    as_process(|mut ctx| async move {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1000 {
            let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
            assert!(seen.insert(child));
            down(&mut ctx, monitor).await;
            assert!(!ctx.runtime().is_alive(child));
        }
    })
    .await;
}

#[tokio::test]
async fn signals_and_messages_of_one_sender_keep_their_order() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let test = ctx.pid();
        let child = ctx.spawn_link(SpawnOptions::default(), move |ctx| async move {
            ctx.send(test, "one");
            ctx.exit(test, ExitReason::shutdown_with("two"));
            ctx.send(test, "three");
        });
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(match ctx.receive().await {
                Mail::Message { from, payload } if from == child => format!("{payload:?}"),
                Mail::Exit { from, reason } if from == child => reason.to_string(),
                other => format!("{other:?}"),
            });
        }
        assert_eq!(seen, ["b\"one\"", "{shutdown, two}", "b\"three\"", "normal"]);
    })
    .await;
}
