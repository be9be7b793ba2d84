//! Request and reply, in the manner of `gen:call`.
//!
//! A request carries a monitor, and the reply is addressed to that monitor: it arrives only while the monitor
//! stands. So each request is answered once, by a reply or by a down, and what comes later is dropped on the
//! way. (OTP does the same with a monitor that is a process alias, by `reply_demonitor`.)

use std::time::Duration;

use tokio::time::Instant;

use crate::bound::MailboxPolicy;
use crate::{Context, ExitReason, Mail, MonitorRef, Payload, Pid, Runtime, SendError, SpawnOptions};

/// How long [`Context::call`] waits, as `gen_server:call/2` does.
///
/// ```
/// assert_eq!(rusm_otp::CALL_TIMEOUT, std::time::Duration::from_secs(5));
/// ```
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Who asked, for the one who answers. It may be kept, and passed on, to answer later.
///
/// ```
/// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
/// let server = ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move {
///     let mut waiting = Vec::new();
///     while waiting.len() < 2 {
///         if let Mail::Request { from, .. } = ctx.receive().await {
///             waiting.push(from);
///         }
///     }
///     for caller in waiting {
///         ctx.reply(caller, "both are here");
///     }
/// });
/// let first = ctx.send_request(server, "wait").unwrap();
/// let second = ctx.send_request(server, "wait").unwrap();
/// assert!(matches!(ctx.receive().await, Mail::Reply { request, .. } if request == first));
/// assert!(matches!(ctx.receive().await, Mail::Reply { request, .. } if request == second));
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    pub(crate) pid: Pid,
    pub(crate) monitor: MonitorRef,
}

impl Caller {
    /// The process that asked.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send_request(ctx.pid(), "who asks?").unwrap();
    /// let Mail::Request { from, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(from.pid(), ctx.pid());
    /// # Ok(()) }).await }
    /// ```
    pub fn pid(self) -> Pid {
        self.pid
    }
}

/// Why a call has no answer.
///
/// ```
/// # use rusm_otp::{CallError, ExitReason, Pid, Runtime};
/// # #[tokio::main] async fn main() {
/// let missing = Runtime::new().call(Pid::from_u64(7), "anyone?").await.unwrap_err();
/// assert_eq!(missing, CallError::Down(ExitReason::NoProcess));
/// assert_eq!(missing.to_string(), "the process that was called is down: noproc");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The callee ended before it answered, or was dead already ([`NoProcess`](ExitReason::NoProcess)).
    #[error("the process that was called is down: {0}")]
    Down(ExitReason),
    /// No answer came in time. The request may be carried out all the same; its answer will be dropped.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The callee does not understand such a request.
    #[error("the process that was called does not understand the request")]
    Refused,
    /// The callee's mailbox has no room, and its policy is not to suspend senders.
    #[error("the mailbox of the process that was called is full")]
    MailboxFull,
    /// A process that waits for its own answer would wait for ever.
    #[error("a process cannot call itself")]
    CallingSelf,
}

/// # Request and reply
impl Context {
    /// Asks a process and waits for its answer, [`CALL_TIMEOUT`] at most (`gen_server:call/2`).
    ///
    /// A callee that is dead, or dies before it answers, is an error at once. Other mail stays in the mailbox,
    /// in its order.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped has been sent, if it was polled; its answer is dropped when it comes.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let upper = ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move {
    ///     while let Mail::Request { from, payload } = ctx.receive().await {
    ///         ctx.reply(from, payload.as_bytes().unwrap_or_default().to_ascii_uppercase());
    ///     }
    /// });
    /// let answer = ctx.call(upper, "loud").await.unwrap();
    /// assert_eq!(answer.as_bytes(), Some(&b"LOUD"[..]));
    /// # Ok(()) }).await }
    /// ```
    pub async fn call(&mut self, to: Pid, payload: impl Into<Payload>) -> Result<Payload, CallError> {
        self.call_within(CALL_TIMEOUT, to, payload).await
    }

