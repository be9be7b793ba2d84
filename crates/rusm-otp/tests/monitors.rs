//! Monitors: `erlang:monitor/2`, `demonitor/1,2`, `spawn_monitor/1`.

mod common;

use common::{as_process, down, idle, no_mail, spawn_after};
use rusm_otp::{ExitReason, Mail, MonitorRef, Pid, SpawnOptions};

#[tokio::test]
async fn monitors_stack() {
    as_process(|mut ctx| async move {
        let (child, first) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        let second = ctx.monitor(child);
        assert_ne!(first, second);
        ctx.kill(child);
        assert_eq!(down(&mut ctx, second).await, ExitReason::Killed);
        assert_eq!(down(&mut ctx, first).await, ExitReason::Killed);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_monitor_of_the_dead_answers_at_once() {
    as_process(|mut ctx| async move {
        let nobody = Pid::from_u64(7);
        let monitor = ctx.monitor(nobody);
        let Mail::Down { monitor: of, pid, reason } = ctx.receive().await else { panic!("no down") };
        assert_eq!((of, pid, reason), (monitor, nobody, ExitReason::NoProcess));
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().monitors, []);
    })
    .await;
}

#[tokio::test]
async fn a_monitor_goes_one_way() {
    as_process(|mut ctx| async move {
        let child = spawn_after(&mut ctx, |_| {}).await;
        let watcher = spawn_after(&mut ctx, move |ctx| {
            ctx.monitor(child);
        })
        .await;
        let monitor = ctx.monitor(watcher);
        ctx.kill(watcher);
        down(&mut ctx, monitor).await;
        assert!(ctx.runtime().is_alive(child));
        assert_eq!(ctx.runtime().info(child).unwrap().monitored_by, []);
    })
    .await;
}

#[tokio::test]
async fn to_monitor_oneself_brings_nothing() {
    as_process(|mut ctx| async move {
        let monitor = ctx.monitor(ctx.pid());
        assert!(no_mail(&mut ctx).await);
        assert!(!ctx.demonitor(monitor));
    })
    .await;
}

#[tokio::test]
async fn no_down_comes_after_demonitor() {
    as_process(|mut ctx| async move {
        let (child, kept) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        let other = ctx.monitor(child);
        assert!(ctx.demonitor(other));
        ctx.kill(child);
        down(&mut ctx, kept).await;
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn demonitor_leaves_a_down_that_came_and_flush_removes_it() {
    as_process(|mut ctx| async move {
        let left = ctx.monitor(Pid::from_u64(7));
        let flushed = ctx.monitor(Pid::from_u64(7));
        ctx.send(ctx.pid(), "bystander");
        assert!(!ctx.demonitor(left));
        assert!(!ctx.demonitor_flush(flushed));
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().mailbox, 2);
        assert!(matches!(ctx.receive().await, Mail::Down { monitor, .. } if monitor == left));
        assert!(matches!(ctx.receive().await, Mail::Message { .. }));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn flush_finds_a_down_that_was_fetched_and_skipped() {
    as_process(|mut ctx| async move {
        let monitor = ctx.monitor(Pid::from_u64(7));
        ctx.send(ctx.pid(), "wanted");
        ctx.receive_match(|mail| matches!(mail, Mail::Message { .. })).await;
        ctx.demonitor_flush(monitor);
        assert!(no_mail(&mut ctx).await);
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().mailbox, 0);
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_can_take_a_monitor_back() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
        spawn_after(&mut ctx, move |ctx| assert!(!ctx.demonitor(monitor))).await;
        assert!(!ctx.demonitor(MonitorRef::from_u64(u64::MAX)));
        assert_eq!(ctx.runtime().info(child).unwrap().monitored_by, [ctx.pid()]);
    })
    .await;
}

#[tokio::test]
async fn a_down_says_that_all_is_over() {
    struct Flag(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    as_process(|mut ctx| async move {
        let (dropped, mut was_dropped) = tokio::sync::mpsc::unbounded_channel();
        let flag = Flag(dropped);
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            let _flag = flag;
            idle(ctx).await;
        });
        ctx.runtime().register("child", child).unwrap();
        ctx.kill(child);
        down(&mut ctx, monitor).await;
        assert!(was_dropped.try_recv().is_ok());
        assert_eq!(ctx.runtime().whereis("child"), None);
        assert!(!ctx.runtime().is_alive(child));
    })
    .await;
}
