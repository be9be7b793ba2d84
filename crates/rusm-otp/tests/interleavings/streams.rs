//! The two ends of a stream.

use rusm_otp::{Context, ExitReason, Mail, Pid, Runtime, StreamError, StreamReader};

use crate::{Begun, assert_empty, check, join};

async fn stream(ctx: &mut Context) -> StreamReader {
    let Mail::Stream { stream, .. } = ctx.receive().await else { panic!("no stream") };
    stream
}

/// All bytes, and how it ended.
async fn read_all(mut stream: StreamReader) -> (Vec<u8>, Result<(), StreamError>) {
    let mut bytes = Vec::new();
    loop {
        match stream.read(2).await {
            Ok(Some(read)) => bytes.extend_from_slice(&read),
            Ok(None) => return (bytes, Ok(())),
            Err(error) => return (bytes, Err(error)),
        }
    }
}

/// A process that reads a stream to its end.
fn reader(runtime: &Runtime) -> Begun<(Vec<u8>, Result<(), StreamError>)> {
    Begun::new(runtime, |mut ctx| async move {
        let stream = stream(&mut ctx).await;
        Ok(read_all(stream).await)
    })
}

/// A process that writes through three bytes of buffer, and perhaps closes the stream.
fn writer(runtime: &Runtime, to: Pid, closes: bool) -> Begun<Result<(), StreamError>> {
    Begun::new(runtime, move |ctx| async move {
        let mut stream = ctx.open_stream_with(to, 3);
        for chunk in ["ab", "cdefg", "h"] {
            if let Err(error) = stream.write(chunk).await {
                return Ok(Err(error));
            }
        }
        if closes {
            stream.close();
        }
        Ok(Ok(()))
    })
}

#[test]
fn both_ends_wake_each_other_and_every_byte_arrives_before_the_end() {
    check(|runtime| {
        for (closes, end) in [(true, Ok(())), (false, Err(StreamError::Aborted))] {
            let reader = reader(runtime);
            let writer = writer(runtime, reader.pid, closes).go();
            assert_eq!(join(reader.go()), Ok((b"abcdefgh".to_vec(), end)));
            assert_eq!(join(writer), Ok(Ok(())));
        }
        assert_empty(runtime);
    });
}

#[test]
fn a_writer_that_is_killed_wakes_its_reader() {
    check(|runtime| {
        let reader = Begun::new(runtime, |mut ctx| async move {
            // The writer may be killed before it opens the stream.
            match ctx.receive().await {
                Mail::Stream { stream, .. } => Ok(read_all(stream).await),
                _ => Ok((Vec::new(), Err(StreamError::Aborted))),
            }
        });
        let to = reader.pid;
        let reader = reader.go();
        let writer = writer(runtime, to, true);
        let pid = writer.pid;
        let writer = writer.go();
        runtime.kill(pid);
        let written = join(writer);
        runtime.send(to, "over");
        let (bytes, end) = join(reader).unwrap();
        assert!(b"abcdefgh".starts_with(&bytes));
        match written {
            Ok(written) => assert_eq!((written, bytes.len(), end), (Ok(()), 8, Ok(()))),
            Err(reason) => assert_eq!(reason, ExitReason::Killed),
        }
        assert_empty(runtime);
    });
}

#[test]
fn a_reader_that_ends_wakes_its_writer() {
    check(|runtime| {
        let reader = Begun::new(runtime, |mut ctx| async move {
            let mut stream = stream(&mut ctx).await;
            Ok(stream.read(1).await)
        });
        let to = reader.pid;
        let writer = writer(runtime, to, true).go();
        let reader = reader.go();
        assert_eq!(join(reader), Ok(Ok(Some("a".into()))));
        assert_eq!(join(writer), Ok(Err(StreamError::BrokenPipe)));

        let reader = self::reader(runtime);
        let to = reader.pid;
        let reader = reader.go();
        let writer = self::writer(runtime, to, true).go();
        runtime.kill(to);
        let read = join(reader);
        let written = join(writer).unwrap();
        // Who has written all may have been heard to the end.
        assert!(written == Ok(()) || written == Err(StreamError::BrokenPipe));
        assert!(read == Err(ExitReason::Killed) || written == Ok(()));
        assert_empty(runtime);
    });
}
