//! What time it is, for keys that expire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells a store the time, by which keys expire.
///
/// It has to be wall-clock time, since what is due must be known after a restart.
///
/// ```
/// use rusm_kv::{Clock, SystemClock};
///
/// assert!(SystemClock.now() > 1_700_000_000_000);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch. A store that is told an earlier time than before goes by the
    /// latest it was told, so that what has expired stays so until the store is closed.
    fn now(&self) -> u64;
}

/// The machine's clock, which a store goes by unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
    }
}

/// A clock that stands still until it is moved, so that a test of what expires need not wait. Clones are the
/// same clock.
///
/// ```
/// use std::time::Duration;
/// use rusm_kv::{ManualClock, Options, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = ManualClock::new(1_700_000_000_000);
/// let store = Store::memory_with(Options::default().clock(clock.clone()))?;
/// let sessions = store.bucket("sessions")?;
/// sessions.set_with_ttl("ann", "token", Duration::from_mins(1)).wait()?;
///
/// clock.advance(Duration::from_secs(59));
/// assert!(sessions.exists("ann")?);
/// clock.advance(Duration::from_secs(1));
/// assert!(!sessions.exists("ann")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows these milliseconds since the Unix epoch.
    pub fn new(now: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now)))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(millis(by), Ordering::AcqRel);
    }

    /// Sets it, back too: machines' clocks are set back at times.
    pub fn set(&self, now: u64) {
        self.0.store(now, Ordering::Release);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Whole milliseconds, as many as fit.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A clock that never goes back.
pub(crate) struct Monotone {
    clock: Arc<dyn Clock>,
    latest: AtomicU64,
}

impl Monotone {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, latest: AtomicU64::new(0) }
    }

    pub(crate) fn now(&self) -> u64 {
        let now = self.clock.now();
        // Only the first read of each millisecond writes to the memory that all readers share.
        let latest = self.latest.load(Ordering::Acquire);
        if now > latest { self.latest.fetch_max(now, Ordering::AcqRel).max(now) } else { latest }
    }

    /// When something set now for that long is due: never before its whole time is over.
    pub(crate) fn after(&self, ttl: Duration) -> u64 {
        let part = u64::from(!ttl.subsec_nanos().is_multiple_of(1_000_000));
        self.now().saturating_add(millis(ttl)).saturating_add(part)
    }
}
