//! Many streams at once, over many threads.

mod common;

use common::{as_process, down, stream};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rusm_otp::{Context, ExitReason, Pid, SpawnOptions, StreamError};
use tokio::sync::oneshot;

const CAPACITY: usize = 64 * 1024;

/// The byte at a place of the stream.
fn byte(at: usize) -> u8 {
    (at ^ (at >> 8).wrapping_mul(31)) as u8
}

/// Random numbers below a bound, the same for the same seed.
fn numbers(seed: u8) -> impl FnMut(usize) -> usize {
    let mut rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    move |bound| rng.next_u32() as usize % bound
}

/// Writers and readers on many threads with random sizes; some writers abort or are killed, some readers
/// leave. What is read is what was written, and a stream that did not end cleanly says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_streams_over_many_threads_lose_nothing() {
    const STREAMS: u8 = 64;
    const TOTAL: usize = 1_000_000;

    async fn write(ctx: Context, to: Pid, seed: u8) {
        let mut random = numbers(seed);
        let capacity = [1000, 5000, CAPACITY][random(3)];
        let mut writer = ctx.open_stream_with(to, capacity);
        let stop = if seed % 4 == 1 { random(TOTAL) } else { TOTAL };
        let mut at = 0;
        while at < stop {
            let bound = [64, 2000, 20_000][random(3)];
            let len = random(bound).min(stop - at);
            let chunk: Vec<u8> = (at..at + len).map(byte).collect();
            match writer.write(chunk).await {
                Ok(()) => at += len,
                Err(error) => return assert_eq!((error, seed % 4), (StreamError::BrokenPipe, 2)),
            }
        }
        if stop == TOTAL {
            writer.close();
        }
    }

    /// How much was read, and how it ended; `None` for a reader that left.
    async fn read(mut ctx: Context, seed: u8) -> (usize, Option<Result<(), StreamError>>) {
        let mut random = numbers(seed + 100);
        let (writer, mut stream) = stream(&mut ctx).await;
        let leave = if seed % 4 == 2 { random(TOTAL / 2) } else { usize::MAX };
        let kill = if seed % 4 == 3 { random(TOTAL / 2) } else { usize::MAX };
        let mut at = 0;
        while at < leave {
            let bound = [64, 2000, 20_000][random(3)];
            match stream.read(1 + random(bound)).await {
                Ok(Some(bytes)) => {
                    assert!(bytes.iter().zip(at..).all(|(got, at)| *got == byte(at)));
                    at += bytes.len();
                }
                Ok(None) => return (at, Some(Ok(()))),
                Err(error) => return (at, Some(Err(error))),
            }
            if at >= kill {
                ctx.kill(writer);
            }
        }
        (at, None)
    }

    as_process(|mut ctx| async move {
        let mut results = Vec::new();
        for seed in 0..STREAMS {
            let (done, result) = oneshot::channel();
            let reader = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
                done.send(read(ctx, seed).await).unwrap();
            });
            let writer = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| write(ctx, reader, seed)).1;
            results.push((seed, writer, result));
        }
        for (seed, writer, result) in results {
            let (read, end) = result.await.expect("a reader that did not crash");
            let killed = down(&mut ctx, writer).await == ExitReason::Killed;
            assert!(!killed || seed % 4 == 3);
            match seed % 4 {
                0 => assert_eq!((read, end), (TOTAL, Some(Ok(())))),
                1 => assert_eq!(end, Some(Err(StreamError::Aborted))),
                2 => assert_eq!(end, None),
                // The kill may come when all was written.
                _ => assert!(end == Some(Err(StreamError::Aborted)) || (read, end) == (TOTAL, Some(Ok(())))),
            }
        }
    })
    .await;
}
