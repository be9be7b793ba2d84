//! Each operation, and where it ends.

use std::time::Duration;

use rusm_kv::{
    Bucket, BucketInfo, Invalid, MAX_BUCKET_NAME, MAX_KEY, Options, Page, ReadError, Scan, Store, WriteError,
};

fn bucket() -> Bucket {
    Store::memory().unwrap().bucket("things").unwrap()
}

fn keys(page: &Page<Vec<u8>>) -> Vec<&str> {
    page.items.iter().map(|key| std::str::from_utf8(key).unwrap()).collect()
}

#[test]
fn what_was_set_is_there() {
    let bucket = bucket();
    assert_eq!(bucket.get("a").unwrap(), None);
    bucket.set("a", "1").wait().unwrap();
    bucket.set("a", "2").wait().unwrap();
    bucket.set([0, 255], "").wait().unwrap();
    assert_eq!(bucket.get("a").unwrap().unwrap(), b"2");
    assert_eq!(bucket.get([0, 255]).unwrap().unwrap(), b"");
    assert_eq!(bucket.count().unwrap(), 2);
    assert!(bucket.exists([0, 255]).unwrap());
    assert!(!bucket.exists([0]).unwrap());
}

#[test]
fn delete_tells_whether_it_was_there() {
    let bucket = bucket();
    bucket.set("a", "1").wait().unwrap();
    assert!(bucket.delete("a").wait().unwrap());
    assert!(!bucket.delete("a").wait().unwrap());
    assert_eq!(bucket.get("a").unwrap(), None);
}

#[test]
fn buckets_are_apart_and_exist_while_they_have_keys() {
    let store = Store::memory().unwrap();
    let (a, ab) = (store.bucket("a").unwrap(), store.bucket("ab").unwrap());
    a.set("bc", "1").wait().unwrap();
    ab.set("c", "2").wait().unwrap();
    ab.set("d", "2").wait().unwrap();
    assert_eq!(a.get("bc").unwrap().unwrap(), b"1");
    assert_eq!(ab.get("bc").unwrap(), None);
    let info = |name: &str, keys| BucketInfo { name: name.into(), keys };
    assert_eq!(store.buckets(&Scan::all()).unwrap().items, [info("a", 1), info("ab", 2)]);
    assert_eq!(store.buckets(&Scan::all().reverse().limit(1)).unwrap().items, [info("ab", 2)]);
    assert_eq!(store.buckets(&Scan::prefix("ab")).unwrap().items, [info("ab", 2)]);

    a.delete("bc").wait().unwrap();
    assert_eq!(store.buckets(&Scan::all()).unwrap().items, [info("ab", 2)]);
    assert_eq!(ab.clear().wait().unwrap(), 2);
    assert_eq!(ab.clear().wait().unwrap(), 0);
    assert_eq!(store.buckets(&Scan::all()).unwrap().items, []);
    ab.set("c", "3").wait().unwrap();
    assert_eq!(ab.list(&Scan::all()).unwrap().items, [b"c"]);
    assert_eq!(ab.count().unwrap(), 1);
}

#[test]
fn a_deleted_bucket_gives_its_space_back() {
    let store = Store::memory().unwrap();
    let bucket = store.bucket("large").unwrap();
    let mut batch = rusm_kv::Batch::new();
    for n in 0..10_000_u32 {
        batch.set(&bucket, n.to_be_bytes(), "x");
    }
    store.write(batch).wait().unwrap();
    assert_eq!(bucket.clear().wait().unwrap(), 10_000);
    assert_eq!(bucket.count().unwrap(), 0);
    bucket.set("new", "1").wait().unwrap();
    // The store sweeps by itself as well; here it is only hurried, until there is nothing left.
    while store.sweep().wait().unwrap() > 0 {}
    assert_eq!(bucket.list(&Scan::all()).unwrap().items, [b"new"]);
    assert_eq!(bucket.count().unwrap(), 1);
}

