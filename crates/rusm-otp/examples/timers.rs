//! What a timer costs, beside a tokio task that sleeps and then sends, which is what it saves.
//!
//! `cargo run --release -p rusm-otp --example timers [rounds]`. Each row runs in a process of its own, since
//! memory that an earlier row gave back would hide what a later one takes. Medians are printed.

use std::future::Future;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use rusm_otp::{Context, ExitReason, Pid, Runtime, SpawnOptions};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

const COUNT: usize = 1_000_000;

const ROWS: [(&str, fn()); 8] = [
    ("timers to one process", || timers(false)),
    ("timers to a process each", || timers(true)),
    ("tasks that sleep", tasks),
    ("one timer set, cancelled", set_cancel_timer),
    ("one task spawned, aborted", set_cancel_task),
    ("two threads set, cancel", contended),
    ("a million timers of a process that ends", end),
    ("a million timers due at once", fire),
];

fn main() {
    let mut args = std::env::args().skip(1);
    match args.next() {
        Some(row) if row == "row" => {
            let row = args.next().expect("its name");
            ROWS.iter().find(|(name, _)| *name == row).expect("one of them").1();
        }
        rounds => compare(rounds.and_then(|n| n.parse().ok()).unwrap_or(5)),
    }
}

fn compare(rounds: usize) {
    let program = std::env::current_exe().unwrap();
    for (name, _) in ROWS {
        let mut figures: Vec<(String, Vec<f64>)> = Vec::new();
        for _ in 0..rounds {
            let output = Command::new(&program).args(["row", name]).output().unwrap();
            for (n, line) in String::from_utf8(output.stdout).unwrap().lines().enumerate() {
                let (what, figure) = line.rsplit_once(": ").unwrap();
                if n == figures.len() {
                    figures.push((what.into(), Vec::new()));
                }
                figures[n].1.push(figure.parse().unwrap());
            }
        }
        for (what, mut figures) in figures {
            figures.sort_by(f64::total_cmp);
            println!("{name:<40} {what:<28} {:>8.0}", figures[figures.len() / 2]);
        }
    }
}

fn on_tokio<F: Future<Output = ()>>(work: impl FnOnce(Runtime) -> F) {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    tokio.block_on(work(Runtime::with_handle(tokio.handle().clone())));
}

/// Runs work in a process that is one of the runtime's.
fn as_process<F: Future<Output = ()>>(work: impl FnOnce(Context) -> F) {
    on_tokio(|runtime| async move {
        let run = runtime.run(SpawnOptions::default(), |ctx| {
            let work = work(ctx);
            async move {
                work.await;
                Ok::<_, ExitReason>(())
            }
        });
        run.await.unwrap();
    });
}

/// Far away, and each elsewhere: what a node's timeouts are.
fn delay(n: usize) -> Duration {
    Duration::from_millis(60_000 + (n as u64).wrapping_mul(7919) % 600_000)
}

fn each(what: &str, count: usize, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{what}: {}", start.elapsed().as_nanos() as f64 / count as f64);
}

fn timers(each_its_own: bool) {
    on_tokio(|runtime| async move {
        let count = if each_its_own { COUNT } else { 1 };
        let body = |_ctx| std::future::pending::<()>();
        let pids: Vec<Pid> = (0..count).map(|_| runtime.spawn(SpawnOptions::default(), body)).collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut set = Vec::with_capacity(COUNT);
        set.resize(COUNT, rusm_otp::TimerRef::from_u64(1));
        let before = resident();
        each("set, ns", COUNT, || {
            for (n, timer) in set.iter_mut().enumerate() {
                *timer = runtime.send_after(delay(n), pids[n % count], "time is up");
            }
        });
        println!("pending, bytes: {}", (resident() - before) / COUNT);
        each("cancel, ns", COUNT, || {
            for timer in &set {
                black_box(runtime.cancel_timer(*timer));
            }
        });
        println!("after, bytes: {}", resident().saturating_sub(before) / COUNT);
    });
}

fn tasks() {
    on_tokio(|_| async move {
        let (sender, _receiver) = mpsc::unbounded_channel();
        let mut set: Vec<AbortHandle> = Vec::with_capacity(COUNT);
        let before = resident();
        let start = Instant::now();
        for n in 0..COUNT {
            let sender = sender.clone();
            let task = tokio::spawn(async move {
                tokio::time::sleep(delay(n)).await;
                let _ = sender.send("time is up");
            });
            set.push(task.abort_handle());
        }
        // A sleep is registered when its task is first polled.
        while tokio::runtime::Handle::current().metrics().global_queue_depth() > 0 {
            tokio::task::yield_now().await;
        }
        println!("set, ns: {}", start.elapsed().as_nanos() as f64 / COUNT as f64);
        println!("pending, bytes: {}", (resident() - before) / COUNT);
        let start = Instant::now();
        for task in &set {
            task.abort();
        }
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
        println!("cancel, ns: {}", start.elapsed().as_nanos() as f64 / COUNT as f64);
    });
}

fn set_cancel_timer() {
    as_process(|ctx| async move {
        each("set and cancel, ns", COUNT, || {
            for n in 0..COUNT {
                let timer = ctx.send_after(delay(n), ctx.pid(), "time is up");
                black_box(ctx.cancel_timer(timer));
            }
        });
    });
}

fn set_cancel_task() {
    on_tokio(|_| async move {
        let (sender, _receiver) = mpsc::unbounded_channel();
        let start = Instant::now();
        for n in 0..COUNT {
            let sender = sender.clone();
            let task = tokio::spawn(async move {
                tokio::time::sleep(delay(n)).await;
                let _ = sender.send("time is up");
            });
            task.abort();
        }
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
        println!("set and cancel, ns: {}", start.elapsed().as_nanos() as f64 / COUNT as f64);
    });
}

fn contended() {
    on_tokio(|runtime| async move {
        let pids =
            [0, 1].map(|_| runtime.spawn(SpawnOptions::default(), |_ctx| std::future::pending::<()>()));
        each("set and cancel, ns", 2 * COUNT, || {
            std::thread::scope(|scope| {
                for pid in pids {
                    let runtime = &runtime;
                    scope.spawn(move || {
                        for n in 0..COUNT {
                            black_box(runtime.cancel_timer(runtime.send_after(delay(n), pid, "time is up")));
                        }
                    });
                }
            });
        });
    });
}

fn end() {
    as_process(|mut ctx| async move {
        let (victim, _) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
        for n in 0..COUNT {
            ctx.send_after(delay(n), victim, "time is up");
        }
        let start = Instant::now();
        ctx.kill(victim);
        ctx.receive().await;
        println!("removed, ns: {}", start.elapsed().as_nanos() as f64 / COUNT as f64);
    });
}

fn fire() {
    as_process(|mut ctx| async move {
        // All of them stand in one bucket until the wheel reaches it.
        let start = Instant::now();
        let due = Duration::from_secs(2);
        for _ in 0..COUNT {
            ctx.send_after(due.saturating_sub(start.elapsed()), ctx.pid(), "time is up");
        }
        ctx.receive().await;
        let first = Instant::now();
        for _ in 1..COUNT {
            ctx.receive().await;
        }
        println!("delivered, ns: {}", first.elapsed().as_nanos() as f64 / COUNT as f64);
    });
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
