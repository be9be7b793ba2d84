//! What a byte stream carries, beside tokio's in-memory pipe and a channel of `Bytes` in the same run.
//!
//! `cargo run --release -p rusm-otp --example streams [rounds] [rows]`, where `rows` is a part of the rows'
//! names. All hold 64 KiB at most; the channel counts chunks instead of bytes, so it is given as many as fit.
//! The rows of a round follow one another, so that a noisy neighbour meets them all; medians are printed.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusm_otp::{Mail, Runtime, SpawnOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

const CAPACITY: usize = 64 * 1024;
const LARGE: usize = 16 * 1024;
const SMALL: usize = 64;
/// How many streams are filled to see what they take.
const FILLED: usize = 2_000;

/// Name, length of a chunk, how many, and what carries them.
type Row = (&'static str, usize, usize, fn(usize, usize) -> Duration);

const ROWS: [Row; 9] = [
    ("16 KiB chunks: duplex", LARGE, 200_000, duplex),
    ("16 KiB chunks: channel", LARGE, 1_000_000, channel),
    ("16 KiB chunks: stream", LARGE, 1_000_000, stream),
    ("16 KiB chunks: stream, AsyncRead/Write", LARGE, 200_000, stream_io),
    ("64 B chunks: duplex", SMALL, 4_000_000, duplex),
    ("64 B chunks: channel", SMALL, 4_000_000, channel),
    ("64 B chunks: stream", SMALL, 4_000_000, stream),
    ("64 B chunks: stream, read 64 B at a time", SMALL, 4_000_000, stream_one_by_one),
    ("64 B chunks: stream, AsyncRead/Write", SMALL, 4_000_000, stream_io),
];

fn main() {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let part = args.next().unwrap_or_default();
    // First, while the allocator holds nothing to reuse.
    if "full".contains(&part) {
        print_full();
    }
    let rows: Vec<_> = ROWS.iter().filter(|(name, ..)| name.contains(&part)).collect();
    let mut figures = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, len, count, work), figures) in rows.iter().zip(&mut figures) {
            figures.push(*count as f64 / work(*len, *count).as_secs_f64());
        }
    }
    for ((name, len, ..), mut figures) in rows.into_iter().zip(figures) {
        figures.sort_by(f64::total_cmp);
        let rate = figures[figures.len() / 2];
        let volume = rate * *len as f64 / f64::from(1 << 30);
        println!("{name:<42} {:>7.2} M/s {volume:>8.2} GiB/s", rate / 1e6);
    }
}

/// Runs a measurement in a task of a fresh multi-thread runtime with two workers.
fn on_tokio<F: Future<Output = Duration> + Send + 'static>(work: impl FnOnce(Runtime) -> F) -> Duration {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    tokio.block_on(tokio.spawn(work(runtime))).unwrap()
}

fn duplex(len: usize, count: usize) -> Duration {
    on_tokio(move |_| async move {
        let (mut writer, mut reader) = tokio::io::duplex(CAPACITY);
        let start = Instant::now();
        tokio::spawn(async move {
            let chunk = vec![7; len];
            for _ in 0..count {
                writer.write_all(&chunk).await.unwrap();
            }
        });
        assert_eq!(drain(&mut reader).await, len * count);
        start.elapsed()
    })
}

fn stream_io(len: usize, count: usize) -> Duration {
    on_tokio(move |runtime| async move {
        let run = runtime.run(SpawnOptions::default(), |mut ctx| async move {
            let me = ctx.pid();
            let start = Instant::now();
            ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
                let mut writer = ctx.open_stream(me);
                let chunk = vec![7; len];
                for _ in 0..count {
                    writer.write_all(&chunk).await.unwrap();
                }
                writer.close();
            });
            let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
            assert_eq!(drain(&mut stream).await, len * count);
            Ok(start.elapsed())
        });
        run.await.unwrap()
    })
}

/// Reads to the end, 16 KiB at a time, and says how much it was.
async fn drain(reader: &mut (impl tokio::io::AsyncRead + Unpin)) -> usize {
    let mut space = vec![0; LARGE];
    let mut total = 0;
    loop {
        match AsyncReadExt::read(reader, &mut space).await.unwrap() {
            0 => return total,
            amount => total += amount,
        }
    }
}

fn channel(len: usize, count: usize) -> Duration {
    on_tokio(move |_| async move {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(CAPACITY / len);
        let start = Instant::now();
        tokio::spawn(async move {
            let chunk = Bytes::from(vec![7; len]);
            for _ in 0..count {
                sender.send(chunk.clone()).await.unwrap();
            }
        });
        let mut total = 0;
        while let Some(bytes) = receiver.recv().await {
            total += black_box(bytes).len();
        }
        assert_eq!(total, len * count);
        start.elapsed()
    })
}

fn stream(len: usize, count: usize) -> Duration {
    stream_by(len, count, LARGE)
}

fn stream_one_by_one(len: usize, count: usize) -> Duration {
    stream_by(len, count, len)
}

fn stream_by(len: usize, count: usize, max: usize) -> Duration {
    on_tokio(move |runtime| async move {
        let run = runtime.run(SpawnOptions::default(), |mut ctx| async move {
            let me = ctx.pid();
            let start = Instant::now();
            ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
                let mut writer = ctx.open_stream(me);
                let chunk = Bytes::from(vec![7; len]);
                for _ in 0..count {
                    writer.write(chunk.clone()).await.unwrap();
                }
                writer.close();
            });
            let Mail::Stream { mut stream, .. } = ctx.receive().await else { unreachable!() };
            let mut total = 0;
            while let Some(bytes) = stream.read(max).await.unwrap() {
                total += black_box(bytes).len();
            }
            assert_eq!(total, len * count);
            Ok(start.elapsed())
        });
        run.await.unwrap()
    })
}

/// The memory that one stream takes when it is full, by the length of its chunks.
fn print_full() {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let runtime = Runtime::with_handle(tokio.handle().clone());
    let run = runtime.run(SpawnOptions::default(), |ctx| async move {
        let mut writers = Vec::with_capacity(4 * FILLED);
        for chunk in [1, 64, 1000, LARGE] {
            let before = resident();
            for _ in 0..FILLED {
                let mut writer = ctx.open_stream(ctx.pid());
                while writer.try_write(&mut vec![7; chunk].into()) == Ok(chunk) {}
                writers.push(writer);
            }
            println!("full stream of {chunk:>5} B chunks {:>17} bytes", (resident() - before) / FILLED);
        }
        Ok(())
    });
    tokio.block_on(run).unwrap();
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
