//! Servers: processes that hold state and answer requests, in the manner of `gen_server`.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use crate::call::CALL_TIMEOUT;
use crate::{CallError, Caller, Context, ExitReason, Mail, Payload, Pid, Runtime, SpawnOptions, Starting};

/// A process that holds state and works through its mail one by one (`gen_server`).
///
/// A function that returns `Err` stops the server with that reason ([`Normal`](ExitReason::Normal) for a
/// peaceful end), after [`terminate`](Self::terminate). While a function waits, the server takes no other
/// mail.
///
/// ```
/// use std::time::Duration;
/// use rusm_otp::{Runtime, SpawnOptions};
#[doc = include_str!("../docs/counter.rs")]
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// let runtime = Runtime::new();
/// let counter = Counter::start(&runtime, SpawnOptions::default().label("counter"), 40).await?;
/// assert_eq!(counter.call(&runtime, Ask::Add(2)).await, Ok(42));
/// counter.cast(&runtime, Reset);
/// assert_eq!(counter.call(&runtime, Ask::Value).await, Ok(0));
/// assert_eq!(counter.stop(Duration::from_secs(1), &runtime, ExitReason::Normal).await, Ok(()));
/// # Ok(()) }
/// ```
pub trait Server: Sized + Send + 'static {
    /// What a server is made from.
    type Args: Send + 'static;
    /// What it is asked.
    type Request: Send + 'static;
    /// What it answers.
    type Reply: Send + 'static;
    /// What it is told without waiting for an answer: any message with a value of this type.
    /// [`Infallible`](std::convert::Infallible) for a server without.
    type Cast: Send + 'static;

    /// Makes the server's state. Whoever starts it waits for this, and gets the reason if it fails
    /// (`init/1`). As the others, in the example [above](Server).
    fn init(args: Self::Args, ctx: &mut Context) -> impl Future<Output = Result<Self, ExitReason>> + Send;

    /// Answers a request: `Some` now, or `None` to [reply](ReplyTo::reply) later (`handle_call/3`).
    ///
    /// To answer and stop: reply by `from`, and return the reason as `Err`.
    fn handle_call(
        &mut self,
        request: Self::Request,
        from: ReplyTo<Self::Reply>,
        ctx: &mut Context,
    ) -> impl Future<Output = Result<Option<Self::Reply>, ExitReason>> + Send;

    /// Handles what needs no answer (`handle_cast/2`). If not given, it is dropped.
    fn handle_cast(
        &mut self,
        cast: Self::Cast,
        ctx: &mut Context,
    ) -> impl Future<Output = Result<(), ExitReason>> + Send {
        let _ = (cast, ctx);
        async { Ok(()) }
    }

    /// Handles all other mail (`handle_info/2`): messages and requests of other types, replies to the
    /// server's own requests, downs, and exit signals if it traps them. If not given, requests are
    /// [refused](Context::refuse) and the rest is dropped.
    fn handle_info(
        &mut self,
        mail: Mail,
        ctx: &mut Context,
    ) -> impl Future<Output = Result<(), ExitReason>> + Send {
        if let Mail::Request { from, .. } = mail {
            ctx.refuse(from);
        }
        async { Ok(()) }
    }

    /// The server is about to end by its own choice, or because its parent ended and it traps exits
    /// (`terminate/2`).
    ///
    /// Not called when a signal ends it or when a function panics: then its destructors run and nothing else.
    fn terminate(self, reason: &ExitReason, ctx: &mut Context) -> impl Future<Output = ()> + Send {
        let _ = (reason, ctx);
        async {}
    }

    /// Starts a server and waits until its `init` is done (`gen_server:start/3`).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills a server that is not ready.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// assert!(runtime.is_alive(counter.pid()));
    /// # Ok(()) }
    /// ```
    fn start(
        runtime: &Runtime,
        options: SpawnOptions,
        args: Self::Args,
    ) -> impl Future<Output = Result<ServerRef<Self>, ExitReason>> + Send {
        async {
            let body = |ctx, starting| serve::<Self>(ctx, starting, args);
            runtime.start(options, body).await.map(ServerRef::from_pid)
        }
    }

    /// [`start`](Self::start), linked to this process (`gen_server:start_link/3`); see
    /// [`Context::start_link`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills a server that is not ready.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// let counter = Counter::start_link(&mut ctx, SpawnOptions::default(), 40).await?;
    /// assert_eq!(counter.call(&mut ctx, Ask::Value).await, Ok(40));
    /// # Ok(()) }).await }
    /// ```
    fn start_link(
        ctx: &mut Context,
        options: SpawnOptions,
        args: Self::Args,
    ) -> impl Future<Output = Result<ServerRef<Self>, ExitReason>> + Send {
        async {
            let body = |ctx, starting| serve::<Self>(ctx, starting, args);
            ctx.start_link(options, body).await.map(ServerRef::from_pid)
        }
    }
}

