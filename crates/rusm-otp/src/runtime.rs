//! The runtime: all processes of a node, seen from outside.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::events::Observers;
use crate::groups::Groups;
use crate::names::{Names, Whereis};
use crate::run::Run;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::table::Table;
use crate::timer::Timers;
use crate::{Context, Event, ExitError, ExitReason, MonitorRef, NameError, Pid, ProcessInfo, SpawnOptions};

/// All processes of a node. Clones are handles to the same one, and cheap.
///
/// Processes belong to the runtime, not to its handles: they go on when the last handle is dropped, and end
/// (with reason [`Killed`](ExitReason::Killed)) when the tokio runtime shuts down.
///
/// ```
/// use rusm_otp::{Mail, Payload, Runtime, SpawnOptions};
///
/// # #[tokio::main] async fn main() {
/// let runtime = Runtime::new();
/// let (done, answer) = tokio::sync::oneshot::channel();
/// let greeter = runtime.spawn(SpawnOptions::default(), |mut ctx| async move {
///     if let Mail::Message { payload, .. } = ctx.receive().await {
///         done.send(payload.into_bytes().unwrap()).unwrap();
///     }
/// });
/// runtime.send(greeter, "hello");
/// assert_eq!(answer.await.unwrap(), "hello");
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Shared>);

/// What all handles and all processes share.
pub(crate) struct Shared {
    pub(crate) table: Table,
    pub(crate) names: Names,
    pub(crate) groups: Groups,
    pub(crate) observers: Observers,
    pub(crate) timers: Timers,
    pub(crate) handle: Handle,
    monitors: AtomicU64,
}

impl Shared {
    pub(crate) fn new_monitor(&self) -> MonitorRef {
        MonitorRef(self.monitors.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn insert(&self, options: SpawnOptions) -> Result<Pid, ExitReason> {
        let pid = self.table.insert(options).ok_or_else(table_is_full)?;
        self.tell_spawned(pid);
        Ok(pid)
    }

    fn tell_spawned(&self, pid: Pid) {
        self.observers.tell(|| {
            let label = self.table.lock(pid).and_then(|process| process.label.clone());
            Event::Spawned { pid, label }
        });
    }
}

fn table_is_full() -> ExitReason {
    ExitReason::crashed("system_limit: the process table is full")
}

#[allow(clippy::new_without_default, reason = "it depends on where it is called")]
impl Runtime {
    /// A runtime whose processes run on the current tokio runtime.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main] async fn main() {
    /// let runtime = rusm_otp::Runtime::new();
    /// assert!(runtime.list().is_empty());
    /// # }
    /// ```
    pub fn new() -> Self {
        Self::with_handle(Handle::current())
    }

    /// A runtime whose processes run on this tokio runtime. Its timers have to be enabled.
    ///
    /// ```
    /// let tokio = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    /// let runtime = rusm_otp::Runtime::with_handle(tokio.handle().clone());
    /// ```
    pub fn with_handle(handle: Handle) -> Self {
        Self(Arc::new(Shared {
            table: Table::new(),
            names: Names::default(),
            groups: Groups::default(),
            observers: Observers::default(),
            timers: Timers::new(&handle),
            handle,
            monitors: AtomicU64::new(1),
        }))
    }

    /// Starts a process in a task of its own. Its reason to exit is what the body returns: `()` is
    /// [`Normal`](ExitReason::Normal), `Result<(), ExitReason>` and [`ExitReason`] say it themselves. A panic
    /// is [`Crashed`](ExitReason::Crashed).
    ///
    /// # Panics
    ///
    /// If 16.7 million processes are alive, where Erlang raises `system_limit`.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let (done, pid) = tokio::sync::oneshot::channel();
    /// let spawned = runtime.spawn(SpawnOptions::default(), |ctx| async move {
    ///     done.send(ctx.pid()).unwrap();
    /// });
    /// assert_eq!(pid.await.unwrap(), spawned);
    /// # }
    /// ```
    pub fn spawn<F, B>(&self, options: SpawnOptions, body: F) -> Pid
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        self.spawn_with(options, body, |_| {})
    }

    /// `bind` runs when the process is alive and before its body starts.
    pub(crate) fn spawn_with<F, B>(&self, options: SpawnOptions, body: F, bind: impl FnOnce(Pid)) -> Pid
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        let pid = match self.0.insert(options) {
            Ok(pid) => pid,
            Err(reason) => panic!("{reason}"),
        };
        bind(pid);
        self.spawn_body(pid, body);
        pid
    }

