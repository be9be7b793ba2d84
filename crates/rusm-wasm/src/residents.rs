//! Components that run from the node's start: each under a supervisor of its own, so that one that keeps
//! failing takes down no other.

use std::sync::Arc;
use std::time::Duration;

use rusm_otp::{
    ChildSpec, Event, ExitReason, Observer, Restart as OtpRestart, Runtime, Shutdown, SpawnOptions, Stage,
    Strategy, Supervisor, SupervisorRef,
};

use crate::actor::Argument;
use crate::child::Child;
use crate::component::{Component, ResidentConfig, Restart};
use crate::failure::OneLine;
use crate::world::World;

/// The residents of a node, in the order in which they were started.
pub(crate) struct Residents {
    supervisors: Vec<(Arc<str>, SupervisorRef)>,
    _observer: Option<Observer>,
}

impl Residents {
    /// Starts each of them, in this order.
    pub(crate) async fn start(
        world: &Arc<World>,
        components: &[Arc<Component>],
        grace: Duration,
    ) -> Result<Residents, (Arc<str>, ExitReason)> {
        // Where nothing can be supervised nobody is to pay for an observer, at each request.
        let supervises = |one: &Arc<Component>| one.resident.is_some() || one.profile.spawn.is_granted();
        let observer = components.iter().any(supervises).then(|| world.runtime.observe(report));
        let mut supervisors = Vec::new();
        for component in components {
            let (Some(config), Some(actor)) =
                (&component.resident, component.actor(Argument::default()).ok())
            else {
                continue;
            };
            let name = Arc::clone(component.name());
            let ResidentConfig { restart, max_restarts, restart_window } = *config;
            let child = Child { world: Arc::clone(world), actor, name: Some(Arc::clone(&name)) };
            let child = ChildSpec::of(Arc::clone(&name), child)
                .restart(match restart {
                    Restart::Permanent => OtpRestart::Permanent,
                    Restart::Transient => OtpRestart::Transient,
                    Restart::Temporary => OtpRestart::Temporary,
                })
                .shutdown(Shutdown::Timeout(grace));
            let supervisor = Supervisor::new(Strategy::OneForOne)
                .intensity(max_restarts, restart_window)
                .options(world.bounded(SpawnOptions::default().label(format!("supervisor of {name}"))))
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

/// The log's lines about what supervisors do. What ended a process stands in a line of its own. A reason may be a
/// guest's text.
fn report(event: &Event) {
    match event {
        Event::Restarted { supervisor, id, new, reason, .. } => {
            let reason = reason.to_string();
            tracing::warn!(target: "rusm", child = &**id, pid = %new, %supervisor, reason = %OneLine(&reason), "restarted");
        }
        Event::StartFailed { supervisor, id, reason } => {
            let reason = reason.to_string();
            tracing::error!(target: "rusm", child = &**id, %supervisor, reason = %OneLine(&reason), "cannot be started");
        }
        Event::IntensityReached { supervisor, id } => {
            tracing::error!(target: "rusm", child = &**id, %supervisor, "ended more often than its supervisor bears (a resident's: max-restarts within restart-window): it stays down");
        }
        Event::StopFailed { supervisor, id, pid, reason } => {
            let reason = reason.to_string();
            tracing::warn!(target: "rusm", child = &**id, %pid, %supervisor, reason = %OneLine(&reason), "did not stop as it was asked to");
        }
        _ => {}
    }
}
