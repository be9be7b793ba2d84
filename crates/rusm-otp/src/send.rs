//! Sending: at once, or when there is room.

use crate::bound::{Bound, MailboxPolicy};
use crate::mailbox::Refused;
use crate::runtime::Shared;
use crate::signal::wake;
use crate::{Context, Mail, Payload, Pid, Runtime, SendError};

/// # Sending
///
/// Messages from one process to another arrive in the order they were sent. All three ways are the same for a
/// mailbox without a bound, which is the default; for one with a bound, [`MailboxPolicy`] says what each does.
impl Context {
    /// Sends a message, stamped with this process's pid.
    ///
    /// It does not wait. One to a process that is dead or never was is dropped, as in Erlang; to know,
    /// [`try_send`](Self::try_send) it or monitor the process.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Payload, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// ctx.send(ctx.pid(), "text for anyone");
    /// ctx.send(ctx.pid(), vec![1, 2, 3]);
    /// ctx.send(ctx.pid(), Payload::new(std::time::Instant::now()));
    /// # Ok(()) }).await }
    /// ```
    pub fn send(&self, to: Pid, payload: impl Into<Payload>) {
        self.runtime.0.send(to, self.message(payload));
    }

    /// Sends a message if that can be done at once, and gives it back if not.
    ///
    /// `Ok` says that it stands in the mailbox (or was dropped there by
    /// [`DropNewest`](MailboxPolicy::DropNewest)), not that it will be read.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Pid, Runtime, SendError, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// assert!(ctx.try_send(ctx.pid(), "hello").is_ok());
    /// assert!(matches!(ctx.try_send(Pid::from_u64(7), "hello"), Err(SendError::NoProcess(_))));
    /// # Ok(()) }).await }
    /// ```
    pub fn try_send(&self, to: Pid, payload: impl Into<Payload>) -> Result<(), SendError> {
        self.runtime.0.try_send(to, self.message(payload))
    }

    /// Sends a message, and first waits for room if the receiver
    /// [suspends its senders](MailboxPolicy::SuspendSender). Those who wait get their turn in order.
    ///
    /// Two processes that wait for room in each other's mailboxes wait for ever; to be sure, put a time limit
    /// around it.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has sent nothing.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, MailboxPolicy, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let options = SpawnOptions::default().mailbox(2, MailboxPolicy::SuspendSender);
    /// let (slow, _) = ctx.spawn_monitor(options, |mut ctx| async move {
    ///     for _ in 0..10 {
    ///         ctx.receive().await;
    ///     }
    /// });
    /// for n in 0..10_u8 {
    ///     ctx.send_wait(slow, vec![n]).await.unwrap();
    /// }
    /// assert!(matches!(ctx.receive().await, Mail::Down { reason: ExitReason::Normal, .. }));
    /// # Ok(()) }).await }
    /// ```
    pub async fn send_wait(&self, to: Pid, payload: impl Into<Payload>) -> Result<(), SendError> {
        self.runtime.0.send_wait(to, self.message(payload)).await
    }

    fn message(&self, payload: impl Into<Payload>) -> Mail {
        Mail::Message { from: self.pid, payload: payload.into() }
    }
}

/// # Sending from outside any process
///
/// The receiver sees [`Pid::NODE`] as the sender.
impl Runtime {
    /// [`Context::send`] from outside any process.
    ///
    /// ```
    /// # use rusm_otp::{Payload, Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// runtime.send(Pid::from_u64(7), Payload::new("nobody gets this"));
    /// # }
    /// ```
    pub fn send(&self, to: Pid, payload: impl Into<Payload>) {
        self.0.send(to, from_node(payload));
    }

    /// [`Context::try_send`] from outside any process.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// assert!(Runtime::new().try_send(Pid::from_u64(7), "hello").is_err());
    /// # }
    /// ```
    pub fn try_send(&self, to: Pid, payload: impl Into<Payload>) -> Result<(), SendError> {
        self.0.try_send(to, from_node(payload))
    }

    /// [`Context::send_wait`] from outside any process.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped has sent nothing.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// assert!(Runtime::new().send_wait(Pid::from_u64(7), "hello").await.is_err());
    /// # }
    /// ```
    pub async fn send_wait(&self, to: Pid, payload: impl Into<Payload>) -> Result<(), SendError> {
        self.0.send_wait(to, from_node(payload)).await
    }
}

fn from_node(payload: impl Into<Payload>) -> Mail {
    Mail::Message { from: Pid::NODE, payload: payload.into() }
}

impl Shared {
    /// Hands over mail for which there is room.
    pub(crate) fn offer(&self, to: Pid, mail: Mail) -> Result<(), Refused> {
        let waker = match self.table.lock(to) {
            Some(mut process) => process.inbox.offer(mail)?,
            None => return Err(Refused { mail, full: None }),
        };
        wake(waker);
        Ok(())
    }

    /// Hands over mail or drops it.
    pub(crate) fn send(&self, to: Pid, mail: Mail) {
        if let Err(Refused { full: Some(bound), .. }) = self.offer(to, mail) {
            bound.count_dropped();
        }
    }

    fn try_send(&self, to: Pid, mail: Mail) -> Result<(), SendError> {
        self.offer(to, mail).or_else(Refused::settle)
    }

    async fn send_wait(&self, to: Pid, mail: Mail) -> Result<(), SendError> {
        self.offer_wait(to, mail).await.or_else(Refused::settle)
    }

    /// Hands over mail, when there is room if the receiver suspends its senders, or drops it.
    pub(crate) async fn deliver(&self, to: Pid, mail: Mail) {
        if let Err(Refused { full: Some(bound), .. }) = self.offer_wait(to, mail).await {
            bound.count_dropped();
        }
    }

    async fn offer_wait(&self, to: Pid, mail: Mail) -> Result<(), Refused> {
        match self.offer(to, mail) {
            Err(Refused { mail, full: Some(bound) }) if bound.policy == MailboxPolicy::SuspendSender => {
                let room = bound.wait_for_room().await;
                self.fill(to, mail, room)
            }
            sent => sent,
        }
    }

    /// Hands over mail for which a place was taken, if the mailbox is still there.
    fn fill(&self, to: Pid, mail: Mail, room: bool) -> Result<(), Refused> {
        let waker = match self.table.lock(to) {
            Some(mut process) if room => process.inbox.push(mail),
            _ => return Err(Refused { mail, full: None }),
        };
        wake(waker);
        Ok(())
    }
}

impl Refused {
    /// What a sender is told who asked.
    fn settle(self) -> Result<(), SendError> {
        match &self.full {
            None => Err(SendError::NoProcess(self.into_payload())),
            Some(bound) if bound.policy == MailboxPolicy::DropNewest => {
                bound.count_dropped();
                Ok(())
            }
            Some(_) => Err(SendError::Full(self.into_payload())),
        }
    }

    pub(crate) fn into_payload(self) -> Payload {
        match self.mail {
            Mail::Message { payload, .. } | Mail::Request { payload, .. } => payload,
            other => unreachable!("nothing else is refused: {other:?}"),
        }
    }
}

impl Bound {
    /// Takes a place; false if there will be none, since the process ended.
    pub(crate) async fn wait_for_room(&self) -> bool {
        self.room.acquire().await.map(tokio::sync::SemaphorePermit::forget).is_ok()
    }
}
