//! Random programs against a map: every answer, and everything that can be read afterwards.
//!
//! `RUSM_KV_PROGRAMS=10000 cargo test --release -p rusm-kv --test model` is the long run.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::disk::Disk;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rusm_kv::{Batch, ManualClock, Options, Scan, Store, Ttl, WriteError};

const START: u64 = 1_700_000_000_000;

type Key = Vec<u8>;
type Value = Vec<u8>;

#[derive(Clone, Debug)]
enum Step {
    Set(Place, Value, Option<u64>),
    Delete(Place),
    Swap(Place, Option<Value>, Option<Value>),
    Add(Place, i64, Option<u64>),
    Clear(u8),
    Batch(Vec<(Place, Option<Value>)>, Vec<(Place, Option<New>)>),
    Scan(u8, Range, bool, usize),
    Wait(u64),
    Sweep,
    Export,
    Reopen,
}

/// A value and its time to live.
type New = (Value, Option<u64>);

#[derive(Clone, Debug)]
struct Place(u8, Key);

#[derive(Clone, Debug)]
enum Range {
    Prefix(Key),
    Between(Key, Key),
    After(Key),
}

fn key() -> impl Strategy<Value = Key> {
    // Few enough to meet again, and with the bytes at which prefixes end.
    vec(prop_oneof![Just(b'a'), Just(b'b'), Just(0), Just(255)], 1..3)
}

fn place() -> impl Strategy<Value = Place> {
    (0..3_u8, key()).prop_map(|(bucket, key)| Place(bucket, key))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop_oneof![Just(b"1".to_vec()), Just(b"2".to_vec()), Just(vec![])],
        1 => vec(any::<u8>(), 0..300),
        1 => Just(i64::MAX.to_string().into_bytes()),
    ]
}

fn ttl() -> impl Strategy<Value = Option<u64>> {
    option::weighted(0.4, 1..50_u64)
}

fn range() -> impl Strategy<Value = Range> {
    prop_oneof![
        key().prop_map(Range::Prefix),
        (key(), key()).prop_map(|(from, to)| Range::Between(from, to)),
        key().prop_map(Range::After),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (place(), value(), ttl()).prop_map(|(place, value, ttl)| Step::Set(place, value, ttl)),
        3 => place().prop_map(Step::Delete),
        3 => (place(), option::of(value()), option::of(value())).prop_map(|(at, old, new)| Step::Swap(at, old, new)),
        4 => (place(), -3..3_i64, ttl()).prop_map(|(place, by, ttl)| Step::Add(place, by, ttl)),
        1 => (0..3_u8).prop_map(Step::Clear),
        3 => (vec((place(), option::of(value())), 0..2), vec((place(), option::weighted(0.7, (value(), ttl()))), 0..6))
            .prop_map(|(conditions, edits)| Step::Batch(conditions, edits)),
        4 => (0..3_u8, range(), any::<bool>(), 0..6_usize)
            .prop_map(|(bucket, range, reverse, limit)| Step::Scan(bucket, range, reverse, limit)),
        4 => (1..30_u64).prop_map(Step::Wait),
        2 => Just(Step::Sweep),
        1 => Just(Step::Export),
        1 => Just(Step::Reopen),
    ]
}

/// What a store is meant to be: a map per bucket, and a clock.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(u8, Key), (Value, Option<u64>)>,
    now: u64,
}

impl Model {
    fn get(&self, at: &Place) -> Option<&Value> {
        self.row(at).map(|(value, _)| value)
    }

    fn row(&self, at: &Place) -> Option<&(Value, Option<u64>)> {
        self.rows.get(&(at.0, at.1.clone())).filter(|(_, due)| due.is_none_or(|due| due > self.now))
    }

    fn set(&mut self, at: &Place, value: Value, ttl: Option<u64>) {
        self.rows.insert((at.0, at.1.clone()), (value, ttl.map(|ttl| self.now + ttl)));
    }

