//! Messages between guests, and how much memory they may take on the way.
//!
//! A mailbox holds so many messages (`world::MAILBOX`), and a guest has so many bytes in mailboxes as it may
//! have in its own memory: what it sends beyond waits until something of it was received. So neither can a
//! crowd of senders fill the node's memory, nor one that sends large messages.

use bytes::Bytes;
use rusm_otp::{ExitReason, Mail, Payload, Pid};

use super::HostState;
use super::bindings::rusm::runtime::{process, types};
use super::budget::Place;

/// The longest message.
pub(super) const MAX_MESSAGE: usize = 16 << 20;

/// Messages up to this are counted by number alone, since a mailbox holds so few.
const SMALL: usize = 4 << 10;

/// A message that counts against its sender's memory while it is under way.
struct Large {
    body: Bytes,
    _charge: Place,
}

/// The same for bytes that the node may send more than once.
struct Shared {
    body: Vec<u8>,
    _charge: Place,
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl HostState {
    /// What is to be sent to several or several times; none if more of the sender's is under way than it may have
    /// memory.
    pub(super) fn share(&mut self, body: Vec<u8>) -> Option<Bytes> {
        if body.len() <= SMALL {
            return Some(body.into());
        }
        let charge = self.outbox.take_bytes(body.len())?;
        Some(Bytes::from_owner(Shared { body, _charge: charge }))
    }

    /// What is to be sent. Waits while more of the sender's is under way than it may have memory.
    pub(super) async fn post(&mut self, body: Vec<u8>) -> Payload {
        if body.len() <= SMALL {
            return Payload::from(body);
        }
        match self.outbox.wait_for_bytes(body.len()).await {
            Some(charge) => Payload::new(Large { body: body.into(), _charge: charge }),
            None => Payload::from(body),
        }
    }
}

/// By this number guests know the node as a sender.
const _: () = assert!(Pid::NODE.as_u64() == 1 << 48);

/// The bytes of a message; none if it is a value of the node's own, which no guest can read.
fn body(payload: Payload) -> Option<Vec<u8>> {
    match payload.into_bytes() {
        Ok(bytes) => Some(bytes.into()),
        Err(payload) => payload.downcast::<Large>().ok().map(|large| large.body.into()),
    }
}

impl HostState {
    /// Mail as a guest reads it; none for what is not meant for guests.
    pub(super) fn mail_to_wire(&mut self, mail: Mail) -> wasmtime::Result<Option<process::Mail>> {
        Ok(Some(match mail {
            Mail::Message { from, payload } => {
                let Some(body) = body(payload) else { return Ok(None) };
                process::Mail::Message(process::Message { sender: from.as_u64(), body })
            }
            Mail::Down { monitor, pid, reason } => {
                self.own.note_down();
                process::Mail::Down(process::Down {
                    monitor: monitor.as_u64(),
                    pid: pid.as_u64(),
                    reason: reason_to_wire(reason),
                })
            }
            Mail::Exit { from, reason } => process::Mail::Exit(process::ExitSignal {
                sender: from.as_u64(),
                reason: reason_to_wire(reason),
            }),
            Mail::Stream { from, stream } => process::Mail::Stream(self.incoming(from, stream)?),
            Mail::Request { from, .. } => {
                // Whoever asks is not to wait for what no guest can answer.
                self.context.refuse(from);
                return Ok(None);
            }
            Mail::Reply { .. } => return Ok(None),
        }))
    }
}

pub(super) fn reason_to_wire(reason: ExitReason) -> types::ExitReason {
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
