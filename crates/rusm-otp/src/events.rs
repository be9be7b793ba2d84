//! Events in the lives of processes, for observers.

use std::fmt;
use std::sync::Arc;

use crate::contain::contain;
use crate::runtime::Shared;
use crate::sync::RwLock;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::{ExitReason, Pid, Runtime};

/// Something that happened to a process; see [`Runtime::observe`]. What supervisors tell is what OTP's write
/// to the log.
///
/// ```
/// # use rusm_otp::{Event, ExitReason, Runtime, SpawnOptions};
/// # #[tokio::main] async fn main() {
/// # let runtime = Runtime::new();
/// let (sender, mut crashes) = tokio::sync::mpsc::unbounded_channel();
/// let _observer = runtime.observe(move |event| {
///     if let Event::Exited { reason: ExitReason::Crashed(text), label, .. } = event {
///         let _ = sender.send(format!("{}: {text}", label.as_deref().unwrap_or("?")));
///     }
/// });
/// let options = SpawnOptions::default().label("job");
/// runtime.spawn(options, |_ctx| async { ExitReason::crashed("no luck") });
/// assert_eq!(crashes.recv().await.unwrap(), "job: no luck");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A process came to life; its body starts after this.
    Spawned {
        /// The process.
        pid: Pid,
        /// What it is called in logs.
        label: Option<Arc<str>>,
    },
    /// A process is over; its links and monitors have been told.
    Exited {
        /// The process.
        pid: Pid,
        /// What it was called in logs.
        label: Option<Arc<str>>,
        /// Why it ended.
        reason: ExitReason,
    },
    /// A supervisor's child ended by itself, and was not meant to.
    ChildTerminated {
        /// Whose child it is.
        supervisor: Pid,
        /// Which of its children.
        id: Arc<str>,
        /// The process that ended.
        pid: Pid,
        /// Why.
        reason: ExitReason,
    },
    /// A supervisor gave a child a new process.
    Restarted {
        /// Whose child it is.
        supervisor: Pid,
        /// Which of its children.
        id: Arc<str>,
        /// The process that the child was.
        old: Pid,
        /// The process that it is now.
        new: Pid,
        /// Why the old one ended: by itself, or stopped with a sibling.
        reason: ExitReason,
    },
    /// A supervisor's child did not start, at first or again.
    StartFailed {
        /// Whose child it is.
        supervisor: Pid,
        /// Which of its children.
        id: Arc<str>,
        /// Why.
        reason: ExitReason,
    },
    /// A supervisor stopped a child, and it ended otherwise than it was asked to.
    StopFailed {
        /// Whose child it is.
        supervisor: Pid,
        /// Which of its children.
        id: Arc<str>,
        /// The process.
        pid: Pid,
        /// How it ended.
        reason: ExitReason,
    },
    /// The restart of this child would have been one too many for its supervisor, which ends.
    IntensityReached {
        /// Whose child it is.
        supervisor: Pid,
        /// Which of its children.
        id: Arc<str>,
    },
}

type Hook = Arc<dyn Fn(&Event) + Send + Sync>;

/// Who is told of events. Nobody listening costs one load for each.
#[derive(Default)]
pub(crate) struct Observers {
    listening: AtomicBool,
    hooks: RwLock<Arc<[Hook]>>,
}

impl Observers {
    #[inline]
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.listening.load(Ordering::Relaxed) {
            self.tell_all(&event());
        }
    }

    #[cold]
    fn tell_all(&self, event: &Event) {
        let hooks = self.hooks.read().clone();
        for hook in &*hooks {
            // An observer that panics is no reason for those it observes to fail.
            let _ = contain(|| hook(event));
        }
    }

    fn change(&self, change: impl FnOnce(&[Hook]) -> Arc<[Hook]>) {
        let mut hooks = self.hooks.write();
        let old = std::mem::take(&mut *hooks);
        *hooks = change(&old);
        self.listening.store(!hooks.is_empty(), Ordering::Relaxed);
        drop(hooks);
        // The last of an observer may go here, with what it holds.
        drop(old);
    }
}

impl Runtime {
    /// Has a function called with each [`Event`], until the [`Observer`] is dropped.
    ///
    /// It is called where the event happens, by the thread that it happens on and with no lock held, so it
    /// should be quick: count, or pass it on. For one process, spawn comes before exit; between processes
    /// there is no order. A panic in it is dropped. Nobody observing costs nothing.
    ///
    /// ```
    /// # use rusm_otp::{Event, ExitReason, Runtime, SpawnOptions};
    /// # use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
    /// # #[tokio::main] async fn main() -> Result<(), ExitReason> {
    /// # let runtime = Runtime::new();
    /// let crashes = Arc::new(AtomicUsize::new(0));
    /// let count = crashes.clone();
    /// let observer = runtime.observe(move |event| {
    ///     if let Event::Exited { reason: ExitReason::Crashed(_), .. } = event {
    ///         count.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// let crash = runtime.run(SpawnOptions::default(), |_ctx| async { panic!("oh") as Result<(), _> }).await;
    /// assert!(crash.is_err());
    /// assert_eq!(crashes.load(Ordering::Relaxed), 1);
    /// # drop(observer);
    /// # Ok(()) }
    /// ```
    pub fn observe(&self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Observer {
        let hook: Hook = Arc::new(hook);
        self.0.observers.change(|hooks| hooks.iter().chain([&hook]).cloned().collect());
        Observer { shared: self.0.clone(), hook }
    }
}

/// An observer that is told of events for as long as this is kept. A call that is under way when it is
/// dropped comes to its end.
///
/// ```
/// # #[tokio::main] async fn main() {
/// # let runtime = rusm_otp::Runtime::new();
/// let observer = runtime.observe(|event| println!("{event:?}"));
/// drop(observer);
/// # }
/// ```
#[must_use = "observing ends when this is dropped"]
pub struct Observer {
    shared: Arc<Shared>,
    hook: Hook,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.shared
            .observers
            .change(|hooks| hooks.iter().filter(|hook| !Arc::ptr_eq(hook, &self.hook)).cloned().collect());
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}