/// What [`ServerRef::stop`] asks.
struct Stop(ExitReason);

/// The body of a server.
pub(crate) async fn serve<S: Server>(mut ctx: Context, starting: Starting, args: S::Args) -> ExitReason {
    let parent = starting.parent();
    let mut server = match S::init(args, &mut ctx).await {
        Ok(server) => server,
        Err(reason) => return reason,
    };
    starting.ready(&ctx);
    loop {
        let handled = match ctx.receive().await {
            // An exit signal is mail for those who trap; the parent's is an order all the same.
            Mail::Exit { from, reason } if from == parent => Err(reason),
            mail => handle(&mut server, mail, &mut ctx).await,
        };
        if let Err(reason) = handled {
            server.terminate(&reason, &mut ctx).await;
            return reason;
        }
    }
}

async fn handle<S: Server>(server: &mut S, mail: Mail, ctx: &mut Context) -> Result<(), ExitReason> {
    match mail {
        Mail::Request { from: caller, payload } => match payload.downcast() {
            Ok(request) => {
                let from = ReplyTo { caller, reply: PhantomData };
                if let Some(reply) = server.handle_call(request, from, ctx).await? {
                    from.reply(ctx.runtime(), reply);
                }
                Ok(())
            }
            Err(payload) => match payload.downcast() {
                Ok(Stop(reason)) => Err(reason),
                Err(payload) => server.handle_info(Mail::Request { from: caller, payload }, ctx).await,
            },
        },
        Mail::Message { from, payload } => match payload.downcast() {
            Ok(cast) => server.handle_cast(cast, ctx).await,
            Err(payload) => server.handle_info(Mail::Message { from, payload }, ctx).await,
        },
        other => server.handle_info(other, ctx).await,
    }
}

/// Who asked a server, for an answer of the right type, now or later, from anywhere.
///
/// ```
/// use std::convert::Infallible;
/// use rusm_otp::{Context, ExitReason, ReplyTo, Runtime, Server, SpawnOptions};
///
/// /// Answers two at a time.
/// struct Barrier(Option<ReplyTo<()>>);
///
/// impl Server for Barrier {
///     type Args = ();
///     type Request = ();
///     type Reply = ();
///     type Cast = Infallible;
///
///     async fn init((): (), _ctx: &mut Context) -> Result<Self, ExitReason> {
///         Ok(Barrier(None))
///     }
///
///     async fn handle_call(
///         &mut self,
///         (): (),
///         from: ReplyTo<()>,
///         ctx: &mut Context,
///     ) -> Result<Option<()>, ExitReason> {
///         let Some(waiting) = self.0.take() else {
///             self.0 = Some(from);
///             return Ok(None);
///         };
///         waiting.reply(ctx.runtime(), ());
///         Ok(Some(()))
///     }
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// let runtime = Runtime::new();
/// let barrier = Barrier::start(&runtime, SpawnOptions::default(), ()).await?;
/// let both = tokio::join!(barrier.call(&runtime, ()), barrier.call(&runtime, ()));
/// assert_eq!(both, (Ok(()), Ok(())));
/// # Ok(()) }
/// ```
pub struct ReplyTo<R> {
    caller: Caller,
    reply: PhantomData<fn(R)>,
}

