//! Requests and replies: `gen_server:call/2,3`, `send_request/2`, `reply/2`.

mod common;

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use common::{as_process, down, exit, idle, no_mail, poll_once, text};
use rusm_otp::{
    CallError, Caller, Context, ExitReason, Mail, MailboxPolicy, MonitorRef, Payload, Pid, Runtime,
    SendError, SpawnOptions,
};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{Barrier, oneshot};

/// Answers each request with what was asked.
async fn echo(mut ctx: Context) {
    loop {
        if let Mail::Request { from, payload } = ctx.receive().await {
            ctx.reply(from, payload);
        }
    }
}

/// A process that leaves the answers to the test.
fn spawn_desk(runtime: &Runtime) -> (Pid, UnboundedReceiver<Caller>) {
    let (sender, callers) = mpsc::unbounded_channel();
    let pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
        loop {
            if let Mail::Request { from, .. } = ctx.receive().await {
                sender.send(from).unwrap();
            }
        }
    });
    (pid, callers)
}

/// A process with room for one mail, which is taken, and that reads none before it is told to by `go`.
fn spawn_full(runtime: &Runtime, policy: MailboxPolicy) -> (Pid, oneshot::Sender<()>) {
    let (go, told) = oneshot::channel();
    let options = SpawnOptions::default().mailbox(1, policy);
    let pid = runtime.spawn(options, |ctx| async move {
        told.await.unwrap();
        echo(ctx).await;
    });
    runtime.try_send(pid, "filler").unwrap();
    (pid, go)
}

/// The next mail, which is the reply to this.
async fn reply(ctx: &mut Context, to: MonitorRef) -> Option<Payload> {
    match ctx.receive().await {
        Mail::Reply { request, payload } if request == to => payload,
        other => panic!("{other:?}"),
    }
}

/// Neither end knows of the other any more.
fn no_monitors(ctx: &Context, callee: Pid) -> bool {
    let info = |pid| ctx.runtime().info(pid);
    info(ctx.pid()).is_none_or(|own| own.monitors.is_empty())
        && info(callee).is_none_or(|callee| callee.monitored_by.is_empty())
}

