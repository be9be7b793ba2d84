//! Power cuts: a disk that loses what was not synced, at a random moment, again and again.
//!
//! `RUSM_KV_POWER_SEEDS=1000 cargo test --release -p rusm-kv --test power` is the long run. A failure names its seed,
//! which `RUSM_KV_POWER_FIRST` starts from.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use common::disk::Disk;
use common::{Contents, Random, contents, repeats};
use rusm_kv::{Batch, OpenError, Options, Store, Write, WriteError};

/// One write of a random program.
#[derive(Clone, Debug)]
enum Step {
    Set(u64, u64, usize),
    Delete(u64, u64),
    Increment(u64),
    /// Moves between two buckets what is to stay whole.
    Pair(u64, u64),
    Swap(u64, bool),
    Clear(u64),
}

fn step(random: &mut Random) -> Step {
    let (bucket, key) = (random.below(3), random.below(12));
    match random.below(20) {
        0..8 => {
            let len = [8, 100, 3000, 20_000, 300_000][usize::try_from(random.below(5)).unwrap()];
            Step::Set(bucket, key, len)
        }
        8..11 => Step::Delete(bucket, key),
        11..14 => Step::Increment(key % 3),
        14..17 => Step::Pair(key, random.next()),
        17..19 => Step::Swap(key, random.percent(50)),
        _ => Step::Clear(bucket),
    }
}

fn name(bucket: u64) -> String {
    format!("bucket-{bucket}")
}

fn value(n: usize, len: usize) -> Vec<u8> {
    let mut value = format!("write {n} ").into_bytes();
    value.resize(len.max(value.len()), b'.');
    value
}

/// The answer of a write, whatever it says.
enum Sent {
    Nothing(Write<()>),
    Flag(Write<bool>),
    Number(Write<i64>),
    Count(Write<u64>),
}

impl Sent {
    fn wait(self) -> Result<(), WriteError> {
        match self {
            Self::Nothing(write) => write.wait(),
            Self::Flag(write) => write.wait().map(drop),
            Self::Number(write) => write.wait().map(drop),
            Self::Count(write) => write.wait().map(drop),
        }
    }
}

fn send(store: &Store, n: usize, step: &Step) -> Sent {
    let bucket = |bucket: u64| store.bucket(name(bucket)).unwrap();
    match *step {
        Step::Set(b, key, len) => Sent::Nothing(bucket(b).set(key.to_be_bytes(), value(n, len))),
        Step::Delete(b, key) => Sent::Flag(bucket(b).delete(key.to_be_bytes())),
        Step::Increment(key) => Sent::Number(bucket(9).increment(key.to_be_bytes(), 1)),
        Step::Pair(key, what) => {
            let mut batch = Batch::new();
            for b in 10..14 {
                batch.set(&bucket(b), key.to_be_bytes(), what.to_be_bytes());
            }
            Sent::Flag(store.write(batch))
        }
        Step::Swap(key, absent) => {
            let expected = (!absent).then_some(&b"mine"[..]);
            let new = absent.then_some(&b"mine"[..]);
            Sent::Flag(bucket(20).compare_and_set(key.to_be_bytes(), expected, new))
        }
        Step::Clear(b) => Sent::Count(bucket(b).clear()),
    }
}

/// What the step makes of the contents.
fn apply(contents: &mut Contents, n: usize, step: &Step) {
    let at = |bucket: u64, key: u64| (name(bucket), key.to_be_bytes().to_vec());
    match *step {
        Step::Set(b, key, len) => {
            contents.insert(at(b, key), value(n, len));
        }
        Step::Delete(b, key) => {
            contents.remove(&at(b, key));
        }
        Step::Increment(key) => {
            let counter = contents.entry(at(9, key)).or_insert_with(|| b"0".to_vec());
            let stood: i64 = std::str::from_utf8(counter).unwrap().parse().unwrap();
            *counter = (stood + 1).to_string().into_bytes();
        }
        Step::Pair(key, what) => {
            contents.extend((10..14).map(|b| (at(b, key), what.to_be_bytes().to_vec())));
        }
        Step::Swap(key, true) => {
            contents.entry(at(20, key)).or_insert_with(|| b"mine".to_vec());
        }
        Step::Swap(key, false) => {
            contents.remove(&at(20, key));
        }
        Step::Clear(b) => contents.retain(|(bucket, _), _| *bucket != name(b)),
    }
}

