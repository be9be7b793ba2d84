//! `rusm:runtime/process`.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rusm_otp::{ExitReason, MonitorRef, NameError, Payload, Pid, SendError};

use super::bindings::rusm::runtime::{process, types};
use super::family::Family;
use super::mail::{self, MAX_MESSAGE};
use super::{HostState, Role};
use crate::actor::{Actor, Argument, Bonds};
use crate::failure::ExitSelf;

/// A panic's text past this is cut: it goes into a log line.
const MAX_CRASH_TEXT: usize = 4096;

/// A name, a group's name or a label, in bytes.
pub(super) const MAX_NAME: usize = 255;

/// Names of one process, and memberships of it in groups: each takes the node's memory, not the guest's.
pub(super) const MAX_NAMES: usize = 1024;

/// A longer argument counts against its giver's memory.
const SMALL_ARGUMENT: usize = 4 << 10;

/// Monitors of one process that have not been answered.
const MAX_MONITORS: usize = 100_000;

/// What a process has of the node's.
#[derive(Default)]
pub(super) struct Own {
    pub(super) family: Family,
    /// The supervisors that it started, which are of the family too.
    pub(super) supervisors: HashSet<Pid>,
    monitors: usize,
    names: usize,
    pub(super) memberships: usize,
}

impl Own {
    /// A monitor is used up.
    pub(super) fn note_down(&mut self) {
        self.monitors = self.monitors.saturating_sub(1);
    }
}

impl HostState {
    /// Whether this process may do more to another than send to it.
    pub(super) fn controls(&self, other: Pid, what: &str) -> Result<(), types::Denial> {
        let granted = self.component.profile.process_control
            || other == self.context.pid()
            || self.own.family.has(other);
        if granted { Ok(()) } else { Err(self.denial("allow-process-control", what)) }
    }

    /// How every denial reads: what was asked for, whose profile does not grant it, and what would.
    pub(super) fn denial(&self, key: &str, what: &str) -> types::Denial {
        let (component, profile) = (self.component.name(), &self.component.profile.name);
        format!("denied: {component} may not {what}: its profile `{profile}` does not grant `{key}`")
    }

    /// What a process of a component is to run, if this one may have it run.
    pub(super) fn actor(&mut self, component: &str, argument: Vec<u8>) -> Result<Actor, process::SpawnError> {
        if !self.component.profile.spawn.allows(component) {
            let denial = self.denial("allow-spawn", &format!("spawn `{component}`"));
            return Err(process::SpawnError::Denied(denial));
        }
        let charge = match argument.len() {
            ..=SMALL_ARGUMENT => None,
            length => Some(
                self.arguments
                    .take_bytes(length)
                    .ok_or_else(|| process::SpawnError::TooLong(self.arguments.size() << 10))?,
            ),
        };
        let Some(found) = self.world.components.get(component) else {
            return Err(process::SpawnError::NoComponent(format!("there is no component `{component}`")));
        };
        let actor = found.actor(Argument::new(argument, charge));
        actor.map_err(|what| process::SpawnError::NoComponent(format!("`{component}` {what}")))
    }

    /// Whether a process of the component may have this name.
    pub(super) fn may_be_named(&self, name: &str, component: &str) -> Result<(), process::NameError> {
        if !(1..=MAX_NAME).contains(&name.len()) {
            return Err(process::NameError::Invalid);
        }
        if self.world.components.contains_key(name) && name != component {
            return Err(process::NameError::Reserved(name.to_owned()));
        }
        Ok(())
    }

    fn new_monitor(&mut self, other: Pid) -> Result<u64, types::Denial> {
        if self.own.monitors >= MAX_MONITORS {
            return Err(format!("a process has at most {MAX_MONITORS} monitors"));
        }
        self.own.monitors += 1;
        Ok(self.context.monitor(other).as_u64())
    }
}

impl process::Host for HostState {
    fn own_pid(&mut self) -> types::Pid {
        self.context.pid().as_u64()
    }

    fn spawn(
        &mut self,
        component: String,
        options: process::SpawnOptions,
    ) -> Result<process::Spawned, process::SpawnError> {
        let actor = self.actor(&component, options.argument)?;
        let bonds = Bonds { link: options.link, monitor: options.monitor };
        let label = options.label.map(|label| cut(label, MAX_NAME));
        let (pid, monitor) = actor.spawn(&self.world, &self.context, label, bonds);
        self.own.family.members().add(pid, &self.world.runtime);
        self.own.monitors += usize::from(monitor.is_some());
        Ok(process::Spawned { pid: pid.as_u64(), monitor: monitor.map(MonitorRef::as_u64) })
    }

    fn argument(&mut self) -> Vec<u8> {
        match &self.role {
            Role::Actor { argument } => argument.bytes.clone(),
            Role::Exchange(_) => Vec::new(),
        }
    }

    async fn send(&mut self, to: types::Pid, body: Vec<u8>) -> Result<(), process::SendError> {
        if body.len() > MAX_MESSAGE {
            return Err(process::SendError::TooLong(MAX_MESSAGE as u64));
        }
        let to = Pid::from_u64(to);
        if to == self.context.pid() {
            // To wait for room in one's own mailbox would be to wait for ever.
            return match self.context.try_send(to, Payload::from(body)) {
                Err(SendError::Full(_)) => Err(process::SendError::Full),
                Ok(()) | Err(SendError::NoProcess(_)) => Ok(()),
            };
        }
        let payload = self.post(body).await;
        // Whether there is such a process is not told, as nobody is told of one that ends a moment later.
        let _ = self.context.send_wait(to, payload).await;
        Ok(())
    }

