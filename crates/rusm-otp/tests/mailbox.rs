//! The mailbox: order, selective receive, timeouts, and that nothing is lost.

mod common;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use common::{as_process, idle, no_mail, poll_once, text};
use proptest::prelude::*;
use rusm_otp::{Context, ExitReason, Mail, Payload, Pid, Runtime, SpawnOptions};

#[derive(Clone, Debug)]
enum Step {
    Send(usize),
    Receive,
    /// The first that has this remainder, by 5.
    Match(u32),
    /// A selective receive that is dropped while it waits.
    Cancel(u32),
    Discard,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..40_usize).prop_map(Step::Send),
        6 => Just(Step::Receive),
        6 => (0..6_u32).prop_map(Step::Match),
        1 => (5..7_u32).prop_map(Step::Cancel),
        1 => Just(Step::Discard),
    ]
}

fn number(mail: &Mail) -> u32 {
    let Mail::Message { payload, .. } = mail else {
        return u32::MAX;
    };
    *payload.downcast_ref().unwrap()
}

async fn follow(mut ctx: Context, steps: Vec<Step>) -> Result<(), ExitReason> {
    let mut model = VecDeque::new();
    let mut next = 0;
    for step in steps {
        match step {
            Step::Send(count) => {
                for _ in 0..count {
                    ctx.send(ctx.pid(), Payload::new::<u32>(next));
                    model.push_back(next);
                    next += 1;
                }
            }
            Step::Receive => {
                let mail = ctx.receive_timeout(Duration::ZERO).await;
                assert_eq!(mail.as_ref().map(number), model.pop_front());
            }
            Step::Match(rest) => {
                let mail = ctx.receive_match_timeout(|mail| number(mail) % 5 == rest, Duration::ZERO).await;
                let at = model.iter().position(|n| n % 5 == rest);
                assert_eq!(mail.as_ref().map(number), at.and_then(|at| model.remove(at)));
            }
            Step::Cancel(rest) => {
                let mut receive = Box::pin(ctx.receive_match(|mail| number(mail) % 5 == rest));
                assert!(poll_once(receive.as_mut()).await.is_pending());
            }
            Step::Discard => {
                let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), idle);
                ctx.kill(child);
                ctx.demonitor_flush(monitor);
            }
        }
        assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().mailbox, model.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_is_a_queue_that_can_be_searched(steps in prop::collection::vec(step(), 1..100)) {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let runtime = Runtime::with_handle(tokio.handle().clone());
        tokio.block_on(runtime.run(SpawnOptions::default(), |ctx| follow(ctx, steps))).unwrap();
    }
}

/// Many senders at once; the receiver prefers the even ones. Nothing is lost, and each sender's order holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_lose_nothing() {
    const SENDERS: usize = 16;
    const EACH: usize = 1_000;
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let senders: Vec<Pid> = (0..SENDERS)
            .map(|_| {
                ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
                    for n in 0..EACH {
                        ctx.send(test, Payload::new(n));
                        tokio::task::coop::consume_budget().await;
                    }
                })
            })
            .collect();
        let mut next = [0; SENDERS];
        for turn in 0..SENDERS * EACH {
            let preferred = senders[turn % SENDERS];
            let from_preferred =
                |mail: &Mail| matches!(mail, Mail::Message { from, .. } if *from == preferred);
            let mail = match ctx.receive_match_timeout(from_preferred, Duration::ZERO).await {
                Some(mail) => mail,
                None => ctx.receive().await,
            };
            let Mail::Message { from, payload } = mail else { panic!("{mail:?}") };
            let sender = senders.iter().position(|pid| *pid == from).unwrap();
            assert_eq!(payload.downcast::<usize>().unwrap(), next[sender]);
            next[sender] += 1;
        }
        assert!(no_mail(&mut ctx).await);
    })
    .await;
}

