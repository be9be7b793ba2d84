use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use super::connection::{bad_answer, send};
use super::{CallError, late};
use crate::process::mail::{Search, next};
use crate::process::{self, ExitReason, Mail, Monitor, Pid};
use crate::wire;
use crate::wire::frame::{self, Frame, Reply};

/// How many items may be on their way at once. The callee makes no more until some of these were taken.
const WINDOW: u32 = 16;

thread_local! {
    /// The streams that this process reads. What belongs to them is no mail of the application's.
    static OPEN: RefCell<BTreeMap<(Pid, u64), Monitor>> = const { RefCell::new(BTreeMap::new()) };
}

/// Whether mail waits for the next item to be taken from a stream.
pub(crate) fn is_streamed(mail: &Mail) -> bool {
    OPEN.with_borrow(|open| match mail {
        Mail::Down(down) => open.values().any(|monitor| *monitor == down.monitor),
        Mail::Message(message) => {
            let from_it = open.range((message.from, 0)..=(message.from, u64::MAX)).next().is_some();
            from_it
                && matches!(Frame::parse(&message.body), Ok(Frame::Reply { reference, .. })
                    if open.contains_key(&(message.from, reference)))
        }
        Mail::Exit(_) | Mail::Stream(_) => false,
    })
}

/// The items of a stream, as a service makes them. Dropped before its end, it has the service stop.
///
/// After an error there are no more items. Items wait for the stream to be read: no `receive` gives them.
///
/// ```no_run
/// use rusm_rs::service::Connection;
///
/// let counter = Connection::to_name("counter")?;
/// for number in counter.stream::<u32>("count", &(1,))?.take(10) {
///     println!("{}", number?);
/// }
/// # Ok::<_, rusm_rs::service::CallError>(())
/// ```
pub struct Items<T> {
    callee: Pid,
    reference: u64,
    monitor: Monitor,
    timeout: Duration,
    /// Items taken for which the callee has no new credit yet.
    taken: u32,
    over: bool,
    of: PhantomData<fn() -> T>,
}

enum Arrived<T> {
    Item(Result<T, CallError>),
    Error(CallError),
    End,
    Down(ExitReason),
}

impl<T> Items<T> {
    pub(super) fn open(
        callee: Pid,
        reference: u64,
        frame: &[u8],
        timeout: Duration,
    ) -> Result<Self, CallError> {
        if callee == Pid::own() {
            return Err(CallError::CallsItself(callee));
        }
        let monitor = process::await_answer(callee).map_err(CallError::Denied)?;
        if let Err(error) = send(callee, frame) {
            process::answered(callee, monitor);
            return Err(error);
        }
        OPEN.with_borrow_mut(|open| open.insert((callee, reference), monitor));
        let items =
            Items { callee, reference, monitor, timeout, taken: WINDOW, over: false, of: PhantomData };
        Ok(items)
    }

    /// Ends the stream by its callee's end.
    fn end(&mut self) {
        self.over = true;
        OPEN.with_borrow_mut(|open| open.remove(&(self.callee, self.reference)));
    }

    /// Ends the stream by its last word from the callee.
    fn close(&mut self) {
        self.end();
        process::answered(self.callee, self.monitor);
    }

    /// Ends the stream by the caller's will.
    fn cancel(&mut self) {
        self.close();
        let _ = send(self.callee, &frame::cancel(self.reference));
        late::give_up(self.callee, [self.reference]);
    }
}

impl<T: DeserializeOwned> Items<T> {
    fn recognise(&self, mail: &Mail) -> Option<Arrived<T>> {
        match mail {
            Mail::Down(down) if down.monitor == self.monitor => Some(Arrived::Down(down.reason.clone())),
            Mail::Message(message) if message.from == self.callee => {
                match Frame::parse(&message.body).ok()? {
                    Frame::Reply { reference, reply } if reference == self.reference => Some(match reply {
                        Reply::Item(item) => {
                            Arrived::Item(wire::read(item).map_err(|error| bad_answer("a stream", &error)))
                        }
                        Reply::End => Arrived::End,
                        Reply::Error(error) => Arrived::Error(error.into()),
                        Reply::Value(_) => Arrived::Error(CallError::BadAnswer(
                            "the function gives one value, no stream".into(),
                        )),
                    }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl<T: DeserializeOwned> Iterator for Items<T> {
    type Item = Result<T, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        if self.taken > WINDOW / 2 {
            let credit = frame::credit(self.reference, std::mem::take(&mut self.taken));
            let _ = send(self.callee, &credit);
        }
        let deadline = Instant::now().checked_add(self.timeout);
        let mut arrived = None;
        next(Search::All, deadline, &mut |mail| {
            arrived = self.recognise(mail);
            arrived.is_some()
        });
        match arrived {
            Some(Arrived::Item(Ok(item))) => {
                self.taken += 1;
                Some(Ok(item))
            }
            Some(Arrived::Item(Err(error))) => {
                self.cancel();
                Some(Err(error))
            }
            Some(Arrived::Error(error)) => {
                self.close();
                Some(Err(error))
            }
            Some(Arrived::End) => {
                self.close();
                None
            }
            Some(Arrived::Down(reason)) => {
                self.end();
                Some(Err(CallError::Down(reason)))
            }
            None => {
                self.cancel();
                Some(Err(CallError::Timeout))
            }
        }
    }
}

impl<T> Drop for Items<T> {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("callee", &self.callee)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}
