//! Many callers, one writer: groups, order, a full queue, a failing disk, the end.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use common::disk::Disk;
use rusm_kv::{Batch, Bucket, Options, ReadError, Scan, Store, Write, WriteError};

/// A store on a disk that can be held, without commits of its own.
fn on(disk: &Disk) -> (Store, Bucket) {
    let options = Options::default().checkpoint_after(Duration::from_hours(1)).queue_bytes(10_000);
    let store = Store::with_backend(disk.clone(), options).unwrap();
    let bucket = store.bucket("b").unwrap();
    (store, bucket)
}

/// Keeps the writer busy: what is sent next makes one group.
fn occupy(disk: &Disk, bucket: &Bucket) -> Write<()> {
    disk.hold();
    let write = bucket.set("first", "");
    disk.wait_for_held();
    write
}

#[test]
fn threads_count_exactly() {
    let store = Store::memory().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..64_u64 {
            let bucket = store.bucket("counts").unwrap();
            scope.spawn(move || {
                for _ in 0..50 {
                    bucket.increment("all", 1).wait().unwrap();
                    let own = bucket.increment(thread.to_be_bytes(), 1).wait().unwrap();
                    let read = bucket.get(thread.to_be_bytes()).unwrap().unwrap();
                    assert_eq!(read, own.to_string().into_bytes(), "what was answered can be read");
                }
            });
        }
    });
    assert_eq!(store.bucket("counts").unwrap().get("all").unwrap().unwrap(), b"3200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_move_money_without_losing_any() {
    let store = Store::memory().unwrap();
    let accounts = store.bucket("accounts").unwrap();
    for n in 0..8_u64 {
        accounts.set(n.to_be_bytes(), "100").await.unwrap();
    }
    let tasks = (0..64_u64).map(|task| {
        let (store, accounts) = (store.clone(), accounts.clone());
        tokio::spawn(async move {
            for n in 0..20 {
                transfer(&store, &accounts, (task + n) % 8, (task * 3 + n + 1) % 8).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let sum: i64 = accounts.scan(&Scan::all()).unwrap().items.iter().map(|(_, value)| number(value)).sum();
    assert_eq!(sum, 800);
}

fn number(value: &[u8]) -> i64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

/// Tries until nobody else came between the reads and the write.
async fn transfer(store: &Store, accounts: &Bucket, from: u64, to: u64) {
    let (from, to) = (from.to_be_bytes(), to.to_be_bytes());
    if from == to {
        return;
    }
    loop {
        let snapshot = store.snapshot().unwrap();
        let read = |key| snapshot.get(accounts, key).unwrap().unwrap();
        let (rich, poor) = (read(from), read(to));
        let mut batch = Batch::new();
        batch.expect(accounts, from, Some(&rich)).expect(accounts, to, Some(&poor));
        batch.set(accounts, from, (number(&rich) - 1).to_string());
        batch.set(accounts, to, (number(&poor) + 1).to_string());
        if store.write(batch).await.unwrap() {
            break;
        }
    }
}

#[test]
fn what_waits_shares_a_commit_and_what_fails_harms_no_other() {
    let disk = Disk::default();
    let (_store, bucket) = on(&disk);
    bucket.set("text", "no number").wait().unwrap();
    let first = occupy(&disk, &bucket);
    let before = disk.syncs();
    let set = bucket.set("a", "1");
    let counted = bucket.increment("text", 1);
    let swapped = bucket.compare_and_set("a", Some(b"2"), Some(b"3"));
    let invalid = bucket.set("", "1");
    let sums: Vec<_> = (0..10).map(|_| bucket.increment("n", 1)).collect();
    disk.release();

    first.wait().unwrap();
    set.wait().unwrap();
    assert!(matches!(counted.wait(), Err(WriteError::NotACounter { .. })));
    assert!(!swapped.wait().unwrap());
    assert!(matches!(invalid.wait(), Err(WriteError::Invalid(_))));
    let sums: Vec<i64> = sums.into_iter().map(|sum| sum.wait().unwrap()).collect();
    assert_eq!(sums, (1..=10).collect::<Vec<_>>());
    assert_eq!(bucket.get("text").unwrap().unwrap(), b"no number");
    assert_eq!(disk.syncs() - before, 2, "one commit for the first, one for all others");
}

#[test]
fn a_write_that_changes_nothing_needs_no_disk() {
    let disk = Disk::default();
    let (_store, bucket) = on(&disk);
    let before = disk.syncs();
    assert!(!bucket.delete("none").wait().unwrap());
    assert!(!bucket.compare_and_set("none", Some(b""), None).wait().unwrap());
    assert_eq!(disk.syncs(), before);
}

#[test]
fn the_last_of_a_callers_writes_wins() {
    let store = Store::memory().unwrap();
    let bucket = store.bucket("b").unwrap();
    let writes: Vec<_> = (0..5000_u32).map(|n| bucket.set("k", n.to_string())).collect();
    for write in writes {
        write.wait().unwrap();
    }
    assert_eq!(bucket.get("k").unwrap().unwrap(), b"4999");
}

#[test]
fn a_dropped_write_happens_all_the_same() {
    let store = Store::memory().unwrap();
    let bucket = store.bucket("b").unwrap();
    drop(bucket.set("a", "1"));
    bucket.set("b", "1").wait().unwrap();
    assert!(bucket.exists("a").unwrap());
}

#[test]
fn a_full_queue_refuses_and_recovers() {
    let disk = Disk::default();
    let (_store, bucket) = on(&disk);
    let first = occupy(&disk, &bucket);
    // One that finds it empty is taken, however large.
    let large = bucket.set("large", vec![0; 50_000]);
    let refused = bucket.set("more", "");
    assert!(matches!(refused.wait(), Err(WriteError::Overloaded { waiting: 50_000.., limit: 10_000 })));
    disk.release();
    first.wait().unwrap();
    large.wait().unwrap();
    bucket.set("more", "").wait().unwrap();
}

#[test]
fn a_failing_disk_fails_its_group_and_all_that_follows() {
    let disk = Disk::default();
    let (store, bucket) = on(&disk);
    bucket.set("safe", "1").wait().unwrap();
    let in_commit = occupy(&disk, &bucket);
    let waiting = bucket.set("a", "1");
    disk.fail();
    disk.release();
    let error = in_commit.wait().unwrap_err();
    assert!(matches!(error, WriteError::Failed(_)));
    assert!(error.to_string().contains("the disk failed"), "{error}");
    assert!(matches!(waiting.wait(), Err(WriteError::Failed(_))));
    assert!(matches!(bucket.set("b", "1").wait(), Err(WriteError::Failed(_))));
    assert_eq!(bucket.get("safe").unwrap().unwrap(), b"1", "what is in memory can still be read");
    assert!(!bucket.exists("a").unwrap());
    assert!(store.close().is_err(), "it could not be closed in an orderly way");

    let again = Store::with_backend(Disk::with(disk.seen()), Options::default()).unwrap();
    assert_eq!(again.bucket("b").unwrap().get("safe").unwrap().unwrap(), b"1");
}

#[test]
fn a_panic_of_the_writer_leaves_nobody_waiting() {
    let disk = Disk::default();
    let (store, bucket) = on(&disk);
    let in_commit = occupy(&disk, &bucket);
    let waiting = bucket.set("a", "1");
    disk.panic();
    disk.release();
    let error = in_commit.wait().unwrap_err();
    assert!(error.to_string().contains("the writer panicked: the disk's driver has a bug"), "{error}");
    assert!(matches!(waiting.wait(), Err(WriteError::Failed(_))));
    assert!(matches!(bucket.set("b", "1").wait(), Err(WriteError::Failed(_))));
    // Whatever the end is, it is one.
    let _ = store.close();
}

#[test]
fn closing_does_what_was_sent() {
    let disk = Disk::default();
    let (store, bucket) = on(&disk);
    let first = occupy(&disk, &bucket);
    let second = bucket.set("a", "1");
    let snapshot = store.snapshot().unwrap();
    std::thread::scope(|scope| {
        let close = scope.spawn(|| store.close());
        disk.release();
        close.join().unwrap().unwrap();
    });
    first.wait().unwrap();
    second.wait().unwrap();
    assert!(matches!(bucket.set("b", "1").wait(), Err(WriteError::Closed)));
    assert!(matches!(bucket.get("a"), Err(ReadError::Closed)));
    // What a snapshot has in memory it still has; the rest is closed to it.
    assert!(matches!(snapshot.get(&bucket, "a"), Ok(None) | Err(ReadError::Closed)));
    store.close().unwrap();
    let again = Store::with_backend(Disk::with(disk.seen()), Options::default()).unwrap();
    assert_eq!((again.bucket("b").unwrap().count().unwrap(), again.repaired()), (2, None));
}

/// The waker of a task that is gone may hold the store's last handle, and the writer drops it.
#[test]
fn the_writer_may_drop_the_last_handle() {
    struct Holds(#[allow(dead_code)] Store, Arc<AtomicBool>);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Holds {
        fn drop(&mut self) {
            self.1.store(true, Ordering::Release);
        }
    }
    let disk = Disk::default();
    let (store, bucket) = on(&disk);
    let mut write = Box::pin(occupy(&disk, &bucket));
    let gone = Arc::new(AtomicBool::new(false));
    let waker = Waker::from(Arc::new(Holds(store.clone(), gone.clone())));
    assert!(matches!(write.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending));
    drop((waker, store, bucket));
    disk.release();
    let deadline = Instant::now() + Duration::from_mins(1);
    while !(gone.load(Ordering::Acquire) && disk.is_closed()) {
        assert!(Instant::now() < deadline, "it was not closed");
        std::thread::yield_now();
    }
    assert_eq!(Store::with_backend(Disk::with(disk.seen()), Options::default()).unwrap().repaired(), None);
}
