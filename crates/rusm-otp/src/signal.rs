//! The rules of links, monitors and exit signals, as the Erlang manual gives them (`erlang:link/1`,
//! `unlink/1`, `monitor/2`, `demonitor/2`, `exit/2`, `process_flag/2`, and "Processes" in the reference
//! manual).
//!
//! A bond is made and cut with both ends locked. A signal is delivered with its receiver locked, so what one
//! process sends to another arrives in the order it was sent. Wakers are called, and foreign values dropped,
//! when no lock is held.

use std::task::Waker;

use crate::contain::contain_drop;
use crate::mailbox::{Inbox, Refused};
use crate::process::{Process, Ties};
use crate::runtime::Shared;
use crate::{Caller, Event, ExitReason, Mail, MonitorRef, Payload, Pid};

/// How an exit signal came about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// The sender ended, and there was a link: `link/1`.
    Link,
    /// Someone sent it: `exit/2`.
    Sent,
    /// Someone sent `kill`, which cannot be trapped.
    Kill,
    /// The process ends itself: `exit/1`, which cannot be trapped.
    Own,
}

impl Shared {
    pub(crate) fn link(&self, own: Pid, other: Pid) {
        if own == other {
            return;
        }
        match self.table.lock_pair(own, other) {
            (Some(mut a), Some(mut b)) => {
                a.ties().links.insert(other);
                b.ties().links.insert(own);
            }
            (Some(mut a), None) => {
                // The answer comes by a link, so that unlinking can take it back. Were there one before, its
                // own signal is on the way.
                if a.ties().links.insert(other) {
                    drop(a);
                    self.signal(other, own, &ExitReason::NoProcess, Route::Link);
                }
            }
            (None, _) => {}
        }
    }

    pub(crate) fn unlink(&self, own: Pid, other: Pid) {
        if own == other {
            return;
        }
        let (mut a, mut b) = self.table.lock_pair(own, other);
        if let Some(ties) = a.as_mut().and_then(|a| a.ties.as_mut()) {
            ties.links.remove(&other);
            if !ties.ending.is_empty() {
                ties.ending.retain(|ending| ending.link != Some(other));
                let ending = !ties.ending.is_empty();
                self.mark_ending(own, ending);
            }
        }
        if let Some(ties) = b.as_mut().and_then(|b| b.ties.as_mut()) {
            ties.links.remove(&own);
        }
    }

    pub(crate) fn monitor(&self, own: Pid, other: Pid) -> MonitorRef {
        let monitor = self.new_monitor();
        self.monitor_as(monitor, own, other);
        monitor
    }

    pub(crate) fn monitor_as(&self, monitor: MonitorRef, own: Pid, other: Pid) {
        if own == other {
            return;
        }
        let waker = match self.table.lock_pair(own, other) {
            (Some(mut a), Some(mut b)) => {
                a.ties().monitors.insert(monitor, other);
                b.ties().watchers.insert(monitor, own);
                None
            }
            (Some(mut a), None) => {
                a.inbox.push(Mail::Down { monitor, pid: other, reason: ExitReason::NoProcess })
            }
            (None, _) => None,
        };
        wake(waker);
    }

    /// Sets a monitor and sends a request that is answered by it, or neither. `room` is whether a place in
    /// the mailbox was taken for the request; that one is refused only if the caller is dead.
    pub(crate) fn request(
        &self,
        monitor: MonitorRef,
        own: Pid,
        to: Pid,
        payload: Payload,
        room: bool,
    ) -> Result<(), Refused> {
        let mail = Mail::Request { from: Caller { pid: own, monitor }, payload };
        let deliver = |inbox: &mut Inbox, mail| if room { Ok(inbox.push(mail)) } else { inbox.offer(mail) };
        let waker = if own == to {
            let Some(mut a) = self.table.lock(own) else { return Ok(()) };
            let waker = deliver(&mut a.inbox, mail)?;
            a.ties().monitors.insert(monitor, own);
            waker
        } else {
            match self.table.lock_pair(own, to) {
                (Some(mut a), Some(mut b)) => {
                    let waker = deliver(&mut b.inbox, mail)?;
                    a.ties().monitors.insert(monitor, to);
                    b.ties().watchers.insert(monitor, own);
                    waker
                }
                (Some(mut a), None) => {
                    a.inbox.push(Mail::Down { monitor, pid: to, reason: ExitReason::NoProcess })
                }
                (None, _) if room => return Err(Refused { mail, full: None }),
                (None, _) => None,
            }
        };
        wake(waker);
        Ok(())
    }

    /// Answers a request, if its monitor still stands: the caller has not given up, nor been told of an end.
    pub(crate) fn reply(&self, to: Caller, payload: Option<Payload>) {
        let Caller { pid, monitor } = to;
        let (callee, waker) = match self.table.lock(pid) {
            Some(mut process) => {
                let Some(callee) = process.ties.as_mut().and_then(|ties| ties.monitors.remove(monitor))
                else {
                    drop(process);
                    return;
                };
                (callee, process.inbox.push(Mail::Reply { request: monitor, payload }))
            }
            None => return,
        };
        if callee != pid {
            self.forget_watcher(callee, monitor);
        }
        wake(waker);
    }

