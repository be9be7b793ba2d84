//! [`Server`], [`ServerRef::call`], [`ServerRef::cast`]: calls, casts, starting, and when `terminate` is called.

mod endings;
mod puppet;

use std::time::Duration;

use rusm_otp::{
    CallError, Context, ExitReason, Mail, NameError, Pid, ReplyTo, Server, ServerRef, SpawnOptions,
};
use tokio::sync::oneshot;

use self::endings::{Way, ending};
use self::puppet::{Init, Puppet, Request, Stop};
use crate::driver::{Driver, Scenario, because, report};

macro_rules! scenarios_and_endings {
    ($($name:ident)*; $($way:ident)*) => {
        pub(crate) const SCENARIOS: &[Scenario] = &[
            $((stringify!($name), |d| Box::pin($name(d))),)*
            $(
                (concat!("terminate_", stringify!($way)), |d| Box::pin(ending(d, Way::$way, false))),
                (concat!("terminate_", stringify!($way), "_trapping"), |d| Box::pin(ending(d, Way::$way, true))),
            )*
        ];
    };
}

scenarios_and_endings! {
    an_answer
    an_answer_later
    an_answer_by_another_process
    answers_in_another_order
    a_call_to_the_dead
    a_call_to_oneself
    a_server_that_ends_during_the_call
    a_server_that_crashes_during_the_call
    a_server_that_is_killed_during_the_call
    a_server_that_stops_with_an_answer
    a_call_without_answer_in_time
    a_late_answer
    a_caller_that_ends_before_the_answer
    casts_before_a_call
    a_cast_to_nobody
    a_message_that_is_no_call
    started
    a_start_that_stops
    a_start_that_stops_linked
    a_start_that_crashes
    a_start_that_exits
    a_start_that_takes_too_long
    a_start_under_a_taken_name
    a_failed_start_leaves_its_name_free;

    stop_normal
    stop_because
    crash
    exit_in_a_callback
    told_to_stop
    told_to_stop_with_shutdown
    parent_shutdown
    parent_normal
    parent_crash
    shutdown_from_a_stranger
    link_crash
    kill
}

async fn start(d: &Driver, init: Init) -> Result<ServerRef<Puppet>, ExitReason> {
    Puppet::start(d.ctx.runtime(), SpawnOptions::default(), init).await
}

async fn server(d: &mut Driver) -> ServerRef<Puppet> {
    let server = start(d, Box::new(|_| Ok(Puppet::default()))).await.unwrap();
    d.name(server.pid(), "S");
    server
}

async fn call(d: &mut Driver, server: ServerRef<Puppet>, request: Request) {
    call_within(d, Duration::MAX, server, request).await;
}

async fn call_within(d: &mut Driver, limit: Duration, server: ServerRef<Puppet>, request: Request) {
    let answer = server.call_within(limit, &mut d.ctx, request).await;
    let answer = answer.unwrap_or_else(|error| format!("fails, {}", why(error)));
    d.say(format!("call: {answer}"));
}

fn why(error: CallError) -> String {
    match error {
        CallError::Down(reason) => reason.to_string(),
        CallError::Timeout(_) => "timeout".to_owned(),
        CallError::CallingSelf => "calling_self".to_owned(),
        other => unreachable!("no scenario brings {other:?}"),
    }
}

fn answer(text: &'static str) -> Request {
    Box::new(move |_, _, _| Ok(Some(text.to_owned())))
}

fn answer_what_was_heard() -> Request {
    Box::new(|puppet, _, _| Ok(Some(puppet.heard.clone())))
}

/// A request that is left for later, and by which to answer it.
fn keep() -> (Request, oneshot::Receiver<ReplyTo<String>>) {
    let (kept, from) = oneshot::channel();
    let request = move |_: &mut Puppet, from, _: &mut Context| {
        kept.send(from).expect("who asked waits");
        Ok(None)
    };
    (Box::new(request), from)
}

