//! Streams between processes: their ends, their deaths, and who is woken where.

mod common;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;
use common::{as_process, both_ends, down, idle, poll_once, stream, text};
use rusm_otp::{
    Context, ExitReason, Mail, MailboxPolicy, Pid, Runtime, SpawnOptions, StreamError, StreamReader,
    StreamWriter,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

const CAPACITY: usize = 64 * 1024;

/// All that there is to read, and the end.
async fn read_to_end(stream: &mut StreamReader) -> (Vec<u8>, Result<(), StreamError>) {
    let mut all = Vec::new();
    loop {
        match stream.read(usize::MAX).await {
            Ok(Some(bytes)) => all.extend_from_slice(&bytes),
            Ok(None) => return (all, Ok(())),
            Err(error) => return (all, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_stream_arrives_in_order_with_messages_and_names_its_opener() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let child = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            ctx.send(test, "before");
            let mut writer = ctx.open_stream(test);
            ctx.send(test, "after");
            writer.write("bytes").await.unwrap();
            writer.close();
        });
        assert!(matches!(ctx.receive().await, Mail::Message { .. }));
        let Mail::Stream { from, mut stream } = ctx.receive().await else { panic!() };
        assert_eq!(from, child);
        assert_eq!(text(&mut ctx).await, "after");
        assert_eq!(read_to_end(&mut stream).await, (b"bytes".to_vec(), Ok(())));
        assert_eq!(stream.read(1).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn a_stream_waits_for_room_in_a_mailbox_that_suspends_its_senders() {
    as_process(|mut ctx| async move {
        let bounded = SpawnOptions::default().mailbox(1, MailboxPolicy::SuspendSender);
        let (slow, monitor) = ctx.spawn_monitor(bounded, |mut ctx| async move {
            assert!(matches!(ctx.receive().await, Mail::Message { .. }));
            assert!(matches!(ctx.receive().await, Mail::Stream { .. }));
        });
        ctx.send(slow, "fills it");
        let mut writer = {
            let mut opening = pin!(ctx.open_stream_wait(slow, CAPACITY, ()));
            assert!(poll_once(opening.as_mut()).await.is_pending());
            opening.await
        };
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Normal);
        assert_eq!(writer.write("x").await, Err(StreamError::BrokenPipe));
    })
    .await;
}

#[tokio::test]
async fn a_stream_to_oneself_finds_a_full_mailbox_at_once() {
    let bounded = SpawnOptions::default().mailbox(1, MailboxPolicy::SuspendSender);
    let run = Runtime::new().run(bounded, |mut ctx| async move {
        let guard = Arc::new(());
        let first = ctx.open_stream_wait(ctx.pid(), CAPACITY, guard.clone()).await;
        let mut second = ctx.open_stream_wait(ctx.pid(), CAPACITY, guard.clone()).await;
        assert_eq!(second.write("x").await, Err(StreamError::BrokenPipe));
        assert_eq!(Arc::strong_count(&guard), 2, "only the first has a reader");
        first.close();
        drop(ctx.receive().await);
        assert_eq!(Arc::strong_count(&guard), 1);
        Ok(())
    });
    run.await.unwrap();
}

#[tokio::test]
async fn a_stream_to_a_dead_process_is_broken_from_the_start() {
    as_process(|mut ctx| async move {
        let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
        down(&mut ctx, monitor).await;
        let mut writer = ctx.open_stream(child);
        assert_eq!(writer.try_write(&mut "x".into()), Err(StreamError::BrokenPipe));
        assert_eq!(writer.write("").await, Err(StreamError::BrokenPipe));
        assert_eq!(writer.ready().await, Err(StreamError::BrokenPipe));
        writer.close();
    })
    .await;
}

/// Suspends a writer on a full stream, lets `end` end the reader, and tells what the writer is told.
async fn suspended_write(
    ctx: &mut Context,
    to: Pid,
    end: impl FnOnce(&mut Context),
) -> Result<(), StreamError> {
    let mut writer = ctx.open_stream(to);
    writer.write(vec![0; CAPACITY]).await.unwrap();
    let mut write = pin!(writer.write("more"));
    assert!(poll_once(write.as_mut()).await.is_pending());
    end(ctx);
    write.await
}

#[tokio::test]
async fn a_receiver_that_dies_before_it_took_the_stream_breaks_it() {
    as_process(|mut ctx| async move {
        let body = |_ctx| std::future::pending::<()>();
        let child = ctx.runtime().spawn(SpawnOptions::default(), body);
        assert_eq!(
            suspended_write(&mut ctx, child, |ctx| ctx.kill(child)).await,
            Err(StreamError::BrokenPipe)
        );
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_dies_with_the_stream_breaks_it() {
    as_process(|mut ctx| async move {
        let child = ctx.runtime().spawn(SpawnOptions::default(), |mut ctx| async move {
            let (_, _stream) = stream(&mut ctx).await;
            idle(ctx).await;
        });
        assert_eq!(
            suspended_write(&mut ctx, child, |ctx| ctx.exit(child, ExitReason::Shutdown)).await,
            Err(StreamError::BrokenPipe)
        );
    })
    .await;
}

/// However a process ends that has not closed its stream: by the time its end is known, all that it wrote can
/// be read, and then the abort.
#[tokio::test]
async fn no_death_looks_like_a_clean_end() {
    type Body = fn(Context) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
    let bodies: [(Body, ExitReason); 4] = [
        (|_| Box::pin(async {}), ExitReason::Normal),
        (|_| Box::pin(async { panic!("oh") }), ExitReason::crashed("oh")),
        (|ctx| Box::pin(async move { ctx.kill(ctx.pid()) }), ExitReason::Killed),
        (
            |ctx| Box::pin(async move { match ctx.exit_self(ExitReason::Shutdown).await {} }),
            ExitReason::Shutdown,
        ),
    ];
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        for (body, expected) in bodies {
            let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), move |ctx| async move {
                let mut writer = ctx.open_stream(test);
                writer.write("part").await.unwrap();
                body(ctx).await;
            });
            assert_eq!(down(&mut ctx, monitor).await, expected);
            let (_, mut stream) = stream(&mut ctx).await;
            assert_eq!(stream.try_read(100), Ok(Some("part".into())));
            for _ in 0..2 {
                assert_eq!(stream.try_read(100), Err(StreamError::Aborted));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_writer_that_is_killed_while_suspended_leaves_what_it_wrote() {
    as_process(|mut ctx| async move {
        let test = ctx.pid();
        let (full, is_full) = oneshot::channel();
        let child = ctx.runtime().spawn(SpawnOptions::default(), move |ctx| async move {
            let mut writer = ctx.open_stream(test);
            writer.write(vec![1; CAPACITY]).await.unwrap();
            let mut write = pin!(writer.write("never"));
            assert!(poll_once(write.as_mut()).await.is_pending());
            full.send(()).unwrap();
            write.await.unwrap();
        });
        is_full.await.unwrap();
        ctx.kill(child);
        common::reason_of(&mut ctx, child).await;
        let (_, mut stream) = stream(&mut ctx).await;
        assert_eq!(read_to_end(&mut stream).await, (vec![1; CAPACITY], Err(StreamError::Aborted)));
    })
    .await;
}

#[tokio::test]
async fn a_suspended_read_wakes_for_bytes_and_for_either_end() {
    as_process(|mut ctx| async move {
        let acts: [(fn(StreamWriter), _); 3] = [
            (|mut writer| assert_eq!(writer.try_write(&mut "x".into()), Ok(1)), Ok(Some("x".into()))),
            (StreamWriter::close, Ok(None)),
            (drop, Err(StreamError::Aborted)),
        ];
        for (act, expected) in acts {
            let (writer, mut reader) = both_ends(&mut ctx).await;
            let mut read = pin!(reader.read(10));
            assert!(poll_once(read.as_mut()).await.is_pending());
            tokio::spawn(async move { act(writer) });
            assert_eq!(read.await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn long_chunks_are_not_copied() {
    as_process(|mut ctx| async move {
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        let chunk = Bytes::from(vec![1; 4096]);
        writer.write("short").await.unwrap();
        writer.write(chunk.clone()).await.unwrap();
        assert_eq!(reader.read(4096).await, Ok(Some("short".into())));
        let first = reader.read(96).await.unwrap().unwrap();
        let rest = reader.read(4096).await.unwrap().unwrap();
        assert_eq!((first.len(), first.as_ptr()), (96, chunk.as_ptr()));
        assert_eq!((rest.len(), rest.as_ptr()), (4000, chunk[96..].as_ptr()));
    })
    .await;
}

#[tokio::test]
async fn both_ends_speak_tokios_traits() {
    as_process(|mut ctx| async move {
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        let data: Vec<u8> = (0..1_000_000_u32).map(|n| (n / 7) as u8).collect();
        let copy = data.clone();
        let write = tokio::spawn(async move {
            tokio::io::copy(&mut &copy[..], &mut writer).await.unwrap();
            writer.shutdown().await.unwrap();
            assert_eq!(writer.write("late").await, Err(StreamError::Closed));
        });
        let mut read = Vec::new();
        reader.read_to_end(&mut read).await.unwrap();
        assert!(read == data);
        write.await.unwrap();

        let (writer, mut reader) = both_ends(&mut ctx).await;
        drop(writer);
        let error = reader.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
    })
    .await;
}

/// A reader or a writer that is always ready lets others run, and can be killed.
#[tokio::test(flavor = "current_thread")]
async fn a_stream_that_never_waits_lets_others_run() {
    as_process(|mut ctx| async move {
        let (busy, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
            let (mut writer, mut reader) = both_ends(&mut ctx).await;
            loop {
                writer.write("x").await.unwrap();
                reader.read(1).await.unwrap();
            }
        });
        tokio::task::yield_now().await;
        ctx.kill(busy);
        assert_eq!(down(&mut ctx, monitor).await, ExitReason::Killed);
    })
    .await;
}

/// An executor of its own: one thread, one future.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker: Waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[tokio::test]
async fn both_ends_work_on_other_executors() {
    as_process(|mut ctx| async move {
        let (mut writer, mut reader) = both_ends(&mut ctx).await;
        let writing = thread::spawn(move || {
            block_on(async {
                for _ in 0..100 {
                    writer.write(vec![7; 5000]).await.unwrap();
                }
                writer.close();
            });
        });
        let (done, read) = oneshot::channel();
        thread::spawn(move || done.send(block_on(read_to_end(&mut reader))));
        assert_eq!(read.await.unwrap(), (vec![7; 500_000], Ok(())));
        writing.join().unwrap();
    })
    .await;
}
