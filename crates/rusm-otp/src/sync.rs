//! The locks and atomics that threads meet at.
//!
//! With `--cfg shuttle` they are shuttle's, at each use of which a test decides which thread goes on: see
//! `tests/interleavings`. Without it these are names and nothing else.

#[cfg(not(shuttle))]
pub(crate) use self::threads::*;
#[cfg(shuttle)]
pub(crate) use self::tried::*;

#[cfg(not(shuttle))]
mod threads {
    pub(crate) use std::hint;
    pub(crate) use std::sync::atomic;

    pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock};
}

/// Shuttle's locks are shaped as the standard library's, these as `parking_lot`'s.
#[cfg(shuttle)]
mod tried {
    use std::sync::PoisonError;

    pub(crate) use shuttle::hint;
    use shuttle::sync;
    pub(crate) use shuttle::sync::{MutexGuard, atomic};
    use shuttle::sync::{RwLockReadGuard, RwLockWriteGuard};

    #[derive(Default)]
    pub(crate) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    #[derive(Default)]
    pub(crate) struct RwLock<T>(sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
            self.0.read().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
            self.0.write().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
