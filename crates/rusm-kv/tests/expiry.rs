//! Keys that live for a time, by a clock that the test moves.

use std::time::Duration;

use rusm_kv::{Batch, Bucket, ManualClock, Options, Scan, Store, Ttl};

const START: u64 = 1_700_000_000_000;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

fn store() -> (Store, Bucket, ManualClock) {
    let clock = ManualClock::new(START);
    // Nothing is swept unless a test asks for it, or writes.
    let options = Options::default().clock(clock.clone()).sweep_interval(Duration::from_hours(1));
    let store = Store::memory_with(options).unwrap();
    let bucket = store.bucket("sessions").unwrap();
    (store, bucket, clock)
}

fn left(bucket: &Bucket, key: &str) -> Option<Ttl> {
    bucket.ttl(key).unwrap()
}

#[test]
fn an_expired_key_is_absent_for_every_operation() {
    let (store, bucket, clock) = store();
    bucket.set_with_ttl("a", "1", MINUTE).wait().unwrap();
    bucket.set("b", "1").wait().unwrap();
    let passing = store.bucket("passing").unwrap();
    passing.set_with_ttl("x", "1", MINUTE).wait().unwrap();
    clock.advance(Duration::from_millis(59_999));
    assert_eq!(left(&bucket, "a"), Some(Ttl::For(Duration::from_millis(1))));
    assert_eq!(left(&bucket, "b"), Some(Ttl::Forever));
    assert_eq!(left(&bucket, "c"), None);
    let before = store.snapshot().unwrap();

    clock.advance(Duration::from_millis(1));
    assert_eq!(bucket.get("a").unwrap(), None);
    assert!(!bucket.exists("a").unwrap());
    assert_eq!(left(&bucket, "a"), None);
    assert_eq!(bucket.list(&Scan::all()).unwrap().items, [b"b"]);
    assert_eq!(bucket.scan(&Scan::all().reverse()).unwrap().items.len(), 1);
    assert_eq!(bucket.count().unwrap(), 1);
    let buckets = store.buckets(&Scan::all()).unwrap().items;
    assert_eq!(buckets.len(), 1);
    assert_eq!((&buckets[0].name[..], buckets[0].keys), ("sessions", 1));
    assert_eq!(passing.clear().wait().unwrap(), 0);
    assert!(before.exists(&bucket, "a").unwrap(), "in a snapshot nothing expires");
}

#[test]
fn writes_find_an_expired_key_absent() {
    let (_store, bucket, clock) = store();
    let again = |key: &str| {
        bucket.set_with_ttl(key, "7", SECOND).wait().unwrap();
        clock.advance(SECOND);
    };
    again("a");
    assert!(!bucket.delete("a").wait().unwrap());
    again("a");
    assert!(!bucket.compare_and_set("a", Some(b"7"), Some(b"8")).wait().unwrap());
    assert!(bucket.compare_and_set("a", None, Some(b"8")).wait().unwrap());
    assert_eq!(left(&bucket, "a"), Some(Ttl::Forever));
    again("a");
    assert_eq!(bucket.increment("a", 1).wait().unwrap(), 1);
    assert_eq!(left(&bucket, "a"), Some(Ttl::Forever), "the time of the key that was is not the new one's");
    again("a");
    bucket.set("a", "9").wait().unwrap();
    assert_eq!(bucket.count().unwrap(), 1);
}

