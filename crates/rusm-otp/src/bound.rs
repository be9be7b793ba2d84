//! How much a mailbox takes, and what happens to more.

use tokio::sync::Semaphore;

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::{Mail, Payload};

/// What happens to a message that finds a mailbox full, by the receiver's choice; see
/// [`SpawnOptions::mailbox`](crate::SpawnOptions::mailbox).
///
/// The bound is for what processes send: messages, requests and streams. The runtime's news (exits, downs,
/// replies to the receiver's own requests) neither count nor are ever refused.
///
/// | | `send` | `try_send` | `send_wait` | `call` |
/// |---|---|---|---|---|
/// | `RejectSender` | dropped | [`Full`](SendError::Full) | `Full` | [`MailboxFull`](crate::CallError::MailboxFull) |
/// | `DropNewest` | dropped | dropped, `Ok` | dropped, `Ok` | `MailboxFull` |
/// | `SuspendSender` | dropped | `Full` | waits for room | waits for room |
///
/// `send` never waits and tells nobody, so at a full mailbox it can only drop. Each message that was dropped
/// unknown to its sender counts in [`ProcessInfo::dropped`](crate::ProcessInfo::dropped).
///
/// ```
/// # use rusm_otp::{MailboxPolicy, Runtime, SendError, SpawnOptions};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let runtime = Runtime::new();
/// let options = SpawnOptions::default().mailbox(1, MailboxPolicy::RejectSender);
/// let slow = runtime.spawn(options, |_ctx| std::future::pending::<()>());
/// runtime.try_send(slow, "first").unwrap();
/// assert!(matches!(runtime.try_send(slow, "second"), Err(SendError::Full(_))));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailboxPolicy {
    /// The sender is told.
    RejectSender,
    /// The message is dropped as if it had been lost on the way; those before it stay.
    DropNewest,
    /// The sender waits, in line with others, if it has a way to.
    SuspendSender,
}

/// Why a message was not sent; it is in here. Of [`Context::try_send`](crate::Context::try_send) and
/// [`send_wait`](crate::Context::send_wait).
///
/// ```
/// # use rusm_otp::{Pid, Runtime, SendError};
/// # #[tokio::main] async fn main() {
/// let unsent = Runtime::new().try_send(Pid::NODE, "hello").unwrap_err();
/// assert_eq!(unsent.to_string(), "there is no such process");
/// assert_eq!(unsent.into_payload().as_bytes(), Some(&b"hello"[..]));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The mailbox is full.
    #[error("the mailbox is full")]
    Full(Payload),
    /// The process is dead or never was.
    #[error("there is no such process")]
    NoProcess(Payload),
}

impl SendError {
    /// What was to be sent.
    ///
    /// ```
    /// # use rusm_otp::{Payload, SendError};
    /// assert_eq!(SendError::Full("x".into()).into_payload().as_bytes(), Some(&b"x"[..]));
    /// ```
    pub fn into_payload(self) -> Payload {
        match self {
            Self::Full(payload) | Self::NoProcess(payload) => payload,
        }
    }
}

/// The bound of one mailbox.
pub(crate) struct Bound {
    pub(crate) limit: u32,
    pub(crate) policy: MailboxPolicy,
    /// One permit for each message that there is room for, on either side of the mailbox.
    pub(crate) room: Semaphore,
    dropped: AtomicU64,
}

impl Bound {
    pub(crate) fn new(limit: u32, policy: MailboxPolicy) -> Self {
        Self { limit, policy, room: Semaphore::new(limit as usize), dropped: AtomicU64::new(0) }
    }

    /// Takes a place for this mail; false if it needs one and there is none.
    pub(crate) fn admit(&self, mail: &Mail) -> bool {
        !counts(mail) || self.room.try_acquire().map(tokio::sync::SemaphorePermit::forget).is_ok()
    }

    /// The mail has left the mailbox. Wakes a sender.
    pub(crate) fn release(&self, mail: &Mail) {
        if counts(mail) {
            self.room.add_permits(1);
        }
    }

    pub(crate) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Whether this is something that a process sent, rather than the runtime.
fn counts(mail: &Mail) -> bool {
    match mail {
        Mail::Message { .. } | Mail::Request { .. } | Mail::Stream { .. } => true,
        Mail::Reply { .. } | Mail::Down { .. } | Mail::Exit { .. } => false,
    }
}
