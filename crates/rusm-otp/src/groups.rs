//! Named groups of processes, as Erlang's `pg` has them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;

use crate::sync::RwLock;
use crate::table::Table;
use crate::{Context, Mail, Payload, Pid, Runtime};

/// Who is in which group, and how often. Its lock is taken before any process's, never while one is held.
#[derive(Default)]
pub(crate) struct Groups(RwLock<HashMap<Arc<str>, BTreeMap<Pid, usize>>>);

impl Groups {
    fn join(&self, table: &Table, group: Arc<str>, pid: Pid) -> bool {
        let mut groups = self.0.write();
        let Some(mut process) = table.lock(pid).filter(|process| !process.is_ending()) else {
            return false;
        };
        let times = groups.entry(group.clone()).or_default().entry(pid).or_default();
        if *times == 0 {
            process.ties().groups.push(group);
        }
        *times += 1;
        true
    }

    fn leave(&self, table: &Table, group: &str, pid: Pid) -> bool {
        let mut groups = self.0.write();
        let Some(times) = groups.get_mut(group).and_then(|members| members.get_mut(&pid)) else {
            return false;
        };
        *times -= 1;
        if *times == 0 {
            remove(&mut groups, group, pid);
            if let Some(mut process) = table.lock(pid) {
                process.ties().groups.retain(|joined| &**joined != group);
            }
        }
        true
    }

    /// Ends the memberships of a process that ended.
    pub(crate) fn release(&self, joined: &[Arc<str>], pid: Pid) {
        if joined.is_empty() {
            return;
        }
        let mut groups = self.0.write();
        for group in joined {
            remove(&mut groups, group, pid);
        }
    }

    fn members(&self, group: &str) -> Vec<Pid> {
        let groups = self.0.read();
        let members = groups.get(group).into_iter().flatten();
        members.flat_map(|(pid, times)| std::iter::repeat_n(*pid, *times)).collect()
    }
}

fn remove(groups: &mut HashMap<Arc<str>, BTreeMap<Pid, usize>>, group: &str, pid: Pid) {
    if let Some(members) = groups.get_mut(group) {
        members.remove(&pid);
        if members.is_empty() {
            groups.remove(group);
        }
    }
}

/// # Groups
///
/// A group is there while it has members; to join one is to make it. A membership ends with its process. As
/// in Erlang's `pg`, a process that joined several times is a member as many times, gets each broadcast so
/// often, and has to leave as often.
impl Runtime {
    /// Makes a process a member of a group (`pg:join/2`). False if it is dead or about to end.
    ///
    /// ```
    /// # use rusm_otp::{Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() {
    /// # let runtime = Runtime::new();
    /// let pid = runtime.spawn(SpawnOptions::default(), |_ctx| std::future::pending::<()>());
    /// assert!(runtime.join("clocks", pid));
    /// assert_eq!(runtime.members("clocks"), [pid]);
    /// # }
    /// ```
    pub fn join(&self, group: impl Into<Arc<str>>, pid: Pid) -> bool {
        self.0.groups.join(&self.0.table, group.into(), pid)
    }

    /// Ends one membership (`pg:leave/2`). False if there was none.
    ///
    /// ```
    /// # use rusm_otp::{Pid, Runtime};
    /// # #[tokio::main] async fn main() {
    /// assert!(!Runtime::new().leave("clocks", Pid::from_u64(7)));
    /// # }
    /// ```
    pub fn leave(&self, group: &str, pid: Pid) -> bool {
        self.0.groups.leave(&self.0.table, group, pid)
    }

    /// The members of a group, in the order of their pids, each as often as it joined (`pg:get_members/1`).
    ///
    /// ```
    /// # use rusm_otp::Runtime;
    /// # #[tokio::main] async fn main() {
    /// assert!(Runtime::new().members("nobody").is_empty());
    /// # }
    /// ```
    pub fn members(&self, group: &str) -> Vec<Pid> {
        self.0.groups.members(group)
    }

    /// The groups that have members, in no order (`pg:which_groups/0`).
    ///
    /// ```
    /// # use rusm_otp::Runtime;
    /// # #[tokio::main] async fn main() {
    /// assert!(Runtime::new().groups().is_empty());
    /// # }
    /// ```
    pub fn groups(&self) -> Vec<Arc<str>> {
        self.0.groups.0.read().keys().cloned().collect()
    }

    /// [`Context::broadcast`] from outside any process: the members see [`Pid::NODE`] as the sender.
    ///
    /// ```
    /// # use rusm_otp::Runtime;
    /// # #[tokio::main] async fn main() {
    /// assert_eq!(Runtime::new().broadcast("nobody", "hello"), 0);
    /// # }
    /// ```
    pub fn broadcast(&self, group: &str, bytes: impl Into<Bytes>) -> usize {
        self.broadcast_from(Pid::NODE, group, &bytes.into())
    }

    fn broadcast_from(&self, from: Pid, group: &str, bytes: &Bytes) -> usize {
        let members = self.members(group);
        for member in &members {
            self.0.send(*member, Mail::Message { from, payload: Payload::from(bytes.clone()) });
        }
        members.len()
    }
}

/// # Groups
impl Context {
    /// [`Runtime::join`] for this process.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// runtime.run(SpawnOptions::default(), |ctx| async move {
    ///     ctx.join("clocks");
    ///     assert_eq!(ctx.runtime().members("clocks"), [ctx.pid()]);
    ///     Ok(())
    /// }).await?;
    /// assert!(runtime.members("clocks").is_empty());
    /// # Ok(()) }
    /// ```
    pub fn join(&self, group: impl Into<Arc<str>>) -> bool {
        self.runtime.join(group, self.pid)
    }

    /// [`Runtime::leave`] for this process.
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
    /// ctx.join("clocks");
    /// assert!(ctx.leave("clocks"));
    /// assert!(!ctx.leave("clocks"));
    /// # Ok(()) }).await }
    /// ```
    pub fn leave(&self, group: &str) -> bool {
        self.runtime.leave(group, self.pid)
    }

    /// [Sends](Self::send) bytes to all members of a group, this process included if it is one; the bytes
    /// are shared, not copied. The result is to how many.
    ///
    /// To send Rust values, send to each of the [`members`](Runtime::members).
    ///
    /// ```
    /// # use rusm_otp::{ExitReason, Mail, Runtime, SpawnOptions};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # Runtime::new().run(SpawnOptions::default(), |mut ctx| async move {
    /// ctx.join("room");
    /// assert_eq!(ctx.broadcast("room", "hello, all"), 1);
    /// assert!(matches!(ctx.receive().await, Mail::Message { .. }));
    /// # Ok(()) }).await }
    /// ```
    pub fn broadcast(&self, group: &str, bytes: impl Into<Bytes>) -> usize {
        self.runtime.broadcast_from(self.pid, group, &bytes.into())
    }
}
