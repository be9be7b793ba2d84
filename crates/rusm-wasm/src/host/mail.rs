//! Messages between guests, and how much memory they may take on the way.
//!
//! A mailbox holds so many messages (`world::MAILBOX`), and a guest has so many bytes in mailboxes as it may
//! have in its own memory: what it sends beyond waits until something of it was received. So neither can a
//! crowd of senders fill the node's memory, nor one that sends large messages.

use std::sync::Arc;

use bytes::Bytes;
use rusm_otp::{ExitReason, Mail, Payload, Pid};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HostState;
use super::bindings::rusm::runtime::{process, types};

/// The longest message.
pub(super) const MAX_MESSAGE: usize = 16 << 20;

/// Messages up to this are counted by number alone, since a mailbox holds so few.
const SMALL: usize = 4 << 10;

/// What a process has sent that has not been received.
#[derive(Default)]
pub(super) struct Outbox(Option<Arc<Semaphore>>);

/// A message that counts against its sender's memory while it is under way.
struct Large {
    body: Bytes,
    _charge: OwnedSemaphorePermit,
}

impl HostState {
    /// What is to be sent. Waits while more of the sender's is under way than it may have memory.
    pub(super) async fn post(&mut self, body: Vec<u8>) -> Payload {
        if body.len() <= SMALL {
            return Payload::from(body);
        }
        let memory = self.component.limits.memory.max(MAX_MESSAGE);
        let outbox = self.outbox.0.get_or_insert_with(|| Arc::new(Semaphore::new(kib(memory) as usize)));
        match Arc::clone(outbox).acquire_many_owned(kib(body.len())).await {
            Ok(charge) => Payload::new(Large { body: body.into(), _charge: charge }),
            // Nobody closes it.
            Err(_) => Payload::from(body),
        }
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX)
}

/// The bytes of a message; none if it is a value of the node's own, which no guest can read.
fn body(payload: Payload) -> Option<Vec<u8>> {
    match payload.into_bytes() {
        Ok(bytes) => Some(bytes.into()),
        Err(payload) => payload.downcast::<Large>().ok().map(|large| large.body.into()),
    }
}

/// Mail as a guest reads it; none for what is not meant for guests.
pub(super) fn to_wire(mail: Mail) -> Option<process::Mail> {
    match mail {
        Mail::Message { from, payload } => {
            let body = body(payload)?;
            Some(process::Mail::Message(process::Message { sender: from.as_u64(), body }))
        }
        Mail::Down { monitor, pid, reason } => Some(process::Mail::Down(process::Down {
            monitor: monitor.as_u64(),
            pid: pid.as_u64(),
            reason: reason_to_wire(reason),
        })),
        Mail::Exit { from, reason } => Some(process::Mail::Exit(process::ExitSignal {
            sender: from.as_u64(),
            reason: reason_to_wire(reason),
        })),
        Mail::Request { .. } | Mail::Reply { .. } | Mail::Stream { .. } => None,
    }
}

fn reason_to_wire(reason: ExitReason) -> types::ExitReason {
    match reason {
        ExitReason::Normal => types::ExitReason::Normal,
        ExitReason::Shutdown => types::ExitReason::Shutdown,
        ExitReason::ShutdownWith(text) => types::ExitReason::ShutdownWith(text.to_string()),
        ExitReason::Killed => types::ExitReason::Killed,
        ExitReason::Crashed(text) => types::ExitReason::Crashed(text.to_string()),
        ExitReason::NoProcess => types::ExitReason::NoProcess,
    }
}

pub(super) fn reason_from_wire(reason: types::ExitReason) -> ExitReason {
    match reason {
        types::ExitReason::Normal => ExitReason::Normal,
        types::ExitReason::Shutdown => ExitReason::Shutdown,
        types::ExitReason::ShutdownWith(text) => ExitReason::ShutdownWith(text.into()),
        types::ExitReason::Killed => ExitReason::Killed,
        types::ExitReason::Crashed(text) => ExitReason::Crashed(text.into()),
        types::ExitReason::NoProcess => ExitReason::NoProcess,
    }
}

pub(super) fn pids(pids: impl IntoIterator<Item = Pid>) -> Vec<u64> {
    pids.into_iter().map(Pid::as_u64).collect()
}