impl<R: Send + 'static> ReplyTo<R> {
    /// Answers, as [`Context::reply`] does. An example is at [`ReplyTo`].
    pub fn reply(self, runtime: &Runtime, reply: R) {
        runtime.reply(self.caller, Payload::new(reply));
    }

    /// Who asked, as a [`Mail::Request`] tells; by its [`pid`](Caller::pid) a server knows its clients.
    pub fn caller(&self) -> Caller {
        self.caller
    }
}

/// A server of this type, by its pid. It may be dead: a call tells.
///
/// See [`Server`] for an example.
pub struct ServerRef<S> {
    pid: Pid,
    server: PhantomData<fn() -> S>,
}

impl<S: Server> ServerRef<S> {
    /// Takes a process for a server of this type. If it is none, it will refuse requests, or let them time
    /// out.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, ServerRef, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// # runtime.register("counter", counter.pid()).unwrap();
    /// let pid = runtime.whereis("counter").expect("a counter");
    /// let counter = ServerRef::<Counter>::from_pid(pid);
    /// assert_eq!(counter.call(&runtime, Ask::Value).await, Ok(40));
    /// # Ok(()) }
    /// ```
    pub fn from_pid(pid: Pid) -> Self {
        Self { pid, server: PhantomData }
    }

    /// The server's process.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// runtime.kill(counter.pid());
    /// # Ok(()) }
    /// ```
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Asks the server and waits for its answer, [`CALL_TIMEOUT`] at most (`gen_server:call/2`). `from` is a
    /// `&mut Context`, or a `&Runtime` for code that is no process.
    ///
    /// # Cancel safety
    ///
    /// As of [`Context::call`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{CallError, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// assert_eq!(counter.call(&runtime, Ask::Add(2)).await, Ok(42));
    /// let too_much = counter.call(&runtime, Ask::Add(u64::MAX)).await;
    /// assert_eq!(too_much, Err(CallError::Down(ExitReason::crashed("too much"))));
    /// # Ok(()) }
    /// ```
    pub async fn call(&self, from: impl CallFrom, request: S::Request) -> Result<S::Reply, CallError> {
        self.call_within(CALL_TIMEOUT, from, request).await
    }

    /// [`call`](Self::call) with a limit of one's own; [`Duration::MAX`] is none (`gen_server:call/3`).
    ///
    /// # Cancel safety
    ///
    /// As of [`Context::call`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// let limit = std::time::Duration::from_millis(500);
    /// assert_eq!(counter.call_within(limit, &runtime, Ask::Value).await, Ok(40));
    /// # Ok(()) }
    /// ```
    pub async fn call_within(
        &self,
        limit: Duration,
        from: impl CallFrom,
        request: S::Request,
    ) -> Result<S::Reply, CallError> {
        let answer = from.call_from(limit, self.pid, Payload::new(request)).await?;
        // Only what is no such server answers with something else.
        answer.downcast().map_err(|_| CallError::Refused)
    }

    /// Stops the server by the reason, after [`terminate`](Server::terminate), and waits until it has ended,
    /// `limit` at most (`gen_server:stop/3`).
    ///
    /// An end for another reason is [`CallError::Down`] with that reason.
    ///
    /// # Cancel safety
    ///
    /// As of [`Context::call`]: the server stops all the same.
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// let limit = std::time::Duration::from_secs(1);
    /// assert_eq!(counter.stop(limit, &runtime, ExitReason::Shutdown).await, Ok(()));
    /// assert!(!runtime.is_alive(counter.pid()));
    /// # Ok(()) }
    /// ```
    pub async fn stop(
        &self,
        limit: Duration,
        from: impl CallFrom,
        reason: ExitReason,
    ) -> Result<(), CallError> {
        match from.call_from(limit, self.pid, Payload::new(Stop(reason.clone()))).await {
            Err(CallError::Down(end)) if end == reason => Ok(()),
            Err(error) => Err(error),
            // Only what is no server answers.
            Ok(_) => Err(CallError::Refused),
        }
    }