#[test]
fn compare_and_set_compares() {
    let bucket = bucket();
    let swap = |expected: Option<&str>, new: Option<&str>| {
        bucket.compare_and_set("a", expected.map(str::as_bytes), new.map(str::as_bytes)).wait().unwrap()
    };
    assert!(!swap(Some("1"), Some("2")));
    assert!(swap(None, Some("1")));
    assert!(!swap(None, Some("2")));
    assert!(!swap(Some(""), Some("2")));
    assert!(swap(Some("1"), Some("2")));
    assert_eq!(bucket.get("a").unwrap().unwrap(), b"2");
    assert!(swap(Some("2"), None));
    assert!(swap(None, None));
    assert_eq!(bucket.count().unwrap(), 0);
}

#[test]
fn counters_count() {
    let bucket = bucket();
    let add = |by| bucket.increment("n", by).wait();
    assert_eq!(add(5).unwrap(), 5);
    assert_eq!(add(-7).unwrap(), -2);
    assert_eq!(add(0).unwrap(), -2);
    assert_eq!(bucket.get("n").unwrap().unwrap(), b"-2");
    bucket.set("n", i64::MAX.to_string()).wait().unwrap();
    assert_eq!(add(-1).unwrap(), i64::MAX - 1);
    assert_eq!(add(1).unwrap(), i64::MAX);
    let overflow = add(1).unwrap_err();
    assert!(matches!(&overflow, WriteError::Overflow { at: i64::MAX, by: 1, .. }), "{overflow}");
    assert_eq!(
        overflow.to_string(),
        "cannot add 1 to \"n\" in the bucket \"things\": it stands at 9223372036854775807, and the sum does not fit 64 bits",
    );
    bucket.set("n", i64::MIN.to_string()).wait().unwrap();
    assert!(matches!(add(-1), Err(WriteError::Overflow { .. })));
    for other in ["", "x", "1.5", "+1", "01", " 1", "1 ", "-0", "9223372036854775808"] {
        bucket.set("n", other).wait().unwrap();
        assert!(matches!(add(1), Err(WriteError::NotACounter { .. })), "{other:?}");
        assert_eq!(bucket.get("n").unwrap().unwrap(), other.as_bytes());
    }
}

#[test]
fn scans_have_bounds_directions_and_limits() {
    let bucket = bucket();
    for key in ["a", "a1", "a2", "b", "c"] {
        bucket.set(key, key).wait().unwrap();
    }
    bucket.set([0xff], "").wait().unwrap();
    bucket.set([0xff, 0xff], "").wait().unwrap();
    let list = |scan: &Scan| bucket.list(scan).unwrap();
    let words = Scan::range(.."d");
    assert_eq!(keys(&list(&words)), ["a", "a1", "a2", "b", "c"]);
    assert_eq!(keys(&list(&words.clone().reverse())), ["c", "b", "a2", "a1", "a"]);
    assert_eq!(keys(&list(&Scan::prefix("a"))), ["a", "a1", "a2"]);
    assert_eq!(keys(&list(&Scan::prefix("a").reverse().after("a2"))), ["a1", "a"]);
    assert_eq!(keys(&list(&Scan::range("a1".."b"))), ["a1", "a2"]);
    assert_eq!(keys(&list(&Scan::range("a1"..="b"))), ["a1", "a2", "b"]);
    assert_eq!(list(&Scan::prefix([0xff])).items.len(), 2);
    assert_eq!(list(&Scan::prefix("")).items.len(), 7);
    // No order of bounds is an error, and what comes after lies within them.
    assert_eq!(keys(&list(&Scan::range("b".."a"))), [""; 0]);
    assert_eq!(keys(&list(&Scan::range("b".."b"))), [""; 0]);
    assert_eq!(keys(&list(&Scan::range("b"..="b"))), ["b"]);
    assert_eq!(keys(&list(&words.clone().after("d"))), [""; 0]);
    assert_eq!(keys(&list(&words.clone().after("a15"))), ["a2", "b", "c"]);
    assert_eq!(keys(&list(&Scan::range("b".."d").after("a"))), ["b", "c"]);
    assert_eq!(keys(&list(&Scan::range("b".."d").reverse().after("x"))), ["c", "b"]);
}

