//! [`Runtime::register`], [`Runtime::unregister`], [`Runtime::whereis`].

use rusm_otp::{ExitReason, Pid};

use crate::driver::{Driver, because, scenarios};

scenarios![
    given_and_found,
    given_by_another,
    taken_by_another,
    taken_by_oneself,
    given_to_the_dead,
    a_second_name,
    taken_back,
    taken_back_by_another,
    taken_back_from_nobody,
    free_at_the_down,
    free_at_the_exit,
    free_after_a_kill,
    taken_again_by_who_was_told,
    passed_on_and_the_first_ends,
    renamed,
];

fn is(d: &mut Driver, name: &str) {
    let who = d.ctx.runtime().whereis(name).map_or("nobody", |pid| d.who(pid));
    d.say(format!("{name} is {who}"));
}

fn register(d: &mut Driver, name: &str, pid: Pid) {
    let done = d.ctx.runtime().register(name, pid).is_ok();
    d.say(format!("register: {}", said(done)));
}

fn unregister(d: &mut Driver, name: &str) {
    let done = d.ctx.runtime().unregister(name).is_some();
    d.say(format!("unregister: {}", said(done)));
}

fn said(done: bool) -> &'static str {
    if done { "done" } else { "refused" }
}

async fn given_and_found(d: &mut Driver) {
    let a = d.start("A");
    is(d, "clock");
    d.act(a, |ctx| ctx.register("clock").unwrap()).await;
    is(d, "clock");
}

async fn given_by_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    d.act(a, move |ctx| ctx.runtime().register("clock", b).unwrap()).await;
    is(d, "clock");
}

async fn taken_by_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    register(d, "clock", a);
    register(d, "clock", b);
    is(d, "clock");
}

async fn taken_by_oneself(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    register(d, "clock", a);
    is(d, "clock");
}

async fn given_to_the_dead(d: &mut Driver) {
    let x = d.dead().await;
    register(d, "clock", x);
    is(d, "clock");
}

async fn a_second_name(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    register(d, "watch", a);
    is(d, "clock");
    is(d, "watch");
}

async fn taken_back(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    unregister(d, "clock");
    is(d, "clock");
}

async fn taken_back_by_another(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    register(d, "clock", a);
    d.act(b, |ctx| ctx.runtime().unregister("clock")).await;
    is(d, "clock");
}

async fn taken_back_from_nobody(d: &mut Driver) {
    unregister(d, "clock");
}

async fn free_at_the_down(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    d.ends_with(a, because());
    d.ends(a).await;
    is(d, "clock");
}

async fn free_at_the_exit(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start_trapping("B").await);
    register(d, "clock", a);
    d.act(b, move |ctx| ctx.link(a)).await;
    d.ends_with(a, because());
    d.sees(b).await;
    is(d, "clock");
}

async fn free_after_a_kill(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    d.ctx.kill(a);
    d.ends(a).await;
    is(d, "clock");
}

async fn taken_again_by_who_was_told(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    register(d, "clock", a);
    d.ends_with(a, because());
    d.ends(a).await;
    register(d, "clock", b);
    is(d, "clock");
}

async fn passed_on_and_the_first_ends(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    register(d, "clock", a);
    unregister(d, "clock");
    register(d, "clock", b);
    d.ends_with(a, because());
    d.ends(a).await;
    is(d, "clock");
}

async fn renamed(d: &mut Driver) {
    let a = d.start("A");
    register(d, "clock", a);
    unregister(d, "clock");
    register(d, "watch", a);
    is(d, "clock");
    is(d, "watch");
    d.ends_with(a, ExitReason::Normal);
    d.ends(a).await;
    is(d, "watch");
}
