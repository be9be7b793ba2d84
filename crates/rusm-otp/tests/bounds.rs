//! Mailboxes with a bound: each policy by each way of sending, as the table of `MailboxPolicy` has it.

mod common;

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use common::{as_process, down, no_mail, poll_once};
use rusm_otp::MailboxPolicy::{DropNewest, RejectSender, SuspendSender};
use rusm_otp::{Context, ExitReason, Mail, MailboxPolicy, Payload, Pid, Runtime, SendError, SpawnOptions};
use tokio::sync::{mpsc, oneshot};

/// Takes a mail for each `take` and hands its number over.
struct Reader {
    pid: Pid,
    take: mpsc::UnboundedSender<()>,
    taken: mpsc::UnboundedReceiver<u32>,
}

impl Reader {
    fn spawn(runtime: &Runtime, limit: usize, policy: MailboxPolicy) -> Self {
        let (take, mut told) = mpsc::unbounded_channel();
        let (sender, taken) = mpsc::unbounded_channel();
        let options = SpawnOptions::default().mailbox(limit, policy);
        let pid = runtime.spawn(options, |mut ctx| async move {
            while let Some(()) = told.recv().await {
                sender.send(number(ctx.receive().await)).unwrap();
            }
        });
        Self { pid, take, taken }
    }

    /// One with room for two, and two there: 0 and 1.
    fn full(runtime: &Runtime, policy: MailboxPolicy) -> Self {
        let reader = Self::spawn(runtime, 2, policy);
        for n in 0..2_u32 {
            runtime.try_send(reader.pid, Payload::new(n)).unwrap();
        }
        reader
    }

    async fn take(&mut self) -> u32 {
        self.take.send(()).unwrap();
        self.taken.recv().await.unwrap()
    }
}

