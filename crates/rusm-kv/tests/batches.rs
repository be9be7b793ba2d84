//! All or nothing.

use rusm_kv::{Batch, Invalid, Scan, Store, WriteError};

#[test]
fn a_batch_writes_over_buckets_in_order() {
    let store = Store::memory().unwrap();
    let (a, b) = (store.bucket("a").unwrap(), store.bucket("b").unwrap());
    let mut batch = Batch::new();
    batch
        .set(&a, "x", "1")
        .set(&a, "x", "2")
        .set(&b, "y", "1")
        .set(&b, "z", "1")
        .delete(&b, "y")
        .delete(&b, "none");
    assert_eq!((batch.len(), batch.is_empty()), (6, false));
    assert!(store.write(batch).wait().unwrap());
    assert_eq!(a.get("x").unwrap().unwrap(), b"2");
    assert_eq!(b.list(&Scan::all()).unwrap().items, [b"z"]);
    assert_eq!((a.count().unwrap(), b.count().unwrap()), (1, 1));
}

#[test]
fn a_batch_whose_conditions_do_not_hold_writes_nothing() {
    let store = Store::memory().unwrap();
    let (a, b) = (store.bucket("a").unwrap(), store.bucket("b").unwrap());
    a.set("x", "1").wait().unwrap();
    let write = |x: Option<&[u8]>, y: Option<&[u8]>| {
        let mut batch = Batch::new();
        // A condition that follows a write is looked at before it all the same.
        batch.set(&a, "x", "2").expect(&a, "x", x).expect(&b, "y", y).set(&b, "y", "2");
        store.write(batch).wait().unwrap()
    };
    assert!(!write(Some(b"2"), None));
    assert!(!write(None, None));
    assert!(!write(Some(b"1"), Some(b"1")));
    assert_eq!(a.get("x").unwrap().unwrap(), b"1");
    assert_eq!(b.count().unwrap(), 0);
    assert!(write(Some(b"1"), None));
    assert_eq!(b.get("y").unwrap().unwrap(), b"2");
}

#[test]
fn a_batch_with_one_bad_part_writes_nothing() {
    let store = Store::memory().unwrap();
    let a = store.bucket("a").unwrap();
    let mut batch = Batch::new();
    batch.set(&a, "x", "1").set(&a, "", "1");
    assert!(matches!(store.write(batch).wait(), Err(WriteError::Invalid(Invalid::EmptyKey))));
    assert_eq!(a.count().unwrap(), 0);
    assert!(store.write(Batch::new()).wait().unwrap(), "an empty one has nothing against it");
}

#[test]
fn a_batch_may_fill_a_bucket_and_empty_it() {
    let store = Store::memory().unwrap();
    let a = store.bucket("a").unwrap();
    let mut batch = Batch::new();
    batch.set(&a, "x", "1").delete(&a, "x");
    assert!(store.write(batch).wait().unwrap());
    assert!(store.buckets(&Scan::all()).unwrap().items.is_empty());
    a.set("y", "1").wait().unwrap();
    assert_eq!(a.list(&Scan::all()).unwrap().items, [b"y"]);
}
