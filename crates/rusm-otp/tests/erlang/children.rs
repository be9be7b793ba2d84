//! supervisor(3): `start_child`, `terminate_child`, `restart_child`, `delete_child`, and places in the order.

use rusm_otp::{SpawnOptions, Strategy, SupervisorRef};

use crate::supervision::{How, Kind, Plan, Stage, flags, intensity, staged, temporary, transient};

staged![
    start_child_new,
    start_child_running,
    start_child_stopped,
    start_child_failing,
    start_child_ignored,
    start_child_temporary_ignored,
    start_child_dynamic,
    start_child_dynamic_failing,
    start_child_dynamic_ignored,
    terminate_child_running,
    terminate_child_stopped,
    terminate_child_unknown,
    terminate_child_temporary,
    terminate_child_dynamic,
    terminate_child_dynamic_stranger,
    terminate_child_dynamic_by_id,
    terminate_child_counts_no_restart,
    terminate_child_that_ended_normally,
    restart_child_running,
    restart_child_stopped,
    restart_child_unknown,
    restart_child_that_ended_normally,
    restart_child_failing,
    restart_child_ignored,
    restart_child_dynamic,
    delete_child_running,
    delete_child_stopped,
    delete_child_unknown,
    delete_child_that_ended_normally,
    delete_child_temporary,
    delete_child_dynamic,
    while_restarting,
    terminate_child_while_restarting,
    a_stopped_child_and_one_for_one,
    a_stopped_child_and_one_for_all,
    a_stopped_child_and_rest_for_one,
    a_restarted_child_keeps_its_place,
    a_deleted_child_loses_its_place,
];

async fn boot(s: &mut Stage<'_>, strategy: Strategy, ids: &[&'static str]) -> SupervisorRef {
    s.boot(s.with(flags(strategy), ids)).await
}

async fn one_for_one(s: &mut Stage<'_>, ids: &[&'static str]) -> SupervisorRef {
    boot(s, Strategy::OneForOne, ids).await
}

async fn dynamic(s: &mut Stage<'_>) -> SupervisorRef {
    s.boot_dynamic(flags(Strategy::Dynamic), Kind::Plain, |spec| spec).await
}