    /// Gives a living process its body.
    fn spawn_body<F, B>(&self, pid: Pid, body: F)
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        self.0.handle.spawn(Run::of(self.clone(), pid, body, |output: B::Output| match output.into() {
            ExitReason::Normal => Ok(()),
            reason => Err(reason),
        }));
    }

    /// Runs a process **inline**, in the caller's task: with a pid, a mailbox, links and monitors like any
    /// other, but without a task switch or a channel. Made for short units of work, such as a request.
    ///
    /// The process comes to life when the future is first polled. The result is the body's own, or the reason
    /// if something else ended it: a panic, a signal (also when it arrived during the last poll), or a full
    /// process table ([`Crashed`](ExitReason::Crashed)). Links and monitors have been told when it is
    /// returned.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the process with reason [`Killed`](ExitReason::Killed); the body's
    /// destructors run and links and monitors are told before the drop returns. The future may move between
    /// threads and executors while suspended.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let sum = runtime.run(SpawnOptions::default(), |_ctx| async { Ok(1 + 1) }).await;
    /// assert_eq!(sum, Ok(2));
    ///
    /// let crash: Result<(), _> = runtime.run(SpawnOptions::default(), |_ctx| async { panic!("oh") }).await;
    /// assert_eq!(crash, Err(ExitReason::crashed("oh")));
    /// # }
    /// ```
    pub fn run<F, B, T>(
        &self,
        options: SpawnOptions,
        body: F,
    ) -> impl Future<Output = Result<T, ExitReason>> + use<F, B, T>
    where
        F: FnOnce(Context) -> B,
        B: Future<Output = Result<T, ExitReason>>,
    {
        self.try_run(options, body)
    }

    /// [`run`](Self::run) for a body that fails with an error type of its own, which [`ExitError`] shows.
    ///
    /// ```
    /// # use rusm_otp::{ExitError, ExitReason, Runtime, SpawnOptions};
    /// # struct Failure(String);
    /// # impl From<ExitReason> for Failure { fn from(reason: ExitReason) -> Self { Failure(reason.to_string()) } }
    /// # impl ExitError for Failure { fn reason(&self) -> ExitReason { ExitReason::crashed(&*self.0) } }
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let outcome = runtime.try_run(SpawnOptions::default(), |ctx| async move {
    ///     ctx.runtime().whereis("db").ok_or(Failure("no db".into()))
    /// });
    /// assert!(outcome.await.is_err_and(|failure| failure.0 == "no db"));
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As of `run`.
    pub fn try_run<F, B, T, E>(
        &self,
        options: SpawnOptions,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + use<F, B, T, E>
    where
        F: FnOnce(Context) -> B,
        B: Future<Output = Result<T, E>>,
        E: ExitError,
    {
        Run::unborn(self.clone(), options, body, std::convert::identity)
    }

    /// Sends an exit signal from outside any process; see [`Context::exit`].
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let pid = runtime.spawn(SpawnOptions::default(), |mut ctx| async move { ctx.receive().await; });
    /// runtime.exit(pid, ExitReason::Shutdown);
    /// assert!(!runtime.is_alive(pid));
    /// # }
    /// ```
    #[allow(clippy::needless_pass_by_value, reason = "callers make the reason on the spot")]
    pub fn exit(&self, pid: Pid, reason: ExitReason) {
        self.0.exit(Pid::NODE, pid, &reason);
    }

    /// Kills a process; see [`Context::kill`].
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let pid = runtime.spawn(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// runtime.kill(pid);
    /// assert!(!runtime.is_alive(pid));
    /// # }
    /// ```
    pub fn kill(&self, pid: Pid) {
        self.0.kill(Pid::NODE, pid);
    }

    /// Whether the process lives and no signal that ends it has reached it. As in Erlang, whoever sent such a
    /// signal gets `false` from then on, even if the body has not yet come to rest; a monitor's down tells
    /// when it has.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// assert!(!Runtime::new().is_alive(Pid::NODE));
    /// # }
    /// ```
    pub fn is_alive(&self, pid: Pid) -> bool {
        self.0.table.slot(pid).is_some_and(|slot| slot.is_living(pid))
    }

    /// Gives a process a name, until it ends or the name is unregistered. A process may have several.
    ///
    /// ```
    /// # use rusm_otp::{NameError, Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// let nobody = Pid::from_u64(7);
    /// assert_eq!(Runtime::new().register("x", nobody), Err(NameError::NoProcess(nobody)));
    /// # }
    /// ```
    pub fn register(&self, name: impl Into<Arc<str>>, pid: Pid) -> Result<(), NameError> {
        self.0.names.register(&self.0.table, name.into(), pid)
    }

    /// Takes a name back; whose it was, if anyone's.
    ///
    /// ```
    /// # #[tokio::main] async fn main() {
    /// assert_eq!(rusm_otp::Runtime::new().unregister("nobody"), None);
    /// # }
    /// ```
    pub fn unregister(&self, name: &str) -> Option<Pid> {
        self.0.names.unregister(&self.0.table, name)
    }

    /// The process of this name. A name is free again before anyone is told that its process ended.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// runtime.run(SpawnOptions::default(), |ctx| async move {
    ///     ctx.register("me").unwrap();
    ///     assert_eq!(ctx.runtime().whereis("me"), Some(ctx.pid()));
    ///     Ok(())
    /// }).await?;
    /// assert_eq!(runtime.whereis("me"), None);
    /// # Ok(()) }
    /// ```
    pub fn whereis(&self, name: &str) -> Option<Pid> {
        self.0.names.whereis(name)
    }

    /// The process of this name, or a new one that has it from before its body starts. Of several callers at
    /// once, one spawns and all get the same process.
    ///
    /// A process that is about to end loses the name to the new one; its destructors may still be running.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let idle = |_ctx| std::future::pending::<()>();
    /// let first = runtime.whereis_or_spawn("cache", SpawnOptions::default(), idle);
    /// let second = runtime.whereis_or_spawn("cache", SpawnOptions::default(), idle);
    /// assert_eq!(first, second);
    /// assert_eq!(runtime.whereis("cache"), Some(first));
    /// # }
    /// ```
    pub fn whereis_or_spawn<F, B>(&self, name: impl Into<Arc<str>>, options: SpawnOptions, body: F) -> Pid
    where
        F: FnOnce(Context) -> B + Send + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        let insert = || self.0.table.insert(options);
        match self.0.names.whereis_or_insert(&self.0.table, name.into(), insert) {
            Whereis::Found(pid) => pid,
            Whereis::Inserted(pid) => {
                self.0.tell_spawned(pid);
                self.spawn_body(pid, body);
                pid
            }
            Whereis::Full => panic!("{}", table_is_full()),
        }
    }

    /// What there is to know of a process, taken at one moment; `None` if it is dead.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let pid = runtime.spawn(SpawnOptions::default().label("idle"), |_ctx| std::future::pending::<()>());
    /// let info = runtime.info(pid).unwrap();
    /// assert_eq!(info.label.as_deref(), Some("idle"));
    /// assert_eq!(info.mailbox, 0);
    /// # }
    /// ```
    pub fn info(&self, pid: Pid) -> Option<ProcessInfo> {
        ProcessInfo::of(&self.0.table, pid)
    }

    /// The pids of all processes, in no order.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let pid = runtime.spawn(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// assert_eq!(runtime.list(), [pid]);
    /// # }
    /// ```
    pub fn list(&self) -> Vec<Pid> {
        self.0.table.pids()
    }
}
