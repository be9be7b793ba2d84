//! A disk that keeps what was synced apart from what was not, and can lose power.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use rusm_kv::StorageBackend;

use super::Random;

/// What a disk writes wholly or not at all.
const SECTOR: usize = 512;

/// Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fault of its own
struct State {
    /// What survives a power cut for certain.
    synced: Vec<u8>,
    /// What the running system sees.
    seen: Vec<u8>,
    unsynced: Vec<Change>,
    /// Operations until the power goes, if it is to go.
    fuse: Option<u64>,
    off: bool,
    /// Syncs wait while this is set.
    held: bool,
    /// Syncs that wait for it.
    waiting: usize,
    closed: bool,
    syncs: u64,
    fail_syncs: bool,
    panic_syncs: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Length(usize),
    Bytes(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Length(len) => to.resize(*len, 0),
            Self::Bytes(at, bytes) => {
                let end = at + bytes.len();
                if to.len() < end {
                    to.resize(end, 0);
                }
                to[*at..end].copy_from_slice(bytes);
            }
        }
    }
}

impl Disk {
    /// A disk on which these bytes are safe.
    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.state();
            state.seen.clone_from(&bytes);
            state.synced = bytes;
        }
        disk
    }

    /// The power goes after so many writes, syncs and changes of length.
    pub(crate) fn cut_after(&self, operations: u64) {
        self.state().fuse = Some(operations);
    }

    /// Syncs wait until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    /// Waits until a sync waits.
    pub(crate) fn wait_for_held(&self) {
        let mut state = self.state();
        while state.waiting == 0 {
            state = self.0.1.wait(state).unwrap();
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(crate) fn release(&self) {
        self.state().held = false;
        self.0.1.notify_all();
    }

    /// Syncs fail from now on.
    pub(crate) fn fail(&self) {
        self.state().fail_syncs = true;
    }

    /// Syncs panic from now on.
    pub(crate) fn panic(&self) {
        self.state().panic_syncs = true;
    }

    pub(crate) fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// What the system sees while it runs.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.state().seen.clone()
    }

    /// What is left after a power cut now: what was synced, and of the rest a random part, sectors of a write
    /// apart from each other.
    pub(crate) fn after_power_cut(&self, random: &mut Random) -> Vec<u8> {
        let state = self.state();
        let mut left = state.synced.clone();
        let kept = [0, 10, 50, 90, 100][usize::try_from(random.below(5)).unwrap()];
        for change in &state.unsynced {
            if !random.percent(kept) {
                continue;
            }
            match change {
                Change::Bytes(at, bytes) if random.percent(50) => {
                    for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                        if random.percent(70) {
                            Change::Bytes(at + n * SECTOR, sector.to_vec()).apply(&mut left);
                        }
                    }
                }
                whole => whole.apply(&mut left),
            }
        }
        left
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.state();
        let cut = state.burn()?;
        change.apply(&mut state.seen);
        state.unsynced.push(change);
        cut
    }
}

impl State {
    /// Outside: the power was off already. Inside: it goes during this operation.
    fn burn(&mut self) -> io::Result<io::Result<()>> {
        let no_power = || io::Error::other("no power");
        if self.off {
            return Err(no_power());
        }
        if let Some(fuse) = &mut self.fuse {
            *fuse = fuse.saturating_sub(1);
            self.off = *fuse == 0;
        }
        Ok(if self.off { Err(no_power()) } else { Ok(()) })
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.off {
            return Err(io::Error::other("no power"));
        }
        let at = usize::try_from(offset).unwrap();
        let bytes = state.seen.get(at..at + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        state.waiting += 1;
        self.0.1.notify_all();
        while state.held {
            state = self.0.1.wait(state).unwrap();
        }
        state.waiting -= 1;
        assert!(!state.panic_syncs, "the disk's driver has a bug");
        if state.fail_syncs {
            return Err(io::Error::other("the disk failed"));
        }
        state.burn()??;
        state.syncs += 1;
        for change in std::mem::take(&mut state.unsynced) {
            change.apply(&mut state.synced);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Bytes(usize::try_from(offset).unwrap(), data.to_vec()))
    }

    fn close(&self) -> io::Result<()> {
        self.state().closed = true;
        Ok(())
    }
}
