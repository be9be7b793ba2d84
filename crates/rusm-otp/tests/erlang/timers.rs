//! [`Context::send_after`], [`Context::cancel_timer`], [`Context::read_timer`].

use std::time::Duration;

use rusm_otp::{Context, ExitReason, Pid, TimerRef};

use crate::driver::{Driver, scenarios};

scenarios![
    fires,
    fires_at_once,
    the_sooner_comes_first,
    for_another,
    read_before,
    read_after,
    cancelled,
    cancelled_and_not_delivered,
    cancelled_twice,
    cancelled_after_it_fired,
    cancelled_by_another,
    to_the_dead,
    its_receiver_ends,
    its_maker_ends,
    for_a_name,
    no_such_timer,
];

/// Longer than any scenario.
const NEVER: u64 = 1_000_000;

fn set(ctx: &Context, after: u64, to: Pid, text: &'static str) -> TimerRef {
    ctx.send_after(Duration::from_millis(after), to, text)
}

/// Has a process set a timer for itself.
async fn timer_of(d: &Driver, pid: Pid, after: u64, text: &'static str) -> TimerRef {
    timer_for(d, pid, after, pid, text).await
}

async fn timer_for(d: &Driver, maker: Pid, after: u64, to: Pid, text: &'static str) -> TimerRef {
    d.act(maker, move |ctx| set(ctx, after, to, text)).await
}

async fn cancel(d: &mut Driver, pid: Pid, timer: TimerRef) {
    let left = d.act(pid, move |ctx| ctx.cancel_timer(timer)).await;
    say(d, "cancel", left);
}

async fn read(d: &mut Driver, pid: Pid, timer: TimerRef) {
    let left = d.act(pid, move |ctx| ctx.read_timer(timer)).await;
    say(d, "time left", left);
}

fn say(d: &mut Driver, what: &str, left: Option<Duration>) {
    d.say(format!("{what}: {}", left.map_or("none", |_| "some")));
}

async fn fires(d: &mut Driver) {
    let a = d.start("A");
    timer_of(d, a, 1, "tick").await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn fires_at_once(d: &mut Driver) {
    let a = d.start("A");
    timer_of(d, a, 0, "tick").await;
    d.sees(a).await;
}

async fn the_sooner_comes_first(d: &mut Driver) {
    let a = d.start("A");
    d.act(a, |ctx| {
        set(ctx, 200, ctx.pid(), "later");
        set(ctx, 1, ctx.pid(), "soon");
    })
    .await;
    d.sees(a).await;
    d.sees(a).await;
}

async fn for_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    timer_for(d, a, 1, b, "tick").await;
    d.sees(b).await;
}

async fn read_before(d: &mut Driver) {
    let a = d.start("A");
    let timer = timer_of(d, a, NEVER, "tick").await;
    read(d, a, timer).await;
}

async fn read_after(d: &mut Driver) {
    let a = d.start("A");
    let timer = timer_of(d, a, 1, "tick").await;
    d.sees(a).await;
    read(d, a, timer).await;
}

async fn cancelled(d: &mut Driver) {
    let a = d.start("A");
    let timer = timer_of(d, a, NEVER, "tick").await;
    cancel(d, a, timer).await;
    read(d, a, timer).await;
}

async fn cancelled_and_not_delivered(d: &mut Driver) {
    let a = d.start("A");
    let left = d
        .act(a, |ctx| {
            let timer = set(ctx, 200, ctx.pid(), "first");
            set(ctx, 201, ctx.pid(), "second");
            ctx.cancel_timer(timer)
        })
        .await;
    say(d, "cancel", left);
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn cancelled_twice(d: &mut Driver) {
    let a = d.start("A");
    let timer = timer_of(d, a, NEVER, "tick").await;
    cancel(d, a, timer).await;
    cancel(d, a, timer).await;
}

async fn cancelled_after_it_fired(d: &mut Driver) {
    let a = d.start("A");
    let timer = timer_of(d, a, 1, "tick").await;
    d.sees(a).await;
    cancel(d, a, timer).await;
}

async fn cancelled_by_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let timer = timer_of(d, a, NEVER, "tick").await;
    cancel(d, b, timer).await;
    read(d, a, timer).await;
}

async fn to_the_dead(d: &mut Driver) {
    let (a, x) = (d.start("A"), d.dead().await);
    let timer = timer_for(d, a, NEVER, x, "tick").await;
    cancel(d, a, timer).await;
}

async fn its_receiver_ends(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    let timer = timer_for(d, a, NEVER, b, "tick").await;
    d.ends_with(b, ExitReason::Normal);
    d.ends(b).await;
    cancel(d, a, timer).await;
}

async fn its_maker_ends(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    timer_for(d, a, 20, b, "tick").await;
    d.ctx.kill(a);
    d.ends(a).await;
    d.sees(b).await;
}

/// It is looked up when the timer is set.
async fn for_a_name(d: &mut Driver) {
    let a = d.start("A");
    d.act(a, |ctx| ctx.register("clock").unwrap()).await;
    let clock = d.ctx.runtime().whereis("clock").unwrap();
    set(&d.ctx, 1, clock, "tick");
    d.sees(a).await;
}

async fn no_such_timer(d: &mut Driver) {
    let a = d.start("A");
    let timer = TimerRef::from_u64(u64::MAX);
    cancel(d, a, timer).await;
    read(d, a, timer).await;
}
