//! What a child is, and how it is to be treated.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::error::SpecError;
use super::start::{self, StartChild};
use crate::server::serve;
use crate::{Context, ExitReason, Server, SpawnOptions, Starting, Supervisor};

/// How long a worker has to end when it is asked to, unless its spec says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a supervisor knows of one child: OTP's `child_spec()`.
///
/// It starts a child, and starts it again, so what it holds can be called many times. The defaults are OTP's:
/// [`Restart::Permanent`], 5 s to shut down for a worker and no limit for a supervisor, not significant.
///
/// ```
/// use std::time::Duration;
/// use rusm_otp::{ChildSpec, Context, Restart, Shutdown};
///
/// async fn clock(mut ctx: Context) {
///     loop { ctx.receive().await; }
/// }
///
/// let spec = ChildSpec::new("clock", clock)
///     .restart(Restart::Transient)
///     .shutdown(Shutdown::Timeout(Duration::from_millis(100)));
/// ```
#[derive(Clone)]
pub struct ChildSpec {
    pub(super) id: Arc<str>,
    pub(super) start: Arc<dyn StartChild>,
    pub(super) restart: Restart,
    pub(super) kind: ChildKind,
    pub(super) significant: bool,
    shutdown: Option<Shutdown>,
    options: SpawnOptions,
}

impl ChildSpec {
    /// A child with a native body, which counts as started at once (`proc_lib:spawn_link`).
    ///
    /// ```
    /// # use rusm_otp::ChildSpec;
    /// let spec = ChildSpec::new("listener", |mut ctx| async move { ctx.receive().await; });
    /// ```
    pub fn new<F, B>(id: impl Into<Arc<str>>, body: F) -> Self
    where
        F: Fn(Context) -> B + Send + Sync + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        Self::of(id, start::Plain::new(body))
    }

    /// A child with a native body that says when it [is ready](Starting::ready), as an OTP behaviour does by
    /// returning from `init`. The next child starts after that.
    ///
    /// One that ends before has failed to start, except that a normal end is OTP's `ignore`: there is nothing
    /// to run now, and the spec stays.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, ExitReason};
    /// let spec = ChildSpec::starting("clock", |mut ctx, starting| async move {
    ///     ctx.register("clock").map_err(ExitReason::crashed)?;
    ///     starting.ready(&ctx);
    ///     ctx.receive().await;
    ///     Ok(())
    /// });
    /// ```
    pub fn starting<F, B>(id: impl Into<Arc<str>>, body: F) -> Self
    where
        F: Fn(Context, Starting) -> B + Send + Sync + 'static,
        B: Future<Output: Into<ExitReason>> + Send + 'static,
    {
        Self::of(id, start::Ready::new(body))
    }

    /// A [`Server`] as a child; `args` makes what each start is made from.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use rusm_otp::{ChildSpec, Context, ExitReason, ReplyTo, Server};
    /// # struct Counter(u64);
    /// # impl Server for Counter {
    /// #     type Args = u64;
    /// #     type Request = ();
    /// #     type Reply = u64;
    /// #     type Cast = Infallible;
    /// #     async fn init(n: u64, _: &mut Context) -> Result<Self, ExitReason> { Ok(Counter(n)) }
    /// #     async fn handle_call(&mut self, (): (), _: ReplyTo<u64>, _: &mut Context)
    /// #         -> Result<Option<u64>, ExitReason> { Ok(Some(self.0)) }
    /// # }
    /// let spec = ChildSpec::server::<Counter>("counter", || 42);
    /// ```
    pub fn server<S: Server>(
        id: impl Into<Arc<str>>,
        args: impl Fn() -> S::Args + Send + Sync + 'static,
    ) -> Self {
        Self::starting(id, move |ctx, starting| serve::<S>(ctx, starting, args()))
    }

    /// A supervisor as a child. It has all the time it takes to shut down, and it is started when its own
    /// children are.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Strategy, Supervisor};
    /// let sessions = ChildSpec::supervisor("sessions", Supervisor::new(Strategy::Dynamic));
    /// ```
    pub fn supervisor(id: impl Into<Arc<str>>, supervisor: Supervisor) -> Self {
        Self::of(id, supervisor).kind(ChildKind::Supervisor)
    }

    /// A child of any kind.
    ///
    /// ```
    /// use rusm_otp::{ChildSpec, Context, SpawnOptions, StartChild, StartFuture};
    ///
    /// struct Listener { port: u16 }
    ///
    /// impl StartChild for Listener {
    ///     fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
    ///         let port = self.port;
    ///         let listen = move |mut ctx: Context| async move { ctx.receive().await; drop(port) };
    ///         Box::pin(async move { Ok(Some(ctx.spawn_link(options, listen))) })
    ///     }
    /// }
    ///
    /// let spec = ChildSpec::of("http", Listener { port: 8080 });
    /// ```
    pub fn of(id: impl Into<Arc<str>>, start: impl StartChild) -> Self {
        Self {
            id: id.into(),
            start: Arc::new(start),
            restart: Restart::default(),
            kind: ChildKind::default(),
            significant: false,
            shutdown: None,
            options: SpawnOptions::default(),
        }
    }

    /// When the child is started again after its end.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Restart};
    /// let spec = ChildSpec::new("job", |_ctx| async {}).restart(Restart::Temporary);
    /// ```
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How the child is stopped.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Shutdown};
    /// let spec = ChildSpec::new("cache", |_ctx| std::future::pending::<()>()).shutdown(Shutdown::BrutalKill);
    /// ```
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Its end may end the supervisor, see [`AutoShutdown`]. Not for a permanent child, which has no end.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Restart};
    /// let spec = ChildSpec::new("connection", |_ctx| async {}).restart(Restart::Transient).significant();
    /// ```
    #[must_use]
    pub fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    /// Whether the child counts as a worker, as it does by default, or as a supervisor, which also has no
    /// limit to its shutdown by default.
    ///
    /// ```
    /// # use rusm_otp::{ChildKind, ChildSpec};
    /// let spec = ChildSpec::new("pool", |_ctx| std::future::pending::<()>()).kind(ChildKind::Supervisor);
    /// ```
    #[must_use]
    pub fn kind(mut self, kind: ChildKind) -> Self {
        self.kind = kind;
        self
    }

    /// How its process is spawned. Its label is the child's id, unless one is given here.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, SpawnOptions};
    /// let spec = ChildSpec::new("1", |_ctx| async {}).options(SpawnOptions::default().label("worker 1"));
    /// ```
    #[must_use]
    pub fn options(mut self, options: SpawnOptions) -> Self {
        self.options = options;
        self
    }

    pub(super) fn check(&self, auto_shutdown: AutoShutdown) -> Result<(), SpecError> {
        if self.significant && self.restart == Restart::Permanent {
            return Err(SpecError::SignificantPermanent(self.id.clone()));
        }
        if self.significant && auto_shutdown == AutoShutdown::Never {
            return Err(SpecError::SignificantForNothing(self.id.clone()));
        }
        Ok(())
    }

    pub(super) fn spawn_options(&self) -> SpawnOptions {
        self.options.clone().or(SpawnOptions::default().label(self.id.clone()))
    }

    pub(super) fn patience(&self) -> Shutdown {
        self.shutdown.unwrap_or(match self.kind {
            ChildKind::Worker => Shutdown::Timeout(PATIENCE),
            ChildKind::Supervisor => Shutdown::Infinity,
        })
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("restart", &self.restart)
            .field("shutdown", &self.patience())
            .field("significant", &self.significant)
            .finish_non_exhaustive()
    }
}

