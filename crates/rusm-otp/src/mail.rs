//! What arrives in a mailbox.

use crate::{Caller, ExitReason, Payload, Pid, StreamReader};

/// What arrives in a mailbox: a message, a request or its reply, a stream, or the news of an end.
///
/// The kinds are types of their own so that no sender can fake the runtime's news with a message.
///
/// ```
/// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # let runtime = Runtime::new();
/// runtime.run(SpawnOptions::default(), |mut ctx| async move {
///     let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |ctx| async move { ctx.pid(); });
///     match ctx.receive().await {
///         Mail::Down { monitor: m, pid, reason } => {
///             assert_eq!((m, pid, reason), (monitor, child, ExitReason::Normal));
///             Ok(())
///         }
///         other => Err(ExitReason::crashed(format!("{other:?}"))),
///     }
/// }).await
/// # }
/// ```
#[derive(Debug)]
pub enum Mail {
    /// A process sent something, or code outside any process did ([`Pid::NODE`]).
    Message {
        /// Who sent it, as stamped by the runtime.
        from: Pid,
        /// What was sent.
        payload: Payload,
    },
    /// A process asked something and waits for the reply: see [`Context::call`](crate::Context::call).
    Request {
        /// Who is to have the reply, by [`Context::reply`](crate::Context::reply).
        from: Caller,
        /// What is asked.
        payload: Payload,
    },
    /// The reply to a request of this process, for those who made it by
    /// [`Context::send_request`](crate::Context::send_request); [`call`](crate::Context::call) takes its own.
    Reply {
        /// Which request it answers. Its monitor is used up.
        request: MonitorRef,
        /// The answer, or `None` if the callee [refused](crate::Context::refuse).
        payload: Option<Payload>,
    },
    /// A process opened a byte stream to this one: [`Context::open_stream`](crate::Context::open_stream).
    Stream {
        /// Who opened it, as stamped by the runtime.
        from: Pid,
        /// The end to read from.
        stream: StreamReader,
    },
    /// A monitored process ended.
    Down {
        /// Which monitor this answers. It is used up.
        monitor: MonitorRef,
        /// The process that ended.
        pid: Pid,
        /// Why it ended; [`ExitReason::NoProcess`] if it was dead before it was monitored.
        reason: ExitReason,
    },
    /// An exit signal, received as mail since this process traps exits.
    Exit {
        /// The linked process that ended, or whoever sent the signal.
        from: Pid,
        /// Why.
        reason: ExitReason,
    },
}

/// Names one monitor. Two monitors of one process have two names.
///
/// ```
/// # use rusm_otp::{ExitReason, Pid, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
/// let other = Pid::from_u64(7);
/// assert_ne!(ctx.monitor(other), ctx.monitor(other));
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonitorRef(pub(crate) u64);

impl MonitorRef {
    /// The number of this monitor, as it travels to guests.
    ///
    /// ```
    /// # use rusm_otp::MonitorRef;
    /// assert_eq!(MonitorRef::from_u64(3).as_u64(), 3);
    /// ```
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The monitor with this number. One that was never given out names no monitor.
    ///
    /// ```
    /// # use rusm_otp::MonitorRef;
    /// assert_eq!(MonitorRef::from_u64(3), MonitorRef::from_u64(3));
    /// ```
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}
