//! Names for processes: one name, one process.

use std::collections::HashMap;
use std::sync::Arc;

use crate::Pid;
use crate::sync::RwLock;
use crate::table::Table;

/// Why a name was not registered.
///
/// ```
/// # use rusm_otp::{ExitReason, NameError, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
/// # Runtime::new().run(SpawnOptions::default(), |ctx| async move {
/// ctx.register("clock").unwrap();
/// let taken = ctx.register("clock").unwrap_err();
/// assert_eq!(taken, NameError::Taken { name: "clock".into(), holder: ctx.pid() });
/// # Ok(()) }).await }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name is in use.
    #[error("the name `{name}` is taken by process {holder}")]
    Taken {
        /// The name that was asked for.
        name: Arc<str>,
        /// Who has it.
        holder: Pid,
    },
    /// There is no such process, or it is about to end.
    #[error("process {0} is not alive, so it can take no name")]
    NoProcess(Pid),
}

/// What [`Names::whereis_or_insert`] came to.
pub(crate) enum Whereis {
    Found(Pid),
    Inserted(Pid),
    /// There is no room for another process.
    Full,
}

/// The registered names. Its lock is taken before any process's, never while one is held.
#[derive(Default)]
pub(crate) struct Names(RwLock<HashMap<Arc<str>, Pid>>);

impl Names {
    pub(crate) fn register(&self, table: &Table, name: Arc<str>, pid: Pid) -> Result<(), NameError> {
        let mut names = self.0.write();
        if let Some(&holder) = names.get(&name) {
            return Err(NameError::Taken { name, holder });
        }
        let Some(mut process) = table.lock(pid).filter(|process| !process.is_ending()) else {
            return Err(NameError::NoProcess(pid));
        };
        process.ties().names.push(name.clone());
        names.insert(name, pid);
        Ok(())
    }

    /// The living process of this name, or the one that `insert` makes, registered before anyone else can
    /// look.
    pub(crate) fn whereis_or_insert(
        &self,
        table: &Table,
        name: Arc<str>,
        insert: impl FnOnce() -> Option<Pid>,
    ) -> Whereis {
        let mut names = self.0.write();
        let holder = names.get(&name).copied();
        if let Some(holder) = holder
            && table.slot(holder).is_some_and(|slot| slot.is_living(holder))
        {
            return Whereis::Found(holder);
        }
        let Some(pid) = insert() else { return Whereis::Full };
        // The signal that is about to end the old holder may yet be taken back.
        if let Some(mut dying) = holder.and_then(|holder| table.lock(holder)) {
            dying.ties().names.retain(|held| *held != name);
        }
        if let Some(mut process) = table.lock(pid) {
            process.ties().names.push(name.clone());
        }
        names.insert(name, pid);
        Whereis::Inserted(pid)
    }

    pub(crate) fn unregister(&self, table: &Table, name: &str) -> Option<Pid> {
        let mut names = self.0.write();
        let pid = names.remove(name)?;
        if let Some(mut process) = table.lock(pid) {
            process.ties().names.retain(|held| &**held != name);
        }
        Some(pid)
    }

    /// Frees the names of a process that ended. One that was unregistered and taken by another since stays
    /// the other's.
    pub(crate) fn release(&self, released: &[Arc<str>], pid: Pid) {
        if released.is_empty() {
            return;
        }
        let mut names = self.0.write();
        for name in released {
            if names.get(name) == Some(&pid) {
                names.remove(name);
            }
        }
    }

    pub(crate) fn whereis(&self, name: &str) -> Option<Pid> {
        self.0.read().get(name).copied()
    }
}