    /// [`call`](Self::call) with a limit of one's own; [`Duration::MAX`] is none (`gen_server:call/3`).
    ///
    /// # Cancel safety
    ///
    /// As of `call`.
    ///
    /// ```
    /// # use rusm_otp::{CallError, ExitReason, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let deaf = ctx.spawn_link(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// let limit = Duration::from_millis(1);
    /// let silence = ctx.call_within(limit, deaf, "hello?").await;
    /// assert_eq!(silence.unwrap_err(), CallError::Timeout(limit));
    /// # Ok(()) }).await }
    /// ```
    pub async fn call_within(
        &mut self,
        limit: Duration,
        to: Pid,
        payload: impl Into<Payload>,
    ) -> Result<Payload, CallError> {
        if to == self.pid {
            return Err(CallError::CallingSelf);
        }
        let monitor = self.runtime.0.new_monitor();
        // The answer comes after all that is here now, which is not searched for it.
        let mut seen = self.hold_all();
        let mut pending = Pending { ctx: self, monitor, waits: true };
        let left = pending.send(to, payload.into(), limit).await?;
        let wanted = |mail: &Mail| is_answer(mail, monitor);
        let answer = pending.ctx.receive_match_within(left, &mut seen, wanted).await;
        pending.waits = answer.is_none();
        match answer {
            Some(Mail::Reply { payload, .. }) => payload.ok_or(CallError::Refused),
            Some(Mail::Down { reason, .. }) => Err(CallError::Down(reason)),
            _ => Err(CallError::Timeout(limit)),
        }
    }

    /// Asks a process and goes on: the answer comes as [`Mail::Reply`], or [`Mail::Down`] if the callee ends
    /// first (`gen_server:send_request/2`). The result names the request in both; to give up,
    /// [`demonitor_flush`](Self::demonitor_flush) it.
    ///
    /// The only error is [`SendError::Full`]; a dead callee is a down.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let request = ctx.send_request(Pid::from_u64(7), "anyone?").unwrap();
    /// assert!(matches!(ctx.receive().await, Mail::Down { monitor, .. } if monitor == request));
    /// # Ok(()) }).await }
    /// ```
    pub fn send_request(&self, to: Pid, payload: impl Into<Payload>) -> Result<MonitorRef, SendError> {
        let monitor = self.runtime.0.new_monitor();
        match self.runtime.0.request(monitor, self.pid, to, payload.into(), false) {
            Ok(()) => Ok(monitor),
            Err(refused) => Err(SendError::Full(refused.into_payload())),
        }
    }

    /// Answers a request (`gen_server:reply/2`). Nothing happens if the caller has died or given up, or has
    /// its answer already.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// # ctx.send_request(ctx.pid(), "ping").unwrap();
    /// let Mail::Request { from, .. } = ctx.receive().await else { unreachable!() };
    /// ctx.reply(from, "pong");
    /// # Ok(()) }).await }
    /// ```
    pub fn reply(&self, to: Caller, payload: impl Into<Payload>) {
        self.runtime.reply(to, payload);
    }

    /// Answers a request with no more than that it is not understood: the caller gets
    /// [`CallError::Refused`] at once and need not wait until its time is up.
    ///
    /// ```
    /// # use rusm_otp::{CallError, ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let grump = ctx.spawn_link(SpawnOptions::default(), |mut ctx| async move {
    ///     while let Mail::Request { from, .. } = ctx.receive().await {
    ///         ctx.refuse(from);
    ///     }
    /// });
    /// assert_eq!(ctx.call(grump, "please").await.unwrap_err(), CallError::Refused);
    /// # Ok(()) }).await }
    /// ```
    pub fn refuse(&self, to: Caller) {
        self.runtime.0.reply(to, None);
    }
}

