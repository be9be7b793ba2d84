//! [`Context::exit`], [`Context::kill`], [`Context::exit_self`], [`Context::trap_exit`].

use rusm_otp::{ExitReason, Mail};

use crate::driver::{Driver, because, report, scenarios};

scenarios![
    sent_to_another,
    sent_to_another_that_traps,
    sent_to_oneself,
    sent_to_oneself_trapping,
    own_end_as_a_link_sees_it,
    own_end_when_trapping,
    normal_is_ignored_and_life_goes_on,
    kill_sent_to_another,
    kill_sent_to_another_that_traps,
    kill_sent_to_oneself,
    kill_sent_to_oneself_trapping,
    the_sender_is_named,
    sent_along_a_link_leaves_the_link,
    sent_to_the_dead,
    the_first_of_two_reasons_counts,
    a_kill_after_another_reason,
    a_reason_after_a_normal_one,
    trapped_in_the_order_sent,
    a_message_before_an_exit,
    nothing_after_an_exit,
    messages_and_exits_of_one_sender,
    the_last_words_come_before_the_end,
    the_flag_tells_what_it_was,
    trapping_begun_too_late,
    trapping_ended,
    an_error_when_trapping,
    whoever_killed_sees_it_dead,
];

fn reasons() -> [ExitReason; 6] {
    [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("x"),
        ExitReason::Killed,
        ExitReason::NoProcess,
        because(),
    ]
}

async fn sent_to_another(d: &mut Driver) {
    for reason in reasons().into_iter().filter(|reason| *reason != ExitReason::Normal) {
        let a = d.start("A");
        d.ctx.exit(a, reason);
        d.ends(a).await;
    }
}

async fn sent_to_another_that_traps(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    for reason in reasons() {
        d.ctx.exit(a, reason);
        d.sees(a).await;
    }
    d.alive(a);
}

async fn sent_to_oneself(d: &mut Driver) {
    for reason in reasons() {
        let a = d.start("A");
        d.tell(a, |ctx| ctx.exit(ctx.pid(), reason));
        d.ends(a).await;
    }
}

async fn sent_to_oneself_trapping(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    for reason in reasons() {
        d.tell(a, |ctx| ctx.exit(ctx.pid(), reason));
        d.sees(a).await;
    }
    d.alive(a);
}

async fn own_end_as_a_link_sees_it(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    for reason in reasons() {
        let b = d.start("B");
        d.act(a, move |ctx| ctx.link(b)).await;
        d.ends_with(b, reason);
        d.sees(a).await;
    }
}

async fn own_end_when_trapping(d: &mut Driver) {
    for reason in reasons() {
        let a = d.start_trapping("A").await;
        d.ends_with(a, reason);
        d.ends(a).await;
    }
}

async fn normal_is_ignored_and_life_goes_on(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.exit(a, ExitReason::Normal);
    d.ctx.send(a, "hello");
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn kill_sent_to_another(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.kill(a);
    d.ends(a).await;
}

async fn kill_sent_to_another_that_traps(d: &mut Driver) {
    let (a, b) = (d.start_trapping("A").await, d.start_trapping("B").await);
    d.act(b, move |ctx| ctx.link(a)).await;
    d.ctx.kill(a);
    d.ends(a).await;
    d.sees(b).await;
    d.alive(b);
}

async fn kill_sent_to_oneself(d: &mut Driver) {
    let a = d.start("A");
    d.tell(a, |ctx| ctx.kill(ctx.pid()));
    d.ends(a).await;
}

async fn kill_sent_to_oneself_trapping(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    d.tell(a, |ctx| ctx.kill(ctx.pid()));
    d.ends(a).await;
}

async fn the_sender_is_named(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start_trapping("B").await);
    d.act(a, move |ctx| ctx.exit(b, because())).await;
    d.sees(b).await;
    d.alive(a);
}

async fn sent_along_a_link_leaves_the_link(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start_trapping("B").await);
    d.act(a, move |ctx| ctx.link(b)).await;
    d.act(a, move |ctx| ctx.exit(b, ExitReason::crashed("first"))).await;
    d.sees(b).await;
    d.ends_with(a, ExitReason::crashed("second"));
    d.sees(b).await;
    d.nothing_more(b).await;
}