fn number(mail: Mail) -> u32 {
    match mail {
        Mail::Message { payload, .. } | Mail::Request { payload, .. } => payload.downcast().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn is_full(result: Result<(), SendError>) -> bool {
    matches!(result, Err(SendError::Full(payload)) if payload.downcast_ref() == Some(&9_u32))
}

#[tokio::test]
async fn send_drops_what_finds_no_room_and_counts_it() {
    as_process(|ctx| async move {
        for policy in [RejectSender, DropNewest, SuspendSender] {
            let mut reader = Reader::full(ctx.runtime(), policy);
            ctx.send(reader.pid, Payload::new(9_u32));
            ctx.runtime().send(reader.pid, Payload::new(9_u32));
            let info = ctx.runtime().info(reader.pid).unwrap();
            assert_eq!((info.mailbox, info.mailbox_limit, info.dropped), (2, Some(2), 2), "{policy:?}");
            assert_eq!((reader.take().await, reader.take().await), (0, 1));
            ctx.send(reader.pid, Payload::new(2_u32));
            assert_eq!(reader.take().await, 2);
        }
    })
    .await;
}

#[tokio::test]
async fn try_send_gives_back_what_finds_no_room_unless_the_newest_is_dropped() {
    as_process(|ctx| async move {
        for (policy, dropped) in [(RejectSender, 0), (DropNewest, 2), (SuspendSender, 0)] {
            let reader = Reader::full(ctx.runtime(), policy);
            let results = [
                ctx.try_send(reader.pid, Payload::new(9_u32)),
                ctx.runtime().try_send(reader.pid, Payload::new(9_u32)),
            ];
            for result in results {
                assert_eq!(is_full(result), policy != DropNewest, "{policy:?}");
            }
            let info = ctx.runtime().info(reader.pid).unwrap();
            assert_eq!((info.mailbox, info.dropped), (2, dropped), "{policy:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn send_wait_waits_only_where_senders_are_suspended() {
    as_process(|ctx| async move {
        let rejecting = Reader::full(ctx.runtime(), RejectSender);
        assert!(is_full(ctx.send_wait(rejecting.pid, Payload::new(9_u32)).await));
        let dropping = Reader::full(ctx.runtime(), DropNewest);
        ctx.send_wait(dropping.pid, Payload::new(9_u32)).await.unwrap();
        assert_eq!(ctx.runtime().info(dropping.pid).unwrap().dropped, 1);

        let mut suspending = Reader::full(ctx.runtime(), SuspendSender);
        let mut wait = pin!(ctx.send_wait(suspending.pid, Payload::new(2_u32)));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        assert_eq!(ctx.runtime().info(suspending.pid).unwrap().mailbox, 2);
        assert_eq!(suspending.take().await, 0);
        wait.await.unwrap();
        assert_eq!((suspending.take().await, suspending.take().await), (1, 2));
        assert_eq!(ctx.runtime().info(suspending.pid).unwrap().dropped, 0);
    })
    .await;
}

#[tokio::test]
async fn a_dead_process_is_no_full_one() {
    as_process(|mut ctx| async move {
        for policy in [RejectSender, DropNewest, SuspendSender] {
            let reader = Reader::full(ctx.runtime(), policy);
            let monitor = ctx.monitor(reader.pid);
            ctx.kill(reader.pid);
            down(&mut ctx, monitor).await;
            for result in [
                ctx.try_send(reader.pid, Payload::new(9_u32)),
                ctx.send_wait(reader.pid, Payload::new(9_u32)).await,
            ] {
                let payload = match result {
                    Err(SendError::NoProcess(payload)) => payload,
                    other => panic!("{other:?}"),
                };
                assert_eq!(payload.downcast::<u32>().ok(), Some(9));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_broadcast_is_sent_to_the_full_as_well() {
    as_process(|ctx| async move {
        let options = SpawnOptions::default().mailbox(1, RejectSender);
        let full = ctx.runtime().spawn(options, |_ctx| std::future::pending::<()>());
        ctx.runtime().join("room", full);
        assert_eq!(ctx.broadcast("room", "kept"), 1);
        assert_eq!(ctx.broadcast("room", "dropped"), 1);
        let info = ctx.runtime().info(full).unwrap();
        assert_eq!((info.mailbox, info.dropped), (1, 1));
    })
    .await;
}

/// Exits, downs and replies come however full it is, and take no place from messages.
#[tokio::test]
async fn the_runtimes_news_is_never_refused_and_does_not_count() {
    as_process(|mut ctx| async move {
        for policy in [RejectSender, DropNewest, SuspendSender] {
            let (desk, mut requests) = {
                let (sender, requests) = mpsc::unbounded_channel();
                let desk = ctx.runtime().spawn(SpawnOptions::default(), |mut ctx| async move {
                    while let Mail::Request { from, .. } = ctx.receive().await {
                        sender.send(from).unwrap();
                    }
                });
                (desk, requests)
            };
            let (ready, is_ready) = oneshot::channel();
            let (go, told) = oneshot::channel::<()>();
            let options = SpawnOptions::default().mailbox(1, policy);
            let (full, monitor) = ctx.spawn_monitor(options, move |mut ctx| async move {
                ctx.trap_exit(true);
                ctx.try_send(ctx.pid(), "filler").unwrap();
                let request = ctx.send_request(desk, "x").unwrap();
                let dead = ctx.monitor(Pid::from_u64(7));
                ctx.link(Pid::from_u64(7));
                ready.send(()).unwrap();
                told.await.unwrap();
                assert!(matches!(ctx.receive().await, Mail::Message { .. }));
                assert!(matches!(ctx.receive().await, Mail::Down { monitor, .. } if monitor == dead));
                assert!(matches!(ctx.receive().await, Mail::Exit { .. }));
                assert!(matches!(ctx.receive().await, Mail::Reply { request: of, .. } if of == request));
                assert!(matches!(ctx.receive().await, Mail::Exit { from: Pid::NODE, .. }));
                assert!(no_mail(&mut ctx).await);
                ctx.try_send(ctx.pid(), "there is room again").unwrap();
                assert!(ctx.try_send(ctx.pid(), "for one").is_err() || policy == DropNewest);
            });
            is_ready.await.unwrap();
            ctx.runtime().reply(requests.recv().await.unwrap(), "answer");
            ctx.runtime().exit(full, ExitReason::Shutdown);
            assert_eq!(ctx.runtime().info(full).unwrap().mailbox, 5);
            go.send(()).unwrap();
            assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal, "{policy:?}");
        }
    })
    .await;
}

/// News makes no room: the place of a message is free when that message is taken.
#[tokio::test]
async fn only_a_message_that_is_taken_makes_room() {
    let runtime = Runtime::new();
    let sender = runtime.clone();
    let body = |mut ctx: Context| async move {
        ctx.monitor(Pid::from_u64(7));
        sender.try_send(ctx.pid(), "one").unwrap();
        assert!(sender.try_send(ctx.pid(), "two").is_err());
        assert!(matches!(ctx.receive().await, Mail::Down { .. }));
        // Fetched together with the down, but not taken.
        assert!(sender.try_send(ctx.pid(), "two").is_err());
        assert!(matches!(ctx.receive().await, Mail::Message { .. }));
        sender.try_send(ctx.pid(), "two").unwrap();
        ctx.receive_match(|mail| matches!(mail, Mail::Message { .. })).await;
        sender.try_send(ctx.pid(), "three").unwrap();
        Ok(())
    };
    runtime.run(SpawnOptions::default().mailbox(1, RejectSender), body).await.unwrap();
}

/// Whichever way mail leaves the mailbox, its place is free.
#[tokio::test]
async fn every_receive_makes_room() {
    type Take = fn(&mut Context) -> Pin<Box<dyn Future<Output = Option<Mail>> + Send + '_>>;
    let ways: [Take; 4] = [
        |ctx| Box::pin(async { Some(ctx.receive().await) }),
        |ctx| Box::pin(ctx.receive_timeout(Duration::ZERO)),
        |ctx| Box::pin(async { Some(ctx.receive_match(|_| true).await) }),
        |ctx| Box::pin(ctx.receive_match_timeout(|_| true, Duration::ZERO)),
    ];
    let runtime = Runtime::new();
    for take in ways {
        let sender = runtime.clone();
        let body = |mut ctx: Context| async move {
            // Twice, for mail that comes alone and for mail that is held.
            for _ in 0..2 {
                for _ in 0..3 {
                    sender.try_send(ctx.pid(), "x").unwrap();
                }
                assert!(sender.try_send(ctx.pid(), "x").is_err());
                for _ in 0..3 {
                    take(&mut ctx).await.unwrap();
                }
                sender.try_send(ctx.pid(), "alone").unwrap();
                take(&mut ctx).await.unwrap();
            }
            assert!(take_nothing(&mut ctx).await);
            Ok(())
        };
        runtime.run(SpawnOptions::default().mailbox(3, RejectSender), body).await.unwrap();
    }
}

async fn take_nothing(ctx: &mut Context) -> bool {
    no_mail(ctx).await && ctx.runtime().info(ctx.pid()).unwrap().mailbox == 0
}

#[tokio::test]
async fn suspended_senders_get_their_turn_in_order() {
    as_process(|ctx| async move {
        let mut reader = Reader::full(ctx.runtime(), SuspendSender);
        let mut waiting: Vec<_> =
            (2..10_u32).map(|n| Box::pin(ctx.send_wait(reader.pid, Payload::new(n)))).collect();
        for wait in &mut waiting {
            assert!(poll_once(wait.as_mut()).await.is_pending());
        }
        for (n, wait) in (2..).zip(&mut waiting) {
            assert_eq!(reader.take().await, n - 2);
            // A place that is free belongs to the first in line, even before it has taken it.
            assert!(is_full(ctx.try_send(reader.pid, Payload::new(9_u32))));
            wait.await.unwrap();
        }
        assert_eq!((reader.take().await, reader.take().await), (8, 9));
    })
    .await;
}

#[tokio::test]
async fn a_send_that_is_dropped_sent_nothing_and_keeps_no_place() {
    as_process(|ctx| async move {
        let mut reader = Reader::full(ctx.runtime(), SuspendSender);
        let mut waiting: Vec<_> =
            (2..6_u32).map(|n| Box::pin(ctx.send_wait(reader.pid, Payload::new(n)))).collect();
        for wait in &mut waiting {
            assert!(poll_once(wait.as_mut()).await.is_pending());
        }
        // One in the middle of the line leaves it; the first, when a place was given to it already.
        drop(waiting.remove(1));
        assert_eq!(reader.take().await, 0);
        drop(waiting.remove(0));
        let [fourth, fifth] = &mut waiting[..] else { panic!("two are left") };
        fourth.await.unwrap();
        assert!(poll_once(fifth.as_mut()).await.is_pending());
        assert_eq!(reader.take().await, 1);
        fifth.await.unwrap();
        assert_eq!((reader.take().await, reader.take().await), (4, 5));

        // All places are there still.
        for n in [0, 1] {
            ctx.try_send(reader.pid, Payload::new::<u32>(n)).unwrap();
        }
        assert!(is_full(ctx.try_send(reader.pid, Payload::new(9_u32))));
    })
    .await;
}

#[tokio::test]
async fn the_receivers_end_frees_those_who_wait() {
    as_process(|mut ctx| async move {
        let reader = Reader::full(ctx.runtime(), SuspendSender);
        let senders: Vec<_> = (0..8_u32)
            .map(|n| {
                ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
                    match ctx.send_wait(reader.pid, Payload::new(n)).await {
                        Err(SendError::NoProcess(payload)) => assert_eq!(payload.downcast().ok(), Some(n)),
                        other => panic!("{other:?}"),
                    }
                })
                .1
            })
            .collect();
        let runtime = ctx.runtime().clone();
        let mut outside = pin!(runtime.send_wait(reader.pid, Payload::new(9_u32)));
        assert!(poll_once(outside.as_mut()).await.is_pending());
        ctx.kill(reader.pid);
        assert!(matches!(outside.await, Err(SendError::NoProcess(_))));
        for sender in senders {
            assert_eq!(down(&mut ctx, sender).await, ExitReason::Normal);
        }
    })
    .await;
}

#[tokio::test]
async fn the_senders_end_leaves_its_place_in_line() {
    as_process(|mut ctx| async move {
        let mut reader = Reader::full(ctx.runtime(), SuspendSender);
        let full = reader.pid;
        let (first, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
            ctx.send_wait(full, Payload::new(7_u32)).await.unwrap();
        });
        tokio::task::yield_now().await;
        let runtime = ctx.runtime().clone();
        let mut second = pin!(runtime.send_wait(full, Payload::new(2_u32)));
        assert!(poll_once(second.as_mut()).await.is_pending());
        ctx.kill(first);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
        assert_eq!(reader.take().await, 0);
        second.await.unwrap();
        assert_eq!((reader.take().await, reader.take().await), (1, 2));
    })
    .await;
}

/// A context that outlives its process while it waits for room asks nothing, and takes no place.
#[tokio::test(start_paused = true)]
async fn a_call_by_one_who_died_keeps_no_place() {
    as_process(|mut ctx| async move {
        let mut reader = Reader::full(ctx.runtime(), SuspendSender);
        let (sender, moved) = oneshot::channel();
        let (caller, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move {
            sender.send(ctx).unwrap();
            std::future::pending::<()>().await;
        });
        let mut moved = moved.await.unwrap();
        let mut call = pin!(moved.call(reader.pid, Payload::new(9_u32)));
        assert!(poll_once(call.as_mut()).await.is_pending());
        ctx.kill(caller);
        down(&mut ctx, monitor).await;
        assert_eq!((reader.take().await, reader.take().await), (0, 1));
        assert!(call.await.is_err());
        for n in 0..2_u32 {
            ctx.try_send(reader.pid, Payload::new(n)).unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_bound_there_is_none() {
    as_process(|mut ctx| async move {
        for _ in 0..10_000 {
            ctx.try_send(ctx.pid(), "x").unwrap();
            ctx.send_wait(ctx.pid(), "x").await.unwrap();
        }
        let info = ctx.runtime().info(ctx.pid()).unwrap();
        assert_eq!((info.mailbox, info.mailbox_limit, info.dropped), (20_000, None, 0));
        while !no_mail(&mut ctx).await {}
    })
    .await;
}

#[test]
#[should_panic(expected = "a mailbox's limit is 1 at least")]
fn a_mailbox_without_any_room_is_refused() {
    let _ = SpawnOptions::default().mailbox(0, RejectSender);
}
