//! How children come to life.

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;

use super::server;
use crate::{Context, ExitReason, Pid, SpawnOptions, Starting, Supervisor};

/// What [`StartChild::start`] returns; [`ChildSpec::of`](crate::ChildSpec::of) shows one.
pub type StartFuture<'a> = Pin<Box<dyn Future<Output = Result<Option<Pid>, ExitReason>> + Send + 'a>>;

/// Starts a child of some kind, and starts it again: the `start` of OTP's `child_spec()`.
///
/// It runs in the supervisor, whose context it is given. The child is to be linked to it
/// ([`spawn_link`](Context::spawn_link), [`start_link`](Context::start_link)); the supervisor links to it in
/// any case. `Ok(None)` is OTP's `ignore`: there is nothing to run now. A panic is a failed start.
///
/// While it waits the supervisor does nothing else. So what it waits for must not wait for the supervisor;
/// and mail in the supervisor's mailbox is the supervisor's, so it is to be received selectively if at all.
///
/// See [`ChildSpec::of`](crate::ChildSpec::of) for an example.
pub trait StartChild: Send + Sync + 'static {
    /// Starts the child. The options are what its process is to be spawned with.
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a>;
}

/// A body that counts as started at once.
pub(super) struct Plain<F>(Arc<F>);

impl<F> Plain<F> {
    pub(super) fn new(body: F) -> Self {
        Self(Arc::new(body))
    }
}

impl<F, B> StartChild for Plain<F>
where
    F: Fn(Context) -> B + Send + Sync + 'static,
    B: Future<Output: Into<ExitReason>> + Send + 'static,
{
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        let body = self.0.clone();
        let child = ctx.spawn_link(options, move |ctx| body(ctx));
        Box::pin(future::ready(Ok(Some(child))))
    }
}

/// A body that says when it is ready.
pub(super) struct Ready<F>(Arc<F>);

impl<F> Ready<F> {
    pub(super) fn new(body: F) -> Self {
        Self(Arc::new(body))
    }
}

impl<F, B> StartChild for Ready<F>
where
    F: Fn(Context, Starting) -> B + Send + Sync + 'static,
    B: Future<Output: Into<ExitReason>> + Send + 'static,
{
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        let body = self.0.clone();
        let start = ctx.start_link(options, move |ctx, starting| body(ctx, starting));
        Box::pin(async {
            match start.await {
                Ok(child) => Ok(Some(child)),
                Err(ExitReason::Normal) => Ok(None),
                Err(reason) => Err(reason),
            }
        })
    }
}

/// A label of the supervisor's own wins over the child's id.
impl StartChild for Supervisor {
    fn start<'a>(&'a self, ctx: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        let supervisor = self.clone();
        let options = supervisor.options.clone().or(options);
        let start = ctx.start_link(options, move |ctx, starting| server::run(supervisor, ctx, starting));
        Box::pin(async { start.await.map(Some) })
    }
}
