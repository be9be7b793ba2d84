//! What messages, calls and streams between two guests cost, beside two native processes that do the same in the same run.
//!
//! `rusm build crates/rusm-wasm/benches/guests && cargo run --release -p rusm-wasm --example guests [rounds]`. The
//! rows of a round follow one another, so that a noisy neighbour meets them all; medians are printed.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusm_otp::{Context, ExitReason, Mail, ReplyTo, Runtime, Server, SpawnOptions};
use rusm_wasm::bench::Guests;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MESSAGES: u32 = 200_000;
const VOLUME: usize = 1 << 30;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Messages,
    Calls,
    Stream,
}

/// Name, what is done, how often, and with how many bytes.
const ROWS: [(&str, Work, u32, usize); 5] = [
    ("round trip of 16 B", Work::Messages, MESSAGES, 16),
    ("round trip of 4 KiB", Work::Messages, MESSAGES, 4 << 10),
    ("call of a service", Work::Calls, MESSAGES, 0),
    ("stream of 64 KiB pieces", Work::Stream, (VOLUME >> 16) as u32, 64 << 10),
    ("stream of 1 KiB pieces", Work::Stream, (VOLUME >> 12) as u32, 1 << 10),
];

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5);
    let component = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/guests/wasm/pair.wasm"));
    assert!(component.exists(), "run `rusm build crates/rusm-wasm/benches/guests` first");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let tokio = tokio.expect("threads start");
    let guests = tokio.block_on(async { Guests::new(&component, "pair") });
    let mut figures = vec![(Vec::new(), Vec::new()); ROWS.len()];
    for _ in 0..rounds {
        for ((_, work, count, length), (native, guest)) in ROWS.iter().zip(&mut figures) {
            let (count, length) = (*count, *length);
            // As a task of the workers', where guests' processes are too.
            let run = tokio.spawn(natively(*work, count, length));
            native.push(tokio.block_on(run).expect("it does not panic"));
            let word = match work {
                Work::Messages => "ping",
                Work::Calls => "call",
                Work::Stream => "sink",
            };
            guest.push(tokio.block_on(guests.run(word, count, length)));
        }
    }
    for ((name, work, count, length), (native, guest)) in ROWS.iter().zip(figures) {
        let (native, guest) = (median(native).as_secs_f64(), median(guest).as_secs_f64());
        let show = |seconds: f64| match work {
            Work::Stream => {
                format!("{:.2} GiB/s", f64::from(*count) * *length as f64 / seconds / f64::from(1 << 30))
            }
            Work::Messages | Work::Calls => format!("{:.2} us", seconds / f64::from(*count) * 1e6),
        };
        println!(
            "{name:<24} native {:>12}, guests {:>12}, ratio {:.2}",
            show(native),
            show(guest),
            native / guest
        );
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The same by two native processes, which copy the bytes from and to memory of their own, as guests have to.
async fn natively(work: Work, count: u32, length: usize) -> Duration {
    let run = Runtime::new().run(SpawnOptions::default(), move |ctx| async move {
        Ok(match work {
            Work::Messages => ping(ctx, count, length).await,
            Work::Calls => call(ctx, count).await,
            Work::Stream => sink(ctx, count, length).await,
        })
    });
    run.await.expect("no process fails")
}

async fn ping(mut ctx: Context, count: u32, length: usize) -> Duration {
    let pong = ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move {
        while let Mail::Message { from, payload } = ctx.receive().await {
            let body = payload.as_bytes().map_or_else(Vec::new, <[u8]>::to_vec);
            ctx.send(from, body);
        }
    });
    let body = vec![7; length];
    let mut start = Instant::now();
    for n in 0..=count {
        ctx.send(pong, body.clone());
        ctx.receive().await;
        if n == 0 {
            start = Instant::now();
        }
    }
    let elapsed = start.elapsed();
    ctx.unlink(pong);
    ctx.kill(pong);
    elapsed
}

/// A server, which is called with a value and not with JSON.
struct Adder;

impl Server for Adder {
    type Args = ();
    type Request = (u64, u64);
    type Reply = u64;
    type Cast = Infallible;

    async fn init((): (), _ctx: &mut Context) -> Result<Self, ExitReason> {
        Ok(Adder)
    }

    async fn handle_call(
        &mut self,
        (a, b): (u64, u64),
        _from: ReplyTo<u64>,
        _ctx: &mut Context,
    ) -> Result<Option<u64>, ExitReason> {
        Ok(Some(a + b))
    }
}

async fn call(mut ctx: Context, count: u32) -> Duration {
    let adder = Adder::start_link(&mut ctx, SpawnOptions::default(), ()).await.expect("it starts");
    let start = Instant::now();
    for n in 0..u64::from(count) {
        assert_eq!(adder.call(&mut ctx, (n, 1)).await, Ok(n + 1));
    }
    let elapsed = start.elapsed();
    ctx.unlink(adder.pid());
    ctx.kill(adder.pid());
    elapsed
}

async fn sink(mut ctx: Context, count: u32, length: usize) -> Duration {
    let sink = ctx.pid();
    ctx.spawn_link(SpawnOptions::default(), move |ctx| async move {
        let mut writer = ctx.open_stream(sink);
        let piece = vec![7; length];
        for _ in 0..count {
            writer.write_all(&piece).await.expect("it is read to its end");
        }
        writer.close();
    });
    let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!("nothing else is sent") };
    let mut space = vec![0; 64 << 10];
    let start = Instant::now();
    let mut total = 0;
    loop {
        match AsyncReadExt::read(&mut stream, &mut space).await.expect("it is closed at its end") {
            0 => break,
            read => total += read,
        }
    }
    assert_eq!(total, length * count as usize);
    start.elapsed()
}
