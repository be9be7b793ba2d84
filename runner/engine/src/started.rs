//! Whether this is a process yet, or still the one instance that all processes will be copies of.

use std::sync::atomic::{AtomicBool, Ordering};

static STARTED: AtomicBool = AtomicBool::new(false);

/// Whether the bundle is being evaluated, once for all processes.
pub(crate) fn is_imaging() -> bool {
    !STARTED.load(Ordering::Relaxed)
}

/// From here on this is a process.
pub(crate) fn start() {
    STARTED.store(true, Ordering::Relaxed);
}
