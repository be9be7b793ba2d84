//! `rusm:runtime/supervisor`, over rusm-otp's one implementation.

use std::sync::Arc;
use std::time::Duration;

use rusm_otp::{
    AutoShutdown, CallError, ChildKind, ChildSpec, ChildState, Context, ExitReason, Mail, Pid, Restart,
    Shutdown, SpawnOptions, StartChild, StartFuture, Strategy, Supervisor, SupervisorError, SupervisorRef,
};

use super::HostState;
use super::bindings::rusm::runtime::process::{NameError, SpawnError};
use super::bindings::rusm::runtime::supervisor::{self as wire, SupervisorError as Error};
use super::budget::Place;
use super::family::Members;
use super::mail::reason_to_wire;
use super::process::{MAX_NAME, cut};
use crate::child::Child;

/// Children in all supervisors that one process started, running or not.
pub(super) const MAX_SUPERVISED: u32 = 10_000;

/// Supervisors that one process started, without those among the children; and those of one tree, which is
/// described by recursion.
const MAX_SUPERVISORS: usize = 100;

type Result<T> = std::result::Result<T, Error>;

/// A child that counts as one of those of the process that described it, for as long as its spec is there, and
/// whose processes are that process's own.
struct Counted<S> {
    start: S,
    family: Members,
    _place: Place,
}

impl<S: StartChild> StartChild for Counted<S> {
    fn start<'a>(&'a self, context: &'a mut Context, options: SpawnOptions) -> StartFuture<'a> {
        Box::pin(async move {
            // The starter's runtime, which is the only one.
            let runtime = context.runtime().clone();
            let started = self.start.start(context, options).await?;
            if let Some(pid) = started {
                self.family.add(pid, &runtime);
            }
            Ok(started)
        })
    }
}

/// The supervisors of a list, each to be used once, and only further down than where it is named: so they
/// make a tree.
struct Tree(Vec<Option<wire::SupervisorSpec>>);

impl Tree {
    fn new(specs: Vec<wire::SupervisorSpec>) -> Result<Tree> {
        if specs.len() > MAX_SUPERVISORS {
            return Err(Error::TooMany(MAX_SUPERVISORS as u64));
        }
        Ok(Tree(specs.into_iter().map(Some).collect()))
    }

    fn take(&mut self, index: usize) -> Result<wire::SupervisorSpec> {
        let spec = self.0.get_mut(index).and_then(Option::take);
        spec.ok_or_else(|| Error::Invalid(format!("the tree has no supervisor {index} to be used here")))
    }

    /// Whether all of it was used.
    fn done(&self) -> Result<()> {
        match self.0.iter().position(Option::is_some) {
            Some(index) => Err(Error::Invalid(format!("the tree's supervisor {index} is nobody's child"))),
            None => Ok(()),
        }
    }
}

impl HostState {
    /// Describes the supervisor at this index of the tree, with all below it.
    fn describe(&mut self, tree: &mut Tree, index: usize) -> Result<Supervisor> {
        let spec = tree.take(index)?;
        let label = match spec.label {
            Some(label) => cut(label, MAX_NAME),
            None => format!("supervisor of {}", self.component.name()),
        };
        let mut supervisor = Supervisor::new(strategy(spec.strategy))
            .auto_shutdown(auto_shutdown(spec.auto_shutdown))
            .intensity(spec.restarts, Duration::from_nanos(spec.period))
            .options(self.world.bounded(SpawnOptions::default().label(label)));
        for child in spec.children {
            supervisor = supervisor.child(self.describe_child(tree, index + 1, child)?);
        }
        supervisor.check().map_err(|error| Error::Invalid(error.to_string()))?;
        Ok(supervisor)
    }

