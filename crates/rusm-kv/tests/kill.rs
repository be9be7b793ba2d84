//! SIGKILL in the middle of a storm of writes: what the child said it wrote is there.
//!
//! `RUSM_KV_KILLS=50 cargo test --release -p rusm-kv --test kill` is the long run.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Random, repeats};
use rusm_kv::{Batch, Scan, Store};

const THREADS: u64 = 8;
const FILE: &str = "RUSM_KV_KILL_FILE";
const ACK: &str = "acknowledged";

/// Writes without end, and tells of each write that was acknowledged. Only as the child of the test below.
#[test]
fn child() {
    let Ok(path) = std::env::var(FILE) else { return };
    let store = Store::open(path).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let store = store.clone();
            scope.spawn(move || storm(&store, thread));
        }
    });
}

fn storm(store: &Store, thread: u64) {
    let bucket = |name: &str| store.bucket(name).unwrap();
    let (counters, left, right) = (bucket("counters"), bucket("left"), bucket("right"));
    loop {
        let n = counters.increment(thread.to_be_bytes(), 1).wait().unwrap();
        say(&format!("count {thread} {n}"));
        let mut pair = Batch::new();
        for side in [&left, &right] {
            pair.set(side, thread.to_be_bytes(), n.to_string()).set(
                side,
                format!("{thread} {}", n % 50),
                vec![b'x'; 500],
            );
        }
        store.write(pair).wait().unwrap();
        say(&format!("pair {thread} {n}"));
    }
}

/// One line in one system call, past what the test harness prints.
fn say(what: &str) {
    std::io::stderr().write_all(format!("{ACK} {what}\n").as_bytes()).unwrap();
}

/// The last number acknowledged to each thread.
#[derive(Default)]
struct Acknowledged {
    counts: [i64; THREADS as usize],
    pairs: [i64; THREADS as usize],
}

impl Acknowledged {
    fn note(&mut self, line: &str) -> Option<()> {
        let mut words = line.strip_prefix(ACK)?.split_whitespace();
        let (what, thread, n) =
            (words.next()?, words.next()?.parse::<usize>().ok()?, words.next()?.parse().ok()?);
        let of = if what == "count" { &mut self.counts } else { &mut self.pairs };
        of[thread] = n;
        Some(())
    }
}

/// Lets a child write until it has said so many lines, kills it, and reads what it said until then.
fn storm_and_kill(path: &Path, lines: u64) -> Acknowledged {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut acknowledged = Acknowledged::default();
    let mut other = Vec::new();
    for _ in 0..lines {
        let Some(line) = said.next() else { panic!("the child ended by itself: {other:?}") };
        let line = line.unwrap();
        if acknowledged.note(&line).is_none() {
            other.push(line);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A last line that was cut off is no acknowledgement.
    for line in said.map_while(Result::ok) {
        acknowledged.note(&line);
    }
    acknowledged
}

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut random = Random(u64::from(std::process::id()));
    for _ in 0..repeats("RUSM_KV_KILLS", 5) {
        let acknowledged = storm_and_kill(&path, 1 + random.below(400));
        let store = Store::open(&path).unwrap();
        check(&store, &acknowledged);
        store.close().unwrap();
    }
}

fn check(store: &Store, acknowledged: &Acknowledged) {
    let read = |bucket: &str, thread: u64| -> i64 {
        let value = store.bucket(bucket).unwrap().get(thread.to_be_bytes()).unwrap();
        value.map_or(0, |value| String::from_utf8(value).unwrap().parse().unwrap())
    };
    for (thread, (&count, &pair)) in (0..).zip(acknowledged.counts.iter().zip(&acknowledged.pairs)) {
        let found = read("counters", thread);
        // Zero: nothing was acknowledged to this thread in this life, so it stands where earlier ones left it.
        assert!(count == 0 || (count..=count + 1).contains(&found), "{count} acknowledged, {found} found");
        let (left, right) = (read("left", thread), read("right", thread));
        assert_eq!(left, right, "a batch is never half there");
        assert!(pair == 0 || (pair..=pair + 1).contains(&left), "{pair} acknowledged, {left} found");
    }
    let rows = |bucket: &str| store.bucket(bucket).unwrap().scan(&Scan::all()).unwrap().items;
    assert!(rows("left") == rows("right"), "a batch is never half there");
}
