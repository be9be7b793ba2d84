//! A node without Wasm: each process is a thread, and this is what the SDK asks in the node's place.

#![allow(dead_code, reason = "each test crate uses a part")]

pub(crate) mod client;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rusm_rs::__rt::Node;
use rusm_rs::Pid;
use rusm_rs::bindings::rusm::runtime::process as host;
use rusm_rs::bindings::rusm::runtime::types::ExitReason;
use rusm_rs::log::Level;

/// How long a test waits for what must happen before it gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes that a message may have.
pub(crate) const MESSAGE: usize = 1 << 20;

/// A node of its own for each test.
#[derive(Clone, Default)]
pub(crate) struct Sim(Arc<(Mutex<World>, Condvar)>);

#[derive(Default)]
struct World {
    last_pid: u64,
    last_monitor: u64,
    living: BTreeMap<u64, Process>,
    names: BTreeMap<String, u64>,
    /// Who watches whom.
    monitors: BTreeMap<u64, (u64, u64)>,
    log: Vec<String>,
    /// Every message that was sent: to whom, and what.
    sent: Vec<(u64, String)>,
    clients: BTreeMap<u64, client::Client>,
    /// How they ended: normally, or with this text.
    ended: BTreeMap<u64, Result<(), String>>,
}

#[derive(Default)]
struct Process {
    mailbox: VecDeque<host::Mail>,
    killed: bool,
}

/// What ends the thread of a process that was killed.
struct Killed;

struct Me {
    sim: Sim,
    pid: u64,
}

impl Sim {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.0.lock().unwrap()
    }

    fn changed(&self) {
        self.0.1.notify_all();
    }

    /// Waits until the world is so.
    fn wait<T>(&self, mut so: impl FnMut(&mut World) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut world = self.world();
        loop {
            if let Some(found) = so(&mut world) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it did not happen; the log: {:#?}", world.log);
            world = self.0.1.wait_timeout(world, left).unwrap().0;
        }
    }

    /// Starts a process under a name.
    pub(crate) fn start(
        &self,
        name: &str,
        body: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) -> Pid {
        let pid = self.birth();
        self.world().names.insert(name.to_owned(), pid);
        let sim = self.clone();
        thread::spawn(move || sim.live(pid, body));
        Pid::from_u64(pid)
    }

    /// Makes the calling thread a process for the time of `body`.
    pub(crate) fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        let pid = self.birth();
        rusm_rs::__rt::enter(Rc::new(Me { sim: self.clone(), pid }));
        let result = body();
        self.death(pid, &ExitReason::Normal);
        result
    }

    fn birth(&self) -> u64 {
        let mut world = self.world();
        world.last_pid += 1;
        let pid = world.last_pid;
        world.living.insert(pid, Process::default());
        pid
    }

    fn live(&self, pid: u64, body: impl FnOnce() -> Result<(), String>) {
        let me = Rc::new(Me { sim: self.clone(), pid });
        rusm_rs::__rt::enter(me.clone());
        if self.world().clients.contains_key(&pid) {
            rusm_rs::__rt::attach(me);
        }
        let reason = match panic::catch_unwind(AssertUnwindSafe(body)) {
            Ok(Ok(())) => ExitReason::Normal,
            Ok(Err(text)) => ExitReason::Crashed(text),
            Err(payload) if payload.is::<Killed>() => ExitReason::Killed,
            Err(payload) => {
                let text = payload.downcast_ref::<String>().cloned();
                ExitReason::Crashed(text.unwrap_or_else(|| "it panicked".into()))
            }
        };
        self.death(pid, &reason);
    }

    fn death(&self, pid: u64, reason: &ExitReason) {
        let mut world = self.world();
        world.living.remove(&pid);
        world.names.retain(|_, named| *named != pid);
        let end = match reason {
            ExitReason::Normal => Ok(()),
            ExitReason::Crashed(text) => Err(text.clone()),
            other => Err(format!("{other:?}")),
        };
        world.ended.insert(pid, end);
        let told: Vec<_> =
            world.monitors.iter().filter(|(_, (_, of))| *of == pid).map(|(m, (by, _))| (*m, *by)).collect();
        for (monitor, by) in told {
            world.monitors.remove(&monitor);
            world.deliver(by, host::Mail::Down(host::Down { monitor, pid, reason: reason.clone() }));
        }
        drop(world);
        self.changed();
    }

    /// Ends a process at its next receive, and waits until it has ended.
    pub(crate) fn kill(&self, pid: Pid) {
        let pid = pid.as_u64();
        if let Some(process) = self.world().living.get_mut(&pid) {
            process.killed = true;
        }
        self.changed();
        self.wait(|world| (!world.living.contains_key(&pid)).then_some(()));
    }

    /// Waits for a process's end, and tells whether it was normal, or else its text.
    pub(crate) fn end_of(&self, pid: Pid) -> Result<(), String> {
        self.wait(|world| world.ended.get(&pid.as_u64()).cloned())
    }

    /// Waits until a line with this text was logged.
    pub(crate) fn logged(&self, text: &str) -> String {
        self.wait(|world| world.log.iter().find(|line| line.contains(text)).cloned())
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.world().log.clone()
    }

    /// Waits until as many messages with this text as that were sent to a process.
    pub(crate) fn sent(&self, to: Pid, text: &str, count: usize) {
        self.wait(|world| (world.sent_to(to, text) >= count).then_some(()));
    }

    pub(crate) fn count_sent(&self, to: Pid, text: &str) -> usize {
        self.world().sent_to(to, text)
    }

    /// How many monitors there are.
    pub(crate) fn monitors(&self) -> usize {
        self.world().monitors.len()
    }

    pub(crate) fn wait_for_monitors(&self, count: usize) {
        self.wait(|world| (world.monitors.len() == count).then_some(()));
    }
}

