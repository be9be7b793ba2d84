//! A reply that a process makes piece by piece, between the guest that writes it and the connection that sends it.
//!
//! Both sides are polled by one task as a rule: the connection asks for the next piece, that runs the guest until it waits
//! for something or has written enough, and what it wrote is the piece. So nothing is handed from thread to thread, and a
//! guest whose client takes nothing does not run.
//!
//! A component of the standard interface makes a body of its own, which is kept here until the connection takes it.

use std::mem;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::response::Parts;
use parking_lot::Mutex;
use wasmtime_wasi_http::WasiBody;

use crate::failure::Failure;

/// Written bytes past which the guest waits for its client.
pub(crate) const ENOUGH: usize = 32 << 10;

/// A reply in the making.
#[derive(Default)]
pub(crate) struct Reply(Mutex<State>);

#[derive(Default)]
struct State {
    head: Head,
    written: Vec<u8>,
    /// Why there will be no reply, or no more of it.
    failure: Option<Box<Failure>>,
    /// Whether a piece of a body was sent or received since somebody asked.
    moved: bool,
    /// Of a component with a body of its own, once it has come to its end: whether that was by itself.
    over: Option<bool>,
    /// Nobody reads any more.
    gone: bool,
    /// The guest, while it waits for its client.
    writer: Option<Waker>,
    /// The connection, while it waits for the guest.
    reader: Option<Waker>,
}

#[derive(Default)]
enum Head {
    #[default]
    Unstarted,
    /// Made, and not sent yet.
    Made(Box<(Parts, Option<WasiBody>)>),
    Sent,
}

/// Nobody reads the reply any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

impl Reply {
    /// Begins the reply, with a body that is not written here if it has one; false if it has begun already.
    pub(crate) fn start(&self, head: Parts, body: Option<WasiBody>) -> bool {
        let mut state = self.0.lock();
        if !matches!(state.head, Head::Unstarted) {
            return false;
        }
        state.head = Head::Made(Box::new((head, body)));
        state.wake_reader();
        true
    }

    /// Ends the reply, begun or not.
    pub(crate) fn fail(&self, failure: Failure) {
        let mut state = self.0.lock();
        state.failure.get_or_insert_with(|| Box::new(failure));
        state.wake_reader();
    }

    /// What it was ended by.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.0.lock().failure.take().map(|failure| *failure)
    }

    /// Whether it has begun, or never will.
    pub(crate) fn has_started(&self) -> bool {
        self.0.lock().has_started()
    }

    /// Whoever makes the body has come to an end, by itself or cut off. The first word counts.
    pub(crate) fn set_over(&self, by_itself: bool) {
        self.0.lock().over.get_or_insert(by_itself);
    }

    /// Whether the body ends where it does because its maker was cut off.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.0.lock().over == Some(false)
    }

    /// A piece of a body, the request's or the reply's, is on its way.
    pub(crate) fn note_piece(&self) {
        self.0.lock().moved = true;
    }

    /// Whether one was since this was last asked.
    pub(crate) fn take_pieces(&self) -> bool {
        mem::take(&mut self.0.lock().moved)
    }

    pub(crate) fn has_written(&self) -> bool {
        !self.0.lock().written.is_empty()
    }

    /// Takes these bytes as soon as there is room.
    pub(crate) fn poll_write(&self, cx: &Context<'_>, bytes: &mut Vec<u8>) -> Poll<Result<(), Gone>> {
        let mut state = self.0.lock();
        if state.gone {
            return Poll::Ready(Err(Gone));
        }
        if state.written.len() >= ENOUGH {
            state.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if state.written.is_empty() {
            state.written = mem::take(bytes);
        } else {
            state.written.extend_from_slice(bytes);
        }
        state.wake_reader();
        Poll::Ready(Ok(()))
    }

    /// The head, with a body that is not written here, once it is made, and once only.
    pub(crate) fn take_head(&self) -> Option<(Parts, Option<WasiBody>)> {
        let mut state = self.0.lock();
        match mem::replace(&mut state.head, Head::Sent) {
            Head::Made(head) => Some(*head),
            other => {
                state.head = other;
                None
            }
        }
    }

    /// What was written since the last time.
    pub(crate) fn take_written(&self) -> Option<Bytes> {
        let mut state = self.0.lock();
        if state.written.is_empty() {
            return None;
        }
        let written = mem::take(&mut state.written);
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
        Some(written.into())
    }

    /// Whether the reply has begun; if not, the reader is woken when it does.
    pub(crate) fn starts_before(&self, reader: &Waker) -> bool {
        let mut state = self.0.lock();
        let started = state.has_started();
        if !started {
            state.reader = Some(reader.clone());
        }
        started
    }

    /// Has the reader woken when there is something to take, if there is nothing now.
    pub(crate) fn is_empty_before(&self, reader: &Waker) -> bool {
        let mut state = self.0.lock();
        let empty = state.written.is_empty();
        if empty {
            state.reader = Some(reader.clone());
        }
        empty
    }

    /// Completes when nobody reads any more.
    pub(crate) fn poll_gone(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        if state.gone {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Nobody will read.
    pub(crate) fn leave(&self) {
        let mut state = self.0.lock();
        state.gone = true;
        state.written = Vec::new();
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
    }
}

impl State {
    fn has_started(&self) -> bool {
        self.failure.is_some() || !matches!(self.head, Head::Unstarted)
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
