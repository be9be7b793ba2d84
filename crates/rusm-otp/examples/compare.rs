//! What a process costs, beside what a bare tokio task and channel cost in the same run.
//!
//! `cargo run --release -p rusm-otp --example compare [rounds] [rows]`, where `rows` is a part of the rows'
//! names. The rows of a round follow one another, so that a noisy neighbour meets them all; medians are
//! printed.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusm_otp::{
    ChildSpec, Context, ExitReason, Mail, Payload, Pid, ReplyTo, Restart, Runtime, Server, SpawnOptions,
    Strategy, Supervisor,
};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;

const SPAWNS: usize = 1_000_000;
const RUNS: usize = 2_000_000;
const MESSAGES: usize = 2_000_000;
const IDLE: usize = 200_000;
const MEMBERS: usize = 10_000;
const CALLS: usize = 500_000;
const RESTARTS: usize = 500_000;
const CHILDREN: usize = 100_000;

/// Name, how often the thing is done, and what does it.
type Row = (&'static str, usize, fn() -> Duration);

const ROWS: [Row; 18] = [
    ("spawn: tokio task", SPAWNS, spawn_tasks),
    ("spawn: process", SPAWNS, spawn_processes),
    ("inline run: empty", RUNS, || run_inline(false)),
    ("inline run: suspends once", RUNS, || run_inline(true)),
    ("ping-pong, 1 pair: channels", MESSAGES, || ping_pong_channels(1)),
    ("ping-pong, 1 pair: processes", MESSAGES, || ping_pong(1)),
    ("ping-pong, 64 pairs: channels", MESSAGES, || ping_pong_channels(64)),
    ("ping-pong, 64 pairs: processes", MESSAGES, || ping_pong(64)),
    ("flood: channel", MESSAGES, flood_channel),
    ("flood: process, static bytes", MESSAGES, || flood(|_| Payload::from("x"))),
    ("flood: process, boxed number", MESSAGES, || flood(Payload::new)),
    ("fan-out to 10,000: channels", MESSAGES, fan_out_channels),
    ("fan-out to 10,000: group", MESSAGES, fan_out),
    ("call and reply: channels", CALLS, call_channels),
    ("call and reply: server", CALLS, call),
    ("restart: task awaited and spawned", RESTARTS, respawn_tasks),
    ("restart: process by its supervisor", RESTARTS, restart_child),
    ("dynamic child: started and ended", CHILDREN, come_and_go),
];

fn main() {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let part = args.next().unwrap_or_default();
    // First, while the allocator holds nothing to reuse.
    if "idle".contains(&part) {
        println!("{:<36} {:>8} bytes", "idle process", idle_bytes(false));
        println!("{:<36} {:>8} bytes", "idle process that got a mail", idle_bytes(true));
    }
    let rows: Vec<_> = ROWS.iter().filter(|(name, ..)| name.contains(&part)).collect();
    let mut figures = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, count, work), figures) in rows.iter().zip(&mut figures) {
            figures.push(*count as f64 / work().as_secs_f64() / 1e6);
        }
    }
    for ((name, ..), mut figures) in rows.into_iter().zip(figures) {
        figures.sort_by(f64::total_cmp);
        println!("{name:<36} {:>8.2} M/s", figures[figures.len() / 2]);
    }
}

/// Runs a measurement in a task of a fresh multi-thread runtime with two workers.
fn on_tokio<F: Future<Output = Duration> + Send + 'static>(work: impl FnOnce(Runtime) -> F) -> Duration {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    tokio.block_on(tokio.spawn(work(runtime))).unwrap()
}

/// Counts down from many tasks and wakes the one that waits.
struct Countdown(AtomicUsize, Notify);

impl Countdown {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(count), Notify::new()))
    }

    fn tick(&self) {
        if self.0.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.1.notify_one();
        }
    }
}

fn spawn_tasks() -> Duration {
    on_tokio(|_| async {
        let left = Countdown::new(SPAWNS);
        let start = Instant::now();
        for _ in 0..SPAWNS {
            let left = left.clone();
            tokio::spawn(async move { left.tick() });
        }
        left.1.notified().await;
        start.elapsed()
    })
}

fn spawn_processes() -> Duration {
    on_tokio(|runtime| async move {
        let left = Countdown::new(SPAWNS);
        let start = Instant::now();
        for _ in 0..SPAWNS {
            let left = left.clone();
            runtime.spawn(SpawnOptions::default(), |_ctx| async move { left.tick() });
        }
        left.1.notified().await;
        start.elapsed()
    })
}

