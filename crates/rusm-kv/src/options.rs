use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::limits::Limits;
use crate::{Clock, SystemClock};

const MIB: usize = 1024 * 1024;

/// How a store is opened. The defaults suit a server that keeps its state in it.
///
/// ```
/// use rusm_kv::{Options, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory_with(Options::default().max_value_bytes(100))?;
/// let notes = store.bucket("notes")?;
/// assert!(notes.set("long", [0; 101]).wait().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Options {
    pub(crate) limits: Limits,
    pub(crate) cache: usize,
    pub(crate) queue: usize,
    pub(crate) sweep_interval: Duration,
    pub(crate) checkpoint_after: Duration,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits { value: 8 * MIB, batch: 32 * MIB },
            cache: 64 * MIB,
            queue: 64 * MIB,
            sweep_interval: Duration::from_secs(1),
            checkpoint_after: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
        }
    }
}

impl Options {
    /// The longest value: 8 MiB unless set, and 1 GiB at most.
    #[must_use]
    pub fn max_value_bytes(mut self, bytes: usize) -> Self {
        self.limits.value = bytes.min(1024 * MIB);
        self
    }

    /// The largest batch, in bytes of names, keys and values: 32 MiB unless set.
    #[must_use]
    pub fn max_batch_bytes(mut self, bytes: usize) -> Self {
        self.limits.batch = bytes;
        self
    }

    /// How much of the file is kept in memory: 64 MiB unless set.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache = bytes;
        self
    }

    /// How many bytes of writes may wait for the disk: 64 MiB unless set. A write that finds the queue full fails
    /// with [`WriteError::Overloaded`](crate::WriteError::Overloaded); one that finds it empty is always taken.
    #[must_use]
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue = bytes;
        self
    }

    /// How often an idle store looks for keys that have expired, to free their space: every second unless set.
    /// Reads do not depend on it.
    #[must_use]
    pub fn sweep_interval(mut self, interval: Duration) -> Self {
        self.sweep_interval = interval;
        self
    }

    /// How long after its last write an idle store makes one more commit, which records what redb otherwise
    /// has to find out from the whole file when it is opened after a crash: a second unless set.
    #[must_use]
    pub fn checkpoint_after(mut self, idle: Duration) -> Self {
        self.checkpoint_after = idle;
        self
    }

    /// The clock by which keys expire: the machine's unless set.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("max_value_bytes", &self.limits.value)
            .field("max_batch_bytes", &self.limits.batch)
            .field("cache_bytes", &self.cache)
            .field("queue_bytes", &self.queue)
            .field("sweep_interval", &self.sweep_interval)
            .field("checkpoint_after", &self.checkpoint_after)
            .finish_non_exhaustive()
    }
}