impl World {
    fn deliver(&mut self, to: u64, mail: host::Mail) {
        if let Some(process) = self.living.get_mut(&to) {
            process.mailbox.push_back(mail);
        }
    }

    fn sent_to(&self, to: Pid, text: &str) -> usize {
        self.sent.iter().filter(|(pid, body)| *pid == to.as_u64() && body.contains(text)).count()
    }
}

impl Me {
    /// Waits until there is what the process wants, or it is killed, or the time is over.
    fn await_in_world<T>(
        &self,
        timeout: Option<u64>,
        mut wanted: impl FnMut(&mut BTreeMap<u64, client::Client>, &mut Process) -> Option<T>,
    ) -> Option<T> {
        let limit = timeout.map_or(PATIENCE, Duration::from_nanos).min(PATIENCE);
        let deadline = Instant::now() + limit;
        let mut world = self.sim.world();
        loop {
            let World { living, clients, .. } = &mut *world;
            let process = living.get_mut(&self.pid).expect("who waits is alive");
            if process.killed {
                drop(world);
                panic::resume_unwind(Box::new(Killed));
            }
            if let Some(found) = wanted(clients, process) {
                drop(world);
                self.sim.changed();
                return Some(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                assert!(timeout.is_some(), "nothing came");
                return None;
            }
            world = self.sim.0.1.wait_timeout(world, left).unwrap().0;
        }
    }
}

impl Node for Me {
    fn own_pid(&self) -> u64 {
        self.pid
    }

    fn send(&self, to: u64, body: &[u8]) -> Result<(), host::SendError> {
        if body.len() > MESSAGE {
            return Err(host::SendError::TooLong(MESSAGE as u64));
        }
        let mut world = self.sim.world();
        world.sent.push((to, String::from_utf8_lossy(body).into_owned()));
        let message = host::Message { sender: self.pid, body: body.to_vec() };
        world.deliver(to, host::Mail::Message(message));
        drop(world);
        self.sim.changed();
        Ok(())
    }

    fn receive(&self, timeout: Option<u64>) -> Option<host::Mail> {
        self.await_in_world(timeout, |_, process| process.mailbox.pop_front())
    }

    fn await_answer(&self, callee: u64) -> Result<u64, String> {
        let mut world = self.sim.world();
        world.last_monitor += 1;
        let monitor = world.last_monitor;
        if world.living.contains_key(&callee) {
            world.monitors.insert(monitor, (self.pid, callee));
        } else {
            let down = host::Down { monitor, pid: callee, reason: ExitReason::NoProcess };
            world.deliver(self.pid, host::Mail::Down(down));
        }
        Ok(monitor)
    }

    fn demonitor(&self, monitor: u64) {
        self.sim.world().monitors.remove(&monitor);
        self.sim.changed();
    }

    fn is_alive(&self, pid: u64) -> bool {
        self.sim.world().living.contains_key(&pid)
    }

    fn whereis(&self, name: &str) -> Option<u64> {
        self.sim.world().names.get(name).copied()
    }

    fn log(&self, level: Level, target: &str, text: &str) {
        self.sim.world().log.push(format!("{level:?} {target}: {text}"));
        self.sim.changed();
    }
}
