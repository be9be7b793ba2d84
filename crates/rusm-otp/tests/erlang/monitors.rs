//! [`Context::monitor`], [`Context::demonitor`], [`Context::demonitor_flush`], [`Context::spawn_monitor`].

use rusm_otp::{ExitReason, Mail, MonitorRef, Pid, SpawnOptions};

use crate::driver::{Driver, because, scenarios};

scenarios![
    each_reason_as_it_is,
    an_error_carries_its_text,
    of_the_dead,
    of_the_dead_twice,
    of_oneself,
    monitors_stack,
    of_two_one_taken_back,
    taken_back,
    taken_back_twice,
    taken_back_and_flushed,
    taken_back_after_the_down,
    flush_of_one_leaves_the_other,
    the_watcher_ends,
    watched_by_two,
    watching_each_other,
    link_and_monitor_both_tell,
    spawned_monitored_and_over_at_once,
    a_kill_of_a_trapping_process,
    the_end_that_a_link_brought,
];

async fn watch(d: &Driver, a: Pid, b: Pid) -> MonitorRef {
    d.act(a, move |ctx| ctx.monitor(b)).await
}

async fn take_back(d: &mut Driver, a: Pid, monitor: MonitorRef) {
    let there = d.act(a, move |ctx| ctx.demonitor(monitor)).await;
    d.say(format!("it was there: {there}"));
}

async fn each_reason_as_it_is(d: &mut Driver) {
    let a = d.start("A");
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("x"),
        ExitReason::Killed,
        ExitReason::NoProcess,
        ExitReason::crashed("kill"),
        because(),
    ] {
        let b = d.start("B");
        watch(d, a, b).await;
        d.ends_with(b, reason);
        d.sees(a).await;
    }
}

async fn an_error_carries_its_text(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    watch(d, a, b).await;
    d.tell(b, |_| panic!("oh"));
    d.sees(a).await;
}

async fn of_the_dead(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    watch(d, a, x).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn of_the_dead_twice(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    watch(d, a, x).await;
    watch(d, a, x).await;
    d.sees(a).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn of_oneself(d: &mut Driver) {
    let a = d.start("A");
    watch(d, a, a).await;
    d.nothing_more(a).await;
    d.ends_with(a, because());
    d.ends(a).await;
}

async fn monitors_stack(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    watch(d, a, b).await;
    watch(d, a, b).await;
    d.ends_with(b, because());
    d.sees(a).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn of_two_one_taken_back(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let first = watch(d, a, b).await;
    watch(d, a, b).await;
    d.act(a, move |ctx| ctx.demonitor(first)).await;
    d.ends_with(b, because());
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn taken_back(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let monitor = watch(d, a, b).await;
    take_back(d, a, monitor).await;
    d.ends_with(b, because());
    d.ends(b).await;
    d.nothing_more(a).await;
}

async fn taken_back_twice(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let monitor = watch(d, a, b).await;
    take_back(d, a, monitor).await;
    take_back(d, a, monitor).await;
    d.alive(b);
}

async fn taken_back_and_flushed(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    d.act(a, move |ctx| {
        let monitor = ctx.monitor(x);
        ctx.demonitor_flush(monitor)
    })
    .await;
    d.nothing_more(a).await;
}

async fn taken_back_after_the_down(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let monitor = watch(d, a, b).await;
    d.ends_with(b, because());
    d.sees(a).await;
    take_back(d, a, monitor).await;
    d.nothing_more(a).await;
}

async fn flush_of_one_leaves_the_other(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    d.act(a, move |ctx| {
        let one = ctx.monitor(x);
        ctx.monitor(x);
        ctx.demonitor_flush(one)
    })
    .await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn the_watcher_ends(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    watch(d, a, b).await;
    d.ends_with(a, because());
    d.ends(a).await;
    d.alive(b);
}

async fn watched_by_two(d: &mut Driver) {
    let (a, b, c) = (d.start("A"), d.start("B"), d.start("C"));
    watch(d, a, b).await;
    watch(d, c, b).await;
    d.ctx.kill(b);
    d.sees(a).await;
    d.sees(c).await;
}

async fn watching_each_other(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    watch(d, a, b).await;
    watch(d, b, a).await;
    d.ends_with(a, because());
    d.sees(b).await;
    d.nothing_more(b).await;
}

/// Erlang does not say which comes first.
async fn link_and_monitor_both_tell(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start("B"));
    watch(d, a, b).await;
    d.act(a, move |ctx| ctx.link(b)).await;
    d.ends_with(b, because());
    d.sees_such(a, |mail| matches!(mail, Mail::Exit { .. })).await;
    d.sees_such(a, |mail| matches!(mail, Mail::Down { .. })).await;
    d.nothing_more(a).await;
}

async fn spawned_monitored_and_over_at_once(d: &mut Driver) {
    let a = d.start("A");
    let (b, _) = d.act(a, |ctx| ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {})).await;
    d.name(b, "B");
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn a_kill_of_a_trapping_process(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start_trapping("B").await);
    watch(d, a, b).await;
    d.ctx.kill(b);
    d.sees(a).await;
}

async fn the_end_that_a_link_brought(d: &mut Driver) {
    let (a, b, c) = (d.start("A"), d.start("B"), d.start("C"));
    watch(d, a, b).await;
    d.act(b, move |ctx| ctx.link(c)).await;
    d.ctx.kill(c);
    d.sees(a).await;
}
