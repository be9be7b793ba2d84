//! Supervisors, with the rules of OTP's `supervisor`.

mod children;
mod error;
mod event;
mod intensity;
mod reference;
mod restart;
mod server;
mod spec;
mod start;
mod stop;

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

pub use error::{SpecError, SupervisorError};
pub use reference::{ChildCounts, ChildInfo, ChildState, SupervisorRef};
pub use spec::{AutoShutdown, ChildKind, ChildSpec, Restart, Shutdown};
pub use start::{StartChild, StartFuture};

use crate::{Context, ExitReason, Runtime, SpawnOptions};

/// A process that starts others, starts them again when they fail, and stops them when it ends: OTP's
/// `supervisor`. This describes one; [`start`](Self::start) and [`start_link`](Self::start_link) make one of
/// it, and as a [`ChildSpec::supervisor`] it is part of a tree.
///
/// ```
/// use std::time::Duration;
/// use rusm_otp::{ChildSpec, ExitReason, Mail, Payload, Runtime, Strategy, Supervisor};
///
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// let runtime = Runtime::new();
/// let supervisor = Supervisor::new(Strategy::OneForOne)
///     .intensity(3, Duration::from_secs(10))
///     .child(ChildSpec::starting("divider", |mut ctx, starting| async move {
///         ctx.register("divider").map_err(ExitReason::crashed)?;
///         starting.ready(&ctx);
///         while let Mail::Request { from, payload } = ctx.receive().await {
///             let divisor: u32 = payload.downcast().expect("a number");
///             ctx.reply(from, (100 / divisor).to_string());
///         }
///         Ok(())
///     }))
///     .start(&runtime)
///     .await?;
///
/// let divider = runtime.whereis("divider").unwrap();
/// assert!(runtime.call(divider, Payload::new(0_u32)).await.is_err(), "it crashes");
/// supervisor.which_children().await.unwrap(); // The supervisor has seen to it by now.
/// let divider = runtime.whereis("divider").unwrap();
/// assert_eq!(runtime.call(divider, Payload::new(5_u32)).await.unwrap().as_bytes(), Some(&b"20"[..]));
/// # Ok(()) }
/// ```
///
/// # What holds
///
/// The rules are those of the OTP manual's page `supervisor(3)` and its "Supervisor Behaviour":
///
/// * Children start in order, each when the one before has started, and stop in reverse, each when the one
///   after it is gone. A start that fails stops what was started and is the start's result, as
///   [`ShutdownWith`](ExitReason::ShutdownWith) `{failed_to_start_child, id, reason}`.
/// * A child that ends is started again if its [`Restart`] says so, with the siblings that the [`Strategy`]
///   names. A restart that fails is tried again.
/// * Each attempt counts. When there are more than the [intensity](Self::intensity) within its period, the
///   supervisor stops its children and ends with [`Shutdown`](ExitReason::Shutdown).
/// * A supervisor traps exits. When its parent ends, or sends it an exit signal, it stops its children and
///   ends with that reason. The parent is the process that started it; of one started from outside any, what
///   comes from outside any ([`Runtime::exit`]). Signals of others have no effect.
/// * So its children do not survive it, with one exception that OTP has too: when the supervisor itself is
///   killed its links end its children at once and in no order, and a child that traps exits may go on.
/// * While it starts or stops a child, a supervisor does nothing else: requests wait, and the end of its
///   parent does. One whose child never finishes its start is ended by a kill only, which its parent does not
///   send while the limit is [`Shutdown::Infinity`].
///
/// # Where it differs from OTP
///
/// * An exit signal that a living child sends to its supervisor is ignored; OTP takes it for the child's end.
/// * The period is measured in the clock's own steps, not in whole seconds.
/// * A child is linked until it has ended. OTP unlinks it before it stops it, so that a supervisor killed in
///   that moment leaves it behind.
/// * There is no hibernation, no code change, and no `get_childspec/2`.
#[derive(Clone)]
pub struct Supervisor {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    intensity: u32,
    period: Duration,
    children: Vec<ChildSpec>,
    options: SpawnOptions,
}

/// Who else is restarted with a child.
///
/// ```
/// # use rusm_otp::{Strategy, Supervisor};
/// let supervisor = Supervisor::new(Strategy::RestForOne);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Nobody.
    OneForOne,
    /// All other children. They are stopped in reverse, and all start in order.
    OneForAll,
    /// Those that started after it, in the same way.
    RestForOne,
    /// Nobody, and children come and go by the thousand: OTP's `simple_one_for_one` and Elixir's
    /// `DynamicSupervisor`.
    ///
    /// Such a supervisor starts without children. They are known by pid; their ids are labels, and many may
    /// have the same. One that ends and is not restarted is forgotten. When the supervisor ends it stops all
    /// at once, each with its own time.
    Dynamic,
}

