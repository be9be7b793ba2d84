//! The process of a supervisor: what it knows, and what it does with its mail.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::children::{Children, Place};
use super::error::SupervisorError;
use super::event::report;
use super::intensity::Intensity;
use super::reference::{ChildCounts, ChildState, Request};
use super::spec::{AutoShutdown, ChildSpec, Restart};
use super::{Strategy, Supervisor};
use crate::contain::{contain, contain_drop};
use crate::{Caller, Context, Event, ExitReason, Mail, Payload, Pid, Starting};

/// Lives a supervisor's life. The result is why it ends; its children have ended then.
pub(super) async fn run(supervisor: Supervisor, ctx: Context, starting: Starting) -> ExitReason {
    if let Err(error) = supervisor.check() {
        return ExitReason::crashed(error);
    }
    ctx.trap_exit(true);
    let mut server = Server {
        parent: starting.parent(),
        strategy: supervisor.strategy,
        auto_shutdown: supervisor.auto_shutdown,
        intensity: Intensity::new(supervisor.intensity, supervisor.period),
        children: Children::new(supervisor.strategy != Strategy::Dynamic),
        retries: VecDeque::new(),
        ctx,
    };
    let Err(reason) = server.live(supervisor.children, starting).await;
    server.stop_all().await;
    reason
}

pub(super) struct Server {
    pub(super) ctx: Context,
    parent: Pid,
    pub(super) strategy: Strategy,
    auto_shutdown: AutoShutdown,
    pub(super) intensity: Intensity,
    pub(super) children: Children,
    /// Children whose restart failed and is to be tried again, in turn: those that are `Restarting`.
    pub(super) retries: VecDeque<Place>,
}

impl Server {
    async fn boot(&mut self, specs: Vec<ChildSpec>) -> Result<(), ExitReason> {
        for spec in specs {
            let id = spec.id.clone();
            let place = self.children.add(spec);
            if let Err(reason) = self.start(place).await {
                let text = format!("{{failed_to_start_child, {id}, {reason}}}");
                return Err(ExitReason::shutdown_with(text));
            }
        }
        Ok(())
    }

    /// Mail and attempts to restart take turns, so that neither keeps the other from its own.
    async fn live(&mut self, specs: Vec<ChildSpec>, starting: Starting) -> Result<Infallible, ExitReason> {
        self.boot(specs).await?;
        starting.ready(&self.ctx);
        loop {
            if self.retries.is_empty() {
                let mail = self.ctx.receive().await;
                self.take(mail).await?;
            } else {
                if let Some(mail) = self.ctx.receive_timeout(Duration::ZERO).await {
                    self.take(mail).await?;
                }
                self.retry().await?;
            }
        }
    }

    /// An error is the end of the supervisor.
    async fn take(&mut self, mail: Mail) -> Result<(), ExitReason> {
        match mail {
            Mail::Exit { from, reason } if from == self.parent => Err(reason),
            Mail::Exit { from, reason } => self.take_exit(from, reason).await,
            Mail::Request { from, payload } => {
                match payload.downcast() {
                    Ok(request) => self.answer(from, request).await,
                    Err(_) => self.ctx.refuse(from),
                }
                Ok(())
            }
            // Nothing that a supervisor waits for comes here.
            _ => Ok(()),
        }
    }

    async fn take_exit(&mut self, from: Pid, reason: ExitReason) -> Result<(), ExitReason> {
        match self.children.with_pid(from) {
            // An exit signal that the child sent is not its end.
            Some(_) if self.ctx.runtime.0.table.lock(from).is_some() => Ok(()),
            Some(place) => self.ended(place, from, reason).await,
            None => Ok(()),
        }
    }

    /// A child ended by itself.
    async fn ended(&mut self, place: Place, pid: Pid, reason: ExitReason) -> Result<(), ExitReason> {
        let Some(child) = self.children.get_mut(place) else { return Ok(()) };
        let orderly =
            matches!(reason, ExitReason::Normal | ExitReason::Shutdown | ExitReason::ShutdownWith(_));
        let restart = match child.spec.restart {
            Restart::Permanent => true,
            Restart::Transient => !orderly,
            Restart::Temporary => false,
        };
        let id = child.spec.id.clone();
        let significant = child.spec.significant;
        if restart {
            child.was = Some(Box::new((pid, reason.clone())));
        }
        if restart || !orderly {
            report(&self.ctx, |supervisor| Event::ChildTerminated { supervisor, id, pid, reason });
        }
        if restart {
            return self.restart(place).await;
        }
        self.children.retire(place);
        if significant { self.auto_shutdown() } else { Ok(()) }
    }