/// When a child is started again after it ended by itself.
///
/// ```
/// # use rusm_otp::Restart;
/// assert_eq!(Restart::default(), Restart::Permanent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// Unless it ended with [`Normal`](ExitReason::Normal), [`Shutdown`](ExitReason::Shutdown) or
    /// [`ShutdownWith`](ExitReason::ShutdownWith).
    Transient,
    /// Never, not even when a sibling's end has this child stopped: its spec goes with it.
    Temporary,
}

/// How a child is stopped.
///
/// ```
/// # use rusm_otp::Shutdown;
/// let soon = Shutdown::Timeout(std::time::Duration::from_millis(50));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// It gets the exit signal [`Shutdown`](ExitReason::Shutdown), and is killed when it has not ended in
    /// this time.
    Timeout(Duration),
    /// It is killed.
    BrutalKill,
    /// It gets the exit signal [`Shutdown`](ExitReason::Shutdown) and all the time it takes. The supervisor
    /// waits for ever for one that does not end.
    Infinity,
}

/// What a child counts as.
///
/// ```
/// # use rusm_otp::ChildKind;
/// assert_eq!(ChildKind::default(), ChildKind::Worker);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// Anything but a supervisor.
    #[default]
    Worker,
    /// A supervisor.
    Supervisor,
}

/// Whether a supervisor ends when [significant](ChildSpec::significant) children do: when they end by
/// themselves and are not started again. To stop one by
/// [`terminate_child`](crate::SupervisorRef::terminate_child), or with its siblings, does not count.
///
/// The supervisor's reason is [`Shutdown`](ExitReason::Shutdown).
///
/// ```
/// # use rusm_otp::AutoShutdown;
/// assert_eq!(AutoShutdown::default(), AutoShutdown::Never);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AutoShutdown {
    /// No child may be significant.
    #[default]
    Never,
    /// With the first of them.
    AnySignificant,
    /// With the last of them that is active.
    AllSignificant,
}
