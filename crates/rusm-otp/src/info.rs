//! What an observer can see of a process.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Pid;
use crate::table::{Slot, Table};

/// A process at one moment, as [`Runtime::info`](crate::Runtime::info) saw it.
///
/// ```
/// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
/// let child = ctx.spawn_link(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
/// let me = ctx.runtime().info(ctx.pid()).unwrap();
/// assert_eq!(me.links, [child]);
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The process.
    pub pid: Pid,
    /// What it is called in logs and listings.
    pub label: Option<Arc<str>>,
    /// The names it is registered by.
    pub names: Vec<Arc<str>>,
    /// The groups it is a member of.
    pub groups: Vec<Arc<str>>,
    /// How many mails wait for it.
    pub mailbox: usize,
    /// The most that it may hold of what processes send, if there is a bound.
    pub mailbox_limit: Option<usize>,
    /// How many messages were dropped because it was full, without their senders being told.
    pub dropped: u64,
    /// The processes it is linked to, in order.
    pub links: Vec<Pid>,
    /// The processes it monitors, in order, each once.
    pub monitors: Vec<Pid>,
    /// The processes that monitor it, in order, each once.
    pub monitored_by: Vec<Pid>,
    /// Whether it traps exits.
    pub trap_exit: bool,
    /// How much it has worked: how often its body was polled, and what it
    /// [counted itself](crate::Context::bump_reductions).
    pub reductions: u64,
}

impl ProcessInfo {
    pub(crate) fn of(table: &Table, pid: Pid) -> Option<Self> {
        let process = table.lock(pid)?;
        let mut info = Self {
            pid,
            label: process.label.clone(),
            names: Vec::new(),
            groups: Vec::new(),
            mailbox: process.inbox.depth(),
            mailbox_limit: process.inbox.bound().map(|bound| bound.limit as usize),
            dropped: process.inbox.bound().map_or(0, |bound| bound.dropped()),
            links: Vec::new(),
            monitors: Vec::new(),
            monitored_by: Vec::new(),
            trap_exit: process.trap_exit,
            reductions: table.slot(pid).map_or(0, Slot::reductions),
        };
        if let Some(ties) = &process.ties {
            let once =
                |pids: &mut dyn Iterator<Item = Pid>| pids.collect::<BTreeSet<_>>().into_iter().collect();
            info.names.clone_from(&ties.names);
            info.groups.clone_from(&ties.groups);
            info.links = ties.links.iter().copied().collect();
            info.monitors = once(&mut ties.monitors.pids());
            info.monitored_by = once(&mut ties.watchers.pids());
        }
        Some(info)
    }
}