async fn sent_to_the_dead(d: &mut Driver) {
    let (a, x) = (d.start_trapping("A").await, d.dead().await);
    d.act(a, move |ctx| {
        ctx.exit(x, because());
        ctx.kill(x);
        ctx.send(x, "hello");
    })
    .await;
    d.nothing_more(a).await;
}

async fn the_first_of_two_reasons_counts(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.exit(a, ExitReason::crashed("first"));
    d.ctx.exit(a, ExitReason::crashed("second"));
    d.ends(a).await;
}

async fn a_kill_after_another_reason(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.exit(a, ExitReason::Shutdown);
    d.ctx.kill(a);
    d.ends(a).await;
}

async fn a_reason_after_a_normal_one(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.exit(a, ExitReason::Normal);
    d.ctx.exit(a, ExitReason::Shutdown);
    d.ends(a).await;
}

async fn trapped_in_the_order_sent(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    for reason in reasons() {
        d.ctx.exit(a, reason);
    }
    for _ in reasons() {
        d.sees(a).await;
    }
    d.nothing_more(a).await;
}

async fn a_message_before_an_exit(d: &mut Driver) {
    let a = d.start("A");
    d.ctx.send(a, "hello");
    d.ctx.exit(a, ExitReason::Normal);
    d.ctx.send(a, "again");
    d.sees(a).await;
    d.sees(a).await;
}

async fn nothing_after_an_exit(d: &mut Driver) {
    let a = d.start_as("A", |mut ctx, driver| async move {
        ctx.receive_match(|mail| matches!(mail, Mail::Message { .. })).await;
        let mail = ctx.receive().await;
        report(&ctx, driver, mail);
    });
    d.ctx.exit(a, because());
    d.ctx.send(a, "go");
    d.ctx.send(a, "hello");
    d.ends(a).await;
}

async fn messages_and_exits_of_one_sender(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start_trapping("B").await);
    d.act(a, move |ctx| ctx.link(b)).await;
    d.tell(a, move |ctx| {
        ctx.send(b, "one");
        ctx.exit(b, ExitReason::crashed("two"));
        ctx.send(b, "three");
        ctx.exit(b, ExitReason::Normal);
        ctx.send(b, "five");
    });
    d.ends_with(a, ExitReason::crashed("six"));
    for _ in 1..=6 {
        d.sees(b).await;
    }
    d.nothing_more(b).await;
}

async fn the_last_words_come_before_the_end(d: &mut Driver) {
    let (a, b) = (d.start("A"), d.start("B"));
    d.act(b, move |ctx| ctx.monitor(a)).await;
    d.tell(a, move |ctx| {
        ctx.send(b, "last");
        ctx.send(b, "words");
    });
    d.ends_with(a, because());
    for _ in 1..=3 {
        d.sees(b).await;
    }
}

async fn the_flag_tells_what_it_was(d: &mut Driver) {
    let a = d.start("A");
    for flag in [true, true, false, false] {
        let was = d.act(a, move |ctx| ctx.trap_exit(flag)).await;
        d.say(format!("it was {was}"));
    }
}

async fn trapping_begun_too_late(d: &mut Driver) {
    let a = d.start("A");
    d.tell(a, |ctx| {
        ctx.exit(ctx.pid(), because());
        ctx.trap_exit(true);
    });
    d.ends(a).await;
}

async fn trapping_ended(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    d.ctx.exit(a, ExitReason::crashed("first"));
    d.sees(a).await;
    d.act(a, |ctx| ctx.trap_exit(false)).await;
    d.ctx.exit(a, ExitReason::Normal);
    d.nothing_more(a).await;
    d.ctx.exit(a, ExitReason::crashed("second"));
    d.ends(a).await;
}

async fn an_error_when_trapping(d: &mut Driver) {
    let a = d.start_trapping("A").await;
    d.tell(a, |_| panic!("oh"));
    d.ends(a).await;
}

async fn whoever_killed_sees_it_dead(d: &mut Driver) {
    let a = d.start("A");
    d.alive(a);
    d.ctx.kill(a);
    d.alive(a);
}
