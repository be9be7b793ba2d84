//! What can be seen of processes.

use super::{Denied, Pid, host};

/// What a process looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The process.
    pub pid: Pid,
    /// What it is called in logs.
    pub label: Option<String>,
    /// Its registered names.
    pub names: Vec<String>,
    /// The groups that it is a member of.
    pub groups: Vec<String>,
    /// Mails that wait, without those that were received and set aside.
    pub mailbox: u64,
    /// Whom it is linked to.
    pub links: Vec<Pid>,
    /// Whom it monitors.
    pub monitors: Vec<Pid>,
    /// Who monitors it.
    pub monitored_by: Vec<Pid>,
    /// Whether it traps exits.
    pub trap_exit: bool,
    /// How often it was scheduled.
    pub reductions: u64,
}

/// What a process looks like now; none if there is none.
///
/// # Errors
///
/// For a process other than this one and its own (see [`monitor`](super::monitor)), unless the profile has `allow-process-control`.
pub fn info(pid: Pid) -> Result<Option<ProcessInfo>, Denied> {
    let pids = |pids: Vec<u64>| pids.into_iter().map(Pid).collect();
    let info = host::info(pid.0).map_err(Denied::new)?;
    Ok(info.map(|info| ProcessInfo {
        pid: Pid(info.pid),
        label: info.label,
        names: info.names,
        groups: info.groups,
        mailbox: info.mailbox,
        links: pids(info.links),
        monitors: pids(info.monitors),
        monitored_by: pids(info.monitored_by),
        trap_exit: info.trap_exit,
        reductions: info.reductions,
    }))
}

/// Every process of the node, in no order.
///
/// # Errors
///
/// Unless the profile has `allow-process-control`.
pub fn list() -> Result<Vec<Pid>, Denied> {
    host::list().map(|pids| pids.into_iter().map(Pid).collect()).map_err(Denied::new)
}

/// What this process is called in logs from now on.
pub fn set_label(label: &str) {
    host::set_label(label);
}