    /// Describes a child. The supervisors that it may name begin at `from`.
    fn describe_child(&mut self, tree: &mut Tree, from: usize, child: wire::ChildSpec) -> Result<ChildSpec> {
        if !(1..=MAX_NAME).contains(&child.id.len()) {
            return Err(Error::Invalid(format!("a child's id is 1 to {MAX_NAME} bytes")));
        }
        let place = self.supervised.take().ok_or(Error::TooMany(self.supervised.size()))?;
        let family = self.own.family.members().clone();
        let spec = match child.start {
            wire::ChildStart::Component(start) => {
                let start = Counted { start: self.describe_component(start)?, family, _place: place };
                ChildSpec::of(child.id, start)
            }
            wire::ChildStart::Supervisor(index) if (index as usize) < from => {
                return Err(Error::Invalid(format!(
                    "a child names supervisor {index}, which is not below it"
                )));
            }
            wire::ChildStart::Supervisor(index) => {
                let start = Counted { start: self.describe(tree, index as usize)?, family, _place: place };
                ChildSpec::of(child.id, start).kind(ChildKind::Supervisor)
            }
        };
        let spec = spec.restart(restart(child.restart));
        let spec = if child.significant { spec.significant() } else { spec };
        let spec = match child.shutdown.map(shutdown) {
            Some(shutdown) => spec.shutdown(shutdown),
            None => spec,
        };
        Ok(match child.label {
            Some(label) => spec.options(SpawnOptions::default().label(cut(label, MAX_NAME))),
            None => spec,
        })
    }

    fn describe_component(&mut self, start: wire::ComponentChild) -> Result<Child> {
        let actor = self.actor(&start.component, start.argument).map_err(|error| match error {
            SpawnError::Denied(denial) => Error::Denied(denial),
            SpawnError::NoComponent(text) => Error::NoComponent(text),
            SpawnError::TooLong(limit) => Error::TooLong(limit),
        })?;
        let name = start.name.map(|name| match self.may_be_named(&name, &start.component) {
            Ok(()) => Ok(Arc::from(name)),
            Err(NameError::Reserved(name)) => {
                Err(Error::Invalid(format!("`{name}` is a component, and its name belongs to its processes")))
            }
            Err(_) => Err(Error::Invalid(format!("a name is 1 to {MAX_NAME} bytes"))),
        });
        Ok(Child { world: Arc::clone(&self.world), actor, name: name.transpose()? })
    }

    /// A supervisor that this process may speak to.
    fn supervisor(&self, pid: u64) -> Result<SupervisorRef> {
        let pid = Pid::from_u64(pid);
        if pid == self.context.pid() {
            return Err(Error::NoSupervisor);
        }
        self.controls(pid, &format!("ask supervisor {pid}")).map_err(Error::Denied)?;
        Ok(SupervisorRef::from_pid(&self.world.runtime, pid))
    }
}

/// The pid of a child that was started.
fn started(started: std::result::Result<Option<Pid>, SupervisorError>) -> Result<u64> {
    // No child of a guest's ends in order before it has started.
    let pid = started.map_err(error)?.ok_or(Error::Failed(reason_to_wire(ExitReason::Normal)))?;
    Ok(pid.as_u64())
}

impl wire::Host for HostState {
    async fn start(&mut self, tree: Vec<wire::SupervisorSpec>) -> Result<u64> {
        let runtime = &self.world.runtime;
        self.own.supervisors.retain(|supervisor| runtime.is_alive(*supervisor));
        if self.own.supervisors.len() >= MAX_SUPERVISORS {
            return Err(Error::TooMany(MAX_SUPERVISORS as u64));
        }
        let mut tree = Tree::new(tree)?;
        let supervisor = self.describe(&mut tree, 0)?;
        tree.done()?;
        let started = supervisor.start_link(&mut self.context).await;
        let pid = started.map_err(|reason| Error::Failed(reason_to_wire(reason)))?.pid();
        self.own.supervisors.insert(pid);
        self.own.family.members().add(pid, &self.world.runtime);
        Ok(pid.as_u64())
    }