#[test]
fn a_set_sets_the_time_anew_and_an_increment_keeps_it() {
    let (store, bucket, clock) = store();
    bucket.set_with_ttl("a", "1", SECOND).wait().unwrap();
    bucket.set_with_ttl("a", "1", MINUTE).wait().unwrap();
    clock.advance(SECOND);
    assert_eq!(left(&bucket, "a"), Some(Ttl::For(Duration::from_secs(59))));
    assert_eq!(bucket.increment("a", 1).wait().unwrap(), 2);
    assert_eq!(bucket.increment_with_ttl("a", 1, SECOND).wait().unwrap(), 3);
    assert_eq!(left(&bucket, "a"), Some(Ttl::For(Duration::from_secs(59))));
    assert!(bucket.compare_and_set("a", Some(b"3"), Some(b"4")).wait().unwrap());
    assert_eq!(left(&bucket, "a"), Some(Ttl::Forever));

    assert_eq!(bucket.increment_with_ttl("window", 1, SECOND).wait().unwrap(), 1);
    assert_eq!(left(&bucket, "window"), Some(Ttl::For(SECOND)));

    let mut batch = Batch::new();
    batch.set_with_ttl(&bucket, "a", "5", SECOND).set(&bucket, "window", "5");
    assert!(store.write(batch).wait().unwrap());
    assert_eq!(left(&bucket, "a"), Some(Ttl::For(SECOND)));
    assert_eq!(left(&bucket, "window"), Some(Ttl::Forever));
    clock.advance(MINUTE);
    assert_eq!(bucket.list(&Scan::all()).unwrap().items, [b"window"]);
}

#[test]
fn what_expired_is_swept_in_steps() {
    let (store, bucket, clock) = store();
    let mut batch = Batch::new();
    for n in 0..10_000_u32 {
        batch.set_with_ttl(&bucket, n.to_be_bytes(), "x", SECOND);
    }
    batch.set(&bucket, "stays", "x");
    store.write(batch).wait().unwrap();
    assert_eq!(store.sweep().wait().unwrap(), 0);
    clock.advance(SECOND);
    let steps: Vec<u64> =
        std::iter::from_fn(|| Some(store.sweep().wait().unwrap()).filter(|&n| n > 0)).collect();
    assert!(steps.iter().all(|&n| n < 5000), "{steps:?}");
    assert_eq!(bucket.count().unwrap(), 1);
    bucket.delete("stays").wait().unwrap();
    assert!(store.buckets(&Scan::all()).unwrap().items.is_empty());
}

/// Waits for the background, which tells of its work by nothing but less space. The bound is for a failure.
#[test]
fn an_idle_store_sweeps_by_itself() {
    let clock = ManualClock::new(START);
    let options = Options::default().clock(clock.clone()).sweep_interval(Duration::from_millis(1));
    let store = Store::memory_with(options).unwrap();
    let bucket = store.bucket("b").unwrap();
    bucket.set_with_ttl("a", "1", SECOND).wait().unwrap();
    clock.advance(SECOND);
    let deadline = std::time::Instant::now() + MINUTE;
    while store.unswept().unwrap() > 0 {
        assert!(std::time::Instant::now() < deadline, "it was not swept");
        std::thread::yield_now();
    }
}

#[test]
fn a_clock_that_goes_back_brings_nothing_back() {
    let clock = ManualClock::new(START);
    let store = Store::memory_with(Options::default().clock(clock.clone())).unwrap();
    let bucket = store.bucket("b").unwrap();
    bucket.set_with_ttl("a", "1", SECOND).wait().unwrap();
    clock.advance(SECOND);
    assert!(!bucket.exists("a").unwrap());
    clock.set(START);
    assert!(!bucket.exists("a").unwrap());
}

#[test]
fn time_is_kept_through_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::new(START);
    let open = || Store::open_with(folder.path().join("s"), Options::default().clock(clock.clone())).unwrap();
    let store = open();
    store.bucket("b").unwrap().set_with_ttl("a", "1", MINUTE).wait().unwrap();
    store.close().unwrap();
    clock.advance(SECOND);
    let store = open();
    assert_eq!(left(&store.bucket("b").unwrap(), "a"), Some(Ttl::For(Duration::from_secs(59))));
    store.close().unwrap();
    clock.advance(MINUTE);
    assert!(!open().bucket("b").unwrap().exists("a").unwrap());
}