fn run_inline(suspend: bool) -> Duration {
    on_tokio(move |runtime| async move {
        let start = Instant::now();
        for n in 0..RUNS {
            let run = runtime.run(SpawnOptions::default(), |ctx| async move {
                if suspend {
                    let mut suspended = false;
                    std::future::poll_fn(|cx| {
                        if std::mem::replace(&mut suspended, true) {
                            std::task::Poll::Ready(())
                        } else {
                            cx.waker().wake_by_ref();
                            std::task::Poll::Pending
                        }
                    })
                    .await;
                }
                Ok((black_box(n), ctx.pid()))
            });
            black_box(run.await).unwrap();
        }
        start.elapsed()
    })
}

fn ping_pong_channels(pairs: usize) -> Duration {
    on_tokio(move |_| async move {
        let left = Countdown::new(pairs);
        let rounds = MESSAGES / pairs / 2;
        let start = Instant::now();
        for _ in 0..pairs {
            let (there, mut arrived) = mpsc::unbounded_channel::<Bytes>();
            let (back, mut returned) = mpsc::unbounded_channel::<Bytes>();
            tokio::spawn(async move {
                while let Some(bytes) = arrived.recv().await {
                    let _ = back.send(bytes);
                }
            });
            let left = left.clone();
            tokio::spawn(async move {
                for _ in 0..rounds {
                    there.send(Bytes::from_static(b"x")).unwrap();
                    returned.recv().await.unwrap();
                }
                left.tick();
            });
        }
        left.1.notified().await;
        start.elapsed()
    })
}

fn ping_pong(pairs: usize) -> Duration {
    on_tokio(move |runtime| async move {
        let left = Countdown::new(pairs);
        let rounds = MESSAGES / pairs / 2;
        let start = Instant::now();
        for _ in 0..pairs {
            let pong = runtime.spawn(SpawnOptions::default(), echo);
            let left = left.clone();
            runtime.spawn(SpawnOptions::default(), move |mut ctx| async move {
                for _ in 0..rounds {
                    ctx.send(pong, "x");
                    ctx.receive().await;
                }
                left.tick();
            });
        }
        left.1.notified().await;
        start.elapsed()
    })
}

async fn echo(mut ctx: Context) {
    while let Mail::Message { from, payload } = ctx.receive().await {
        ctx.send(from, payload);
    }
}

fn flood_channel() -> Duration {
    on_tokio(|_| async {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Bytes>();
        let start = Instant::now();
        tokio::spawn(async move {
            for n in 0..MESSAGES {
                sender.send(Bytes::from_static(b"x")).unwrap();
                breathe(n).await;
            }
        });
        for _ in 0..MESSAGES {
            receiver.recv().await.unwrap();
        }
        start.elapsed()
    })
}

fn flood(payload: impl Fn(usize) -> Payload + Send + 'static) -> Duration {
    on_tokio(|runtime| async move {
        let left = Countdown::new(1);
        let done = left.clone();
        let start = Instant::now();
        let sink: Pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
            for _ in 0..MESSAGES {
                black_box(ctx.receive().await);
            }
            done.tick();
        });
        runtime.spawn(SpawnOptions::default(), move |ctx| async move {
            for n in 0..MESSAGES {
                ctx.send(sink, payload(n));
                breathe(n).await;
            }
        });
        left.1.notified().await;
        start.elapsed()
    })
}

fn fan_out_channels() -> Duration {
    on_tokio(|_| async {
        let left = Countdown::new(MESSAGES);
        let members: Vec<_> = (0..MEMBERS)
            .map(|_| {
                let (sender, mut receiver) = mpsc::unbounded_channel::<Bytes>();
                let left = left.clone();
                tokio::spawn(async move {
                    while receiver.recv().await.is_some() {
                        left.tick();
                    }
                });
                sender
            })
            .collect();
        let start = Instant::now();
        for _ in 0..MESSAGES / MEMBERS {
            for member in &members {
                member.send(Bytes::from_static(b"x")).unwrap();
            }
            yield_now().await;
        }
        left.1.notified().await;
        start.elapsed()
    })
}

fn fan_out() -> Duration {
    on_tokio(|runtime| async move {
        let left = Countdown::new(MESSAGES);
        for _ in 0..MEMBERS {
            let left = left.clone();
            let member = runtime.spawn(SpawnOptions::default(), move |mut ctx| async move {
                loop {
                    ctx.receive().await;
                    left.tick();
                }
            });
            runtime.join("all", member);
        }
        let start = Instant::now();
        for _ in 0..MESSAGES / MEMBERS {
            runtime.broadcast("all", "x");
            yield_now().await;
        }
        left.1.notified().await;
        start.elapsed()
    })
}

