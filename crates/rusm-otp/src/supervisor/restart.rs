//! What a supervisor does when a child has to be started again.

use std::ops::RangeInclusive;

use tokio::task::coop;

use super::Strategy;
use super::children::{ALL, Place};
use super::event::report;
use super::reference::ChildState;
use super::server::Server;
use super::spec::Restart;
use crate::{Event, ExitReason, Pid};

impl Server {
    /// Restarts a child that has no process, with those that share its fate by the strategy. Each attempt
    /// counts; with one too many the supervisor ends.
    pub(super) async fn restart(&mut self, place: Place) -> Result<(), ExitReason> {
        if !self.intensity.admit() {
            if let Some(child) = self.children.get(place) {
                report(&self.ctx, |supervisor| Event::IntensityReached {
                    supervisor,
                    id: child.spec.id.clone(),
                });
            }
            self.children.retire(place);
            return Err(ExitReason::Shutdown);
        }
        let group = match self.strategy {
            Strategy::OneForOne | Strategy::Dynamic => place..=place,
            Strategy::OneForAll => ALL,
            Strategy::RestForOne => place..=Place::MAX,
        };
        self.children.set(place, ChildState::Stopped);
        self.stop_group(group.clone()).await;
        self.start_group(group).await;
        Ok(())
    }

    /// Makes one more attempt at a restart that failed, if there is one.
    pub(super) async fn retry(&mut self) -> Result<(), ExitReason> {
        let Some(place) = self.retries.pop_front() else { return Ok(()) };
        // A start that fails at once, again and again, must not keep the thread from others.
        coop::consume_budget().await;
        self.restart(place).await
    }

    /// In reverse. Temporary children are not started again, so they are forgotten.
    async fn stop_group(&mut self, group: RangeInclusive<Place>) {
        for place in self.children.places(group).into_iter().rev() {
            let ended = self.stop(place).await;
            let Some(child) = self.children.get_mut(place) else { continue };
            if child.spec.restart == Restart::Temporary {
                self.children.remove(place);
            } else if let Some(ended) = ended {
                child.was = Some(Box::new(ended));
            }
        }
    }

    /// In order, up to one that does not start: with that one it is tried again.
    async fn start_group(&mut self, group: RangeInclusive<Place>) {
        for place in self.children.places(group) {
            match self.start(place).await {
                Ok(Some(new)) => self.report_restart(place, new),
                Ok(None) => {}
                Err(_) => {
                    self.children.set(place, ChildState::Restarting);
                    self.retries.push_back(place);
                    return;
                }
            }
        }
    }

    fn report_restart(&mut self, place: Place, new: Pid) {
        let Some(child) = self.children.get_mut(place) else { return };
        if let Some(was) = child.was.take() {
            let (old, reason) = *was;
            let id = child.spec.id.clone();
            report(&self.ctx, |supervisor| Event::Restarted { supervisor, id, old, new, reason });
        }
    }
}
