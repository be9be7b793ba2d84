//! A stream against a model of it: bytes come in order, none is lost or doubled, no more than the capacity is
//! buffered, and whoever waits is woken when there is something to wake for.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use bytes::Bytes;
use proptest::prelude::*;
use rusm_otp::{Mail, Runtime, SpawnOptions, StreamError, StreamReader, StreamWriter};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[derive(Clone, Debug)]
enum Step {
    Write(usize),
    /// Goes on with a write that waits.
    Continue,
    /// Drops a write that waits.
    Cancel,
    TryWrite(usize),
    AsyncWrite(usize),
    WriterReady,
    Read(usize),
    TryRead(usize),
    AsyncRead(usize),
    ReaderReady,
    Close,
    Shutdown,
    DropWriter,
    DropReader,
}

/// Around the sizes where chunks stop being copied together, too.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0..8_usize, 0..100_usize, 900..1200_usize, 1000..5000_usize]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => size().prop_map(Step::Write),
        12 => Just(Step::Continue),
        2 => Just(Step::Cancel),
        6 => size().prop_map(Step::TryWrite),
        6 => size().prop_map(Step::AsyncWrite),
        3 => Just(Step::WriterReady),
        12 => size().prop_map(Step::Read),
        6 => size().prop_map(Step::TryRead),
        6 => size().prop_map(Step::AsyncRead),
        3 => Just(Step::ReaderReady),
        1 => prop_oneof![
            Just(Step::Close),
            Just(Step::Shutdown),
            Just(Step::DropWriter),
            Just(Step::DropReader)
        ],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn it_is_a_bounded_queue_of_bytes(
        capacity in prop_oneof![0..10_usize, 0..200_usize, 1000..10_000_usize],
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut test = Test::new(capacity);
        for step in steps {
            test.take(&step);
            test.check_wakes();
        }
    }
}

/// The byte at a place of the stream: neighbours, and the same places of neighbouring kilobytes, differ.
fn byte(at: usize) -> u8 {
    (at ^ (at >> 8).wrapping_mul(31)) as u8
}