    async fn receive(&mut self, timeout: Option<u64>) -> wasmtime::Result<Option<process::Mail>> {
        self.meter.begin_unit();
        let deadline = timeout.map(Duration::from_nanos).and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let mail = match (timeout, deadline) {
                (Some(_), Some(deadline)) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    match self.context.receive_timeout(left).await {
                        Some(mail) => mail,
                        None => return Ok(None),
                    }
                }
                _ => self.context.receive().await,
            };
            if let Some(mail) = self.mail_to_wire(mail)? {
                return Ok(Some(mail));
            }
        }
    }

    fn link(&mut self, other: types::Pid) -> Result<(), types::Denial> {
        let other = Pid::from_u64(other);
        self.controls(other, &format!("link to process {other}"))?;
        self.context.link(other);
        Ok(())
    }

    fn unlink(&mut self, other: types::Pid) {
        self.context.unlink(Pid::from_u64(other));
    }

    fn monitor(&mut self, other: types::Pid) -> Result<u64, types::Denial> {
        let other = Pid::from_u64(other);
        self.controls(other, &format!("monitor process {other}"))?;
        self.new_monitor(other)
    }

    fn demonitor(&mut self, monitor: u64) {
        if self.context.demonitor(MonitorRef::from_u64(monitor)) {
            self.own.note_down();
        }
    }

    fn await_answer(&mut self, callee: types::Pid) -> Result<u64, types::Denial> {
        self.new_monitor(Pid::from_u64(callee))
    }

    fn trap_exit(&mut self, on: bool) -> bool {
        self.context.trap_exit(on)
    }

    fn exit(&mut self, to: types::Pid, reason: types::ExitReason) -> Result<(), types::Denial> {
        let to = Pid::from_u64(to);
        self.controls(to, &format!("send an exit signal to process {to}"))?;
        self.context.exit(to, mail::reason_from_wire(reason));
        Ok(())
    }

    fn kill(&mut self, other: types::Pid) -> Result<(), types::Denial> {
        let other = Pid::from_u64(other);
        self.controls(other, &format!("kill process {other}"))?;
        self.context.kill(other);
        Ok(())
    }

    fn exit_self(&mut self, reason: types::ExitReason) -> wasmtime::Result<()> {
        let reason = match mail::reason_from_wire(reason) {
            // That there was no process is for the node to say.
            ExitReason::NoProcess => ExitReason::crashed("no process"),
            reason => reason,
        };
        Err(ExitSelf(reason).into())
    }

    fn is_alive(&mut self, other: types::Pid) -> bool {
        self.world.runtime.is_alive(Pid::from_u64(other))
    }

    fn register(&mut self, name: String) -> Result<(), process::NameError> {
        self.may_be_named(&name, self.component.name())?;
        if self.own.names >= MAX_NAMES {
            return Err(process::NameError::Invalid);
        }
        match self.context.register(name) {
            Ok(()) => {
                self.own.names += 1;
                Ok(())
            }
            Err(NameError::Taken { holder, .. }) => Err(process::NameError::Taken(holder.as_u64())),
            Err(NameError::NoProcess(_)) => Err(process::NameError::Invalid),
        }
    }

    fn unregister(&mut self, name: String) -> bool {
        let runtime = &self.world.runtime;
        let own = runtime.whereis(&name) == Some(self.context.pid());
        let taken = own && runtime.unregister(&name).is_some();
        self.own.names = self.own.names.saturating_sub(usize::from(taken));
        taken
    }

    fn whereis(&mut self, name: String) -> Option<types::Pid> {
        self.world.runtime.whereis(&name).map(Pid::as_u64)
    }

    fn info(&mut self, other: types::Pid) -> Result<Option<process::ProcessInfo>, types::Denial> {
        let other = Pid::from_u64(other);
        self.controls(other, &format!("inspect process {other}"))?;
        Ok(self.world.runtime.info(other).map(|info| process::ProcessInfo {
            pid: info.pid.as_u64(),
            label: info.label.map(|label| label.to_string()),
            names: info.names.iter().map(ToString::to_string).collect(),
            groups: info.groups.iter().map(ToString::to_string).collect(),
            mailbox: info.mailbox as u64,
            links: mail::pids(info.links),
            monitors: mail::pids(info.monitors),
            monitored_by: mail::pids(info.monitored_by),
            trap_exit: info.trap_exit,
            reductions: info.reductions,
        }))
    }

    fn list(&mut self) -> Result<Vec<types::Pid>, types::Denial> {
        if !self.component.profile.process_control {
            return Err(self.denial("allow-process-control", "list the node's processes"));
        }
        Ok(mail::pids(self.world.runtime.list()))
    }

    fn set_label(&mut self, label: String) {
        self.context.set_label(cut(label, MAX_NAME));
    }

    fn crash(&mut self, text: String) {
        self.crash = Some(self.component.in_sources(cut(text, MAX_CRASH_TEXT)));
    }
}

pub(super) fn cut(mut text: String, length: usize) -> String {
    text.truncate(text.floor_char_boundary(length));
    text
}

impl types::Host for HostState {}