    async fn stop(&mut self, supervisor: u64) -> Result<()> {
        let pid = Pid::from_u64(supervisor);
        if !self.own.supervisors.remove(&pid) {
            return Err(Error::NoSupervisor);
        }
        let monitor = self.context.monitor(pid);
        // From its parent even this ends it, and it ends nobody who is linked to it.
        self.context.exit(pid, ExitReason::Normal);
        let down = |mail: &Mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor);
        self.context.receive_match(down).await;
        let by_link = |mail: &Mail| matches!(mail, Mail::Exit { from, .. } if *from == pid);
        self.context.receive_match_timeout(by_link, Duration::ZERO).await;
        Ok(())
    }

    async fn start_child(
        &mut self,
        supervisor: u64,
        child: wire::ChildSpec,
        tree: Vec<wire::SupervisorSpec>,
    ) -> Result<u64> {
        let supervisor = self.supervisor(supervisor)?;
        let mut tree = Tree::new(tree)?;
        let child = self.describe_child(&mut tree, 0, child)?;
        tree.done()?;
        let child = supervisor.start_child(child).await;
        started(child)
    }

    async fn terminate_child(&mut self, supervisor: u64, id: String) -> Result<()> {
        self.supervisor(supervisor)?.terminate_child(&id).await.map_err(error)
    }

    async fn terminate_pid(&mut self, supervisor: u64, child: u64) -> Result<()> {
        self.supervisor(supervisor)?.terminate_pid(Pid::from_u64(child)).await.map_err(error)
    }

    async fn restart_child(&mut self, supervisor: u64, id: String) -> Result<u64> {
        let child = self.supervisor(supervisor)?.restart_child(&id).await;
        started(child)
    }

    async fn delete_child(&mut self, supervisor: u64, id: String) -> Result<()> {
        self.supervisor(supervisor)?.delete_child(&id).await.map_err(error)
    }

    async fn which_children(&mut self, supervisor: u64) -> Result<Vec<wire::ChildInfo>> {
        let children = self.supervisor(supervisor)?.which_children().await.map_err(error)?;
        let info = |child: rusm_otp::ChildInfo| wire::ChildInfo {
            id: child.id.to_string(),
            state: match child.state {
                ChildState::Running(pid) => wire::ChildState::Running(pid.as_u64()),
                ChildState::Restarting => wire::ChildState::Restarting,
                ChildState::Stopped => wire::ChildState::Stopped,
            },
            kind: match child.kind {
                ChildKind::Worker => wire::ChildKind::Worker,
                ChildKind::Supervisor => wire::ChildKind::Supervisor,
            },
        };
        Ok(children.into_iter().map(info).collect())
    }

    async fn count_children(&mut self, supervisor: u64) -> Result<wire::ChildCounts> {
        let counts = self.supervisor(supervisor)?.count_children().await.map_err(error)?;
        Ok(wire::ChildCounts {
            specs: counts.specs as u64,
            active: counts.active as u64,
            supervisors: counts.supervisors as u64,
            workers: counts.workers as u64,
        })
    }
}

fn strategy(strategy: wire::Strategy) -> Strategy {
    match strategy {
        wire::Strategy::OneForOne => Strategy::OneForOne,
        wire::Strategy::OneForAll => Strategy::OneForAll,
        wire::Strategy::RestForOne => Strategy::RestForOne,
        wire::Strategy::Dynamic => Strategy::Dynamic,
    }
}

fn auto_shutdown(auto_shutdown: wire::AutoShutdown) -> AutoShutdown {
    match auto_shutdown {
        wire::AutoShutdown::Never => AutoShutdown::Never,
        wire::AutoShutdown::AnySignificant => AutoShutdown::AnySignificant,
        wire::AutoShutdown::AllSignificant => AutoShutdown::AllSignificant,
    }
}

fn restart(restart: wire::Restart) -> Restart {
    match restart {
        wire::Restart::Permanent => Restart::Permanent,
        wire::Restart::Transient => Restart::Transient,
        wire::Restart::Temporary => Restart::Temporary,
    }
}

fn shutdown(shutdown: wire::Shutdown) -> Shutdown {
    match shutdown {
        wire::Shutdown::Timeout(limit) => Shutdown::Timeout(Duration::from_nanos(limit)),
        wire::Shutdown::BrutalKill => Shutdown::BrutalKill,
        wire::Shutdown::Infinity => Shutdown::Infinity,
    }
}

fn error(error: SupervisorError) -> Error {
    match error {
        SupervisorError::AlreadyStarted(pid) => Error::AlreadyStarted(pid.as_u64()),
        SupervisorError::AlreadyPresent => Error::AlreadyPresent,
        SupervisorError::NotFound => Error::NotFound,
        SupervisorError::Running => Error::Running,
        SupervisorError::Restarting => Error::Restarting,
        SupervisorError::Dynamic => Error::Dynamic,
        SupervisorError::Spec(error) => Error::Invalid(error.to_string()),
        SupervisorError::Start(reason) => Error::Failed(reason_to_wire(reason)),
        SupervisorError::Call(CallError::Down(reason)) => Error::Down(reason_to_wire(reason)),
        // It does not answer in a supervisor's words. There is no limit to reach.
        SupervisorError::Call(_) => Error::NoSupervisor,
    }
}
