//! [`Context::send`], [`Context::receive`] and its kin.

use std::time::Duration;

use rusm_otp::{Context, Mail, Payload, Pid};

use crate::driver::{Driver, report, scenarios};

scenarios![
    in_the_order_sent,
    to_oneself,
    to_the_dead,
    what_is_skipped_keeps_its_order,
    a_later_one_first_then_the_rest,
    skipped_mail_goes_before_new_mail,
    no_time_and_no_mail,
    no_time_and_mail,
    no_time_and_only_unwanted_mail,
    a_time_that_runs_out_leaves_the_unwanted,
    a_down_past_skipped_mail,
    unread_mail_ends_with_its_process,
];

async fn in_the_order_sent(d: &mut Driver) {
    let a = d.start("A");
    for n in 1..=5 {
        d.ctx.send(a, n.to_string());
    }
    for _ in 1..=5 {
        d.sees(a).await;
    }
}

async fn to_oneself(d: &mut Driver) {
    let a = d.start("A");
    d.act(a, |ctx| {
        ctx.send(ctx.pid(), "one");
        ctx.send(ctx.pid(), "two");
    })
    .await;
    d.sees(a).await;
    d.sees(a).await;
    d.nothing_more(a).await;
}

async fn to_the_dead(d: &mut Driver) {
    let (x, a) = (d.dead().await, d.start("A"));
    d.act(a, move |ctx| ctx.send(x, "hello")).await;
    d.nothing_more(a).await;
}

/// What a process takes out of its mailbox.
#[derive(Clone, Copy)]
enum Pick {
    /// The next mail, if there is one.
    Any,
    /// The text, waiting for it.
    Text(&'static str),
    /// The text if it is there.
    Poll(&'static str),
    /// The text if it comes within a millisecond.
    Wait(&'static str),
}

impl Pick {
    async fn from(self, ctx: &mut Context) -> Mail {
        let no = |text| message(ctx.pid(), format!("no {text}"));
        match self {
            Self::Any => match ctx.receive_timeout(Duration::ZERO).await {
                Some(mail) => mail,
                None => message(ctx.pid(), "nothing"),
            },
            Self::Text(text) => ctx.receive_match(is(text)).await,
            Self::Poll(text) => {
                let otherwise = no(text);
                ctx.receive_match_timeout(is(text), Duration::ZERO).await.unwrap_or(otherwise)
            }
            Self::Wait(text) => {
                let otherwise = no(text);
                ctx.receive_match_timeout(is(text), Duration::from_millis(1)).await.unwrap_or(otherwise)
            }
        }
    }
}

fn message(from: Pid, payload: impl Into<Payload>) -> Mail {
    Mail::Message { from, payload: payload.into() }
}

fn is(text: &str) -> impl Fn(&Mail) -> bool + '_ {
    move |mail| matches!(mail, Mail::Message { payload, .. } if payload.as_bytes() == Some(text.as_bytes()))
}

/// Sends these texts to a process that waits for "go" and then reports what it picks, one after the other.
async fn picks<const N: usize>(d: &mut Driver, sent: &[&'static str], picks: [Pick; N]) {
    let a = d.start_as("A", move |mut ctx, driver| async move {
        ctx.receive_match(is("go")).await;
        for pick in picks {
            let mail = pick.from(&mut ctx).await;
            report(&ctx, driver, mail);
        }
        std::future::pending::<()>().await;
    });
    for text in sent {
        d.ctx.send(a, *text);
    }
    for _ in picks {
        d.sees(a).await;
    }
}

async fn what_is_skipped_keeps_its_order(d: &mut Driver) {
    picks(d, &["1", "2", "3", "go"], [Pick::Any; 4]).await;
}

async fn a_later_one_first_then_the_rest(d: &mut Driver) {
    picks(d, &["1", "2", "3", "4", "go"], [Pick::Text("3"), Pick::Any, Pick::Any, Pick::Any]).await;
}

async fn skipped_mail_goes_before_new_mail(d: &mut Driver) {
    let wanted = [Pick::Text("2"), Pick::Text("more"), Pick::Any, Pick::Any];
    picks(d, &["go", "1", "2", "3", "more"], wanted).await;
}

async fn no_time_and_no_mail(d: &mut Driver) {
    picks(d, &["go"], [Pick::Any]).await;
}

async fn no_time_and_mail(d: &mut Driver) {
    picks(d, &["1", "go"], [Pick::Any; 2]).await;
}

async fn no_time_and_only_unwanted_mail(d: &mut Driver) {
    picks(d, &["1", "go"], [Pick::Poll("2"), Pick::Any]).await;
}

async fn a_time_that_runs_out_leaves_the_unwanted(d: &mut Driver) {
    picks(d, &["1", "go"], [Pick::Wait("2"), Pick::Poll("1"), Pick::Any]).await;
}

async fn a_down_past_skipped_mail(d: &mut Driver) {
    let x = d.dead().await;
    let a = d.start_as("A", move |mut ctx, driver| async move {
        ctx.send(ctx.pid(), "1");
        ctx.monitor(x);
        let down = ctx.receive_match(|mail| matches!(mail, Mail::Down { .. })).await;
        report(&ctx, driver, down);
        let rest = ctx.receive().await;
        report(&ctx, driver, rest);
        std::future::pending::<()>().await;
    });
    d.sees(a).await;
    d.sees(a).await;
}

async fn unread_mail_ends_with_its_process(d: &mut Driver) {
    let a = d.start_as("A", |mut ctx, _| async move {
        ctx.receive_match(is("go")).await;
    });
    for text in ["1", "2", "go"] {
        d.ctx.send(a, text);
    }
    d.ends(a).await;
}
