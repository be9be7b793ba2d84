//! The threads that serve, and whether all of them have work.
//!
//! To send a reply is to wake whoever waits for it, and where that is on the same machine, as a proxy is, waking it can cost more
//! than the work for a short reply did. So while no thread is idle, a reply that is made lets the others that wait on its
//! thread be made first, and then they go out one after another: the first of them wakes the peer, and it stays awake
//! for the rest. A node that has a thread to spare sends each as soon as it can.

use std::cell::OnceCell;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use tokio::runtime::Builder;

thread_local! {
    /// How many threads of this thread's runtime are idle.
    static IDLE: OnceCell<Arc<AtomicUsize>> = const { OnceCell::new() };
}

/// A builder of the runtime that a [`Node`](crate::Node) is best run on; on any other it does all the same, a little slower when
/// it is busy.
pub fn runtime() -> Builder {
    let idle = Arc::new(AtomicUsize::new(0));
    let (mine, parks, unparks) = (Arc::clone(&idle), Arc::clone(&idle), idle);
    let mut builder = Builder::new_multi_thread();
    builder
        .enable_all()
        .thread_name("rusm-serve")
        // Between two looks at the sockets a worker polls this many tasks, and a guest's poll may last an epoch.
        .event_interval(8)
        .on_thread_start(move || drop(IDLE.with(|idle| idle.set(Arc::clone(&mine)))))
        .on_thread_park(move || {
            parks.fetch_add(1, Ordering::Relaxed);
        })
        .on_thread_unpark(move || {
            unparks.fetch_sub(1, Ordering::Relaxed);
        });
    builder
}

/// Whether all threads have work; false on a runtime that [`runtime`] did not set up.
fn are_busy() -> bool {
    IDLE.with(|idle| idle.get().is_some_and(|idle| idle.load(Ordering::Relaxed) == 0))
}

/// Lets what waits on this thread run first, if all threads have work.
///
/// Cancel safe.
pub(crate) async fn let_others_run() {
    let mut goes_on = !are_busy();
    poll_fn(|cx| {
        if goes_on {
            return Poll::Ready(());
        }
        goes_on = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{are_busy, let_others_run, runtime};

    #[test]
    fn what_waits_runs_first_where_all_are_busy() {
        let order = runtime().worker_threads(1).build().unwrap().block_on(async {
            let first = tokio::spawn(async {
                let ran = Arc::new(AtomicUsize::new(0));
                let counted = Arc::clone(&ran);
                let other = tokio::spawn(async move { counted.fetch_add(1, Ordering::Relaxed) });
                let before = ran.load(Ordering::Relaxed);
                let_others_run().await;
                let after = ran.load(Ordering::Relaxed);
                other.await.unwrap();
                (before, after)
            });
            first.await.unwrap()
        });
        assert_eq!(order, (0, 1));
    }

    #[test]
    fn nothing_waits_while_a_thread_is_idle() {
        runtime().worker_threads(2).build().unwrap().block_on(async {
            let task = tokio::spawn(async {
                // The other thread looks for work when this task begins, and finds none.
                while are_busy() {
                    std::thread::yield_now();
                }
                let polled = futures_util::poll!(std::pin::pin!(let_others_run()));
                assert!(polled.is_ready());
            });
            task.await.unwrap();
        });
    }

    #[test]
    fn another_runtime_is_never_held_up() {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(async {
            assert!(!tokio::spawn(async { are_busy() }).await.unwrap());
        });
    }
}
