//! Processes of components as children of a supervisor: a resident's, or one that a guest started.

use std::sync::Arc;

use rusm_otp::{Context, ExitReason, NameError, SpawnOptions, StartChild, StartFuture};

use crate::actor::Actor;
use crate::world::World;

/// How a child comes to life, at first and again. It counts as started at once.
pub(crate) struct Child {
    pub(crate) world: Arc<World>,
    pub(crate) actor: Actor,
    /// What each process of it is registered as.
    pub(crate) name: Option<Arc<str>>,
}

impl StartChild for Child {
    fn start<'a>(&'a self, context: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        Box::pin(async {
            let pid = self.actor.clone().spawn_link(&self.world, context, options);
            let Some(name) = &self.name else { return Ok(Some(pid)) };
            match self.world.runtime.register(Arc::clone(name), pid) {
                // One that has ended already is for the supervisor to see, as any that ends after its start.
                Ok(()) | Err(NameError::NoProcess(_)) => Ok(Some(pid)),
                Err(error) => {
                    context.unlink(pid);
                    context.kill(pid);
                    Err(ExitReason::crashed(error))
                }
            }
        })
    }
}
