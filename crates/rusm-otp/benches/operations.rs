//! What each operation of a process costs, one after the other on one thread: `cargo bench -p rusm-otp`.
//! `examples/compare.rs` measures them together, on several threads, beside tokio's own.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rusm_otp::{Context, ExitReason, Mail, Pid, ReplyTo, Runtime, Server, SpawnOptions};

/// Measures `work`, which does its thing as often as it is told, as a process of a tokio with one thread.
fn measure<F>(criterion: &mut Criterion, name: &str, work: impl Fn(Context, u64) -> F)
where
    F: Future<Output = Duration>,
{
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let runtime = Runtime::with_handle(tokio.handle().clone());
            let process = runtime.run(SpawnOptions::default(), |ctx| {
                let work = work(ctx, times);
                async { Ok(work.await) }
            });
            tokio.block_on(process).unwrap()
        });
    });
}

fn lives(criterion: &mut Criterion) {
    measure(criterion, "spawn, end and its down", |mut ctx, times| async move {
        let start = Instant::now();
        for _ in 0..times {
            ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
            black_box(ctx.receive().await);
        }
        start.elapsed()
    });
    measure(criterion, "inline run", |ctx, times| async move {
        let start = Instant::now();
        for n in 0..times {
            let run = ctx.runtime().run(SpawnOptions::default(), |_ctx| async move { Ok(black_box(n)) });
            black_box(run.await).unwrap();
        }
        start.elapsed()
    });
    measure(criterion, "link and unlink", |ctx, times| async move {
        let other = ctx.spawn_link(SpawnOptions::default(), echo);
        ctx.unlink(other);
        let start = Instant::now();
        for _ in 0..times {
            ctx.link(other);
            ctx.unlink(other);
        }
        start.elapsed()
    });
    measure(criterion, "monitor and demonitor", |ctx, times| async move {
        let other = ctx.spawn_link(SpawnOptions::default(), echo);
        let start = Instant::now();
        for _ in 0..times {
            ctx.demonitor(black_box(ctx.monitor(other)));
        }
        start.elapsed()
    });
    measure(criterion, "register, whereis and unregister", |ctx, times| async move {
        let start = Instant::now();
        for _ in 0..times {
            ctx.register("name").unwrap();
            black_box(ctx.runtime().whereis("name"));
            ctx.runtime().unregister("name");
        }
        start.elapsed()
    });
}

async fn echo(mut ctx: Context) {
    loop {
        match ctx.receive().await {
            Mail::Message { from, payload } => ctx.send(from, payload),
            Mail::Request { from, payload } => ctx.reply(from, payload),
            _ => {}
        }
    }
}

struct Same;

impl Server for Same {
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
        Ok(Some(n))
    }
}

fn messages(criterion: &mut Criterion) {
    measure(criterion, "send to self and receive", |mut ctx, times| async move {
        let start = Instant::now();
        for _ in 0..times {
            ctx.send(ctx.pid(), "x");
            black_box(ctx.receive().await);
        }
        start.elapsed()
    });
    measure(criterion, "receive selectively behind 1,000 others", |mut ctx, times| async move {
        for _ in 0..1000 {
            ctx.send(ctx.pid(), "other");
        }
        let wanted =
            |mail: &Mail| matches!(mail, Mail::Message { payload, .. } if payload.as_bytes() == Some(b"x"));
        let start = Instant::now();
        for _ in 0..times {
            ctx.send(ctx.pid(), "x");
            black_box(ctx.receive_match(wanted).await);
        }
        start.elapsed()
    });
    measure(criterion, "message there and back", |mut ctx, times| async move {
        let other = ctx.spawn_link(SpawnOptions::default(), echo);
        let start = Instant::now();
        for _ in 0..times {
            ctx.send(other, "x");
            black_box(ctx.receive().await);
        }
        start.elapsed()
    });
    measure(criterion, "call and reply", |mut ctx, times| async move {
        let other = ctx.spawn_link(SpawnOptions::default(), echo);
        let start = Instant::now();
        for _ in 0..times {
            black_box(ctx.call(other, "x").await).unwrap();
        }
        start.elapsed()
    });
    measure(criterion, "call of a server", |mut ctx, times| async move {
        let server = Same::start_link(&mut ctx, SpawnOptions::default(), ()).await.unwrap();
        let start = Instant::now();
        for n in 0..times {
            black_box(server.call(&mut ctx, n).await).unwrap();
        }
        start.elapsed()
    });
    measure(criterion, "broadcast to 100 who wait", |ctx, times| async move {
        for _ in 0..100 {
            let member = ctx.spawn_link(SpawnOptions::default(), |mut ctx: Context| async move {
                loop {
                    ctx.receive().await;
                }
            });
            ctx.runtime().join("all", member);
        }
        let start = Instant::now();
        for _ in 0..times {
            black_box(ctx.broadcast("all", "x"));
            tokio::task::yield_now().await;
        }
        start.elapsed()
    });
    measure(criterion, "set and cancel a timer", |ctx, times| async move {
        let start = Instant::now();
        for _ in 0..times {
            ctx.cancel_timer(ctx.send_after(Duration::from_mins(1), ctx.pid(), "x"));
        }
        start.elapsed()
    });
}

const CHUNK: usize = 64 * 1024;

fn streams(criterion: &mut Criterion) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Bytes(16 * CHUNK as u64));
    group.bench_function("1 MiB in chunks of 64 KiB", |bencher| {
        bencher.to_async(&tokio).iter_batched(
            || Runtime::with_handle(tokio.handle().clone()),
            |runtime| async move {
                let sink = runtime.spawn(SpawnOptions::default(), drain);
                runtime.run(SpawnOptions::default(), |ctx| pour(ctx, sink)).await.unwrap();
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

async fn drain(mut ctx: Context) {
    if let Mail::Stream { stream: mut reader, .. } = ctx.receive().await {
        while let Ok(Some(chunk)) = reader.read(CHUNK).await {
            black_box(chunk);
        }
    }
}

async fn pour(mut ctx: Context, sink: Pid) -> Result<(), ExitReason> {
    let monitor = ctx.monitor(sink);
    let mut writer = ctx.open_stream(sink);
    let chunk = Bytes::from(vec![7; CHUNK]);
    for _ in 0..16 {
        writer.write(chunk.clone()).await.map_err(ExitReason::crashed)?;
    }
    writer.close();
    ctx.receive_match(|mail| matches!(mail, Mail::Down { monitor: down, .. } if *down == monitor)).await;
    Ok(())
}

criterion_group!(benches, lives, messages, streams);
criterion_main!(benches);