async fn start_child_new(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn start_child_running(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn start_child_stopped(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.terminate_child(&sup, "b").await;
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn start_child_failing(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.plan("b", &[Plan::Fail]);
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn start_child_ignored(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.plan("b", &[Plan::Ignore]);
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn start_child_temporary_ignored(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.plan("b", &[Plan::Ignore]);
    s.start_child(&sup, temporary(s.spec("b"))).await;
    s.state(&sup).await;
}

async fn start_child_dynamic(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.start_child(&sup, s.spec("d")).await;
    s.state_of_dynamic(&sup).await;
}

async fn start_child_dynamic_failing(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.plan("d", &[Plan::Fail]);
    s.start_child(&sup, s.spec("d")).await;
    s.state_of_dynamic(&sup).await;
}

async fn start_child_dynamic_ignored(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.plan("d", &[Plan::Ignore]);
    s.start_child(&sup, s.spec("d")).await;
    s.state_of_dynamic(&sup).await;
}

async fn terminate_child_running(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn terminate_child_stopped(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "b").await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn terminate_child_unknown(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.terminate_child(&sup, "b").await;
}

async fn terminate_child_temporary(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(flags(Strategy::OneForOne), &["a"]).child(temporary(s.spec("b")))).await;
    s.terminate_child(&sup, "b").await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn one_ended_normally(s: &mut Stage<'_>) -> SupervisorRef {
    let sup = s.boot(s.with(flags(Strategy::OneForOne), &["a"]).child(transient(s.spec("b")))).await;
    s.finish(&sup, "b", How::normal).await;
    sup
}

async fn terminate_child_that_ended_normally(s: &mut Stage<'_>) {
    let sup = one_ended_normally(s).await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn terminate_child_dynamic(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    let b = s.pid("b");
    s.result("terminate_child b", &sup.terminate_pid(b).await);
    s.result("terminate_child b", &sup.terminate_pid(b).await);
    s.state_of_dynamic(&sup).await;
}

async fn terminate_child_dynamic_stranger(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.result("terminate_child of another process", &sup.terminate_pid(s.driver.ctx.pid()).await);
    let (dead, monitor) = s.driver.ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
    s.reason_of(monitor).await;
    s.result("terminate_child of a dead process", &sup.terminate_pid(dead).await);
}

async fn terminate_child_dynamic_by_id(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.terminate_child(&sup, "template").await;
}

async fn terminate_child_counts_no_restart(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(intensity(Strategy::OneForOne, 0), &["a", "b"])).await;
    s.terminate_child(&sup, "b").await;
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_running(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_stopped(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.terminate_child(&sup, "b").await;
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_unknown(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.restart_child(&sup, "b").await;
}

async fn restart_child_that_ended_normally(s: &mut Stage<'_>) {
    let sup = one_ended_normally(s).await;
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_failing(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.terminate_child(&sup, "b").await;
    s.plan("b", &[Plan::Fail]);
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_ignored(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.terminate_child(&sup, "b").await;
    s.plan("b", &[Plan::Ignore]);
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn restart_child_dynamic(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.restart_child(&sup, "template").await;
}

async fn delete_child_running(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.delete_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn delete_child_stopped(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b"]).await;
    s.terminate_child(&sup, "b").await;
    s.delete_child(&sup, "b").await;
    s.delete_child(&sup, "b").await;
    s.start_child(&sup, s.spec("b")).await;
    s.state(&sup).await;
}

async fn delete_child_unknown(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a"]).await;
    s.delete_child(&sup, "b").await;
}

async fn delete_child_that_ended_normally(s: &mut Stage<'_>) {
    let sup = one_ended_normally(s).await;
    s.delete_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn delete_child_temporary(s: &mut Stage<'_>) {
    let sup = s.boot(s.with(flags(Strategy::OneForOne), &["a"]).child(temporary(s.spec("b")))).await;
    s.finish(&sup, "b", How::normal).await;
    s.delete_child(&sup, "b").await;
    s.restart_child(&sup, "b").await;
    s.state(&sup).await;
}

async fn delete_child_dynamic(s: &mut Stage<'_>) {
    let sup = dynamic(s).await;
    s.delete_child(&sup, "template").await;
}

async fn while_restarting(s: &mut Stage<'_>) {
    let sup = restarting(s).await;
    s.state(&sup).await;
    s.restart_child(&sup, "b").await;
    s.delete_child(&sup, "b").await;
    s.start_child(&sup, s.spec("b")).await;
}

async fn terminate_child_while_restarting(s: &mut Stage<'_>) {
    let sup = restarting(s).await;
    s.terminate_child(&sup, "b").await;
    s.state(&sup).await;
    s.restart_child(&sup, "b").await;
}

/// No attempt to restart b succeeds, and there is no end to them.
async fn restarting(s: &mut Stage<'_>) -> SupervisorRef {
    let sup = s.boot(s.with(intensity(Strategy::OneForOne, u32::MAX), &["a", "b"])).await;
    s.plan_no_success("b");
    s.say("b ends: killed, and no restart succeeds");
    let b = s.watch("b").1;
    s.driver.ctx.kill(s.pid("b"));
    s.reason_of(b).await;
    sup
}

async fn a_stopped_child_and_one_for_one(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "c").await;
    s.finish(&sup, "b", How::crash).await;
    s.state(&sup).await;
}

async fn a_stopped_child_and_one_for_all(s: &mut Stage<'_>) {
    let sup = boot(s, Strategy::OneForAll, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "a").await;
    s.finish(&sup, "b", How::crash).await;
    s.state(&sup).await;
}

async fn a_stopped_child_and_rest_for_one(s: &mut Stage<'_>) {
    let sup = boot(s, Strategy::RestForOne, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "a").await;
    s.terminate_child(&sup, "c").await;
    s.finish(&sup, "b", How::crash).await;
    s.state(&sup).await;
}

async fn a_restarted_child_keeps_its_place(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "a").await;
    s.restart_child(&sup, "a").await;
    s.shut_down(&sup).await;
}

async fn a_deleted_child_loses_its_place(s: &mut Stage<'_>) {
    let sup = one_for_one(s, &["a", "b", "c"]).await;
    s.terminate_child(&sup, "a").await;
    s.delete_child(&sup, "a").await;
    s.start_child(&sup, s.spec("a")).await;
    s.shut_down(&sup).await;
}
