//! What both ends of a stream share.

use std::mem;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;

use crate::StreamError;
use crate::stream::buffer::Buffer;
use crate::sync::Mutex;

/// What both ends share. Each end has one owner, who reaches it by `&mut`, so there are one reader and one
/// writer at a time.
///
/// Under its lock nothing foreign runs: wakers are cloned, woken and dropped, and chunks dropped, outside.
pub(crate) struct Pipe {
    capacity: usize,
    state: Mutex<State>,
}

struct State {
    buffer: Buffer,
    end: End,
    /// Whether the reader was dropped.
    broken: bool,
    /// Of the reader, while it waits for bytes or the end.
    reader: Option<Waker>,
    /// Of the writer, while it waits for room.
    writer: Option<Waker>,
    /// How much room the writer waits for.
    least: usize,
}

/// What the writer said last.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// More may come.
    Open,
    /// That was all.
    Closed,
    /// Nothing: it was dropped.
    Aborted,
}

impl Pipe {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        let state = State {
            buffer: Buffer::default(),
            end: End::Open,
            broken: false,
            reader: None,
            writer: None,
            least: 0,
        };
        Arc::new(Self { capacity: capacity.max(1), state: Mutex::new(state) })
    }

    /// How much room a chunk of this length waits for: it goes as a whole if it can. One that cannot goes in
    /// pieces of half the capacity at least, so that the two ends do not take turns for each byte.
    pub(crate) fn least(&self, len: usize) -> usize {
        if len <= self.capacity { len } else { self.capacity.div_ceil(2) }
    }

    /// Gives the buffer and its room to `fill` when there is as much room as `least`; `None` if there is not.
    pub(crate) fn fill<T>(
        &self,
        least: usize,
        mut fill: impl FnMut(&mut Buffer, usize) -> T,
    ) -> Option<Result<T, StreamError>> {
        self.now(|state| state.fill(self.capacity, least, &mut fill))
    }

    /// The same, waiting for the room.
    pub(crate) fn poll_fill<T>(
        &self,
        cx: &TaskContext<'_>,
        least: usize,
        mut fill: impl FnMut(&mut Buffer, usize) -> T,
    ) -> Poll<Result<T, StreamError>> {
        self.poll(
            cx,
            |state| state.fill(self.capacity, least, &mut fill),
            |state| {
                state.least = least;
                &mut state.writer
            },
        )
    }

    /// The next bytes, or the end; `None` if neither is there.
    pub(crate) fn drain(&self, max: usize) -> Option<Result<Option<Bytes>, StreamError>> {
        self.now(|state| state.drain(max))
    }

    /// The same, waiting for one of them.
    pub(crate) fn poll_drain(
        &self,
        cx: &TaskContext<'_>,
        max: usize,
    ) -> Poll<Result<Option<Bytes>, StreamError>> {
        self.poll(
            cx,
            |state| state.drain(max),
            |state| {
                state.buffer.shrink();
                &mut state.reader
            },
        )
    }

    /// Waits until [`drain`](Self::drain) has an answer.
    pub(crate) fn poll_readable(&self, cx: &TaskContext<'_>) -> Poll<()> {
        self.poll(cx, |state| state.is_readable().then_some(()), |state| &mut state.reader)
    }

    /// The writer's last word, unless it said one before.
    pub(crate) fn end(&self, end: End) {
        self.now(|state| {
            if state.end == End::Open {
                state.end = end;
            }
            Some(())
        });
    }

    /// The reader is gone.
    pub(crate) fn abandon(&self) {
        let unread = self.now(|state| {
            state.broken = true;
            Some(mem::take(&mut state.buffer))
        });
        drop(unread);
    }

    /// Makes an attempt, and wakes whoever waited for what it brought about.
    fn now<T>(&self, attempt: impl FnOnce(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state.lock();
        let done = attempt(&mut state);
        let (reader, writer) = state.due(self.capacity);
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        if let Some(writer) = writer {
            writer.wake();
        }
        done
    }

    /// The same; if the attempt fails, the task is woken when it will not. `place` is where its waker goes.
    fn poll<T>(
        &self,
        cx: &TaskContext<'_>,
        mut attempt: impl FnMut(&mut State) -> Option<T>,
        place: impl Fn(&mut State) -> &mut Option<Waker>,
    ) -> Poll<T> {
        if let Some(done) = self.now(&mut attempt) {
            return Poll::Ready(done);
        }
        // Once more with a waker at hand, since it must not be cloned under the lock.
        let mut waker = Some(cx.waker().clone());
        let done = self.now(|state| {
            let done = attempt(state);
            if done.is_none() {
                mem::swap(place(state), &mut waker);
            }
            done
        });
        done.map_or(Poll::Pending, Poll::Ready)
    }
}

impl State {
    fn fill<T>(
        &mut self,
        capacity: usize,
        least: usize,
        mut fill: impl FnMut(&mut Buffer, usize) -> T,
    ) -> Option<Result<T, StreamError>> {
        if self.end != End::Open {
            return Some(Err(StreamError::Closed));
        }
        if self.broken {
            return Some(Err(StreamError::BrokenPipe));
        }
        let room = capacity - self.buffer.len();
        (room >= least).then(|| Ok(fill(&mut self.buffer, room)))
    }

    fn drain(&mut self, max: usize) -> Option<Result<Option<Bytes>, StreamError>> {
        if self.buffer.len() > 0 {
            return Some(Ok(Some(self.buffer.pop(max))));
        }
        match self.end {
            End::Open => None,
            End::Closed => Some(Ok(None)),
            End::Aborted => Some(Err(StreamError::Aborted)),
        }
    }

    fn is_readable(&self) -> bool {
        self.buffer.len() > 0 || self.end != End::Open
    }

    /// The wakers of those who need not wait any more, to be woken once the lock is released.
    #[must_use]
    fn due(&mut self, capacity: usize) -> (Option<Waker>, Option<Waker>) {
        let readable = self.is_readable();
        let writable = capacity - self.buffer.len() >= self.least || self.broken;
        (if readable { self.reader.take() } else { None }, if writable { self.writer.take() } else { None })
    }
}