    fn auto_shutdown(&self) -> Result<(), ExitReason> {
        let end = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => !self.children.has_active_significant(),
        };
        if end { Err(ExitReason::Shutdown) } else { Ok(()) }
    }

    async fn answer(&mut self, from: Caller, request: Request) {
        let answer = match request {
            Request::Start(spec) => Payload::new(self.start_child(*spec).await),
            Request::Restart(id) => Payload::new(self.restart_child(&id).await),
            Request::Terminate(id) => Payload::new(self.terminate_child(&id).await),
            Request::TerminatePid(pid) => Payload::new(self.terminate_pid(pid).await),
            Request::Delete(id) => Payload::new(self.delete_child(&id)),
            Request::Which => Payload::new(Ok::<_, SupervisorError>(self.children.infos())),
            Request::Count => Payload::new(Ok::<_, SupervisorError>(self.count())),
        };
        self.ctx.reply(from, answer);
    }

    async fn start_child(&mut self, spec: ChildSpec) -> Result<Option<Pid>, SupervisorError> {
        spec.check(self.auto_shutdown)?;
        match self.children.with_id(&spec.id) {
            Some((_, ChildState::Running(pid))) => return Err(SupervisorError::AlreadyStarted(pid)),
            Some((_, ChildState::Restarting | ChildState::Stopped)) => {
                return Err(SupervisorError::AlreadyPresent);
            }
            None => {}
        }
        let place = self.children.add(spec);
        self.start(place).await.map_err(|reason| {
            self.children.remove(place);
            SupervisorError::Start(reason)
        })
    }

    async fn restart_child(&mut self, id: &str) -> Result<Option<Pid>, SupervisorError> {
        match self.find(id)? {
            (_, ChildState::Running(_)) => Err(SupervisorError::Running),
            (_, ChildState::Restarting) => Err(SupervisorError::Restarting),
            (place, ChildState::Stopped) => self.start(place).await.map_err(SupervisorError::Start),
        }
    }

    async fn terminate_child(&mut self, id: &str) -> Result<(), SupervisorError> {
        let (place, _) = self.find(id)?;
        self.stop(place).await;
        self.children.retire(place);
        Ok(())
    }

    async fn terminate_pid(&mut self, pid: Pid) -> Result<(), SupervisorError> {
        match self.children.with_pid(pid) {
            Some(place) if self.strategy == Strategy::Dynamic => {
                self.stop(place).await;
                self.children.retire(place);
                Ok(())
            }
            None if self.strategy == Strategy::Dynamic && !self.ctx.runtime.is_alive(pid) => Ok(()),
            _ => Err(SupervisorError::NotFound),
        }
    }

    fn delete_child(&mut self, id: &str) -> Result<(), SupervisorError> {
        match self.find(id)? {
            (_, ChildState::Running(_)) => Err(SupervisorError::Running),
            (_, ChildState::Restarting) => Err(SupervisorError::Restarting),
            (place, ChildState::Stopped) => {
                self.children.remove(place);
                Ok(())
            }
        }
    }

    fn count(&self) -> ChildCounts {
        let active = self.children.running().filter(|(pid, _)| self.ctx.runtime.is_alive(*pid)).count();
        ChildCounts { active, ..self.children.counts() }
    }

    fn find(&self, id: &str) -> Result<(Place, ChildState), SupervisorError> {
        if self.strategy == Strategy::Dynamic {
            return Err(SupervisorError::Dynamic);
        }
        self.children.with_id(id).ok_or(SupervisorError::NotFound)
    }

    /// Starts a stopped child. If it does not start it stays as it is.
    pub(super) async fn start(&mut self, place: Place) -> Result<Option<Pid>, ExitReason> {
        let Some(child) = self.children.get_mut(place) else { return Ok(None) };
        let (id, start, options) =
            (child.spec.id.clone(), child.spec.start.clone(), child.spec.spawn_options());
        let started = match contain(|| start.start(&mut self.ctx, options)) {
            Ok(mut future) => {
                let started = poll_fn(|cx| {
                    contain(|| future.as_mut().poll(cx)).unwrap_or_else(|crash| Poll::Ready(Err(crash)))
                })
                .await;
                let _ = contain_drop(future);
                started
            }
            Err(crash) => Err(crash),
        };
        match &started {
            Ok(Some(pid)) => {
                self.ctx.link(*pid);
                self.children.set(place, ChildState::Running(*pid));
            }
            Ok(None) => self.children.retire(place),
            Err(reason) => {
                report(&self.ctx, |supervisor| Event::StartFailed { supervisor, id, reason: reason.clone() });
            }
        }
        started
    }
}
