//! Components that run from the node's start: each under a supervisor of its own, so that one that keeps
//! failing takes down no other.

use std::sync::Arc;
use std::time::Duration;

use rusm_otp::{
    ChildSpec, Context, Event, ExitReason, Observer, Restart as OtpRestart, Runtime, Shutdown, SpawnOptions,
    Stage, StartChild, StartFuture, Strategy, Supervisor, SupervisorRef,
};

use crate::actor::Actor;
use crate::component::{Component, ResidentConfig, Restart};
use crate::world::World;

/// The residents of a node, in the order in which they were started.
pub(crate) struct Residents {
    supervisors: Vec<(Arc<str>, SupervisorRef)>,
    _observer: Observer,
}

impl Residents {
    /// Starts each of them, in this order.
    pub(crate) async fn start(
        world: &Arc<World>,
        components: &[Arc<Component>],
        grace: Duration,
    ) -> Result<Residents, (Arc<str>, ExitReason)> {
        let observer = world.runtime.observe(report);
        let mut supervisors = Vec::new();
        for component in components {
            let (Some(config), Some(actor)) = (&component.resident, component.actor([])) else { continue };
            let name = Arc::clone(component.name());
            let ResidentConfig { restart, max_restarts, restart_window } = *config;
            let child = ChildSpec::of(Arc::clone(&name), Resident { world: Arc::clone(world), actor })
                .restart(match restart {
                    Restart::Permanent => OtpRestart::Permanent,
                    Restart::Transient => OtpRestart::Transient,
                    Restart::Temporary => OtpRestart::Temporary,
                })
                .shutdown(Shutdown::Timeout(grace));
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .intensity(max_restarts, restart_window)
                .options(SpawnOptions::default().label(format!("supervisor of {name}")))
                .child(child);
            let started = supervisor.start(&world.runtime).await;
            let started = started.map_err(|error| (Arc::clone(&name), ExitReason::crashed(error)))?;
            supervisors.push((name, started));
        }
        Ok(Residents { supervisors, _observer: observer })
    }

    /// Stops each of them, the last one first, and then whatever else is left.
    pub(crate) async fn stop(self, runtime: &Runtime, grace: Duration) {
        let stages = self.supervisors.into_iter().rev().map(|(name, supervisor)| {
            let pid = supervisor.pid();
            // A little more than its supervisor gives it.
            Stage::stop(name, grace + Duration::from_secs(1), move |_| vec![pid])
        });
        for report in runtime.shutdown(stages.collect::<Vec<_>>()).await {
            if !report.stuck.is_empty() {
                tracing::warn!(target: "rusm", stage = &*report.name, stuck = ?report.stuck, "processes did not come to rest");
            }
        }
    }
}

/// How a resident comes to life, at first and again.
struct Resident {
    world: Arc<World>,
    actor: Actor,
}

impl StartChild for Resident {
    fn start<'a>(&'a self, context: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        Box::pin(async {
            let name = Arc::clone(self.actor.component.name());
            let pid = self.actor.clone().spawn_child(&self.world, context, options);
            if let Err(error) = self.world.runtime.register(name, pid) {
                context.kill(pid);
                return Err(ExitReason::crashed(error));
            }
            Ok(Some(pid))
        })
    }
}

/// The log's lines about residents. What ended a process stands in a line of its own.
fn report(event: &Event) {
    match event {
        Event::Restarted { id, new, reason, .. } => {
            tracing::warn!(target: "rusm", component = &**id, pid = %new, %reason, "restarted");
        }
        Event::StartFailed { id, reason, .. } => {
            tracing::error!(target: "rusm", component = &**id, %reason, "cannot be started");
        }
        Event::IntensityReached { id, .. } => {
            tracing::error!(target: "rusm", component = &**id, "ended more often than max-restarts allows within restart-window: it stays down");
        }
        Event::StopFailed { id, reason, .. } => {
            tracing::warn!(target: "rusm", component = &**id, %reason, "did not stop as it was asked to");
        }
        _ => {}
    }
}
