//! SIGKILL in the middle of a storm of writes over HTTP: what was answered with 200 is there, and nothing is half there.
//!
//! `RUSM_KV_KILLS=50 cargo test --test store_kill` is the long run.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rusm_kv::{Scan, Store};
use rustix::process::Signal;
use support::PATIENCE;
use support::server::{Server, app};

const WRITERS: u64 = 8;

/// What one writer was told that is done.
#[derive(Default)]
struct Acknowledged {
    /// The last sum of its counter.
    sum: u64,
    /// Its pairs of keys.
    pairs: BTreeSet<u64>,
}

#[test]
fn what_was_answered_survives_sigkill() {
    let kills = std::env::var("RUSM_KV_KILLS").map_or(5, |kills| kills.parse().unwrap());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/kv/rusm.toml");
    let manifest = fs::read_to_string(manifest).unwrap()
        + "[node]\nstore = \"app.redb\"\n[capabilities.test]\nallow-storage = true\n[components.kv]\ncapability = \"test\"\n";
    let mut node = Server::start(app("kv", &manifest, &[("kv", "kv")]), "");
    let mut acknowledged: [Acknowledged; WRITERS as usize] = Default::default();
    for _ in 0..kills {
        storm(&mut node, &mut acknowledged);
        let store = Store::open(node.folder().path("app.redb")).unwrap();
        check(&store, &mut acknowledged);
        store.close().unwrap();
        node = node.again();
    }
    let pairs: usize = acknowledged.iter().map(|of| of.pairs.len()).sum();
    let sums: u64 = acknowledged.iter().map(|of| of.sum).sum();
    println!("{kills} kills; {pairs} batches and {sums} increments were answered, and are there");
}

/// Has everybody write until some number of writes has been answered, and kills the node.
fn storm(node: &mut Server, acknowledged: &mut [Acknowledged]) {
    let enough = 1 + RandomState::new().hash_one(0) % 400;
    let (answered, address) = (AtomicU64::new(0), node.address());
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..)
            .zip(acknowledged)
            .map(|(writer, mine)| {
                let answered = &answered;
                scope.spawn(move || write(address, writer, mine, answered).unwrap_err())
            })
            .collect();
        while answered.load(Ordering::Acquire) < enough {
            assert!(
                !writers.iter().any(std::thread::ScopedJoinHandle::is_finished),
                "a writer ended by itself"
            );
            std::thread::yield_now();
        }
        node.signal(Signal::KILL);
        for writer in writers {
            use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
            let error = writer.join().unwrap();
            assert!(matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof), "{error}");
        }
    });
    node.exit();
}

/// Writes without end, and notes each answer.
fn write(address: SocketAddr, writer: u64, mine: &mut Acknowledged, answered: &AtomicU64) -> io::Result<()> {
    let mut connection = BufReader::new(TcpStream::connect(address)?);
    connection.get_ref().set_read_timeout(Some(PATIENCE))?;
    loop {
        let sum = post(&mut connection, &format!("/increment?b=counters&k={writer}"), "")?;
        mine.sum = sum.parse().unwrap();
        answered.fetch_add(1, Ordering::AcqRel);
        let (key, value) = (key(writer, mine.sum), value(writer, mine.sum));
        let pair = format!("set left {key} {value}\nset right {key} {value}");
        assert_eq!(post(&mut connection, "/batch", &pair)?, "true");
        mine.pairs.insert(mine.sum);
        answered.fetch_add(1, Ordering::AcqRel);
    }
}

/// The whole body of an answer of 200. What is cut off is none.
fn post(connection: &mut BufReader<TcpStream>, path: &str, body: &str) -> io::Result<String> {
    let request = format!("POST {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    connection.get_mut().write_all(request.as_bytes())?;
    let (mut line, mut head) = (String::new(), Vec::new());
    while line != "\r\n" {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.push(line.to_ascii_lowercase());
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
    connection.read_exact(&mut body)?;
    let body = String::from_utf8(body).unwrap();
    assert!(head[0].starts_with("http/1.1 200 "), "{}{body}", head[0]);
    Ok(body)
}

fn key(writer: u64, sum: u64) -> String {
    format!("{writer}-{sum}")
}

fn value(writer: u64, sum: u64) -> String {
    format!("{writer}-{sum}-{}", "x".repeat(500))
}

fn check(store: &Store, acknowledged: &mut [Acknowledged]) {
    let rows = |bucket: &str| -> BTreeMap<Vec<u8>, Vec<u8>> {
        let everything = Scan::all().limit(usize::MAX).max_bytes(usize::MAX);
        store.bucket(bucket).unwrap().scan(&everything).unwrap().items.into_iter().collect()
    };
    let left = rows("left");
    assert!(left == rows("right"), "a batch is half there");
    for (writer, told) in (0..).zip(acknowledged) {
        let found = store.bucket("counters").unwrap().get(writer.to_string()).unwrap();
        let found = found.map_or(0, |sum| String::from_utf8(sum).unwrap().parse().unwrap());
        // One more may have been written and not been answered.
        assert!((told.sum..=told.sum + 1).contains(&found), "{} was answered, {found} is there", told.sum);
        told.sum = found;
        for &sum in &told.pairs {
            let there = left.get(key(writer, sum).as_bytes());
            assert!(
                there.is_some_and(|there| there == value(writer, sum).as_bytes()),
                "{writer}-{sum} is not there"
            );
        }
    }
}