fn options(random: &mut Random) -> Options {
    // Either checkpoints between all groups, or none.
    let idle = if random.percent(50) { Duration::ZERO } else { Duration::from_hours(1) };
    Options::default().checkpoint_after(idle).cache_bytes(1 << 20)
}

/// Several lives of a store, each ended by a power cut, the first perhaps before it was made.
fn lives(seed: u64) {
    let mut random = Random(seed);
    let mut expected = Contents::new();
    let mut written = 0;
    let mut disk = Disk::default();
    for _ in 0..=random.below(3) {
        // The cut may come while the store is made or brought in order.
        let fuse = if random.percent(20) { random.below(12) } else { random.below(400) };
        disk.cut_after(1 + fuse);
        let (acked, sent) = match Store::with_backend(disk.clone(), options(&mut random)) {
            Ok(store) => {
                assert_eq!(contents_or_cut(&store, &expected), expected, "what was acknowledged or kept");
                storm(&store, &mut random, &mut written)
            }
            Err(OpenError::Io { .. } | OpenError::Corrupt { .. }) => (0, Vec::new()),
            Err(other) => panic!("{other}"),
        };
        disk = Disk::with(disk.after_power_cut(&mut random));
        expected = check(&disk, expected, acked, &sent);
    }
}

/// A read may meet the power cut too; then there is nothing to compare.
fn contents_or_cut(store: &Store, expected: &Contents) -> Contents {
    catch_unwind(AssertUnwindSafe(|| contents(store))).unwrap_or_else(|_| expected.clone())
}

/// Sends writes until the power goes. Tells how many were acknowledged, and all that were sent.
fn storm(store: &Store, random: &mut Random, written: &mut usize) -> (usize, Vec<(usize, Step)>) {
    let (mut acked, mut sent) = (0, Vec::new());
    // Some lives end by themselves, in an orderly way.
    for _ in 0..random.below(120) {
        let mut under_way = Vec::new();
        for _ in 0..=random.below(11) {
            let step = step(random);
            *written += 1;
            under_way.push(send(store, *written, &step));
            sent.push((*written, step));
        }
        for write in under_way {
            match write.wait() {
                Ok(()) => acked += 1,
                Err(WriteError::Failed(_)) => return (acked, sent),
                Err(other) => panic!("{other}"),
            }
        }
    }
    let _ = store.close();
    (acked, sent)
}

/// The store has to be as after some prefix of what was sent that has all that was acknowledged: nothing half, nothing
/// out of order.
fn check(disk: &Disk, mut state: Contents, acked: usize, sent: &[(usize, Step)]) -> Contents {
    let store =
        Store::with_backend(Disk::with(disk.seen()), Options::default()).expect("it opens after a power cut");
    let found = contents(&store);
    for (n, step) in &sent[..acked] {
        apply(&mut state, *n, step);
    }
    let mut unacked = sent[acked..].iter();
    while state != found {
        let Some((n, step)) = unacked.next() else {
            panic!(
                "{acked} of {} writes were acknowledged, and this is left: {:?}",
                sent.len(),
                found.keys()
            );
        };
        apply(&mut state, *n, step);
    }
    found
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let first = repeats("RUSM_KV_POWER_FIRST", 0);
    for seed in first..first + repeats("RUSM_KV_POWER_SEEDS", 100) {
        if let Err(panic) = catch_unwind(|| lives(seed)) {
            eprintln!("seed {seed}");
            resume_unwind(panic);
        }
    }
}
