//! Mail: sending it, and receiving it in order or by choice.
//!
//! What a selective receive steps over is set aside in the guest, and comes first at the next receive. An answer
//! to a call that was given up never shows, and a stream's items show through its iterator alone.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ExitReason, Monitor, Pid, host, seam};
use crate::service::items::is_streamed;
use crate::service::late;
use crate::stream::IncomingStream;
use crate::wire;

/// What comes into a process's mailbox. Nobody but the node can make anything other than a message.
#[derive(Debug)]
#[non_exhaustive]
pub enum Mail {
    /// Another process sent something.
    Message(Message),
    /// A monitored process ended.
    Down(Down),
    /// An exit signal, for a process that [traps](super::trap_exit) them.
    Exit(ExitSignal),
    /// Another process [opened](crate::Stream::open) a byte stream to this one.
    Stream(IncomingStream),
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sent it, as the node knows and nobody can forge. [`Pid::NODE`] stands for the node itself.
    pub from: Pid,
    /// What was sent.
    pub body: Vec<u8>,
}

impl Message {
    /// The value that was sent by [`send`].
    ///
    /// # Errors
    ///
    /// If the body is no document of the [wire](crate::wire), or of another type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        wire::from_slice(&self.body).map_err(|error| DecodeError { from: self.from, error })
    }
}

/// The end of a monitored process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// Which monitor this answers. It is used up.
    pub monitor: Monitor,
    /// The process that ended.
    pub pid: Pid,
    /// Why.
    pub reason: ExitReason,
}

/// An exit signal that was trapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitSignal {
    /// The linked process that ended, or the one that sent the signal.
    pub from: Pid,
    /// Why.
    pub reason: ExitReason,
}

/// A message that is not what was expected.
#[derive(Debug)]
pub struct DecodeError {
    from: Pid,
    error: wire::Error,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message from process {} is not as expected: {}", self.from, self.error)
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// It is longer than this many bytes, which is the most that one may be.
    TooLong(u64),
    /// It was for this process itself, whose mailbox is full.
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::TooLong(limit) => write!(f, "a message is at most {limit} bytes"),
            SendError::Full => f.write_str("this process's own mailbox is full"),
        }
    }
}

impl std::error::Error for SendError {}

/// Sends a value, as the [wire](crate::wire) has it. Waits while the receiver's mailbox is full, or more of this
/// process's messages are under way than it may have memory. Nothing happens if there is no such process.
///
/// # Errors
///
/// If the message would be too long.
///
/// # Panics
///
/// If the value cannot be sent: it has a map whose keys are neither strings nor numbers, say.
pub fn send<T: Serialize + ?Sized>(to: Pid, value: &T) -> Result<(), SendError> {
    send_bytes(to, &wire::to_vec_or_panic(value))
}

/// [`send`] of bytes, as they are.
///
/// # Errors
///
/// If the message is too long.
pub fn send_bytes(to: Pid, body: &[u8]) -> Result<(), SendError> {
    seam::send(to.0, body).map_err(|error| match error {
        host::SendError::TooLong(limit) => SendError::TooLong(limit),
        host::SendError::Full => SendError::Full,
    })
}

thread_local! {
    /// Received and not wanted yet, in the order of arrival.
    static ASIDE: RefCell<VecDeque<Mail>> = const { RefCell::new(VecDeque::new()) };
}

/// The next mail, as long as it may take.
pub fn receive() -> Mail {
    receive_match(|_| true)
}

/// The next mail, or none if none comes in time. With a time of zero: what is there already.
pub fn receive_timeout(limit: Duration) -> Option<Mail> {
    receive_match_timeout(limit, |_| true)
}

/// The next message that is a `T`, and who sent it. Other mail is left for later; a message that is no `T`
/// is an error, and gone.
///
/// # Errors
///
/// If the message is not a `T`.
pub fn receive_message<T: DeserializeOwned>() -> Result<(Pid, T), DecodeError> {
    match receive_match(|mail| matches!(mail, Mail::Message(_))) {
        Mail::Message(message) => Ok((message.from, message.decode()?)),
        _ => unreachable!("only a message is wanted"),
    }
}