impl Supervisor {
    /// A supervisor without children, with OTP's defaults: one restart in 5 s at most, no automatic shutdown.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// Supervisor::new(Strategy::OneForOne).start(&Runtime::new()).await?;
    /// # Ok(()) }
    /// ```
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            auto_shutdown: AutoShutdown::default(),
            intensity: 1,
            period: Duration::from_secs(5),
            children: Vec::new(),
            options: SpawnOptions::default(),
        }
    }

    /// How many restarts within a period are not yet too many. With 0, the first is.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use rusm_otp::{Strategy, Supervisor};
    /// let supervisor = Supervisor::new(Strategy::OneForOne).intensity(10, Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        (self.intensity, self.period) = (restarts, period);
        self
    }

    /// Adds a child that starts with the supervisor, after those that were added before.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, Strategy, Supervisor};
    /// let supervisor = Supervisor::new(Strategy::OneForAll)
    ///     .child(ChildSpec::new("reader", |mut ctx| async move { ctx.receive().await; }))
    ///     .child(ChildSpec::new("writer", |mut ctx| async move { ctx.receive().await; }));
    /// ```
    #[must_use]
    pub fn child(mut self, spec: ChildSpec) -> Self {
        self.children.push(spec);
        self
    }

    /// Whether the supervisor ends with its significant children.
    ///
    /// ```
    /// # use rusm_otp::{AutoShutdown, ChildSpec, Restart, Strategy, Supervisor};
    /// let connection = ChildSpec::new("connection", |mut ctx| async move { ctx.receive().await; });
    /// let supervisor = Supervisor::new(Strategy::OneForAll)
    ///     .auto_shutdown(AutoShutdown::AnySignificant)
    ///     .child(connection.restart(Restart::Transient).significant());
    /// ```
    #[must_use]
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// How the supervisor's own process is spawned. In a tree, what is left open here is as its
    /// [`ChildSpec`] has it.
    ///
    /// ```
    /// # use rusm_otp::{SpawnOptions, Strategy, Supervisor};
    /// let options = SpawnOptions::default().label("sessions");
    /// let supervisor = Supervisor::new(Strategy::Dynamic).options(options);
    /// ```
    #[must_use]
    pub fn options(mut self, options: SpawnOptions) -> Self {
        self.options = options;
        self
    }

    /// Starts the supervisor, linked to this process (`supervisor:start_link/2`), and waits until its children
    /// have started. If one does not, or the description is [impossible](SpecError), the result is why.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills the supervisor that is being started.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, ExitReason, Runtime, SpawnOptions, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.trap_exit(true);
    /// let broken = ChildSpec::starting("db", |_ctx, _starting| async { ExitReason::crashed("no disk") });
    /// let failed = Supervisor::new(Strategy::OneForOne).child(broken).start_link(&mut ctx).await;
    /// let reason = "{failed_to_start_child, db, crashed: no disk}";
    /// assert_eq!(failed.unwrap_err(), ExitReason::shutdown_with(reason));
    /// # Ok(()) }).await }
    /// ```
    pub async fn start_link(self, ctx: &mut Context) -> Result<SupervisorRef, ExitReason> {
        let options = self.options.clone();
        let pid = ctx.start_link(options, |ctx, starting| server::run(self, ctx, starting)).await?;
        Ok(SupervisorRef::from_pid(ctx.runtime(), pid))
    }

    /// [`start_link`](Self::start_link) from outside any process, and so without a link: what ends the
    /// supervisor in order is [`Runtime::exit`].
    ///
    /// # Cancel safety
    ///
    /// As of `start_link`.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, ExitReason, Runtime, SpawnOptions, Strategy, Supervisor};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// let runtime = Runtime::new();
    /// let supervisor = Supervisor::new(Strategy::OneForOne).start(&runtime).await?;
    /// runtime.exit(supervisor.pid(), ExitReason::Shutdown);
    /// # Ok(()) }
    /// ```
    pub async fn start(self, runtime: &Runtime) -> Result<SupervisorRef, ExitReason> {
        let options = self.options.clone();
        let pid = runtime.start(options, |ctx, starting| server::run(self, ctx, starting)).await?;
        Ok(SupervisorRef::from_pid(runtime, pid))
    }

    /// Whether this describes a possible supervisor (`supervisor:check_childspecs/1`). Starting it checks too;
    /// this is for who wants to know before. Of a child that is a supervisor, it does not look inside.
    ///
    /// ```
    /// # use rusm_otp::{ChildSpec, SpecError, Strategy, Supervisor};
    /// let worker = ChildSpec::new("worker", |_ctx| std::future::pending::<()>());
    /// let twins = Supervisor::new(Strategy::OneForOne).child(worker.clone()).child(worker);
    /// assert_eq!(twins.check(), Err(SpecError::DuplicateId("worker".into())));
    /// ```
    pub fn check(&self) -> Result<(), SpecError> {
        if self.period.is_zero() {
            return Err(SpecError::ZeroPeriod);
        }
        let mut ids = HashSet::new();
        for spec in &self.children {
            if self.strategy == Strategy::Dynamic {
                return Err(SpecError::DynamicWithChildren(spec.id.clone()));
            }
            spec.check(self.auto_shutdown)?;
            if !ids.insert(&spec.id) {
                return Err(SpecError::DuplicateId(spec.id.clone()));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("strategy", &self.strategy)
            .field("children", &self.children)
            .finish_non_exhaustive()
    }
}