fn bytes(from: usize, len: usize) -> Bytes {
    (from..from + len).map(byte).collect()
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    /// A waker that was not woken yet.
    fn waker(self: &Arc<Self>) -> Waker {
        self.0.store(false, Ordering::Relaxed);
        self.clone().into()
    }

    fn is_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The two ends and what the model knows.
struct Test {
    writer: Option<StreamWriter>,
    reader: Option<StreamReader>,
    capacity: usize,
    written: usize,
    read: usize,
    /// What reads end with when all is read, once the writer said it.
    end: Option<Result<Option<Bytes>, StreamError>>,
    shut_down: bool,
    /// What is left of a write that waits.
    waiting: Option<Bytes>,
    /// How much room the writer waits for, if it does.
    wants_room: Option<usize>,
    wants_bytes: bool,
    writer_flag: Arc<Flag>,
    reader_flag: Arc<Flag>,
}

impl Test {
    fn new(capacity: usize) -> Self {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let runtime = Runtime::with_handle(tokio.handle().clone());
        let (writer, reader) = tokio
            .block_on(runtime.run(SpawnOptions::default(), |mut ctx| async move {
                let writer = ctx.open_stream_with(ctx.pid(), capacity);
                let Mail::Stream { stream, .. } = ctx.receive().await else { unreachable!() };
                Ok((writer, stream))
            }))
            .unwrap();
        Self {
            writer: Some(writer),
            reader: Some(reader),
            capacity: capacity.max(1),
            written: 0,
            read: 0,
            end: None,
            shut_down: false,
            waiting: None,
            wants_room: None,
            wants_bytes: false,
            writer_flag: Arc::default(),
            reader_flag: Arc::default(),
        }
    }

    fn room(&self) -> usize {
        self.capacity - (self.written - self.read)
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Write(len) => {
                self.waiting = Some(bytes(self.written, len));
                self.go_on();
            }
            Step::Continue => self.go_on(),
            Step::Cancel => self.waiting = None,
            Step::TryWrite(len) => self.try_write(len),
            Step::AsyncWrite(len) => self.async_write(len),
            Step::WriterReady => self.writer_ready(),
            Step::Read(max) => self.poll_read(max),
            Step::TryRead(max) => self.try_read(max),
            Step::AsyncRead(max) => self.async_read(max),
            Step::ReaderReady => self.reader_ready(),
            Step::Close => {
                if let Some(writer) = self.writer.take() {
                    writer.close();
                    self.end.get_or_insert(Ok(None));
                }
            }
            Step::Shutdown => {
                if let Some(writer) = &mut self.writer {
                    let cx = &mut TaskContext::from_waker(Waker::noop());
                    assert!(Pin::new(writer).poll_shutdown(cx).is_ready());
                    self.end = Some(Ok(None));
                    self.shut_down = true;
                }
            }
            Step::DropWriter => {
                if self.writer.take().is_some() {
                    self.end.get_or_insert(Err(StreamError::Aborted));
                }
            }
            Step::DropReader => self.reader = None,
        }
    }

    /// Whoever waits is woken when, and not before, it has a reason to go on.
    fn check_wakes(&mut self) {
        if self.writer.is_some()
            && let Some(room) = self.wants_room
        {
            let wake = self.reader.is_none() || self.room() >= room;
            assert_eq!(self.writer_flag.is_up(), wake);
            self.wants_room = self.wants_room.filter(|_| !wake);
        }
        if self.reader.is_some() && self.wants_bytes {
            let wake = self.written > self.read || self.end.is_some();
            assert_eq!(self.reader_flag.is_up(), wake);
            self.wants_bytes = !wake;
        }
    }

    fn write_error(&self) -> Option<StreamError> {
        if self.shut_down {
            return Some(StreamError::Closed);
        }
        self.reader.is_none().then_some(StreamError::BrokenPipe)
    }

    fn go_on(&mut self) {
        let error = self.write_error();
        let room = self.room();
        let (Some(writer), Some(mut chunk)) = (&mut self.writer, self.waiting.take()) else { return };
        let len = chunk.len();
        let polled =
            writer.poll_write_chunk(&mut TaskContext::from_waker(&self.writer_flag.waker()), &mut chunk);
        self.written += len - chunk.len();
        self.wants_room = None;
        match (polled, error) {
            (Poll::Ready(Err(error)), expected) => assert_eq!(Some(error), expected),
            (polled, Some(error)) => panic!("{polled:?} in spite of {error}"),
            (Poll::Ready(Ok(())), None) => {
                assert!(chunk.is_empty());
                assert!(len <= room);
            }
            (Poll::Pending, None) if len <= self.capacity => {
                assert!(len > room);
                assert_eq!(chunk.len(), len, "all or nothing");
                self.wants_room = Some(len);
            }
            (Poll::Pending, None) => {
                let half = self.capacity.div_ceil(2);
                assert_eq!(len - chunk.len(), if room >= half { room } else { 0 });
                self.wants_room = Some(if chunk.len() <= self.capacity { chunk.len() } else { half });
            }
        }
        if polled.is_pending() {
            self.waiting = Some(chunk);
        }
    }

    fn try_write(&mut self, len: usize) {
        let expected = self.write_error().map_or(Ok(self.room().min(len)), Err);
        let Some(writer) = &mut self.writer else { return };
        let mut chunk = bytes(self.written, len);
        assert_eq!(writer.try_write(&mut chunk), expected);
        let amount = expected.unwrap_or(0);
        assert_eq!(chunk.len(), len - amount);
        self.advance(amount);
    }

    /// Other bytes go before a write that waits, whose are not the next any more.
    fn advance(&mut self, amount: usize) {
        self.written += amount;
        if amount > 0 {
            self.waiting = None;
        }
    }

    fn async_write(&mut self, len: usize) {
        let error = self.write_error();
        let room = self.room();
        let Some(writer) = &mut self.writer else { return };
        let chunk = bytes(self.written, len);
        let waker = self.writer_flag.waker();
        match Pin::new(writer).poll_write(&mut TaskContext::from_waker(&waker), &chunk) {
            Poll::Ready(Ok(amount)) => {
                assert_eq!(error, None);
                assert!(amount == len || (len > self.capacity && amount == room));
                self.wants_room = None;
                self.advance(amount);
            }
            Poll::Ready(Err(failed)) => {
                assert!(error.is_some());
                assert_eq!(failed.kind(), std::io::ErrorKind::BrokenPipe);
                self.wants_room = None;
            }
            Poll::Pending => {
                assert_eq!(error, None);
                let least = if len <= self.capacity { len } else { self.capacity.div_ceil(2) };
                assert!(room < least);
                self.wants_room = Some(least);
            }
        }
    }

    fn writer_ready(&mut self) {
        let expected = match (self.write_error(), self.room()) {
            (Some(error), _) => Poll::Ready(Err(error)),
            (None, 0) => Poll::Pending,
            (None, room) => Poll::Ready(Ok(room)),
        };
        let Some(writer) = &mut self.writer else { return };
        let waker = self.writer_flag.waker();
        assert_eq!(writer.poll_ready(&mut TaskContext::from_waker(&waker)), expected);
        self.wants_room = expected.is_pending().then_some(1);
    }

    /// What is there to read.
    fn read_end(&self) -> Option<Result<Option<Bytes>, StreamError>> {
        if self.written > self.read { None } else { self.end.clone() }
    }

    fn poll_read(&mut self, max: usize) {
        let end = self.read_end();
        let Some(reader) = &mut self.reader else { return };
        let waker = self.reader_flag.waker();
        let polled = reader.poll_read_chunk(&mut TaskContext::from_waker(&waker), max);
        self.wants_bytes = polled.is_pending();
        match polled {
            Poll::Ready(Ok(Some(bytes))) => self.got(&bytes, max),
            Poll::Ready(other) => assert_eq!(Some(other), end),
            Poll::Pending => assert!(self.read == self.written && end.is_none()),
        }
    }

    fn try_read(&mut self, max: usize) {
        let end = self.read_end();
        let Some(reader) = &mut self.reader else { return };
        match reader.try_read(max) {
            Ok(Some(bytes)) if bytes.is_empty() => {
                assert!(max == 0 || (self.read == self.written && end.is_none()));
            }
            Ok(Some(bytes)) => self.got(&bytes, max),
            other => assert_eq!(Some(other), end),
        }
    }

    fn async_read(&mut self, max: usize) {
        let end = self.read_end();
        let Some(reader) = &mut self.reader else { return };
        let mut space = vec![0; max];
        let mut buf = ReadBuf::new(&mut space);
        let waker = self.reader_flag.waker();
        let polled = Pin::new(reader).poll_read(&mut TaskContext::from_waker(&waker), &mut buf);
        self.wants_bytes = polled.is_pending();
        match polled {
            Poll::Ready(Ok(())) if buf.filled().is_empty() => assert!(max == 0 || end == Some(Ok(None))),
            Poll::Ready(Ok(())) => self.got(&Bytes::copy_from_slice(buf.filled()), max),
            Poll::Ready(Err(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
                assert_eq!(end, Some(Err(StreamError::Aborted)));
            }
            Poll::Pending => assert!(self.read == self.written && end.is_none()),
        }
    }

    fn got(&mut self, got: &Bytes, max: usize) {
        assert!(got.len() <= max);
        assert!(max == 0 || !got.is_empty());
        assert_eq!(*got, bytes(self.read, got.len()));
        self.read += got.len();
        assert!(self.read <= self.written);
    }

    fn reader_ready(&mut self) {
        let ready = self.written > self.read || self.end.is_some();
        let Some(reader) = &mut self.reader else { return };
        let waker = self.reader_flag.waker();
        assert_eq!(reader.poll_ready(&mut TaskContext::from_waker(&waker)).is_ready(), ready);
        self.wants_bytes = !ready;
    }
}
