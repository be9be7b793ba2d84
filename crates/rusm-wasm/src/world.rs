//! What all processes of a node share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rusm_kv::Store;
use rusm_otp::{MailboxPolicy, Runtime, SpawnOptions};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::component::Component;
use crate::failure::{Cause, Failure};
use crate::outbound::Outbound;
use crate::unit::Background;

/// Messages that wait in the mailbox of a guest's process; a sender that finds more waits. Together with
/// the bound on what each sender has under way (`host::mail`) it bounds the memory that mail may take.
const MAILBOX: usize = 4096;

/// The node, as its processes see it.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) background: Background,
    pub(crate) components: HashMap<String, Arc<Component>>,
    pub(crate) store: Option<Store>,
    pub(crate) outbound: Arc<Outbound>,
    /// One permit for each instance that the pool has room for.
    instances: Arc<Semaphore>,
    /// One for each that others than requests may hold.
    held: Arc<Semaphore>,
    /// Processes that wait for room, other than requests.
    waiting: AtomicUsize,
    max_instances: usize,
    queue_wait: Duration,
}

/// No place came free within this time.
#[derive(Debug, thiserror::Error)]
#[error("no place came free within {0:?}")]
pub(crate) struct NoRoom(pub(crate) Duration);

/// The right to have an instance alive.
pub(crate) struct Room {
    _instance: OwnedSemaphorePermit,
    _held: Option<OwnedSemaphorePermit>,
}

impl World {
    /// `reserved` of the `max_instances` are for requests alone.
    pub(crate) fn new(
        background: Background,
        components: HashMap<String, Arc<Component>>,
        store: Option<Store>,
        outbound: Outbound,
        (max_instances, reserved): (u32, u32),
        queue_wait: Duration,
    ) -> World {
        World {
            runtime: Runtime::new(),
            background,
            components,
            store,
            outbound: Arc::new(outbound),
            instances: Arc::new(Semaphore::new(max_instances as usize)),
            held: Arc::new(Semaphore::new(max_instances.saturating_sub(reserved) as usize)),
            waiting: AtomicUsize::new(0),
            max_instances: max_instances as usize,
            queue_wait,
        }
    }

    /// What every process of a guest is spawned with.
    #[expect(clippy::unused_self, reason = "the bound may become the node's to configure")]
    pub(crate) fn bounded(&self, options: SpawnOptions) -> SpawnOptions {
        options.mailbox(MAILBOX, MailboxPolicy::SuspendSender)
    }

    /// Waits for an instance to come free, `queue-wait` at most.
    pub(crate) async fn room_for_request(&self) -> Result<Room, Failure> {
        let instance = match Arc::clone(&self.instances).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait(&self.instances).await?,
        };
        Ok(Room { _instance: instance, _held: None })
    }

    /// The same for a process that may live long, of which there is a smaller share.
    pub(crate) async fn room_for_process(&self) -> Result<Room, Failure> {
        let waiting = Waiting::among(self)?;
        let held = self.wait(&self.held).await?;
        let instance = self.wait(&self.instances).await?;
        drop(waiting);
        Ok(Room { _instance: instance, _held: Some(held) })
    }

    /// A place among the processes that may live long, for a request that turns out to be one.
    pub(crate) async fn place_to_stay(&self) -> Result<OwnedSemaphorePermit, NoRoom> {
        let waiting = Arc::clone(&self.held).acquire_owned();
        match tokio::time::timeout(self.queue_wait, waiting).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(NoRoom(self.queue_wait)),
        }
    }

    async fn wait(&self, semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
        let waiting = Arc::clone(semaphore).acquire_owned();
        match tokio::time::timeout(self.queue_wait, waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(self.busy()),
        }
    }

    fn busy(&self) -> Failure {
        Failure { pid: None, cause: Cause::Busy(self.queue_wait), backtrace: None }
    }
}

/// One of those that wait. There are no more than instances, so that a guest that spawns and spawns fills
/// no memory with processes that cannot begin.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(world: &'a World) -> Result<Self, Failure> {
        let waiting = Waiting(&world.waiting);
        if world.waiting.fetch_add(1, Ordering::Relaxed) >= world.max_instances {
            return Err(world.busy());
        }
        Ok(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