#[tokio::test]
async fn messages_carry_their_sender() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let child = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            ctx.send(test, "from a process");
            ctx.runtime().send(test, "from the node");
        });
        assert!(matches!(ctx.receive().await, Mail::Message { from, .. } if from == child));
        assert!(matches!(ctx.receive().await, Mail::Message { from: Pid::NODE, .. }));
    })
    .await;
}

#[tokio::test]
async fn a_selective_receive_waits_for_what_it_wants() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        ctx.send(test, "skipped");
        let child = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            ctx.send(test, "skipped too");
            ctx.runtime().send(test, "wanted");
        });
        let is_wanted = |mail: &Mail| matches!(mail, Mail::Message { from: Pid::NODE, .. });
        assert!(matches!(ctx.receive_match(is_wanted).await, Mail::Message { .. }));
        assert_eq!(text(&mut ctx).await, "skipped");
        assert!(matches!(ctx.receive().await, Mail::Message { from, .. } if from == child));
    })
    .await;
}

#[tokio::test]
async fn a_predicate_sees_each_mail_once() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        ctx.send(test, Payload::new(0));
        ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            for n in 1..10 {
                ctx.send(test, Payload::new(n));
                tokio::task::yield_now().await;
            }
        });
        let mut seen = Vec::new();
        ctx.receive_match(|mail| {
            let Mail::Message { payload, .. } = mail else {
                return false;
            };
            seen.push(*payload.downcast_ref::<i32>().unwrap());
            seen.len() == 10
        })
        .await;
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_the_wait_and_takes_nothing() {
    as_process(|mut ctx| async move {
        let start = tokio::time::Instant::now();
        assert!(ctx.receive_timeout(Duration::from_secs(5)).await.is_none());
        assert_eq!(start.elapsed().as_secs(), 5);

        ctx.send(ctx.pid(), "unwanted");
        let never =
            ctx.receive_match_timeout(|mail| matches!(mail, Mail::Exit { .. }), Duration::from_secs(5));
        assert!(never.await.is_none());
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(text(&mut ctx).await, "unwanted");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn mail_that_comes_in_time_ends_the_wait() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ctx.send(test, "in time");
        });
        assert!(ctx.receive_timeout(Duration::from_secs(5)).await.is_some());
    })
    .await;
}

/// A process that polls its mailbox without end shares its thread, and can be killed.
#[tokio::test(flavor = "current_thread")]
async fn polling_without_waiting_lets_others_run() {
    as_process(|mut ctx| async move {
        let (poller, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            loop {
                ctx.receive_timeout(Duration::ZERO).await;
            }
        });
        tokio::task::yield_now().await;
        ctx.kill(poller);
        assert_eq!(common::down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_process_whose_mailbox_never_empties_lets_others_run() {
    as_process(|mut ctx| async move {
        let (busy, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            loop {
                ctx.send(ctx.pid(), "again");
                ctx.receive().await;
            }
        });
        tokio::task::yield_now().await;
        ctx.kill(busy);
        assert_eq!(common::down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

#[tokio::test]
async fn payloads_arrive_as_they_were_sent() {
    as_process(|mut ctx| async move {
        let me = ctx.pid();
        ctx.send(me, "text");
        ctx.send(me, String::from("owned"));
        ctx.send(me, vec![0, 1]);
        ctx.send(me, Bytes::from_static(b"bytes"));
        ctx.send(me, Payload::new((1, "two")));
        for expected in [&b"text"[..], b"owned", &[0, 1], b"bytes"] {
            let Mail::Message { payload, .. } = ctx.receive().await else { panic!() };
            assert_eq!(payload.as_bytes(), Some(expected));
            assert!(payload.downcast::<&str>().is_err());
        }
        let Mail::Message { payload, .. } = ctx.receive().await else { panic!() };
        assert_eq!(payload.as_bytes(), None);
        let payload = payload.into_bytes().unwrap_err();
        assert_eq!(payload.downcast::<(i32, &str)>().unwrap(), (1, "two"));
    })
    .await;
}