/// What one writes without processes: a request that carries a channel for its answer. It has no deadline.
fn call_channels() -> Duration {
    on_tokio(|_| async {
        let (server, mut requests) = mpsc::unbounded_channel::<(u64, oneshot::Sender<u64>)>();
        tokio::spawn(async move {
            while let Some((n, answer)) = requests.recv().await {
                let _ = answer.send(n + 1);
            }
        });
        let client = tokio::spawn(async move {
            let start = Instant::now();
            for n in 0..CALLS as u64 {
                let (answer, answered) = oneshot::channel();
                server.send((n, answer)).unwrap();
                assert_eq!(answered.await.unwrap(), n + 1);
            }
            start.elapsed()
        });
        client.await.unwrap()
    })
}

struct Increment;

impl Server for Increment {
    type Args = ();
    type Request = u64;
    type Reply = u64;
    type Cast = Infallible;

    async fn init((): (), _ctx: &mut Context) -> Result<Self, ExitReason> {
        Ok(Self)
    }

    async fn handle_call(
        &mut self,
        n: u64,
        _from: ReplyTo<u64>,
        _ctx: &mut Context,
    ) -> Result<Option<u64>, ExitReason> {
        Ok(Some(n + 1))
    }
}

fn call() -> Duration {
    on_tokio(|runtime| async move {
        let server = Increment::start(&runtime, SpawnOptions::default(), ()).await.unwrap();
        let (done, time) = oneshot::channel();
        runtime.spawn(SpawnOptions::default(), move |mut ctx| async move {
            let start = Instant::now();
            for n in 0..CALLS as u64 {
                assert_eq!(server.call(&mut ctx, n).await, Ok(n + 1));
            }
            done.send(start.elapsed()).unwrap();
        });
        time.await.unwrap()
    })
}

/// A sender that never yields would measure how fast a queue grows.
async fn breathe(n: usize) {
    if n % 256 == 255 {
        yield_now().await;
    }
}

fn respawn_tasks() -> Duration {
    on_tokio(|_| async {
        let start = Instant::now();
        for _ in 0..RESTARTS {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let task = tokio::spawn(async move { receiver.recv().await });
            sender.send(Bytes::from_static(b"x")).unwrap();
            black_box(task.await).unwrap();
        }
        start.elapsed()
    })
}

/// A permanent child that ends at the first message, and sends itself one.
fn restart_child() -> Duration {
    on_tokio(|runtime| async move {
        let left = Countdown::new(RESTARTS);
        let done = left.clone();
        let child = ChildSpec::new("child", move |mut ctx: Context| {
            let left = left.clone();
            async move {
                left.tick();
                ctx.send(ctx.pid(), "x");
                ctx.receive().await;
            }
        });
        let start = Instant::now();
        // A short period, so that there is little to count.
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(u32::MAX, Duration::from_millis(1));
        let supervisor = supervisor.child(child).start(&runtime).await.unwrap();
        done.1.notified().await;
        let elapsed = start.elapsed();
        runtime.kill(supervisor.pid());
        elapsed
    })
}

/// All live at once before the first ends.
fn come_and_go() -> Duration {
    on_tokio(|runtime| async move {
        let supervisor = Supervisor::new(Strategy::Dynamic).start(&runtime).await.unwrap();
        let child = ChildSpec::new("child", |mut ctx: Context| async move {
            ctx.receive().await;
        });
        let child = child.restart(Restart::Temporary);
        let start = Instant::now();
        let mut children = Vec::with_capacity(CHILDREN);
        for _ in 0..CHILDREN {
            children.push(supervisor.start_child(child.clone()).await.unwrap().unwrap());
        }
        for child in children {
            runtime.send(child, "x");
        }
        while supervisor.count_children().await.unwrap().specs > 0 {
            yield_now().await;
        }
        start.elapsed()
    })
}

fn idle_bytes(mail: bool) -> usize {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    tokio.block_on(async {
        let runtime = Runtime::new();
        let before = resident();
        let ready = Countdown::new(IDLE);
        for _ in 0..IDLE {
            let ready = ready.clone();
            let pid = runtime.spawn(SpawnOptions::default(), move |mut ctx| async move {
                if mail {
                    ctx.receive().await;
                }
                ready.tick();
                drop(ready);
                ctx.receive().await;
                pending::<()>().await;
            });
            if mail {
                runtime.send(pid, "x");
            }
        }
        ready.1.notified().await;
        (resident() - before) / IDLE
    })
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
