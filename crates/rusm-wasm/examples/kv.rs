//! What the store costs a guest, beside native tasks of the same runtime that use rusm-kv directly, in the same run.
//!
//! ```sh
//! rusm build crates/rusm-cli/tests/apps/kv
//! cargo run --release -p rusm-wasm --example kv [rounds] [folder]
//! ```
//!
//! The folder decides which disk is measured. Values have 100 bytes. Each writer has 1,000 keys of its own, so that the
//! writes of a commit lie as far apart as they can; or all have the same 1,000. A guest does many operations in one
//! request, so that it is they that are measured, and not HTTP. Medians are printed.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusm_kv::Store;
use rusm_wasm::profile::{Grant, Profile};
use rusm_wasm::{
    ComponentConfig, Limits, ListenerConfig, Method, Node, NodeConfig, Pattern, RouteConfig, RouteTarget,
    Routes, WebSocketSettings,
};
use tokio::runtime::Runtime;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const COMPONENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../rusm-cli/tests/apps/kv/wasm/kv.wasm");
const VALUE: [u8; 100] = [b'x'; 100];
const KEYS: usize = 1000;
/// In one request: too few to count as long work, which is moved to other threads.
const GETS: usize = 1000;
const SETS: usize = 100;

/// A row: what is done, by how many at once, how many times by each.
struct Row {
    name: &'static str,
    operation: &'static str,
    writers: usize,
    each: usize,
    /// Whether all write to the same keys.
    shared: bool,
}

const ROWS: [Row; 4] = [
    Row { name: "get", operation: "get", writers: 1, each: 200 * GETS, shared: false },
    Row { name: "durable set, one writer", operation: "set", writers: 1, each: 10 * SETS, shared: false },
    Row {
        name: "durable set, 64 writers to keys of their own",
        operation: "set",
        writers: 64,
        each: 5 * SETS,
        shared: false,
    },
    Row {
        name: "durable set, 64 writers to the same keys",
        operation: "set",
        writers: 64,
        each: 5 * SETS,
        shared: true,
    },
];

impl Row {
    /// What a writer's keys begin with, before their number.
    fn prefix(&self, writer: usize) -> String {
        if self.shared { "all-".to_owned() } else { format!("{writer:02}-") }
    }

    /// The number of a writer's first key.
    fn first(&self, writer: usize) -> usize {
        if self.shared { writer * KEYS / self.writers } else { 0 }
    }
}

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let base = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    if !Path::new(COMPONENT).exists() {
        return Err("build the guest first: rusm build crates/rusm-cli/tests/apps/kv".into());
    }
    let folder = base.join(format!("rusm-kv-{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let measured = measure(rounds, &folder);
    std::fs::remove_dir_all(&folder)?;
    let measured = measured?;
    println!("| | native | guest | |\n|---|---:|---:|---:|");
    for (Row { name, .. }, (native, guest)) in ROWS.iter().zip(measured) {
        println!("| {name} | {native:.0} /s | {guest:.0} /s | {:.2} |", guest / native);
    }
    Ok(())
}

/// Operations a second, native and by guests, for each row.
fn measure(rounds: usize, folder: &Path) -> Outcome<Vec<(f64, f64)>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().event_interval(8).build()?;
    let store = Store::open(folder.join("native.redb"))?;
    let address = node(&runtime, folder)?;
    let mut samples = [const { (Vec::new(), Vec::new()) }; ROWS.len()];
    for _ in 0..rounds {
        // Sets before gets, so that there is something to get.
        for (row, samples) in ROWS.iter().zip(&mut samples).rev() {
            let all = (row.writers * row.each) as f64;
            samples.0.push(all / native(&runtime, &store, row)?.as_secs_f64());
            samples.1.push(all / guests(address, row)?.as_secs_f64());
        }
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    Ok(samples.into_iter().map(|(native, guest)| (median(native), median(guest))).collect())
}

fn node(runtime: &Runtime, folder: &Path) -> Outcome<SocketAddr> {
    let profile = Profile { storage: Grant::All, ..Profile::default() };
    let config = NodeConfig {
        store: Some(folder.join("guest.redb")),
        components: vec![ComponentConfig {
            name: "kv".to_owned(),
            path: COMPONENT.into(),
            profile,
            env: Vec::new(),
            resident: None,
        }],
        listeners: vec![ListenerConfig {
            address: ([127, 0, 0, 1], 0).into(),
            routes: Routes::Each(vec![RouteConfig {
                method: Method::POST,
                pattern: Pattern::parse("/repeat")?,
                target: RouteTarget::Action { component: "kv".to_owned(), action: "repeat".to_owned() },
            }]),
            limits: Limits::default(),
            web_socket: WebSocketSettings::default(),
        }],
        ..NodeConfig::default()
    };
    let node = runtime.block_on(Node::start(config))?;
    let address = node.addresses()?[0];
    runtime.spawn(node.run(std::future::pending()));
    Ok(address)
}

fn native(runtime: &Runtime, store: &Store, row: &'static Row) -> Outcome<Duration> {
    let set = row.operation == "set";
    let started = Instant::now();
    let tasks: Vec<_> = (0..row.writers)
        .map(|writer| {
            let store = store.clone();
            runtime.spawn(async move {
                let bucket = store.bucket("b")?;
                let (prefix, first) = (row.prefix(writer), row.first(writer));
                for n in 0..row.each {
                    let key = format!("{prefix}{:08}", (first + n) % KEYS);
                    if set {
                        bucket.set(&key, VALUE).await?;
                    } else {
                        black_box(bucket.get(&key)?);
                    }
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task)??;
    }
    Ok(started.elapsed())
}

/// The time of all sets together, as their clients see it; of gets the guest's own, since HTTP takes longer.
fn guests(address: SocketAddr, row: &Row) -> Outcome<Duration> {
    let operation = row.operation;
    let n = if operation == "set" { SETS } else { GETS };
    let one = |writer: usize| -> Outcome<Duration> {
        let mut connection = BufReader::new(TcpStream::connect(address)?);
        let mut inside = Duration::ZERO;
        let (prefix, first) = (row.prefix(writer), row.first(writer));
        for from in (first..first + row.each).step_by(n) {
            let path = format!("/repeat?b=b&op={operation}&k={prefix}&n={n}&from={}", from % KEYS);
            inside += Duration::from_nanos(post(&mut connection, &path)?.parse()?);
        }
        Ok(inside)
    };
    let started = Instant::now();
    let inside: Outcome<Duration> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..row.writers).map(|writer| scope.spawn(move || one(writer))).collect();
        writers.into_iter().map(|writer| writer.join().expect("no writer panics")).sum()
    });
    let inside = inside?;
    Ok(if operation == "set" { started.elapsed() } else { inside })
}

fn post(connection: &mut BufReader<TcpStream>, path: &str) -> Outcome<String> {
    let head = format!("POST {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {}\r\n\r\n", VALUE.len());
    connection.get_mut().write_all(&[head.as_bytes(), &VALUE].concat())?;
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line)?;
        if let Some(found) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = found.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(String::from_utf8(body)?)
}