    fn delete(&mut self, at: &Place) -> bool {
        let was_there = self.get(at).is_some();
        self.rows.remove(&(at.0, at.1.clone()));
        was_there
    }

    fn live(&self, bucket: u8) -> impl DoubleEndedIterator<Item = (&Key, &Value)> {
        let rows = self.rows.range((bucket, vec![])..(bucket + 1, vec![]));
        rows.filter(|(_, (_, due))| due.is_none_or(|due| due > self.now))
            .map(|((_, key), (value, _))| (key, value))
    }
}

/// The store under test, on a disk that outlives it.
struct Subject {
    disk: Disk,
    clock: ManualClock,
    store: Store,
}

impl Subject {
    fn open(disk: Disk, clock: ManualClock) -> Self {
        let options = Options::default().clock(clock.clone()).checkpoint_after(Duration::ZERO);
        Self { store: Store::with_backend(disk.clone(), options).unwrap(), disk, clock }
    }

    fn bucket(&self, n: u8) -> rusm_kv::Bucket {
        self.store.bucket(format!("bucket {n}")).unwrap()
    }
}

fn run(subject: &mut Subject, model: &mut Model, step: Step) {
    let duration = Duration::from_millis;
    match step {
        Step::Set(at, value, ttl) => {
            let bucket = subject.bucket(at.0);
            match ttl {
                None => bucket.set(&at.1, &value),
                Some(ttl) => bucket.set_with_ttl(&at.1, &value, duration(ttl)),
            }
            .wait()
            .unwrap();
            model.set(&at, value, ttl);
        }
        Step::Delete(at) => {
            assert_eq!(subject.bucket(at.0).delete(&at.1).wait().unwrap(), model.delete(&at));
        }
        Step::Swap(at, old, new) => {
            let held = model.get(&at) == old.as_ref();
            let write = subject.bucket(at.0).compare_and_set(&at.1, old.as_deref(), new.as_deref());
            assert_eq!(write.wait().unwrap(), held);
            match new {
                _ if !held => {}
                Some(new) => model.set(&at, new, None),
                None => drop(model.delete(&at)),
            }
        }
        Step::Add(at, by, ttl) => add(subject, model, &at, by, ttl),
        Step::Clear(bucket) => {
            assert_eq!(subject.bucket(bucket).clear().wait().unwrap(), model.live(bucket).count() as u64);
            model.rows.retain(|(of, _), _| *of != bucket);
        }
        Step::Batch(conditions, edits) => {
            let mut batch = Batch::new();
            for (at, expected) in &conditions {
                batch.expect(&subject.bucket(at.0), &at.1, expected.as_deref());
            }
            for (at, new) in &edits {
                let bucket = subject.bucket(at.0);
                match new {
                    None => batch.delete(&bucket, &at.1),
                    Some((value, None)) => batch.set(&bucket, &at.1, value),
                    Some((value, Some(ttl))) => batch.set_with_ttl(&bucket, &at.1, value, duration(*ttl)),
                };
            }
            let held = conditions.iter().all(|(at, expected)| model.get(at) == expected.as_ref());
            assert_eq!(subject.store.write(batch).wait().unwrap(), held);
            for (at, new) in edits.into_iter().filter(|_| held) {
                match new {
                    None => drop(model.delete(&at)),
                    Some((value, ttl)) => model.set(&at, value, ttl),
                }
            }
        }
        Step::Scan(bucket, range, reverse, limit) => scan(subject, model, bucket, &range, reverse, limit),
        Step::Wait(ms) => {
            subject.clock.advance(duration(ms));
            model.now += ms;
        }
        Step::Sweep => drop(subject.store.sweep().wait().unwrap()),
        Step::Export => {
            let mut text = Vec::new();
            subject.store.export(&mut text).unwrap();
            *subject = Subject::open(Disk::default(), subject.clock.clone());
            subject.store.import(&text[..]).unwrap();
        }
        Step::Reopen => {
            subject.store.close().unwrap();
            *subject = Subject::open(subject.disk.clone(), subject.clock.clone());
        }
    }
}