/// # Request and reply from outside any process
impl Runtime {
    /// [`Context::call`] from outside any process. The caller is an inline process for as long as the call
    /// takes.
    ///
    /// # Cancel safety
    ///
    /// As of `Context::call`.
    ///
    /// ```
    /// # use rusm_otp::{Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let echo = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
    ///     while let Mail::Request { from, payload } = ctx.receive().await {
    ///         ctx.reply(from, payload);
    ///     }
    /// });
    /// assert_eq!(runtime.call(echo, "hello").await.unwrap().as_bytes(), Some(&b"hello"[..]));
    /// # }
    /// ```
    pub async fn call(&self, to: Pid, payload: impl Into<Payload>) -> Result<Payload, CallError> {
        self.call_within(CALL_TIMEOUT, to, payload).await
    }

    /// [`Context::call_within`] from outside any process.
    ///
    /// # Cancel safety
    ///
    /// As of `Context::call`.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() {
    /// let nobody = Pid::from_u64(7);
    /// assert!(Runtime::new().call_within(Duration::MAX, nobody, "hello").await.is_err());
    /// # }
    /// ```
    pub async fn call_within(
        &self,
        limit: Duration,
        to: Pid,
        payload: impl Into<Payload>,
    ) -> Result<Payload, CallError> {
        let payload = payload.into();
        let call = |mut ctx: Context| async move { Ok(ctx.call_within(limit, to, payload).await) };
        match self.run(SpawnOptions::default(), call).await {
            Ok(answer) => answer,
            // Someone ended the caller, or there was no room for it.
            Err(reason) => Err(CallError::Down(reason)),
        }
    }

    /// [`Context::reply`] for code that is no process, as that which a request was handed on to may be.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// let slow = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
    ///     while let Mail::Request { from, .. } = ctx.receive().await {
    ///         let runtime = ctx.runtime().clone();
    ///         tokio::task::spawn_blocking(move || runtime.reply(from, "computed"));
    ///     }
    /// });
    /// assert!(runtime.call(slow, "compute").await.is_ok());
    /// # Ok(()) }
    /// ```
    pub fn reply(&self, to: Caller, payload: impl Into<Payload>) {
        self.0.reply(to, Some(payload.into()));
    }
}

/// Whether this mail uses the monitor up.
pub(crate) fn is_answer(mail: &Mail, to: MonitorRef) -> bool {
    match mail {
        Mail::Reply { request: answered, .. } | Mail::Down { monitor: answered, .. } => *answered == to,
        _ => false,
    }
}

/// A request whose answer is awaited. When the caller gives up, so does the request: no answer comes later.
struct Pending<'a> {
    ctx: &'a mut Context,
    monitor: MonitorRef,
    waits: bool,
}

impl Pending<'_> {
    /// Waits for room where the callee suspends its senders, and tells how much time is left.
    async fn send(&self, to: Pid, payload: Payload, limit: Duration) -> Result<Duration, CallError> {
        let Context { runtime, pid, .. } = &*self.ctx;
        let Err(refused) = runtime.0.request(self.monitor, *pid, to, payload, false) else {
            return Ok(limit);
        };
        let Some(bound) = refused.full.clone().filter(|bound| bound.policy == MailboxPolicy::SuspendSender)
        else {
            return Err(CallError::MailboxFull);
        };
        let start = Instant::now();
        let room = {
            // An inline process may be polled by an executor that is not tokio's.
            let _tokio = runtime.0.handle.enter();
            tokio::time::timeout(limit, bound.wait_for_room())
        };
        // Without room there is no process any more, which the second attempt finds out.
        room.await.map_err(|_| CallError::Timeout(limit))?;
        if runtime.0.request(self.monitor, *pid, to, refused.into_payload(), true).is_err() {
            // This process died while it waited: the place goes to the next.
            bound.room.add_permits(1);
        }
        Ok(limit.saturating_sub(start.elapsed()))
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.ctx.demonitor_flush(self.monitor);
        }
    }
}