#[test]
fn pages_tell_whether_there_is_more() {
    let bucket = bucket();
    for key in ["a", "b", "c"] {
        bucket.set(key, [b'x'; 10]).wait().unwrap();
    }
    let scan = |scan: Scan| {
        let page = bucket.scan(&scan).unwrap();
        (page.items.len(), page.more)
    };
    assert_eq!(scan(Scan::all()), (3, false));
    assert_eq!(scan(Scan::all().limit(3)), (3, false));
    assert_eq!(scan(Scan::all().limit(2)), (2, true));
    assert_eq!(scan(Scan::all().limit(0)), (0, true));
    assert_eq!(scan(Scan::all().max_bytes(22)), (2, true));
    // One item comes always, or a page would never get past it.
    assert_eq!(scan(Scan::all().max_bytes(5)), (1, true));
}

#[test]
fn names_keys_and_values_have_limits() {
    let store = Store::memory_with(Options::default().max_value_bytes(10).max_batch_bytes(30)).unwrap();
    assert!(store.bucket("x".repeat(MAX_BUCKET_NAME)).is_ok());
    assert!(store.bucket("Straße 日本").is_ok());
    let refused = |name: &str| store.bucket(name).unwrap_err();
    assert_eq!(refused(""), Invalid::EmptyBucketName);
    assert_eq!(refused(&"ü".repeat(33)), Invalid::LongBucketName { len: 66 });
    for (name, found) in [("a\nb", '\n'), ("a\0", '\0'), ("\u{85}", '\u{85}')] {
        assert_eq!(refused(name), Invalid::BucketNameCharacter { name: name.into(), found });
    }

    let bucket = store.bucket("b").unwrap();
    let long = [1; MAX_KEY + 1];
    bucket.set(&long[1..], "").wait().unwrap();
    assert_eq!(bucket.get(&long[1..]).unwrap().unwrap(), b"");
    for (key, why) in [(&long[..], Invalid::LongKey { len: MAX_KEY + 1 }), (b"", Invalid::EmptyKey)] {
        let write = |error: WriteError| assert!(matches!(error, WriteError::Invalid(it) if it == why));
        write(bucket.set(key, "").wait().unwrap_err());
        write(bucket.delete(key).wait().unwrap_err());
        write(bucket.increment(key, 1).wait().unwrap_err());
        write(bucket.compare_and_set(key, None, None).wait().unwrap_err());
        assert!(matches!(bucket.get(key), Err(ReadError::Invalid(it)) if it == why));
    }

    bucket.set("a", [0; 10]).wait().unwrap();
    let large = |write: rusm_kv::Write<()>| match write.wait() {
        Err(WriteError::Invalid(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(large(bucket.set("a", [0; 11])), Invalid::LargeValue { len: 11, max: 10 });
    assert_eq!(large(bucket.set_with_ttl("a", "", Duration::ZERO)), Invalid::ZeroTtl);
    let mut batch = rusm_kv::Batch::new();
    batch.set(&bucket, "a", [0; 10]).set(&bucket, "b", [0; 10]).set(&bucket, "c", [0; 5]);
    assert_eq!(batch.bytes(), 31);
    let refused = store.write(batch).wait().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the batch has 31 bytes, and may have at most 30: split it, or open the store with a higher limit"
    );
}

#[test]
fn a_large_value_is_whole() {
    let bucket = bucket();
    let value: Vec<u8> = (0..8 << 20).map(|n: u32| n.to_le_bytes()[1]).collect();
    bucket.set("large", &value).wait().unwrap();
    assert!(bucket.get("large").unwrap().unwrap() == value);
}

#[test]
fn a_snapshot_stands_still() {
    let store = Store::memory().unwrap();
    let bucket = store.bucket("b").unwrap();
    bucket.set("a", "1").wait().unwrap();
    let snapshot = store.snapshot().unwrap();
    bucket.set("a", "2").wait().unwrap();
    bucket.set("b", "2").wait().unwrap();
    assert_eq!(snapshot.get(&bucket, "a").unwrap().unwrap(), b"1");
    assert_eq!(snapshot.list(&bucket, &Scan::all()).unwrap().items, [b"a"]);
    assert_eq!(snapshot.count(&bucket).unwrap(), 1);
    assert!(!snapshot.exists(&bucket, "b").unwrap());
}