#[tokio::test]
async fn the_answer_is_the_result_and_the_monitor_is_gone() {
    as_process(|mut ctx| async move {
        let echo = ctx.runtime().spawn(SpawnOptions::default(), echo);
        let answer = ctx.call(echo, Payload::new((1, "two"))).await.unwrap();
        assert_eq!(answer.downcast::<(i32, &str)>().ok(), Some((1, "two")));
        assert!(no_monitors(&ctx, echo));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_request_says_who_asks() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let request = ctx.send_request(desk, "who?").unwrap();
        let caller = callers.recv().await.unwrap();
        assert_eq!(caller.pid(), ctx.pid());
        assert_eq!(ctx.runtime().info(desk).unwrap().monitored_by, [ctx.pid()]);
        ctx.runtime().reply(caller, "you");
        assert_eq!(reply(&mut ctx, request).await.unwrap().as_bytes(), Some(&b"you"[..]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_the_limit_is_dropped() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let (limit, start) = (Duration::from_secs(3), tokio::time::Instant::now());
        assert_eq!(ctx.call_within(limit, desk, "x").await.unwrap_err(), CallError::Timeout(limit));
        assert_eq!(start.elapsed().as_secs(), 3);
        ctx.runtime().reply(callers.recv().await.unwrap(), "late");
        assert!(no_monitors(&ctx, desk));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_limit_of_its_own_waits_five_seconds() {
    as_process(|mut ctx| async move {
        let start = tokio::time::Instant::now();
        let deaf = ctx.runtime().spawn(SpawnOptions::default(), idle);
        let silence = ctx.call(deaf, "x").await.unwrap_err();
        assert_eq!(silence, CallError::Timeout(rusm_otp::CALL_TIMEOUT));
        assert_eq!(start.elapsed().as_secs(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_limit_of_nothing_sends_and_does_not_wait() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let at_once = ctx.call_within(Duration::ZERO, desk, "x").await.unwrap_err();
        assert_eq!(at_once, CallError::Timeout(Duration::ZERO));
        assert_eq!(callers.recv().await.unwrap().pid(), ctx.pid());
    })
    .await;
}

#[tokio::test]
async fn a_second_answer_is_dropped() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let request = ctx.send_request(desk, "x").unwrap();
        let caller = callers.recv().await.unwrap();
        ctx.runtime().reply(caller, "first");
        ctx.runtime().reply(caller, "second");
        assert_eq!(reply(&mut ctx, request).await.unwrap().as_bytes(), Some(&b"first"[..]));
        ctx.runtime().reply(caller, "third");
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn after_the_answer_no_down_comes() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let request = ctx.send_request(desk, "x").unwrap();
        ctx.runtime().reply(callers.recv().await.unwrap(), "answer");
        let monitor = ctx.monitor(desk);
        ctx.kill(desk);
        assert!(reply(&mut ctx, request).await.is_some());
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn after_the_down_no_answer_comes() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let request = ctx.send_request(desk, "x").unwrap();
        let caller = callers.recv().await.unwrap();
        ctx.kill(desk);
        assert_eq!(down(&mut ctx, request).await, ExitReason::Killed);
        ctx.runtime().reply(caller, "from the grave");
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn the_answer_may_come_from_elsewhere() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let runtime = ctx.runtime().clone();

        let from_a_thread = async {
            let (runtime, caller) = (runtime.clone(), callers.recv().await.unwrap());
            std::thread::spawn(move || runtime.reply(caller, "thread")).join().unwrap();
        };
        let (answer, ()) = tokio::join!(ctx.call(desk, "x"), from_a_thread);
        assert_eq!(answer.unwrap().as_bytes(), Some(&b"thread"[..]));

        let from_a_process = async {
            let caller = callers.recv().await.unwrap();
            runtime
                .spawn(SpawnOptions::default(), move |ctx| async move { ctx.reply(caller, "someone else") });
        };
        let (answer, ()) = tokio::join!(ctx.call(desk, "x"), from_a_process);
        assert_eq!(answer.unwrap().as_bytes(), Some(&b"someone else"[..]));
        assert!(no_monitors(&ctx, desk));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_an_error_at_once() {
    as_process(|mut ctx| async move {
        let grump = ctx.runtime().spawn(SpawnOptions::default(), |mut ctx| async move {
            while let Mail::Request { from, .. } = ctx.receive().await {
                ctx.refuse(from);
                ctx.reply(from, "on second thoughts");
            }
        });
        assert_eq!(ctx.call(grump, "x").await.unwrap_err(), CallError::Refused);
        let request = ctx.send_request(grump, "x").unwrap();
        assert!(reply(&mut ctx, request).await.is_none());
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn who_is_not_there_is_down() {
    as_process(|mut ctx| async move {
        let (dead, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
        down(&mut ctx, monitor).await;
        for nobody in [dead, Pid::from_u64(7), Pid::NODE] {
            let error = ctx.call(nobody, "x").await.unwrap_err();
            assert_eq!(error, CallError::Down(ExitReason::NoProcess));
            let request = ctx.send_request(nobody, "x").unwrap();
            assert_eq!(down(&mut ctx, request).await, ExitReason::NoProcess);
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

/// No clock moves the test on: what waits for the limit hangs.
#[tokio::test]
async fn the_end_of_the_callee_is_an_error_at_once_with_its_reason() {
    as_process(|mut ctx| async move {
        let ends: [(&str, ExitReason); 4] = [
            ("return", ExitReason::Normal),
            ("fail", ExitReason::crashed("no")),
            ("panic", ExitReason::crashed("oh")),
            ("die", ExitReason::Killed),
        ];
        for (how, reason) in ends {
            let callee = ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
                ctx.receive().await;
                match how {
                    "return" => Ok(()),
                    "fail" => Err(ExitReason::crashed("no")),
                    "panic" => panic!("oh"),
                    _ => {
                        ctx.kill(ctx.pid());
                        pending().await
                    }
                }
            });
            let error = ctx.call_within(Duration::MAX, callee, "x").await.unwrap_err();
            assert_eq!(error, CallError::Down(reason), "{how}");
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_callee_that_is_killed_before_it_reads_is_down() {
    as_process(|mut ctx| async move {
        let deaf = ctx.runtime().spawn(SpawnOptions::default(), |_ctx| pending::<()>());
        let mut call = Box::pin(ctx.call_within(Duration::MAX, deaf, "x"));
        assert!(poll_once(call.as_mut()).await.is_pending());
        drop(call);
        let runtime = ctx.runtime().clone();
        let mut call = pin!(ctx.call_within(Duration::MAX, deaf, "x"));
        assert!(poll_once(call.as_mut()).await.is_pending());
        runtime.kill(deaf);
        assert_eq!(call.await.unwrap_err(), CallError::Down(ExitReason::Killed));
    })
    .await;
}

#[tokio::test]
async fn a_linked_callee_is_an_error_and_an_exit() {
    as_process(|mut ctx| async move {
        ctx.trap_exit(true);
        let child =
            ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move { drop(ctx.receive().await) });
        assert_eq!(ctx.call(child, "x").await.unwrap_err(), CallError::Down(ExitReason::Normal));
        assert_eq!(exit(&mut ctx).await, (child, ExitReason::Normal));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn to_call_oneself_is_an_error_and_sends_nothing() {
    as_process(|mut ctx| async move {
        assert_eq!(ctx.call(ctx.pid(), "x").await.unwrap_err(), CallError::CallingSelf);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_process_may_answer_its_own_request() {
    as_process(|mut ctx| async move {
        let request = ctx.send_request(ctx.pid(), "x").unwrap();
        let Mail::Request { from, payload } = ctx.receive().await else { panic!("no request") };
        ctx.reply(from, payload);
        assert_eq!(reply(&mut ctx, request).await.unwrap().as_bytes(), Some(&b"x"[..]));

        let given_up = ctx.send_request(ctx.pid(), "y").unwrap();
        let Mail::Request { from, .. } = ctx.receive().await else { panic!("no request") };
        assert!(ctx.demonitor_flush(given_up));
        ctx.reply(from, "unheard");
        assert!(no_mail(&mut ctx).await);
        assert!(no_monitors(&ctx, ctx.pid()));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_call_leaves_no_mail() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let runtime = ctx.runtime().clone();
        for answer_first in [true, false] {
            let mut call = Box::pin(ctx.call(desk, "x"));
            assert!(poll_once(call.as_mut()).await.is_pending());
            let caller = callers.recv().await.unwrap();
            if answer_first {
                runtime.reply(caller, "unheard");
            }
            drop(call);
            runtime.reply(caller, "too late");
            assert!(no_monitors(&ctx, desk));
            assert!(no_mail(&mut ctx).await);
        }

        let mut call = Box::pin(ctx.call(desk, "x"));
        assert!(poll_once(call.as_mut()).await.is_pending());
        runtime.kill(desk);
        while runtime.info(desk).is_some() {
            tokio::task::yield_now().await;
        }
        drop(call);
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_was_never_polled_was_not_sent() {
    as_process(|mut ctx| async move {
        let deaf = ctx.runtime().spawn(SpawnOptions::default(), |_ctx| pending::<()>());
        drop(ctx.call(deaf, "x"));
        assert_eq!(ctx.runtime().info(deaf).unwrap().mailbox, 0);
    })
    .await;
}

#[tokio::test]
async fn a_request_can_be_given_up() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let request = ctx.send_request(desk, "x").unwrap();
        let caller = callers.recv().await.unwrap();
        assert!(ctx.demonitor_flush(request));
        ctx.runtime().reply(caller, "unheard");
        assert!(no_mail(&mut ctx).await);

        let request = ctx.send_request(desk, "x").unwrap();
        ctx.runtime().reply(callers.recv().await.unwrap(), "came before");
        assert!(!ctx.demonitor_flush(request));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn other_mail_stays_in_its_order() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let echo = ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
            while let Mail::Request { from, payload } = ctx.receive().await {
                ctx.send(test, "during");
                ctx.reply(from, payload);
                ctx.send(test, "behind");
            }
        });
        ctx.send(test, "fetched");
        ctx.send(test, "taken");
        ctx.receive_match(
            |mail| matches!(mail, Mail::Message { payload, .. } if payload.as_bytes() == Some(b"taken")),
        )
        .await;
        ctx.send(test, "waiting");
        ctx.call(echo, "x").await.unwrap();
        for expected in ["fetched", "waiting", "during", "behind"] {
            assert_eq!(text(&mut ctx).await, expected);
        }
    })
    .await;
}

/// The mail that was there before is not searched for the answer, so that this is over soon; and it is all
/// there afterwards.
#[tokio::test]
async fn much_mail_is_not_in_the_way() {
    const MAILS: usize = 20_000;
    as_process(|mut ctx| async move {
        let echo = ctx.runtime().spawn(SpawnOptions::default(), echo);
        for n in 0..MAILS {
            ctx.send(ctx.pid(), Payload::new(n));
        }
        for n in 0..1_000 {
            let answer = ctx.call(echo, Payload::new(n)).await.unwrap();
            assert_eq!(answer.downcast::<i32>().ok(), Some(n));
        }
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().mailbox, MAILS);
        for n in 0..MAILS {
            let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
            assert_eq!(payload.downcast::<usize>().ok(), Some(n));
        }
    })
    .await;
}

/// As in OTP, neither answers while it waits for the other.
#[tokio::test(start_paused = true)]
async fn two_that_call_each_other_at_once_time_out() {
    as_process(|ctx| async move {
        let limit = Duration::from_secs(1);
        let (done, mut outcomes) = mpsc::unbounded_channel();
        let both_gave_up = Arc::new(Barrier::new(2));
        let [a, b] = [(), ()].map(|()| {
            let (done, both_gave_up) = (done.clone(), both_gave_up.clone());
            ctx.runtime().spawn(SpawnOptions::default(), move |mut ctx| async move {
                let Mail::Message { payload, .. } = ctx.receive().await else { panic!("no message") };
                let other: Pid = payload.downcast().unwrap();
                let outcome = ctx.call_within(limit, other, "you first").await;
                both_gave_up.wait().await;
                let Mail::Request { from, .. } = ctx.receive().await else { panic!("no request") };
                ctx.reply(from, "too late");
                done.send((outcome.unwrap_err(), no_mail(&mut ctx).await)).unwrap();
            })
        });
        ctx.send(a, Payload::new(b));
        ctx.send(b, Payload::new(a));
        for _ in 0..2 {
            assert_eq!(outcomes.recv().await.unwrap(), (CallError::Timeout(limit), true));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_get_each_its_own_answer() {
    as_process(|mut ctx| async move {
        let echoes = [(); 2].map(|()| ctx.runtime().spawn(SpawnOptions::default(), echo));
        let monitors: Vec<_> = (0..32_usize)
            .map(|caller| {
                let work = move |mut ctx: Context| async move {
                    for n in 0..200_usize {
                        let answer = ctx.call(echoes[n % 2], Payload::new((caller, n))).await.unwrap();
                        assert_eq!(answer.downcast::<(usize, usize)>().unwrap(), (caller, n));
                    }
                    assert!(no_mail(&mut ctx).await);
                };
                ctx.spawn_monitor(SpawnOptions::default(), work).1
            })
            .collect();
        for monitor in monitors {
            assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
        }
        for echo in echoes {
            assert_eq!(ctx.runtime().info(echo).unwrap().monitored_by, []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_call_from_outside_is_one_of_a_process_that_ends_with_it() {
    let runtime = Runtime::new();
    let (desk, mut callers) = spawn_desk(&runtime);
    let answer = async {
        let caller = callers.recv().await.unwrap();
        assert!(runtime.is_alive(caller.pid()));
        runtime.reply(caller, "answer");
        caller.pid()
    };
    let (answer, caller) = tokio::join!(runtime.call(desk, "x"), answer);
    assert_eq!(answer.unwrap().as_bytes(), Some(&b"answer"[..]));
    assert!(!runtime.is_alive(caller));
    assert_eq!(runtime.list(), [desk]);

    let kill = async {
        let caller = callers.recv().await.unwrap();
        runtime.kill(caller.pid());
    };
    let (answer, ()) = tokio::join!(runtime.call(desk, "x"), kill);
    assert_eq!(answer.unwrap_err(), CallError::Down(ExitReason::Killed));
    assert_eq!(runtime.info(desk).unwrap().monitored_by, []);
}

#[tokio::test]
async fn the_end_of_the_caller_takes_the_request_along() {
    as_process(|mut ctx| async move {
        let (desk, mut callers) = spawn_desk(ctx.runtime());
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |mut ctx| async move {
            ctx.call_within(Duration::MAX, desk, "x").await.unwrap();
        });
        let caller = callers.recv().await.unwrap();
        ctx.kill(child);
        down(&mut ctx, monitor).await;
        assert_eq!(ctx.runtime().info(desk).unwrap().monitored_by, []);
        ctx.runtime().reply(caller, "to nobody");
    })
    .await;
}

#[tokio::test]
async fn a_full_mailbox_is_an_error_unless_it_suspends() {
    as_process(|mut ctx| async move {
        for policy in [MailboxPolicy::RejectSender, MailboxPolicy::DropNewest] {
            let (full, _go) = spawn_full(ctx.runtime(), policy);
            assert_eq!(ctx.call(full, "x").await.unwrap_err(), CallError::MailboxFull, "{policy:?}");
            assert!(no_monitors(&ctx, full));
            assert_eq!(ctx.runtime().info(full).unwrap().dropped, 0);
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_does_not_wait_is_given_back_by_a_full_mailbox() {
    use MailboxPolicy::{DropNewest, RejectSender, SuspendSender};
    as_process(|mut ctx| async move {
        for policy in [RejectSender, DropNewest, SuspendSender] {
            let (full, _go) = spawn_full(ctx.runtime(), policy);
            let refused = ctx.send_request(full, Payload::new(7)).unwrap_err();
            assert!(matches!(refused, SendError::Full(_)), "{policy:?}");
            assert_eq!(refused.into_payload().downcast::<i32>().ok(), Some(7));
            assert!(no_monitors(&ctx, full));
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_call_is_answered_when_there_is_room() {
    as_process(|mut ctx| async move {
        let (full, go) = spawn_full(ctx.runtime(), MailboxPolicy::SuspendSender);
        let runtime = ctx.runtime().clone();
        let mut call = pin!(ctx.call(full, "x"));
        assert!(poll_once(call.as_mut()).await.is_pending());
        assert_eq!(runtime.info(full).unwrap().mailbox, 1);
        go.send(()).unwrap();
        assert_eq!(call.await.unwrap().as_bytes(), Some(&b"x"[..]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_suspended_call_keeps_its_limit_and_then_was_not_sent() {
    as_process(|mut ctx| async move {
        let (full, go) = spawn_full(ctx.runtime(), MailboxPolicy::SuspendSender);
        let (limit, start) = (Duration::from_secs(2), tokio::time::Instant::now());
        assert_eq!(ctx.call_within(limit, full, "x").await.unwrap_err(), CallError::Timeout(limit));
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(ctx.runtime().info(full).unwrap().mailbox, 1);
        assert!(no_monitors(&ctx, full));

        // The one place is free again for the next call, and no answer to the first comes.
        go.send(()).unwrap();
        assert_eq!(ctx.call(full, "y").await.unwrap().as_bytes(), Some(&b"y"[..]));
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_call_learns_of_the_callees_end() {
    as_process(|mut ctx| async move {
        let (full, _go) = spawn_full(ctx.runtime(), MailboxPolicy::SuspendSender);
        let runtime = ctx.runtime().clone();
        let mut call = pin!(ctx.call_within(Duration::MAX, full, "x"));
        assert!(poll_once(call.as_mut()).await.is_pending());
        runtime.kill(full);
        // It was never the callee's watcher, so that the reason is that of one who comes too late.
        assert_eq!(call.await.unwrap_err(), CallError::Down(ExitReason::NoProcess));
    })
    .await;
}
