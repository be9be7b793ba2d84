//! Processes of components that live by themselves: spawned by a guest, or residents.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::Either;
use rusm_otp::{Context, ExitReason, MonitorRef, Pid, SpawnOptions};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use wasmtime::Store;

use crate::component::Component;
use crate::failure::{Cause, Failure};
use crate::host::{Body, HostState, Role};
use crate::unit::Unit;
use crate::world::World;

/// A component whose processes live by themselves, and what the next one of them is to begin with.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) component: Arc<Component>,
    pub(crate) body: Body,
    pub(crate) argument: Arc<Argument>,
}

/// What a process is told at its birth. A supervised one is told it again each time.
#[derive(Default)]
pub(crate) struct Argument {
    pub(crate) bytes: Vec<u8>,
    /// Who gave it pays for its memory for as long as it is there.
    _charge: Option<OwnedSemaphorePermit>,
}

impl Argument {
    pub(crate) fn new(bytes: Vec<u8>, charge: Option<OwnedSemaphorePermit>) -> Argument {
        Argument { bytes, _charge: charge }
    }
}

/// How a process is bound to the one that spawns it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bonds {
    pub(crate) link: bool,
    pub(crate) monitor: bool,
}

impl Actor {
    /// Makes a process, bound to the caller in one step with its birth.
    pub(crate) fn spawn(
        self,
        world: &Arc<World>,
        context: &Context,
        label: Option<String>,
        bonds: Bonds,
    ) -> (Pid, Option<MonitorRef>) {
        let label = label.map_or_else(|| Arc::clone(self.component.name()), Arc::from);
        let options = world.bounded(SpawnOptions::default().label(label));
        let shared = Arc::clone(world);
        let body = move |context| self.body(&shared, context);
        match bonds {
            Bonds { link: false, monitor: false } => (world.runtime.spawn(options, body), None),
            Bonds { link: true, monitor: false } => (context.spawn_link(options, body), None),
            Bonds { link: false, monitor: true } => {
                let (pid, monitor) = context.spawn_monitor(options, body);
                (pid, Some(monitor))
            }
            Bonds { link: true, monitor: true } => {
                let pid = context.spawn_link(options, body);
                (pid, Some(context.monitor(pid)))
            }
        }
    }

    /// Makes a process with these options, linked to the caller.
    pub(crate) fn spawn_link(self, world: &Arc<World>, context: &Context, options: SpawnOptions) -> Pid {
        let shared = Arc::clone(world);
        context.spawn_link(world.bounded(options), move |context| self.body(&shared, context))
    }

    /// What the process does, from the wait for an instance to the reason of its end.
    fn body(self, world: &Arc<World>, context: Context) -> impl Future<Output = ExitReason> + Send + use<> {
        let background = world.background.clone();
        Unit::new(live(Arc::clone(world), self, context), background)
    }
}

async fn live(world: Arc<World>, actor: Actor, context: Context) -> ExitReason {
    let Actor { component, body, argument } = actor;
    let pid = context.pid();
    let work = async {
        let _room = world.room_for_process().await?;
        let store = HostState::store(&world, &component, context, Role::Actor { argument });
        run(store, &body).await
    };
    let ended = within_wall_time(&component, pid, work).await;
    match ended {
        Ok(()) => ExitReason::Normal,
        Err(Failure { cause: Cause::Ended(reason), .. }) => reason,
        Err(mut failure) => {
            failure.pid = Some(pid);
            failure.log_process(component.name());
            ExitReason::crashed(&failure.cause)
        }
    }
}

/// Runs a body in a fresh instance to its end.
pub(crate) async fn run(mut store: Store<HostState>, body: &Body) -> Result<(), Failure> {
    match body.run(&mut store).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(cause)) => Err(Failure::new(store.data().pid(), cause)),
        Err(error) => Err(Failure::of(&error, store.data_mut())),
    }
}

/// Ends the work of a process that outlives its profile's `max-wall-time`. No `async fn`, whose future has room for an argument
/// and once more for what becomes of it.
pub(crate) fn within_wall_time<F>(
    component: &Component,
    pid: Pid,
    work: F,
) -> impl Future<Output = Result<(), Failure>> + use<F>
where
    F: Future<Output = Result<(), Failure>>,
{
    let Some(limit) = component.profile.max_wall_time else { return Either::Left(work) };
    let too_late = move |_| Err(Failure::new(pid, Cause::WallTime(limit)));
    Either::Right(timeout(limit, work).map(move |ended| ended.unwrap_or_else(too_late)))
}