    /// Whether there was such a monitor.
    pub(crate) fn demonitor(&self, own: Pid, monitor: MonitorRef) -> bool {
        let removed = self.table.lock(own).and_then(|mut own| own.ties.as_mut()?.monitors.remove(monitor));
        let Some(other) = removed else { return false };
        self.forget_watcher(other, monitor);
        true
    }

    pub(crate) fn exit(&self, from: Pid, to: Pid, reason: &ExitReason) {
        self.signal(from, to, reason, Route::Sent);
    }

    pub(crate) fn kill(&self, from: Pid, to: Pid) {
        self.signal(from, to, &ExitReason::Killed, Route::Kill);
    }

    pub(crate) fn exit_self(&self, own: Pid, reason: &ExitReason) {
        self.signal(own, own, reason, Route::Own);
    }

    fn signal(&self, from: Pid, to: Pid, reason: &ExitReason, route: Route) {
        let waker = match self.table.lock(to) {
            Some(mut process) => self.receive_exit(&mut process, from, to, reason, route),
            None => return,
        };
        wake(waker);
    }

    /// What an exit signal does to its receiver. The waker is to be woken once the lock is released.
    fn receive_exit(
        &self,
        process: &mut Process,
        from: Pid,
        to: Pid,
        reason: &ExitReason,
        route: Route,
    ) -> Option<Waker> {
        if route == Route::Link && !process.ties.as_mut().is_some_and(|ties| ties.links.remove(&from)) {
            return None;
        }
        if matches!(route, Route::Link | Route::Sent) {
            if process.trap_exit {
                return process.inbox.push(Mail::Exit { from, reason: reason.clone() });
            }
            let to_oneself = from == to;
            if *reason == ExitReason::Normal && !to_oneself {
                return None;
            }
        }
        let link = (route == Route::Link).then_some(from);
        process.ties().add_ending(link, reason);
        self.mark_ending(to, true);
        process.task.clone()
    }

    /// Takes a process out of the world and tells those who are bound to it. A signal that was to end it goes
    /// before `reason`: links, monitors and the caller, by the result, all learn the same.
    pub(crate) fn bury(&self, pid: Pid, reason: ExitReason) -> ExitReason {
        let Some(process) = self.table.remove(pid) else {
            return reason;
        };
        let Process { inbox, task, ties, label, has_timers, .. } = process;
        if has_timers {
            self.timers.remove_all(pid);
        }
        let reason = match ties {
            Some(ties) => self.sever(pid, *ties, reason),
            None => reason,
        };
        discard(inbox, task);
        self.observers.tell(|| Event::Exited { pid, label, reason: reason.clone() });
        reason
    }

    fn sever(&self, pid: Pid, ties: Ties, reason: ExitReason) -> ExitReason {
        let reason = ties.ending.into_iter().next().map_or(reason, |ending| ending.reason);
        self.names.release(&ties.names, pid);
        self.groups.release(&ties.groups, pid);
        for other in ties.links {
            self.signal(pid, other, &reason, Route::Link);
        }
        ties.watchers.for_each(|(monitor, watcher)| self.tell_down(watcher, monitor, pid, &reason));
        ties.monitors.for_each(|(monitor, other)| self.forget_watcher(other, monitor));
        reason
    }

    fn tell_down(&self, watcher: Pid, monitor: MonitorRef, pid: Pid, reason: &ExitReason) {
        let waker = match self.table.lock(watcher) {
            Some(mut process) => {
                let known = process.ties.as_mut().and_then(|ties| ties.monitors.remove(monitor));
                known.and_then(|_| process.inbox.push(Mail::Down { monitor, pid, reason: reason.clone() }))
            }
            None => return,
        };
        wake(waker);
    }

    fn forget_watcher(&self, other: Pid, monitor: MonitorRef) {
        if let Some(mut process) = self.table.lock(other)
            && let Some(ties) = &mut process.ties
        {
            ties.watchers.remove(monitor);
        }
    }

    /// Only with the process locked.
    fn mark_ending(&self, pid: Pid, ending: bool) {
        if let Some(slot) = self.table.slot(pid) {
            slot.set_ending(pid, ending);
        }
    }
}

pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Drops what is left of a process.
fn discard(inbox: Inbox, task: Option<Waker>) {
    if task.is_none() && inbox.is_untouched() {
        return;
    }
    if let Some(bound) = inbox.bound() {
        // Senders that wait for room learn that there will be none.
        bound.room.close();
    }
    // A foreign destructor's panic has no one left to reach.
    let _ = contain_drop((inbox, task));
}
