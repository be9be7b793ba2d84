//! A body's view of its own process.

use std::convert::Infallible;
use std::fmt;
use std::future::{self, Future};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::call::is_answer;
use crate::mailbox::Held;
use crate::{ExitReason, MonitorRef, NameError, Pid, Runtime, SpawnOptions};

/// A body's view of its own process. Each body is given one; receiving takes it by `&mut`, since a mailbox
/// has one reader, everything else by `&`.
///
/// A context that outlives its body (moved to another task, say) is harmless: what it sends still carries its
/// pid, it makes no bonds, and it receives nothing.
///
/// ```
/// use rusm_otp::{Context, ExitReason, Mail, Runtime, SpawnOptions};
///
/// async fn echo(mut ctx: Context) {
///     while let Mail::Message { from, payload } = ctx.receive().await {
///         ctx.send(from, payload);
///     }
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
///     let echo = ctx.spawn_link(SpawnOptions::default(), echo);
///     ctx.send(echo, "hello");
///     assert!(matches!(ctx.receive().await, Mail::Message { from, .. } if from == echo));
///     Ok(())
/// }).await
/// # }
/// ```
pub struct Context {
    pub(crate) runtime: Runtime,
    pub(crate) pid: Pid,
    /// Never locked, only reached by `&mut`: it stands in a mutex so that a `Context` can be shared by
    /// reference between threads although a payload cannot.
    pub(crate) held: Mutex<Held>,
}

impl Context {
    pub(crate) fn new(runtime: Runtime, pid: Pid) -> Self {
        Self { runtime, pid, held: Mutex::default() }
    }