fn add(subject: &Subject, model: &mut Model, at: &Place, by: i64, ttl: Option<u64>) {
    let bucket = subject.bucket(at.0);
    let answer = match ttl {
        None => bucket.increment(&at.1, by),
        Some(ttl) => bucket.increment_with_ttl(&at.1, by, Duration::from_millis(ttl)),
    }
    .wait();
    let (stood, due) = match model.row(at) {
        None => (Some(0), ttl.map(|ttl| model.now + ttl)),
        // The model takes what `i64` takes; what it takes more than a store does is not among the values.
        Some((value, due)) => (std::str::from_utf8(value).ok().and_then(|it| it.parse::<i64>().ok()), *due),
    };
    match stood.map(|stood| stood.checked_add(by)) {
        None => assert!(matches!(answer, Err(WriteError::NotACounter { .. }))),
        Some(None) => assert!(matches!(answer, Err(WriteError::Overflow { .. }))),
        Some(Some(sum)) => {
            assert_eq!(answer.unwrap(), sum);
            model.rows.insert((at.0, at.1.clone()), (sum.to_string().into_bytes(), due));
        }
    }
}

fn scan(subject: &Subject, model: &Model, bucket: u8, range: &Range, reverse: bool, limit: usize) {
    let within = |key: &Key| match range {
        Range::Prefix(prefix) => key.starts_with(prefix),
        Range::Between(from, to) => from <= key && key < to,
        Range::After(after) => {
            if reverse {
                key < after
            } else {
                key > after
            }
        }
    };
    let mut expected: Vec<_> = model.live(bucket).filter(|(key, _)| within(key)).collect();
    if reverse {
        expected.reverse();
    }
    let scan = match range {
        Range::Prefix(prefix) => Scan::prefix(prefix),
        Range::Between(from, to) => Scan::range(from.clone()..to.clone()),
        Range::After(after) => Scan::all().after(after),
    };
    let scan = if reverse { scan.reverse() } else { scan }.limit(limit);
    let page = subject.bucket(bucket).scan(&scan).unwrap();
    assert_eq!(page.more, expected.len() > limit);
    expected.truncate(limit);
    assert_eq!(page.items.iter().map(|(key, value)| (key, value)).collect::<Vec<_>>(), expected);
    let keys = subject.bucket(bucket).list(&scan).unwrap().items;
    assert_eq!(keys.iter().collect::<Vec<_>>(), expected.iter().map(|(key, _)| *key).collect::<Vec<_>>());
}

fn compare(subject: &Subject, model: &Model) {
    let mut expected = common::Contents::new();
    for bucket in 0..3 {
        for (key, value) in model.live(bucket) {
            expected.insert((format!("bucket {bucket}"), key.clone()), value.clone());
        }
    }
    // Counts are compared here too.
    assert_eq!(common::contents(&subject.store), expected);
    for ((bucket, key), (_, due)) in &model.rows {
        let ttl = match due {
            None => Some(Ttl::Forever),
            Some(due) => due
                .checked_sub(model.now)
                .filter(|&left| left > 0)
                .map(|left| Ttl::For(Duration::from_millis(left))),
        };
        assert_eq!(subject.bucket(*bucket).ttl(key).unwrap(), ttl);
        assert_eq!(subject.bucket(*bucket).exists(key).unwrap(), ttl.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: common::repeats("RUSM_KV_PROGRAMS", 64), ..ProptestConfig::default() })]

    #[test]
    fn a_store_is_as_its_model(steps in vec(step(), 1..60)) {
        let mut subject = Subject::open(Disk::default(), ManualClock::new(START));
        let mut model = Model { now: START, ..Model::default() };
        for step in steps {
            run(&mut subject, &mut model, step);
            compare(&subject, &model);
        }
        // Whatever was left to sweep, nothing that lives goes with it.
        while subject.store.sweep().wait().unwrap() > 0 {}
        prop_assert_eq!(subject.store.unswept().unwrap(), 0);
        compare(&subject, &model);
    }
}
