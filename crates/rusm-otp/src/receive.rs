//! Taking mail out of the mailbox.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use tokio::task::coop;

use crate::mailbox::Held;
use crate::table::Locked;
use crate::{Context, Mail};

/// # Receiving
///
/// Every receive is **cancel safe**: mail is taken out of the mailbox in the moment the future completes, so
/// one that is dropped before (in a `select!`, by a timeout) has lost nothing and skipped nothing.
///
/// A receive takes part in tokio's cooperative scheduling, so that a process whose mailbox never empties lets
/// others run.
impl Context {
    /// The next mail, in order of arrival.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send(ctx.pid(), "hello");
    /// let Mail::Message { from, payload } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(from, ctx.pid());
    /// assert_eq!(payload.as_bytes(), Some(&b"hello"[..]));
    /// # Ok(()) }).await }
    /// ```
    pub async fn receive(&mut self) -> Mail {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// [`receive`](Self::receive) for those who write their futures by hand. The task is woken by the next
    /// mail; of several tasks that poll one after another, the last.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send(ctx.pid(), "hello");
    /// std::future::poll_fn(|cx| ctx.poll_receive(cx)).await;
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_receive(&mut self, cx: &mut TaskContext<'_>) -> Poll<Mail> {
        or_wait(self.poll_next(cx))
    }

    /// Ready when there is mail, which stays where it is; until then the task is woken by the next, as by
    /// [`poll_receive`](Self::poll_receive).
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send(ctx.pid(), "hello");
    /// std::future::poll_fn(|cx| ctx.poll_mail(cx)).await;
    /// ctx.receive().await;
    /// # Ok(()) }).await }
    /// ```
    pub fn poll_mail(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        let coop = ready!(coop::poll_proceed(cx));
        let held = self.held.get_mut();
        if !self.runtime.is_alive(self.pid) {
            return Poll::Pending;
        }
        if held.len() == 0 {
            let Some(mut process) = self.runtime.0.table.lock_living(self.pid) else {
                return Poll::Pending;
            };
            if !held.fetch(&mut process.inbox) {
                wait(process, held, cx);
                coop.made_progress();
                return Poll::Pending;
            }
        }
        coop.made_progress();
        Poll::Ready(())
    }

    /// The next mail, or `None` when the time is up (`receive ... after`). With [`Duration::ZERO`] it takes
    /// what is there and does not wait. Mail that is there wins over a time that is up.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// assert!(ctx.receive_timeout(Duration::from_millis(1)).await.is_none());
    /// # Ok(()) }).await }
    /// ```
    pub async fn receive_timeout(&mut self, limit: Duration) -> Option<Mail> {
        self.until(limit, Self::poll_next).await
    }

    /// Selective receive: the first mail for which `wanted` is true. All others stay, in their order.
    ///
    /// `wanted` sees each mail once and runs without a lock. As in Erlang, a mailbox with much unwanted mail
    /// in front makes this slow.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send(ctx.pid(), "first");
    /// let (child, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async {});
    /// ctx.receive_match(|mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor)).await;
    /// let Mail::Message { payload, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!(payload.as_bytes(), Some(&b"first"[..]));
    /// # Ok(()) }).await }
    /// ```
    pub async fn receive_match(&mut self, mut wanted: impl FnMut(&Mail) -> bool) -> Mail {
        let mut seen = 0;
        poll_fn(|cx| or_wait(self.poll_match(cx, &mut seen, &mut wanted))).await
    }

    /// Fetches what has arrived, and tells how much mail there is.
    pub(crate) fn hold_all(&mut self) -> usize {
        let held = self.held.get_mut();
        if let Some(mut process) = self.runtime.0.table.lock(self.pid) {
            held.fetch(&mut process.inbox);
        }
        held.len()
    }

    /// [`receive_match`](Self::receive_match), or `None` when the time is up.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.send(ctx.pid(), "unwanted");
    /// let exit = ctx.receive_match_timeout(|mail| matches!(mail, Mail::Exit { .. }), Duration::ZERO).await;
    /// assert!(exit.is_none());
    /// # Ok(()) }).await }
    /// ```
    pub async fn receive_match_timeout(
        &mut self,
        wanted: impl FnMut(&Mail) -> bool,
        limit: Duration,
    ) -> Option<Mail> {
        self.receive_match_within(limit, &mut 0, wanted).await
    }

    /// The same for one that knows of the first mails that they are not wanted.
    pub(crate) async fn receive_match_within(
        &mut self,
        limit: Duration,
        seen: &mut usize,
        mut wanted: impl FnMut(&Mail) -> bool,
    ) -> Option<Mail> {
        self.until(limit, |ctx, cx| ctx.poll_match(cx, seen, &mut wanted)).await
    }

    /// Drops the first mail for which `unwanted` is true, if there is one.
    pub(crate) fn discard(&mut self, mut unwanted: impl FnMut(&Mail) -> bool) {
        if self.held.get_mut().remove(&mut 0, &mut unwanted).is_none() {
            let process = self.runtime.0.table.lock(self.pid);
            let mail = process.and_then(|mut process| process.inbox.remove(unwanted));
            drop(mail);
        }
    }

    /// Polls until there is mail or the time is up. The timer is made only if there is something to wait for.
    async fn until(
        &mut self,
        limit: Duration,
        mut poll: impl FnMut(&mut Self, &mut TaskContext<'_>) -> Poll<Option<Mail>>,
    ) -> Option<Mail> {
        let first = poll_fn(|cx| match poll(self, cx) {
            // A context that outlived its process gets nothing more, but its time goes by.
            Poll::Pending if !self.runtime.is_alive(self.pid) => Poll::Ready(None),
            polled => polled,
        });
        if let Some(mail) = first.await {
            return Some(mail);
        }
        if limit.is_zero() {
            return None;
        }
        if limit == Duration::MAX {
            return poll_fn(|cx| or_wait(poll(self, cx)).map(Some)).await;
        }
        let timer = {
            // An inline process may be polled by an executor that is not tokio's.
            let _tokio = self.runtime.0.handle.enter();
            tokio::time::sleep(limit)
        };
        let mut timer = pin!(timer);
        poll_fn(|cx| match poll(self, cx) {
            Poll::Ready(Some(mail)) => Poll::Ready(Some(mail)),
            Poll::Ready(None) | Poll::Pending => timer.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// The next mail; `Ready(None)` if there is none, and then the task is woken by the next. `Pending` is
    /// for a process that has to let others run, or that is about to end and receives nothing more.
    fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Mail>> {
        let coop = ready!(coop::poll_proceed(cx));
        let table = &self.runtime.0.table;
        let held = self.held.get_mut();
        let mail = if held.len() > 0 {
            if !self.runtime.is_alive(self.pid) {
                return Poll::Pending;
            }
            held.pop()
        } else {
            let Some(mut process) = table.lock_living(self.pid) else {
                return Poll::Pending;
            };
            let first = held.fetch_first(&mut process.inbox);
            match &first {
                Some(mail) => {
                    drop(process);
                    held.taken(mail);
                }
                None => wait(process, held, cx),
            }
            first
        };
        coop.made_progress();
        Poll::Ready(mail)
    }

    /// The same for the first wanted mail; `seen` is how many are known to be unwanted.
    fn poll_match(
        &mut self,
        cx: &mut TaskContext<'_>,
        seen: &mut usize,
        wanted: &mut impl FnMut(&Mail) -> bool,
    ) -> Poll<Option<Mail>> {
        let coop = ready!(coop::poll_proceed(cx));
        if !self.runtime.is_alive(self.pid) {
            return Poll::Pending;
        }
        let table = &self.runtime.0.table;
        let held = self.held.get_mut();
        let mail = loop {
            let mail = held.remove(seen, &mut *wanted);
            if mail.is_some() {
                break mail;
            }
            let Some(mut process) = table.lock_living(self.pid) else {
                return Poll::Pending;
            };
            if !held.fetch(&mut process.inbox) {
                wait(process, held, cx);
                break None;
            }
        };
        coop.made_progress();
        Poll::Ready(mail)
    }
}

/// Has the next mail wake the task.
fn wait(mut process: Locked<'_>, held: &mut Held, cx: &TaskContext<'_>) {
    let garbage = process.inbox.wait(cx.waker());
    drop(process);
    drop(garbage);
    held.shrink();
}

fn or_wait(polled: Poll<Option<Mail>>) -> Poll<Mail> {
    match polled {
        Poll::Ready(Some(mail)) => Poll::Ready(mail),
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    }
}