    /// This process.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// let pid = Runtime::new().run(SpawnOptions::default(), |ctx| async move { Ok(ctx.pid()) }).await;
    /// assert_eq!(pid.unwrap().as_u64(), (1 << 48) + 1);
    /// # }
    /// ```
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The runtime that this process is one of.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// assert!(ctx.runtime().is_alive(ctx.pid()));
    /// # Ok(()) }).await }
    /// ```
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// [`Runtime::spawn`], linked to this process from before its body starts.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.trap_exit(true);
    /// let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async { ExitReason::Shutdown });
    /// let Mail::Exit { from, reason } = ctx.receive().await else { unreachable!() };
    /// assert_eq!((from, reason), (child, ExitReason::Shutdown));
    /// # Ok(()) }).await }
    /// ```
    pub fn spawn_link<F, B>(&self, options: SpawnOptions, body: F) -> Pid
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        // From the child's side: should this process be dead already, the child is not left alone but told.
        self.runtime.spawn_with(options, body, |child| self.runtime.0.link(child, self.pid))
    }

    /// [`Runtime::spawn`], monitored by this process from before its body starts.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| async { panic!("oh") as () });
    /// let Mail::Down { monitor: of, reason, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!((of, reason), (monitor, ExitReason::crashed("oh")));
    /// # Ok(()) }).await }
    /// ```
    pub fn spawn_monitor<F, B>(&self, options: SpawnOptions, body: F) -> (Pid, MonitorRef)
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        let mut monitor = None;
        let child = self.runtime.spawn_with(options, body, |child| monitor = Some(self.monitor(child)));
        (child, monitor.expect("spawn_with calls back"))
    }

    /// Links this process and another (`erlang:link/1`): when either ends, the other gets an exit signal.
    ///
    /// A link has no direction, and to link twice is to link once. To link to a process that is dead brings
    /// an exit signal with [`NoProcess`](ExitReason::NoProcess). To link to oneself does nothing.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.trap_exit(true);
    /// ctx.link(Pid::from_u64(7));
    /// assert!(matches!(ctx.receive().await, Mail::Exit { reason: ExitReason::NoProcess, .. }));
    /// # Ok(()) }).await }
    /// ```
    pub fn link(&self, other: Pid) {
        self.runtime.0.link(self.pid, other);
    }

    /// Takes a link away (`erlang:unlink/1`). When it returns, nothing that came or would have come by that
    /// link has an effect any more, except that mail which a trapping process already has in its mailbox
    /// stays there.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| async { ExitReason::Shutdown });
    /// ctx.unlink(child);
    /// # Ok(()) }).await }
    /// ```
    pub fn unlink(&self, other: Pid) {
        self.runtime.0.unlink(self.pid, other);
    }

    /// Asks to be told when another process ends, by [`Mail::Down`](crate::Mail::Down)
    /// (`erlang:monitor/2`).
    ///
    /// If it is dead already, that mail comes at once, with [`NoProcess`](ExitReason::NoProcess). Monitors
    /// stack: each brings a down of its own. To monitor oneself brings none.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Pid, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let monitor = ctx.monitor(Pid::from_u64(7));
    /// let Mail::Down { monitor: of, reason, .. } = ctx.receive().await else { unreachable!() };
    /// assert_eq!((of, reason), (monitor, ExitReason::NoProcess));
    /// # Ok(()) }).await }
    /// ```
    pub fn monitor(&self, other: Pid) -> MonitorRef {
        self.runtime.0.monitor(self.pid, other)
    }

    /// Takes a monitor back (`erlang:demonitor/1`): no down comes for it from now on. One that came before
    /// stays in the mailbox; see [`demonitor_flush`](Self::demonitor_flush). False if it had come, or if this
    /// is no monitor of this process.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// let (_, monitor) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// assert!(ctx.demonitor(monitor));
    /// assert!(!ctx.demonitor(monitor));
    /// # Ok(()) }).await }
    /// ```
    pub fn demonitor(&self, monitor: MonitorRef) -> bool {
        self.runtime.0.demonitor(self.pid, monitor)
    }

    /// [`demonitor`](Self::demonitor) that removes the down from the mailbox too, if it came before (Erlang's
    /// option `flush`). Of a [request](Self::send_request), the reply as well.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Pid, Runtime, SpawnOptions};
    /// # use std::time::Duration;
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let monitor = ctx.monitor(Pid::from_u64(7));
    /// assert!(!ctx.demonitor_flush(monitor));
    /// assert!(ctx.receive_timeout(Duration::ZERO).await.is_none());
    /// # Ok(()) }).await }
    /// ```
    pub fn demonitor_flush(&mut self, monitor: MonitorRef) -> bool {
        let active = self.runtime.0.demonitor(self.pid, monitor);
        if !active {
            self.discard(|mail| is_answer(mail, monitor));
        }
        active
    }

    /// Whether exit signals arrive as [`Mail::Exit`](crate::Mail::Exit) instead of ending this process
    /// (`process_flag(trap_exit, _)`). Returns what it was. A signal that has arrived already keeps the
    /// effect it had then.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// assert!(!ctx.trap_exit(true));
    /// assert!(ctx.trap_exit(true));
    /// # Ok(()) }).await }
    /// ```
    pub fn trap_exit(&self, on: bool) -> bool {
        let process = self.runtime.0.table.lock(self.pid);
        process.is_some_and(|mut process| std::mem::replace(&mut process.trap_exit, on))
    }

    /// Sends an exit signal (`erlang:exit/2`).
    ///
    /// A process that traps exits gets it as mail, whatever the reason. One that does not ends with this
    /// reason, except that it ignores [`Normal`](ExitReason::Normal) from others; sent to oneself, that ends
    /// the process too. The signal has arrived when this returns; a body that it ends stops where it next
    /// waits, so one that sends it to itself should wait next.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let (child, _) = ctx.spawn_monitor(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// ctx.exit(child, ExitReason::Normal);
    /// ctx.exit(child, ExitReason::Shutdown);
    /// assert!(matches!(ctx.receive().await, Mail::Down { reason: ExitReason::Shutdown, .. }));
    /// # Ok(()) }).await }
    /// ```
    #[allow(clippy::needless_pass_by_value, reason = "callers make the reason on the spot")]
    pub fn exit(&self, other: Pid, reason: ExitReason) {
        self.runtime.0.exit(self.pid, other, &reason);
    }

    /// Kills a process (`exit(Pid, kill)`): it ends with reason [`Killed`](ExitReason::Killed) even if it
    /// traps exits. Its links get that reason as an ordinary one, which they may trap.
    ///
    /// A body is dropped where it waits. One that computes without ever waiting is not interrupted.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let (child, _) = ctx.spawn_monitor(SpawnOptions::default(), |mut ctx| async move {
    ///     ctx.trap_exit(true);
    ///     loop { ctx.receive().await; }
    /// });
    /// ctx.kill(child);
    /// assert!(matches!(ctx.receive().await, Mail::Down { reason: ExitReason::Killed, .. }));
    /// # Ok(()) }).await }
    /// ```
    pub fn kill(&self, other: Pid) {
        self.runtime.0.kill(self.pid, other);
    }

    /// Ends this process here (`erlang:exit/1`), trapping exits or not, for where returning from the body is
    /// far away. The body is dropped at the `.await`, which never returns.
    ///
    /// ```
    /// # use rusm_otp::{Context, ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// async fn deep_down(ctx: &Context) -> u32 {
    ///     match ctx.exit_self(ExitReason::Shutdown).await {}
    /// }
    /// let runtime = Runtime::new();
    /// let end = runtime.run(SpawnOptions::default(), |ctx| async move { Ok(deep_down(&ctx).await) }).await;
    /// assert_eq!(end, Err(ExitReason::Shutdown));
    /// # }
    /// ```
    pub async fn exit_self(&self, reason: ExitReason) -> Infallible {
        self.runtime.0.exit_self(self.pid, &reason);
        future::pending().await
    }

    /// [`Runtime::register`] for this process.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// ctx.register("clock").map_err(ExitReason::crashed)?;
    /// # Ok(()) }).await }
    /// ```
    pub fn register(&self, name: impl Into<Arc<str>>) -> Result<(), NameError> {
        self.runtime.register(name, self.pid)
    }

    /// Counts work done beyond a poll of the body, such as instructions of an interpreter, for
    /// [`ProcessInfo::reductions`](crate::ProcessInfo::reductions) (`erlang:bump_reductions/1`). It does not
    /// make the process yield.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.bump_reductions(1000);
    /// assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().reductions, 1001);
    /// # Ok(()) }).await }
    /// ```
    pub fn bump_reductions(&mut self, by: u64) {
        if let Some(slot) = self.runtime.0.table.slot(self.pid).filter(|slot| slot.is_living(self.pid)) {
            slot.bump_reductions(by);
        }
    }

    /// Changes what this process is called in logs and listings; see [`SpawnOptions::label`].
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// ctx.set_label("indexing page 7");
    /// assert_eq!(ctx.runtime().info(ctx.pid()).unwrap().label.as_deref(), Some("indexing page 7"));
    /// # Ok(()) }).await }
    /// ```
    pub fn set_label(&self, label: impl Into<Arc<str>>) {
        let label = label.into();
        if let Some(mut process) = self.runtime.0.table.lock(self.pid) {
            process.label = Some(label);
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(&self.pid).finish()
    }
}
