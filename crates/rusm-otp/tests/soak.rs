//! What takes too long for every change; `ci/soak` runs it.

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::time::Duration;

use rusm_otp::{Context, ExitReason, Mail, Pid, Runtime, SpawnOptions};

const LATER: Duration = Duration::from_hours(1);
/// The most bytes that stay for each process of the peak: its slot (128), and what the allocator keeps of its
/// task, its bonds and its mail.
const PER_PROCESS: usize = 3072;
/// What the panics say that are meant.
const MEANT: &str = "a panic that is meant";

/// How a child lives and ends. One of each, in this order, makes a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ends when it is told to, with an error.
    Fails,
    /// Is killed.
    Victim,
    /// Linked to the victim, and goes with it.
    Follower,
    /// Linked to the follower, traps exits, and tells of this one.
    Witness,
    /// Has a name, a membership and two timers, and is sent an exit.
    Settled,
    /// Panics when it is told to.
    Panics,
    /// Linked to the parent. Answers a request, and returns.
    Server,
}

const FAMILY: [Kind; 7] =
    [Kind::Fails, Kind::Victim, Kind::Follower, Kind::Witness, Kind::Settled, Kind::Panics, Kind::Server];

impl Kind {
    /// `elder` is the child before it in the family.
    async fn live(self, mut ctx: Context, parent: Pid, elder: Pid, name: String) -> Result<(), ExitReason> {
        match self {
            Self::Follower => ctx.link(elder),
            Self::Witness => {
                ctx.trap_exit(true);
                ctx.link(elder);
            }
            Self::Settled => {
                ctx.register(name).map_err(ExitReason::crashed)?;
                ctx.join("settled");
                ctx.send_after(LATER, ctx.pid(), "never");
                ctx.send_interval(LATER, ctx.pid(), "never");
            }
            Self::Server => ctx.link(parent),
            Self::Fails | Self::Victim | Self::Panics => {}
        }
        ctx.send(parent, "ready");
        match (self, ctx.receive().await) {
            (Self::Fails, Mail::Message { .. }) => Err(ExitReason::shutdown_with("told to")),
            (Self::Panics, Mail::Message { .. }) => panic!("{MEANT}"),
            (Self::Witness, Mail::Exit { reason, .. }) => Err(reason),
            (Self::Server, Mail::Request { from, payload }) => {
                ctx.reply(from, payload);
                Ok(())
            }
            (_, other) => Err(ExitReason::crashed(format!("{other:?}"))),
        }
    }

    /// What the parent does to end it.
    async fn end(self, ctx: &mut Context, child: Pid) {
        match self {
            Self::Fails | Self::Panics => ctx.send(child, "end"),
            Self::Victim => ctx.kill(child),
            // Both end with the victim.
            Self::Follower | Self::Witness => {}
            Self::Settled => ctx.exit(child, ExitReason::Shutdown),
            Self::Server => assert!(ctx.call_within(Duration::MAX, child, "hello").await.is_ok()),
        }
    }

    fn ends_with(self, reason: &ExitReason) -> bool {
        match self {
            Self::Fails => *reason == ExitReason::shutdown_with("told to"),
            Self::Victim | Self::Follower | Self::Witness => *reason == ExitReason::Killed,
            Self::Settled => *reason == ExitReason::Shutdown,
            Self::Panics => matches!(reason, ExitReason::Crashed(text) if text.contains(MEANT)),
            Self::Server => *reason == ExitReason::Normal,
        }
    }
}

/// Has so many families alive at once, and sees each child to its end. An inline process comes with each.
async fn wave(ctx: &mut Context, families: usize) {
    let parent = ctx.pid();
    let mut children = BTreeMap::new();
    for n in 0..families {
        let mut elder = parent;
        for kind in FAMILY {
            let name = format!("{parent}-{n}");
            let body = move |ctx| kind.live(ctx, parent, elder, name);
            let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), body);
            children.insert(monitor, (kind, child));
            elder = child;
        }
        let inline = ctx.runtime().run(SpawnOptions::default(), |ctx| async move {
            ctx.link(parent);
            ctx.monitor(parent);
            Ok(())
        });
        inline.await.unwrap();
    }
    // Of the inline process, and of the server.
    let mut exits = 2 * families;
    let mut ready = 0;
    while ready < children.len() {
        match ctx.receive().await {
            Mail::Message { .. } => ready += 1,
            Mail::Exit { reason: ExitReason::Normal, .. } => exits -= 1,
            other => panic!("{other:?}"),
        }
    }
    for (kind, child) in children.values() {
        kind.end(ctx, *child).await;
    }
    while exits + children.len() > 0 {
        match ctx.receive().await {
            Mail::Exit { reason: ExitReason::Normal, .. } => exits -= 1,
            Mail::Down { monitor, reason, .. } => {
                let (kind, _) = children.remove(&monitor).unwrap();
                assert!(kind.ends_with(&reason), "{kind:?} ended with {reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Waves from several parents at once; all that lived is gone when it is over.
async fn round(runtime: &Runtime, parents: usize, waves: usize, families: usize) {
    let over = runtime.run(SpawnOptions::default(), |mut ctx| async move {
        for _ in 0..parents {
            ctx.spawn_monitor(SpawnOptions::default(), move |mut ctx| async move {
                ctx.trap_exit(true);
                for _ in 0..waves {
                    wave(&mut ctx, families).await;
                }
            });
        }
        for _ in 0..parents {
            let down = ctx.receive().await;
            assert!(matches!(down, Mail::Down { reason: ExitReason::Normal, .. }), "{down:?}");
        }
        Ok(())
    });
    over.await.unwrap();
    assert!(runtime.list().is_empty());
    assert!(runtime.groups().is_empty());
}

/// Processes leave nothing behind: a node's memory is that of its peak, however many came and went.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "ten million processes; run by ci/soak"]
async fn processes() {
    const ALL: usize = 10_000_000;
    const ROUND: usize = 1_000_000;
    const PARENTS: usize = 5;
    const FAMILIES: usize = 250;
    const WAVE: usize = PARENTS * FAMILIES * (FAMILY.len() + 1);
    const { assert!(ROUND.is_multiple_of(WAVE)) };

    let standard = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(MEANT) {
            standard(info);
        }
    }));

    let runtime = Runtime::new();
    let start = resident();
    println!("resident at start: {start} KiB");
    let mut resident_after = Vec::new();
    for done in (ROUND..=ALL).step_by(ROUND) {
        round(&runtime, PARENTS, ROUND / WAVE, FAMILIES).await;
        resident_after.push(resident());
        println!("after {done} processes, {WAVE} at once: {} KiB", resident());
    }
    let (half, last) = (resident_after[ALL / ROUND / 2 - 1], resident_after[ALL / ROUND - 1]);
    assert!(last <= half + half / 10, "the second half added {} KiB", last - half);
    let kept = WAVE * PER_PROCESS / 1024;
    assert!(last <= start + kept, "{} KiB are kept, more than {kept}", last - start);
}

/// Of this whole program, in KiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