/// A process that calls, and reports the answer as its mail. When this returns, the server has its request.
async fn caller(d: &mut Driver, name: &'static str, server: ServerRef<Puppet>) -> (Pid, ReplyTo<String>) {
    let (request, kept) = keep();
    let pid = d.start_as(name, move |mut ctx, driver| async move {
        let answer = server.call_within(Duration::MAX, &mut ctx, request).await.expect("an answer");
        let mail = Mail::Message { from: server.pid(), payload: answer.into() };
        report(&ctx, driver, mail);
    });
    (pid, kept.await.expect("the request"))
}

/// Has the server answer what it kept, in this order.
fn reply<const N: usize>(
    d: &Driver,
    server: ServerRef<Puppet>,
    replies: [(ReplyTo<String>, &'static str); N],
) {
    let cast = move |_: &mut Puppet, ctx: &mut Context| {
        for (from, text) in replies {
            from.reply(ctx.runtime(), text.to_owned());
        }
        Ok(())
    };
    server.cast(&d.ctx, Box::new(cast));
}

async fn an_answer(d: &mut Driver) {
    let server = server(d).await;
    call(d, server, answer("hello")).await;
}

async fn an_answer_later(d: &mut Driver) {
    let server = server(d).await;
    let (a, from) = caller(d, "A", server).await;
    reply(d, server, [(from, "later")]);
    d.sees(a).await;
}

async fn an_answer_by_another_process(d: &mut Driver) {
    let server = server(d).await;
    let ((a, from), b) = (caller(d, "A", server).await, d.start("B"));
    d.act(b, move |ctx| from.reply(ctx.runtime(), "by another".to_owned())).await;
    d.sees(a).await;
}

async fn answers_in_another_order(d: &mut Driver) {
    let server = server(d).await;
    let (a, from_a) = caller(d, "A", server).await;
    let (b, from_b) = caller(d, "B", server).await;
    reply(d, server, [(from_b, "to B"), (from_a, "to A")]);
    d.sees(a).await;
    d.sees(b).await;
}

async fn a_call_to_the_dead(d: &mut Driver) {
    let server = ServerRef::from_pid(d.dead().await);
    call(d, server, answer("hello")).await;
}

async fn a_call_to_oneself(d: &mut Driver) {
    let server = ServerRef::from_pid(d.ctx.pid());
    call(d, server, answer("hello")).await;
}

async fn a_server_that_ends_during_the_call(d: &mut Driver) {
    let reasons = [ExitReason::Normal, ExitReason::Shutdown, ExitReason::shutdown_with("x"), because()];
    for reason in reasons {
        let server = server(d).await;
        call(d, server, Box::new(|_, _, _| Err(Stop::With(reason)))).await;
    }
    d.mailbox().await;
}

async fn a_server_that_crashes_during_the_call(d: &mut Driver) {
    let server = server(d).await;
    call(d, server, Box::new(|_, _, _| panic!("boom"))).await;
}

async fn a_server_that_is_killed_during_the_call(d: &mut Driver) {
    let server = server(d).await;
    let kill = |_: &mut Puppet, _, ctx: &mut Context| {
        ctx.kill(ctx.pid());
        Ok(None)
    };
    call(d, server, Box::new(kill)).await;
}

async fn a_server_that_stops_with_an_answer(d: &mut Driver) {
    let server = server(d).await;
    let stop = |_: &mut Puppet, from: ReplyTo<String>, ctx: &mut Context| {
        from.reply(ctx.runtime(), "last words".to_owned());
        Err(Stop::With(because()))
    };
    call(d, server, Box::new(stop)).await;
    d.ends(server.pid()).await;
}

async fn a_call_without_answer_in_time(d: &mut Driver) {
    let server = server(d).await;
    call_within(d, Duration::from_millis(1), server, Box::new(|_, _, _| Ok(None))).await;
    call(d, server, answer("it lives")).await;
}

async fn a_late_answer(d: &mut Driver) {
    let server = server(d).await;
    let (request, kept) = keep();
    call_within(d, Duration::from_millis(1), server, request).await;
    reply(d, server, [(kept.await.expect("the request"), "late")]);
    call(d, server, answer("after it")).await;
    d.mailbox().await;
}

async fn a_caller_that_ends_before_the_answer(d: &mut Driver) {
    let server = server(d).await;
    let (a, from) = caller(d, "A", server).await;
    d.ctx.kill(a);
    d.ends(a).await;
    reply(d, server, [(from, "too late")]);
    call(d, server, answer("it lives")).await;
}

async fn casts_before_a_call(d: &mut Driver) {
    let server = server(d).await;
    for text in ["1", "2", "3"] {
        let hear = move |puppet: &mut Puppet, _: &mut Context| {
            puppet.heard += text;
            Ok(())
        };
        server.cast(&d.ctx, Box::new(hear));
    }
    call(d, server, answer_what_was_heard()).await;
}

async fn a_cast_to_nobody(d: &mut Driver) {
    let dead = ServerRef::<Puppet>::from_pid(d.dead().await);
    dead.cast(&d.ctx, Box::new(|_, _| Ok(())));
    d.say("cast to the dead: ok");
    d.mailbox().await;
}

async fn a_message_that_is_no_call(d: &mut Driver) {
    let server = server(d).await;
    d.ctx.send(server.pid(), "1");
    d.ctx.send(server.pid(), "2");
    call(d, server, answer_what_was_heard()).await;
}

async fn say_started(d: &mut Driver, init: Init) {
    let result = start(d, init).await;
    say_result(d, "start", &result);
}

async fn say_started_link(d: &mut Driver, init: Init) {
    d.ctx.trap_exit(true);
    let result = Puppet::start_link(&mut d.ctx, SpawnOptions::default(), init).await;
    say_result(d, "start_link", &result);
}

fn say_result(d: &mut Driver, how: &str, result: &Result<ServerRef<Puppet>, ExitReason>) {
    match result {
        Ok(_) => d.say(format!("{how}: ok")),
        Err(reason) => d.say(format!("{how}: error, {reason}")),
    }
}

async fn started(d: &mut Driver) {
    say_started(d, Box::new(|_| Ok(Puppet::default()))).await;
}

async fn a_start_that_stops(d: &mut Driver) {
    say_started(d, Box::new(|_| Err(Stop::With(because())))).await;
    d.mailbox().await;
}

async fn a_start_that_stops_linked(d: &mut Driver) {
    say_started_link(d, Box::new(|_| Err(Stop::With(because())))).await;
    d.mailbox().await;
}

async fn a_start_that_crashes(d: &mut Driver) {
    say_started_link(d, Box::new(|_| panic!("boom"))).await;
    d.mailbox().await;
}

async fn a_start_that_exits(d: &mut Driver) {
    say_started_link(d, Box::new(|_| Err(Stop::Exit(ExitReason::Shutdown)))).await;
    d.mailbox().await;
}

/// A start is given up by dropping it.
async fn a_start_that_takes_too_long(d: &mut Driver) {
    let start = start(d, Box::new(|_| Err(Stop::Hang)));
    if tokio::time::timeout(Duration::from_millis(1), start).await.is_err() {
        d.say("start: error, timeout");
    }
    d.mailbox().await;
}

fn take_name() -> Init {
    Box::new(|ctx| match ctx.register("taken") {
        Ok(()) => Ok(Puppet::default()),
        Err(error) => Err(Stop::With(ExitReason::crashed(error))),
    })
}

async fn a_start_under_a_taken_name(d: &mut Driver) {
    let first = start(d, take_name()).await.unwrap();
    let error = start(d, take_name()).await.unwrap_err();
    let by_first = NameError::Taken { name: "taken".into(), holder: first.pid() };
    let is_by_first = error == ExitReason::crashed(by_first);
    d.say(format!("start: error, already started, by the first: {is_by_first}"));
}

async fn a_failed_start_leaves_its_name_free(d: &mut Driver) {
    let fail = |ctx: &mut Context| {
        ctx.register("taken").unwrap();
        Err(Stop::With(because()))
    };
    say_started(d, Box::new(fail)).await;
    let state = d.ctx.runtime().whereis("taken").map_or("free", |_| "taken");
    d.say(format!("the name is {state}"));
}
