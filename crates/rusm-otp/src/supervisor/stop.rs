//! How children are stopped.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::Strategy;
use super::children::{ALL, Place};
use super::event::report;
use super::reference::ChildState;
use super::server::Server;
use super::spec::{ChildSpec, Restart, Shutdown};
use crate::{Context, Event, ExitReason, Mail, MonitorRef, Pid};

impl Server {
    /// Stops a child, if it runs, and waits until it is gone. The result is what it was and why it ended.
    pub(super) async fn stop(&mut self, place: Place) -> Option<(Pid, ExitReason)> {
        let child = self.children.get(place)?;
        let pid = match child.state {
            ChildState::Running(pid) => pid,
            ChildState::Restarting => {
                self.retries.retain(|&other| other != place);
                self.children.set(place, ChildState::Stopped);
                return None;
            }
            ChildState::Stopped => return None,
        };
        let reason = stop(&mut self.ctx, pid, child.spec.patience()).await;
        if !is_expected(&reason, &child.spec) {
            report(&self.ctx, |supervisor| Event::StopFailed {
                supervisor,
                id: child.spec.id.clone(),
                pid,
                reason: reason.clone(),
            });
        }
        self.children.set(place, ChildState::Stopped);
        Some((pid, reason))
    }

    /// Stops all children: one after another in reverse, but those of a dynamic supervisor, which have no
    /// order, at once.
    pub(super) async fn stop_all(&mut self) {
        if self.strategy == Strategy::Dynamic {
            return self.stop_at_once().await;
        }
        for place in self.children.places(ALL).into_iter().rev() {
            self.stop(place).await;
        }
    }

    /// Takes all mail, since it is only for a supervisor that ends.
    async fn stop_at_once(&mut self) {
        let Self { ctx, children, .. } = self;
        let mut waiting = HashMap::new();
        let mut limits = BTreeMap::<Duration, Vec<Pid>>::new();
        for (pid, spec) in children.running() {
            // A link alone would not tell of a child that unlinked itself.
            ctx.monitor(pid);
            ask_to_end(ctx, pid, spec.patience());
            if let Shutdown::Timeout(limit) = spec.patience() {
                limits.entry(limit).or_default().push(pid);
            }
            waiting.insert(pid, spec);
        }
        let asked = Instant::now();
        for (limit, pids) in limits {
            while !waiting.is_empty()
                && let Some(mail) = ctx.receive_timeout(limit.saturating_sub(asked.elapsed())).await
            {
                note_end(ctx, &mut waiting, &mail);
            }
            for pid in pids.into_iter().filter(|pid| waiting.contains_key(pid)) {
                ctx.kill(pid);
            }
        }
        while !waiting.is_empty() {
            let mail = ctx.receive().await;
            note_end(ctx, &mut waiting, &mail);
        }
    }
}

fn note_end(ctx: &Context, waiting: &mut HashMap<Pid, &ChildSpec>, mail: &Mail) {
    if let Mail::Down { pid, reason, .. } = mail
        && let Some(spec) = waiting.remove(pid)
        && !is_expected(reason, spec)
        // One that had ended before it was asked has nothing to answer for.
        && *reason != ExitReason::NoProcess
    {
        report(ctx, |supervisor| Event::StopFailed {
            supervisor,
            id: spec.id.clone(),
            pid: *pid,
            reason: reason.clone(),
        });
    }
}

/// Asks a child to end and waits until it has, for as long as it is given, and then until it is killed.
async fn stop(ctx: &mut Context, pid: Pid, patience: Shutdown) -> ExitReason {
    // The answer comes after all mail that is there by now.
    let mut seen = ctx.hold_all();
    let monitor = ctx.monitor(pid);
    ask_to_end(ctx, pid, patience);
    let limit = match patience {
        Shutdown::Timeout(limit) => limit,
        Shutdown::BrutalKill | Shutdown::Infinity => Duration::MAX,
    };
    let mut reason = down(ctx, &mut seen, monitor, limit).await;
    if reason.is_none() {
        ctx.kill(pid);
        reason = down(ctx, &mut seen, monitor, Duration::MAX).await;
    }
    let reason = reason.unwrap_or(ExitReason::Killed);
    // The link has told the same, or why it ended before it was asked.
    let by_link = |mail: &Mail| matches!(mail, Mail::Exit { from, .. } if *from == pid);
    match ctx.receive_match_timeout(by_link, Duration::ZERO).await {
        Some(Mail::Exit { reason: earlier, .. }) if reason == ExitReason::NoProcess => earlier,
        _ => reason,
    }
}

fn ask_to_end(ctx: &Context, pid: Pid, patience: Shutdown) {
    match patience {
        Shutdown::BrutalKill => ctx.kill(pid),
        Shutdown::Timeout(_) | Shutdown::Infinity => ctx.exit(pid, ExitReason::Shutdown),
    }
}

async fn down(
    ctx: &mut Context,
    seen: &mut usize,
    monitor: MonitorRef,
    limit: Duration,
) -> Option<ExitReason> {
    let wanted = |mail: &Mail| matches!(mail, Mail::Down { monitor: of, .. } if *of == monitor);
    match ctx.receive_match_within(limit, seen, wanted).await? {
        Mail::Down { reason, .. } => Some(reason),
        _ => unreachable!("nothing else is wanted"),
    }
}

/// Whether a child ended as it was asked to.
fn is_expected(reason: &ExitReason, spec: &ChildSpec) -> bool {
    match reason {
        ExitReason::Killed => spec.patience() == Shutdown::BrutalKill,
        ExitReason::Shutdown => spec.patience() != Shutdown::BrutalKill,
        ExitReason::Normal | ExitReason::ShutdownWith(_) => spec.restart != Restart::Permanent,
        ExitReason::Crashed(_) | ExitReason::NoProcess => false,
    }
}
