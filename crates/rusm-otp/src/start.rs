//! Starts that wait until the process is ready, in the manner of `proc_lib`.

use std::future::Future;

use crate::call::is_answer;
use crate::{Caller, Context, ExitReason, Mail, MonitorRef, Payload, Pid, Runtime, SpawnOptions};

/// By which a process that is being started says that it is ready.
///
/// One that ends without having said so has failed to start: the starter learns the reason.
/// [`Runtime::start`] and [`Context::start_link`] make one.
///
/// ```
/// # use rusm_otp::{ExitReason, Runtime, SpawnOptions, Starting};
/// # #[tokio::main] async fn main() {
/// # let runtime = Runtime::new();
/// let failed = runtime.start(SpawnOptions::default(), |_ctx, _starting: Starting| async {
///     ExitReason::crashed("no config")
/// });
/// assert_eq!(failed.await, Err(ExitReason::crashed("no config")));
/// # }
/// ```
#[derive(Debug)]
pub struct Starting {
    caller: Caller,
    parent: Pid,
}

impl Starting {
    /// The process is ready (`proc_lib:init_ack/1`): whoever starts it goes on.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// let clock = runtime.start(SpawnOptions::default(), |mut ctx, starting| async move {
    ///     ctx.register("clock").map_err(ExitReason::crashed)?;
    ///     starting.ready(&ctx);
    ///     ctx.receive().await;
    ///     Ok(())
    /// }).await?;
    /// assert_eq!(runtime.whereis("clock"), Some(clock));
    /// # Ok(()) }
    /// ```
    pub fn ready(self, ctx: &Context) {
        ctx.reply(self.caller, Payload::from(""));
    }

    /// The process that starts this one and is linked to it; [`Pid::NODE`] if it was started without a link.
    ///
    /// A process that traps exits, as a server or a supervisor may, ends when its parent does.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Pid, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// Runtime::new().start(SpawnOptions::default(), |ctx, starting| async move {
    ///     assert_eq!(starting.parent(), Pid::NODE);
    ///     starting.ready(&ctx);
    /// }).await?;
    /// # Ok(()) }
    /// ```
    pub fn parent(&self) -> Pid {
        self.parent
    }
}

impl Context {
    /// [`spawn_link`](Self::spawn_link) that waits until the new process [is ready](Starting::ready)
    /// (`proc_lib:start_link/3`). If it ends before, the result is the reason.
    ///
    /// Unless this process traps exits, it gets the exit signal of one that failed as well, as in OTP. One
    /// that traps does not find it in its mailbox.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills the process that is being started.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.trap_exit(true);
    /// let failed = ctx.start_link(SpawnOptions::default(), |_ctx, _starting| async {
    ///     ExitReason::crashed("no configuration")
    /// }).await;
    /// assert_eq!(failed, Err(ExitReason::crashed("no configuration")));
    /// # Ok(()) }).await }
    /// ```
    pub async fn start_link<F, B>(&mut self, options: SpawnOptions, body: F) -> Result<Pid, ExitReason>
    where
        F: FnOnce(Context, Starting) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        self.start_with(options, body, true).await
    }

    async fn start_with<F, B>(
        &mut self,
        options: SpawnOptions,
        body: F,
        link: bool,
    ) -> Result<Pid, ExitReason>
    where
        F: FnOnce(Context, Starting) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        let shared = &self.runtime.0;
        let monitor = shared.new_monitor();
        let starting = Starting {
            caller: Caller { pid: self.pid, monitor },
            parent: if link { self.pid } else { Pid::NODE },
        };
        let bind = |child| {
            if link {
                shared.link(child, self.pid);
            }
            shared.monitor_as(monitor, self.pid, child);
        };
        let child = self.runtime.spawn_with(options, |ctx| body(ctx, starting), bind);
        let mut start = Start { ctx: self, child, monitor, waits: true };
        let answer = start.ctx.receive_match(|mail| is_answer(mail, monitor)).await;
        start.waits = false;
        drop(start);
        let Mail::Down { reason, .. } = answer else { return Ok(child) };
        self.unlink_flush(child);
        Err(reason)
    }

    /// Unlinks, and takes the exit signal out of the mailbox if it came already.
    fn unlink_flush(&mut self, other: Pid) {
        self.unlink(other);
        self.discard(|mail| matches!(mail, Mail::Exit { from, .. } if *from == other));
    }
}

impl Runtime {
    /// [`Context::start_link`] from outside any process, and so without a link.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills the process that is being started.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let start = runtime.start(SpawnOptions::default(), |_ctx, _starting| async { panic!("oh") as () });
    /// assert_eq!(start.await, Err(ExitReason::crashed("oh")));
    /// # }
    /// ```
    pub async fn start<F, B>(&self, options: SpawnOptions, body: F) -> Result<Pid, ExitReason>
    where
        F: FnOnce(Context, Starting) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        let start = |mut ctx: Context| async move { ctx.start_with(options, body, false).await };
        self.run(SpawnOptions::default(), start).await
    }
}

/// A start under way. Dropped before its end, it takes the process with it.
struct Start<'a> {
    ctx: &'a mut Context,
    child: Pid,
    monitor: MonitorRef,
    waits: bool,
}

impl Drop for Start<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.ctx.unlink_flush(self.child);
            self.ctx.demonitor_flush(self.monitor);
            self.ctx.kill(self.child);
        }
    }
}
