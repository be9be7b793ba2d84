//! The streams that a service is in the midst of. They take turns, item by item, and each yields to mail.

use std::collections::VecDeque;

use super::answer::StreamFrames;
use super::serving::{in_call, reply_error, unsent};
use crate::process::{self, Monitor, Pid, send_bytes};
use crate::service::Error;
use crate::wire::frame;

#[derive(Default)]
pub(super) struct Streams {
    /// The next to give an item, if it may, stands first.
    open: VecDeque<Stream>,
}

struct Stream {
    caller: Pid,
    reference: u64,
    /// Tells when nobody wants the items any more.
    monitor: Monitor,
    /// How many items the caller has room for.
    credit: u32,
    frames: StreamFrames,
}

impl Streams {
    pub(super) fn add(&mut self, caller: Pid, reference: u64, frames: StreamFrames) {
        let monitor = match process::await_answer(caller) {
            Ok(monitor) => monitor,
            Err(denied) => return reply_error(caller, reference, &Error::message_only(denied)),
        };
        self.open.push_back(Stream { caller, reference, monitor, credit: 0, frames });
    }

    /// Whether any stream may give an item.
    pub(super) fn are_ready(&self) -> bool {
        self.open.iter().any(|stream| stream.credit > 0)
    }

    pub(super) fn credit(&mut self, caller: Pid, reference: u64, items: u32) {
        if let Some(index) = self.find(caller, reference) {
            let stream = &mut self.open[index];
            stream.credit = stream.credit.saturating_add(items);
        }
    }

    pub(super) fn cancel(&mut self, caller: Pid, reference: u64) {
        if let Some(stream) = self.find(caller, reference).and_then(|index| self.open.remove(index)) {
            process::answered(stream.caller, stream.monitor);
        }
    }

    /// Whether this was the monitor of a stream's caller. The stream is gone then.
    pub(super) fn caller_ended(&mut self, monitor: Monitor) -> bool {
        let index = self.open.iter().position(|stream| stream.monitor == monitor);
        index.and_then(|index| self.open.remove(index)).is_some()
    }

    /// A caller's own number tells its streams apart; another's says nothing.
    fn find(&self, caller: Pid, reference: u64) -> Option<usize> {
        self.open.iter().position(|stream| (stream.caller, stream.reference) == (caller, reference))
    }

    /// Gives one item of the first stream that may.
    pub(super) fn advance(&mut self) {
        let Some(index) = self.open.iter().position(|stream| stream.credit > 0) else { return };
        self.open.rotate_left(index);
        let Some(mut stream) = self.open.pop_front() else { return };
        if stream.give() {
            self.open.push_back(stream);
        } else {
            process::answered(stream.caller, stream.monitor);
        }
    }
}

impl Stream {
    /// Gives the next item, or the end. Whether there may be more.
    fn give(&mut self) -> bool {
        match in_call(self.caller, false, || self.frames.next()) {
            Some(Ok(frame)) => {
                self.credit -= 1;
                let sent = send_bytes(self.caller, &frame);
                if let Err(error) = sent {
                    reply_error(self.caller, self.reference, &unsent(&frame, error));
                }
                sent.is_ok()
            }
            Some(Err(error)) => {
                reply_error(self.caller, self.reference, &error);
                false
            }
            None => {
                let _ = send_bytes(self.caller, &frame::end(self.reference));
                false
            }
        }
    }
}
