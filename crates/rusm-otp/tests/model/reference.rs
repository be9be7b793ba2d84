//! Erlang's rules on plain collections, one process after another.

use std::collections::{BTreeMap, BTreeSet};

use rusm_otp::ExitReason;

/// What a process does. Numbers stand for processes, for the monitors a process has set so far, for the
/// requests it has received so far, and for names and groups.
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
    /// Sends a request, which sets a monitor.
    Ask(usize),
    Answer(usize),
    Refuse(usize),
    /// A process and the group.
    Join(usize, usize),
    Leave(usize, usize),
    Broadcast(usize),
    End(ExitReason),
    Panic,
}

/// Mail that arrived.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum News {
    Exit(usize, String),
    /// The first number is the monitor's.
    Down(usize, usize, String),
    /// Who asks.
    Asked(usize),
    /// The monitor of the request, and whether there is an answer.
    Reply(usize, bool),
    /// Who broadcast to which group.
    Heard(usize, usize),
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
    /// The requests it received: who asked, and by which of their monitors.
    requests: Vec<(usize, usize)>,
    set: usize,
    inbox: Vec<Letter>,
    ending: Vec<(Option<usize>, ExitReason)>,
}

/// Mail on its way.
enum Letter {
    News(News),
    /// Who asks, and by which of their monitors.
    Request(usize, usize),
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) processes: Vec<Process>,
    pub(crate) names: BTreeMap<usize, usize>,
    /// How often a process is a member of a group, by group and process.
    pub(crate) groups: BTreeMap<(usize, usize), usize>,
}

impl World {
    pub(crate) fn new(count: usize) -> Self {
        Self { processes: (0..count).map(|_| Process::default()).collect(), ..Self::default() }
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
        (0..self.processes.len()).filter(|w| *w != n && watches(&self.processes[*w])).collect()
    }

    /// Each member as often as it joined.
    pub(crate) fn members(&self, group: usize) -> impl Iterator<Item = usize> {
        let times = self.groups.range((group, 0)..(group + 1, 0));
        times.flat_map(|((_, member), times)| std::iter::repeat_n(*member, *times))
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
                let monitor = self.new_monitor(own);
                if self.processes[other].end.is_some() {
                    self.tell_noproc(own, monitor, other);
                } else if other != own {
                    self.processes[own].monitors.insert(monitor, other);
                }
            }
            Op::Ask(other) => {
                let monitor = self.new_monitor(own);
                if self.processes[other].end.is_some() {
                    self.tell_noproc(own, monitor, other);
                } else {
                    self.processes[own].monitors.insert(monitor, other);
                    self.processes[other].inbox.push(Letter::Request(own, monitor));
                }
            }
            Op::Answer(request) => self.reply(own, request, true),
            Op::Refuse(request) => self.reply(own, request, false),
            Op::Join(member, group) => {
                let process = &self.processes[member];
                if process.end.is_none() && process.ending.is_empty() {
                    *self.groups.entry((group, member)).or_default() += 1;
                }
            }
            Op::Leave(member, group) => {
                if let Some(times) = self.groups.get_mut(&(group, member)) {
                    *times -= 1;
                }
                self.groups.retain(|_, times| *times > 0);
            }
            Op::Broadcast(group) => {
                let members: Vec<_> = self.members(group).collect();
                for member in members {
                    self.processes[member].inbox.push(Letter::News(News::Heard(own, group)));
                }
            }
            Op::Demonitor(monitor) => {
                self.processes[own].monitors.remove(&monitor);
            }
            Op::Flush(monitor) => {
                self.processes[own].monitors.remove(&monitor);
                self.processes[own].inbox.retain(|letter| {
                    !matches!(letter, Letter::News(News::Down(of, ..) | News::Reply(of, _)) if *of == monitor)
                });
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

    fn new_monitor(&mut self, own: usize) -> usize {
        self.processes[own].set += 1;
        self.processes[own].set - 1
    }

    fn tell_noproc(&mut self, own: usize, monitor: usize, other: usize) {
        let news = News::Down(monitor, other, ExitReason::NoProcess.to_string());
        self.processes[own].inbox.push(Letter::News(news));
    }

    /// A reply arrives while the monitor of its request stands, and uses it up.
    fn reply(&mut self, own: usize, request: usize, is_answer: bool) {
        let Some(&(caller, monitor)) = self.processes[own].requests.get(request) else { return };
        let caller = &mut self.processes[caller];
        if caller.end.is_none() && caller.monitors.remove(&monitor).is_some() {
            caller.inbox.push(Letter::News(News::Reply(monitor, is_answer)));
        }
    }

    fn exit(&mut self, from: usize, to: usize, reason: &ExitReason, by_link: bool) {
        let to_process = &mut self.processes[to];
        if by_link && !to_process.links.remove(&from) {
            return;
        }
        if to_process.trap {
            to_process.inbox.push(Letter::News(News::Exit(from, reason.to_string())));
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
            for letter in process.inbox.drain(..) {
                process.log.push(match letter {
                    Letter::News(news) => news,
                    Letter::Request(caller, monitor) => {
                        process.requests.push((caller, monitor));
                        News::Asked(caller)
                    }
                });
            }
            return false;
        };
        process.end = Some(reason.clone());
        let links = std::mem::take(&mut process.links);
        process.monitors.clear();
        self.names.retain(|_, holder| *holder != own);
        self.groups.retain(|(_, member), _| *member != own);
        for other in links {
            self.exit(own, other, &reason, true);
        }
        for process in &mut self.processes {
            let used_up: Vec<_> = process.monitors.extract_if(.., |_, of| *of == own).collect();
            let down = |(monitor, of)| Letter::News(News::Down(monitor, of, reason.to_string()));
            process.inbox.extend(used_up.into_iter().map(down));
        }
        true
    }
}