    /// Tells the server something (`gen_server:cast/2`). `from` is a [`Context`] or a [`Runtime`].
    ///
    /// ```
    /// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// # let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
    /// counter.cast(&runtime, Reset);
    /// assert_eq!(counter.call(&runtime, Ask::Value).await, Ok(0));
    /// # Ok(()) }
    /// ```
    pub fn cast(&self, from: &impl CastFrom, cast: S::Cast) {
        from.cast_from(self.pid, Payload::new(cast));
    }
}

/// Where a call may come from: `&mut Context` or `&Runtime`.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
/// # use rusm_otp::{CallFrom, Runtime, ServerRef, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # let runtime = Runtime::new();
/// async fn add_two(counter: ServerRef<Counter>, from: impl CallFrom) -> Option<u64> {
///     counter.call(from, Ask::Add(2)).await.ok()
/// }
///
/// let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
/// assert_eq!(add_two(counter, &runtime).await, Some(42));
/// # Ok(()) }
/// ```
pub trait CallFrom: sealed::CallFrom {}

/// Where a cast may come from: [`Context`] or [`Runtime`].
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/counter.rs"));
/// # use rusm_otp::{CastFrom, Runtime, ServerRef, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # let runtime = Runtime::new();
/// fn reset_all(counters: &[ServerRef<Counter>], from: &impl CastFrom) {
///     counters.iter().for_each(|counter| counter.cast(from, Reset));
/// }
///
/// let counter = Counter::start(&runtime, SpawnOptions::default(), 40).await?;
/// reset_all(&[counter], &runtime);
/// assert_eq!(counter.call(&runtime, Ask::Value).await, Ok(0));
/// # Ok(()) }
/// ```
pub trait CastFrom: sealed::CastFrom {}

impl CallFrom for &mut Context {}
impl CallFrom for &Runtime {}
impl CastFrom for Context {}
impl CastFrom for Runtime {}

mod sealed {
    use super::{CallError, Context, Duration, Future, Payload, Pid, Runtime};

    pub trait CallFrom: Send {
        fn call_from(
            self,
            limit: Duration,
            to: Pid,
            request: Payload,
        ) -> impl Future<Output = Result<Payload, CallError>> + Send;
    }

    impl CallFrom for &mut Context {
        async fn call_from(self, limit: Duration, to: Pid, request: Payload) -> Result<Payload, CallError> {
            self.call_within(limit, to, request).await
        }
    }

    impl CallFrom for &Runtime {
        async fn call_from(self, limit: Duration, to: Pid, request: Payload) -> Result<Payload, CallError> {
            self.call_within(limit, to, request).await
        }
    }

    pub trait CastFrom {
        fn cast_from(&self, to: Pid, cast: Payload);
    }

    impl CastFrom for Context {
        fn cast_from(&self, to: Pid, cast: Payload) {
            self.send(to, cast);
        }
    }

    impl CastFrom for Runtime {
        fn cast_from(&self, to: Pid, cast: Payload) {
            self.send(to, cast);
        }
    }
}

// By hand: derived ones would ask the same of the parameters.
impl<R> Clone for ReplyTo<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ReplyTo<R> {}

impl<R> fmt::Debug for ReplyTo<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReplyTo").field(&self.caller.pid()).finish()
    }
}

impl<S> Clone for ServerRef<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for ServerRef<S> {}

impl<S> fmt::Debug for ServerRef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerRef").field(&self.pid).finish()
    }
}