/// The first mail that is wanted, as long as it may take. The others stay, in their order.
pub fn receive_match(mut wanted: impl FnMut(&Mail) -> bool) -> Mail {
    let mut wanted = |mail: &Mail| !is_streamed(mail) && wanted(mail);
    loop {
        if let Some(mail) = next(Search::All, None, &mut wanted) {
            return mail;
        }
    }
}

/// [`receive_match`] with a limit.
pub fn receive_match_timeout(limit: Duration, mut wanted: impl FnMut(&Mail) -> bool) -> Option<Mail> {
    let mut wanted = |mail: &Mail| !is_streamed(mail) && wanted(mail);
    // A limit past the end of time is none.
    next(Search::All, Instant::now().checked_add(limit), &mut wanted)
}

/// Where to look for mail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// First among what was set aside.
    All,
    /// Among what is yet to be received: what is set aside came before it could be wanted.
    New,
}

/// The first mail that is wanted; none when the deadline is over.
pub(crate) fn next(
    search: Search,
    deadline: Option<Instant>,
    wanted: &mut dyn FnMut(&Mail) -> bool,
) -> Option<Mail> {
    if search == Search::All
        && let Some(mail) = take_aside(wanted)
    {
        return Some(mail);
    }
    loop {
        let mail = match seam::receive(left(deadline)) {
            Some(mail) => mail,
            None if deadline.is_none() => continue,
            None => return None,
        };
        if let Some(mail) = sort(mail, wanted) {
            return Some(mail);
        }
    }
}

/// The time until then, in nanoseconds.
pub(crate) fn left(deadline: Option<Instant>) -> Option<u64> {
    let left = deadline?.saturating_duration_since(Instant::now());
    Some(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX))
}

/// Mail that has arrived, if it is wanted; else it is set aside, or dropped for it answers what was given up.
fn sort(mail: host::Mail, wanted: &mut dyn FnMut(&Mail) -> bool) -> Option<Mail> {
    let mail = Mail::from_wire(mail);
    if late::is_late(&mail) {
        return None;
    }
    if wanted(&mail) {
        return Some(mail);
    }
    ASIDE.with_borrow_mut(|aside| aside.push_back(mail));
    None
}

/// The next mail, or none when the time has come.
pub(crate) fn receive_until(deadline: Option<Instant>) -> Option<Mail> {
    next(Search::All, deadline, &mut |mail| !is_streamed(mail))
}

/// The first mail that was received and not wanted then. A process that waits for more than mail takes it before it
/// waits.
pub(crate) fn waiting() -> Option<Mail> {
    take_aside(&mut |mail| !is_streamed(mail))
}

/// Mail that came among other things that the process waits for; none if it is not to be seen now.
pub(crate) fn arrived(mail: host::Mail) -> Option<Mail> {
    sort(mail, &mut |mail| !is_streamed(mail))
}

/// Borrows nothing while it asks, so that the answer may come from code that receives.
fn take_aside(wanted: &mut dyn FnMut(&Mail) -> bool) -> Option<Mail> {
    let mut waiting = ASIDE.take();
    let index = waiting.iter().position(wanted);
    let mail = index.and_then(|index| waiting.remove(index));
    ASIDE.with_borrow_mut(|aside| {
        waiting.append(aside);
        *aside = waiting;
    });
    mail
}

/// Drops what is set aside and not meant to be received any more.
pub(crate) fn drop_aside(mut gone: impl FnMut(&Mail) -> bool) {
    ASIDE.with_borrow_mut(|aside| aside.retain(|mail| !gone(mail)));
}

/// Drops the first mail that is set aside, or waits in the mailbox, and is meant.
pub(super) fn discard(mut meant: impl FnMut(&Mail) -> bool) {
    receive_match_timeout(Duration::ZERO, &mut meant);
}

impl Mail {
    fn from_wire(mail: host::Mail) -> Mail {
        match mail {
            host::Mail::Message(message) => {
                Mail::Message(Message { from: Pid(message.sender), body: message.body })
            }
            host::Mail::Down(down) => Mail::Down(Down {
                monitor: Monitor(down.monitor),
                pid: Pid(down.pid),
                reason: ExitReason::from_wire(down.reason),
            }),
            host::Mail::Exit(signal) => Mail::Exit(ExitSignal {
                from: Pid(signal.sender),
                reason: ExitReason::from_wire(signal.reason),
            }),
            host::Mail::Stream(stream) => Mail::Stream(IncomingStream::from_wire(stream)),
        }
    }
}
