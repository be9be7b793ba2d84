//! A producer about ten times faster than its consumer, against each mailbox policy and by each way of
//! sending, while exits, downs and replies arrive: the mailbox stays within its bound, the runtime's news is
//! all delivered, what was accepted arrives in order, and the counts add up.

mod common;

use common::{as_process, down};
use rusm_otp::MailboxPolicy::{DropNewest, RejectSender, SuspendSender};
use rusm_otp::{
    Context, ExitReason, Mail, MailboxPolicy, MonitorRef, Payload, Pid, Runtime, SendError, SpawnOptions,
};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::yield_now;

const LIMIT: usize = 16;
const SENDS: u32 = 2_000;
/// How often news of each kind is made while the producer is at work.
const ROUNDS: usize = 50;
/// The most that is on its way at once: an exit by a link, and one after the other a sent exit, a down and a
/// reply.
const NEWS: usize = 2;

#[derive(Clone, Copy, Debug)]
enum Way {
    Send,
    TrySend,
    SendWait,
}

/// What became of what the producer sent.
#[derive(Default)]
struct Sent {
    /// Those of which it was not told that they were refused.
    accepted: Vec<u32>,
    rejected: usize,
    peak: usize,
}

async fn produce(ctx: Context, consumer: Pid, way: Way, sent: UnboundedSender<Sent>) {
    let mut report = Sent::default();
    for n in 0..SENDS {
        let payload = Payload::new(n);
        let result = match way {
            Way::Send => {
                ctx.send(consumer, payload);
                Ok(())
            }
            Way::TrySend => ctx.try_send(consumer, payload),
            Way::SendWait => ctx.send_wait(consumer, payload).await,
        };
        match result {
            Ok(()) => report.accepted.push(n),
            Err(SendError::Full(payload)) => {
                assert_eq!(payload.downcast().ok(), Some(n));
                report.rejected += 1;
            }
            Err(SendError::NoProcess(_)) => panic!("the consumer is dead"),
        }
        report.peak = report.peak.max(depth(ctx.runtime(), consumer));
        yield_now().await;
    }
    sent.send(report).unwrap();
}

/// How much mail waits, which is never more than it may be.
fn depth(runtime: &Runtime, consumer: Pid) -> usize {
    let depth = runtime.info(consumer).expect("it lives").mailbox;
    assert!(depth <= LIMIT + NEWS, "{depth} mails");
    depth
}

/// How much of each kind of news came.
#[derive(Default)]
struct News {
    by_link: usize,
    by_exit: usize,
    downs: usize,
    replies: usize,
}

/// Takes one mail for ten of the producer's turns. Of each round of news it gets two exits, one by a link; the
/// other has it set a monitor, whose down has it ask something, whose reply ends the round. The last mail of
/// all is the exit "over".
async fn consume(
    mut ctx: Context,
    desk: Pid,
    rounds: UnboundedSender<()>,
    received: UnboundedSender<Vec<u32>>,
) {
    ctx.trap_exit(true);
    let (mut numbers, mut news, mut round) = (Vec::new(), News::default(), 0);
    let mut awaited: Option<MonitorRef> = None;
    loop {
        for _ in 0..10 {
            yield_now().await;
        }
        match ctx.receive().await {
            Mail::Message { payload, .. } => numbers.push(payload.downcast().unwrap()),
            Mail::Exit { reason: ExitReason::Shutdown, .. } => news.by_link += 1,
            Mail::Exit { from: Pid::NODE, reason: ExitReason::Normal } => {
                news.by_exit += 1;
                awaited = Some(ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {}).1);
            }
            Mail::Down { monitor, .. } => {
                assert_eq!(awaited, Some(monitor));
                news.downs += 1;
                awaited = Some(ctx.send_request(desk, "next?").unwrap());
            }
            Mail::Reply { request, .. } => {
                assert_eq!(awaited.take(), Some(request));
                news.replies += 1;
            }
            Mail::Exit { reason, .. } => {
                assert_eq!(reason, ExitReason::shutdown_with("over"));
                break;
            }
            Mail::Request { .. } | Mail::Stream { .. } => unreachable!("nobody asks"),
        }
        if news.replies.min(news.by_link) > round {
            round += 1;
            rounds.send(()).unwrap();
        }
    }
    assert_eq!([news.by_link, news.by_exit, news.downs, news.replies], [ROUNDS; 4]);
    received.send(numbers).unwrap();
}

/// Makes news for the consumer, one round after the other.
async fn make_news(ctx: &Context, consumer: Pid, mut rounds: UnboundedReceiver<()>) {
    for _ in 0..ROUNDS {
        ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            ctx.link(consumer);
            ExitReason::Shutdown
        });
        ctx.runtime().exit(consumer, ExitReason::Normal);
        while rounds.try_recv().is_err() {
            depth(ctx.runtime(), consumer);
            yield_now().await;
        }
    }
}

async fn answer(mut ctx: Context) {
    loop {
        if let Mail::Request { from, .. } = ctx.receive().await {
            ctx.reply(from, "here");
        }
    }
}

/// The result is the greatest depth that the producer saw.
async fn overload(policy: MailboxPolicy, way: Way) -> usize {
    let (peak_sender, mut peak) = mpsc::unbounded_channel();
    as_process(|mut ctx| async move {
        let (round, rounds) = mpsc::unbounded_channel();
        let (receipt, mut received) = mpsc::unbounded_channel();
        let (report, mut sent) = mpsc::unbounded_channel();
        let desk = ctx.runtime().spawn(SpawnOptions::default(), answer);
        let options = SpawnOptions::default().mailbox(LIMIT, policy);
        let (consumer, end) = ctx.spawn_monitor(options, move |ctx| consume(ctx, desk, round, receipt));
        let (_, producer) =
            ctx.spawn_monitor(SpawnOptions::default(), move |ctx| produce(ctx, consumer, way, report));
        // It traps exits once it has begun.
        while !ctx.runtime().info(consumer).unwrap().trap_exit {
            yield_now().await;
        }
        make_news(&ctx, consumer, rounds).await;
        assert_eq!(down(&mut ctx, producer).await, ExitReason::Normal);
        let dropped = ctx.runtime().info(consumer).unwrap().dropped as usize;
        ctx.exit(consumer, ExitReason::shutdown_with("over"));
        assert_eq!(down(&mut ctx, end).await, ExitReason::Normal);

        let sent = sent.recv().await.unwrap();
        let received = received.recv().await.unwrap();
        assert_eq!(received.len() + dropped + sent.rejected, SENDS as usize);
        assert!(received.is_sorted());
        match (way, policy) {
            (Way::Send, _) | (_, DropNewest) => assert_eq!(sent.rejected, 0),
            (Way::SendWait, SuspendSender) => assert_eq!(received.len(), SENDS as usize),
            _ => assert_eq!(received, sent.accepted),
        }
        peak_sender.send(sent.peak).unwrap();
    })
    .await;
    peak.recv().await.unwrap()
}

const POLICIES: [MailboxPolicy; 3] = [RejectSender, DropNewest, SuspendSender];
const WAYS: [Way; 3] = [Way::Send, Way::TrySend, Way::SendWait];

/// Turn by turn, so that the mailbox is certain to be full.
#[tokio::test]
async fn on_one_thread() {
    for policy in POLICIES {
        for way in WAYS {
            let peak = overload(policy, way).await;
            assert!(peak >= LIMIT, "{policy:?}, {way:?}: {peak}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads() {
    for policy in POLICIES {
        for way in WAYS {
            overload(policy, way).await;
        }
    }
}
