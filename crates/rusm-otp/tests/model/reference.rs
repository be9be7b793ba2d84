//! Erlang's rules on plain collections, one process after another.

use std::collections::{BTreeMap, BTreeSet};

use rusm_otp::ExitReason;

/// What a process does. Numbers stand for processes, for the monitors a process has set so far, and for
/// names.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Link(usize),
    Unlink(usize),
    Monitor(usize),
    Demonitor(usize),
    Flush(usize),
    Trap(bool),
    Exit(usize, ExitReason),
    Kill(usize),
    Register(usize),
    Unregister(usize),
    End(ExitReason),
    Panic,
}

/// A system signal that arrived as mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum News {
    Exit(usize, String),
    /// The first number is the monitor's.
    Down(usize, usize, String),
}

#[derive(Default)]
pub(crate) struct Process {
    pub(crate) links: BTreeSet<usize>,
    /// Those that are active, by the order in which they were set.
    pub(crate) monitors: BTreeMap<usize, usize>,
    pub(crate) trap: bool,
    /// Why it ended.
    pub(crate) end: Option<ExitReason>,
    pub(crate) log: Vec<News>,
    set: usize,
    inbox: Vec<News>,
    ending: Vec<(Option<usize>, ExitReason)>,
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) processes: Vec<Process>,
    pub(crate) names: BTreeMap<usize, usize>,
}

impl World {
    pub(crate) fn new(count: usize) -> Self {
        Self { processes: (0..count).map(|_| Process::default()).collect(), names: BTreeMap::new() }
    }

    /// One process does something without waiting in between; then all run until nothing moves.
    pub(crate) fn step(&mut self, own: usize, ops: &[Op]) {
        if self.processes[own].end.is_some() {
            return;
        }
        let end = ops.iter().find_map(|op| self.act(own, op));
        self.settle(own, end);
        while (0..self.processes.len()).any(|n| self.settle(n, None)) {}
    }

    pub(crate) fn abandon(&mut self, own: usize) {
        self.settle(own, Some(ExitReason::Killed));
        while (0..self.processes.len()).any(|n| self.settle(n, None)) {}
    }

    pub(crate) fn monitored_by(&self, n: usize) -> BTreeSet<usize> {
        let watches = |p: &Process| p.end.is_none() && p.monitors.values().any(|of| *of == n);
        (0..self.processes.len()).filter(|w| watches(&self.processes[*w])).collect()
    }

    fn act(&mut self, own: usize, op: &Op) -> Option<ExitReason> {
        match op.clone() {
            Op::Link(other) if other != own => {
                let is_new = self.processes[own].links.insert(other);
                if self.processes[other].end.is_none() {
                    self.processes[other].links.insert(own);
                } else if is_new {
                    self.exit(other, own, &ExitReason::NoProcess, true);
                }
            }
            Op::Unlink(other) => {
                self.processes[own].links.remove(&other);
                self.processes[own].ending.retain(|(link, _)| *link != Some(other));
                self.processes[other].links.remove(&own);
            }
            Op::Monitor(other) => {
                let monitor = self.processes[own].set;
                self.processes[own].set += 1;
                if self.processes[other].end.is_some() {
                    let news = News::Down(monitor, other, ExitReason::NoProcess.to_string());
                    self.processes[own].inbox.push(news);
                } else if other != own {
                    self.processes[own].monitors.insert(monitor, other);
                }
            }
            Op::Demonitor(monitor) => {
                self.processes[own].monitors.remove(&monitor);
            }
            Op::Flush(monitor) => {
                self.processes[own].monitors.remove(&monitor);
                self.processes[own]
                    .inbox
                    .retain(|news| !matches!(news, News::Down(of, ..) if *of == monitor));
            }
            Op::Trap(on) => self.processes[own].trap = on,
            Op::Exit(other, reason) => self.exit(own, other, &reason, false),
            Op::Kill(other) => self.processes[other].ending.push((None, ExitReason::Killed)),
            Op::Register(name) if self.processes[own].ending.is_empty() => {
                self.names.entry(name).or_insert(own);
            }
            Op::Unregister(name) => {
                self.names.remove(&name);
            }
            Op::End(reason) => return Some(reason),
            Op::Panic => return Some(ExitReason::crashed("told to")),
            Op::Link(_) | Op::Register(_) => {}
        }
        None
    }

    fn exit(&mut self, from: usize, to: usize, reason: &ExitReason, by_link: bool) {
        let to_process = &mut self.processes[to];
        if by_link && !to_process.links.remove(&from) {
            return;
        }
        if to_process.trap {
            to_process.inbox.push(News::Exit(from, reason.to_string()));
        } else if *reason != ExitReason::Normal || from == to {
            to_process.ending.push((by_link.then_some(from), reason.clone()));
        }
    }

    /// What a process does when it waits: ends if it has to, else reads its mail. True if it ended.
    fn settle(&mut self, own: usize, end: Option<ExitReason>) -> bool {
        let process = &mut self.processes[own];
        if process.end.is_some() {
            return false;
        }
        let signal = process.ending.first().map(|(_, reason)| reason.clone());
        let Some(reason) = signal.or(end) else {
            process.log.append(&mut process.inbox);
            return false;
        };
        process.end = Some(reason.clone());
        let links = std::mem::take(&mut process.links);
        process.monitors.clear();
        self.names.retain(|_, holder| *holder != own);
        for other in links {
            self.exit(own, other, &reason, true);
        }
        for process in &mut self.processes {
            let used_up: Vec<_> = process.monitors.extract_if(.., |_, of| *of == own).collect();
            process
                .inbox
                .extend(used_up.iter().map(|(monitor, of)| News::Down(*monitor, *of, reason.to_string())));
        }
        true
    }
}
