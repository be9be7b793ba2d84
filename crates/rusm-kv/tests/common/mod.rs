//! What several tests share. Not every one uses all of it.
#![allow(dead_code)]

pub(crate) mod disk;

use std::collections::BTreeMap;

use rusm_kv::{Scan, Snapshot, Store};

/// Every key with its value, under its bucket's name.
pub(crate) type Contents = BTreeMap<(String, Vec<u8>), Vec<u8>>;

pub(crate) fn contents(store: &Store) -> Contents {
    let snapshot = store.snapshot().unwrap();
    let mut contents = Contents::new();
    let buckets = snapshot.buckets(&Scan::all().limit(usize::MAX)).unwrap();
    for info in buckets.items {
        let rows = all_rows(&snapshot, store, &info.name);
        assert_eq!(rows.len() as u64, info.keys, "the count of {}", info.name);
        contents.extend(rows.into_iter().map(|(key, value)| ((info.name.clone(), key), value)));
    }
    contents
}

fn all_rows(snapshot: &Snapshot, store: &Store, bucket: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bucket = store.bucket(bucket).unwrap();
    let page = snapshot.scan(&bucket, &Scan::all().limit(usize::MAX).max_bytes(usize::MAX)).unwrap();
    assert!(!page.more);
    page.items
}

/// `SplitMix64`: numbers that a seed repeats.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// How often a test is repeated: as the variable says, or as often as suits an ordinary run.
pub(crate) fn repeats<N: std::str::FromStr<Err: std::fmt::Debug>>(variable: &str, otherwise: N) -> N {
    std::env::var(variable).map_or(otherwise, |n| n.parse().expect("a number"))
}
