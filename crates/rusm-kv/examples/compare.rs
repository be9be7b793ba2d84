//! What a read and a durable write cost, beside bare redb doing the same in the same run.
//!
//! `cargo run --release -p rusm-kv --example compare [rounds] [folder]`. The folder decides which disk is measured: one
//! in memory has nothing to sync. The rows of a round follow one another, so that a noisy neighbour meets them
//! all; medians are printed.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redb::{Database, ReadableDatabase, TableDefinition};
use rusm_kv::{Bucket, Scan, Store};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("data");
const KEYS: u64 = 100_000;
const VALUE: [u8; 100] = [7; 100];
const GETS: u64 = 200_000;
const SCANS: u64 = 2_000;
/// Each row that writes runs so long.
const SPAN: Duration = Duration::from_secs(1);
const WRITERS: usize = 64;

/// The same keys and values in a store and in a bare redb file.
struct Subjects {
    folder: PathBuf,
    bucket: Bucket,
    redb: Database,
}

/// Things done, and the time they took.
type Measure = fn(&Subjects) -> Outcome<(u64, Duration)>;

/// A row, and the one whose throughput it is compared with.
const ROWS: [(&str, Option<usize>, Measure); 13] = [
    ("disk: write of 4 KiB and fdatasync", None, sync),
    ("get: redb, a transaction each", None, get_redb),
    ("get: rusm-kv", Some(1), get),
    ("list of 100 keys: redb", None, list_redb),
    ("list of 100 keys: rusm-kv", Some(3), list),
    ("set, 1 writer: redb, a commit each", None, |it| set_redb(it, 1)),
    ("set, 1 writer: rusm-kv", Some(5), |it| set(it, 1)),
    ("set, 64 writers: redb, a commit each", None, |it| set_redb(it, WRITERS)),
    ("set, 64 writers: rusm-kv", Some(7), |it| set(it, WRITERS)),
    ("set, 64 tasks: rusm-kv", Some(7), set_tasks),
    ("increment of one key, 64 writers: rusm-kv", Some(7), increment),
    ("set, 64 writers, a key each: rusm-kv", Some(7), set_own),
    ("set, 64 in each commit, 1 writer: redb", Some(7), set_redb_many),
];

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let rounds: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let base = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&base)?;
    println!("{}", machine(&base));

    let store = Store::open(folder.path().join("store.redb"))?;
    let subjects =
        Subjects { folder: folder.path().into(), bucket: store.bucket("data")?, redb: bare(folder.path())? };
    fill(&store, &subjects)?;

    let mut figures = vec![Vec::new(); ROWS.len()];
    for _ in 0..rounds {
        for ((.., measure), figures) in ROWS.iter().zip(&mut figures) {
            let (count, took) = measure(&subjects)?;
            figures.push(count as f64 / took.as_secs_f64());
        }
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    for ((name, against, _), median) in ROWS.iter().zip(&medians) {
        let ratio = against.map_or(String::new(), |row| format!("{:>8.2} x", median / medians[row]));
        println!("{name:<44} {median:>12.0} /s {:>12.2} us {ratio}", 1e6 / median);
    }
    let (spread, own) = (medians[8] / medians[6], medians[11] / medians[6]);
    println!("\nrusm-kv, 64 writers against 1: {spread:.1} x, and {own:.1} x with a key each");
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn machine(folder: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let cpu =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |it| it.1);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores, {cpu}, Linux {}, in {}\n",
        read("/proc/sys/kernel/osrelease").trim(),
        folder.display()
    )
}

fn bare(folder: &Path) -> Outcome<Database> {
    Ok(Database::builder().set_cache_size(64 << 20).create(folder.join("bare.redb"))?)
}

fn key(n: u64) -> [u8; 8] {
    (n.wrapping_mul(7919) % KEYS).to_be_bytes()
}

fn fill(store: &Store, subjects: &Subjects) -> Outcome<()> {
    let transaction = subjects.redb.begin_write()?;
    {
        let mut table = transaction.open_table(TABLE)?;
        for n in 0..KEYS {
            table.insert(&n.to_be_bytes()[..], &VALUE[..])?;
        }
    }
    transaction.commit()?;
    let mut batch = rusm_kv::Batch::new();
    for n in 0..KEYS {
        batch.set(&subjects.bucket, n.to_be_bytes(), VALUE);
    }
    store.write(batch).wait()?;
    Ok(())
}

fn sync(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let mut file = File::create(subjects.folder.join("raw"))?;
    file.set_len(1 << 20)?;
    file.sync_all()?;
    repeat(|n| {
        file.seek(SeekFrom::Start(n % 256 * 4096))?;
        file.write_all(&[n as u8; 4096])?;
        Ok(file.sync_data()?)
    })
}

/// As often as the span has time for.
fn repeat(mut once: impl FnMut(u64) -> Outcome<()>) -> Outcome<(u64, Duration)> {
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < SPAN {
        once(count)?;
        count += 1;
    }
    Ok((count, start.elapsed()))
}

fn get_redb(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let start = Instant::now();
    for n in 0..GETS {
        let table = subjects.redb.begin_read()?.open_table(TABLE)?;
        black_box(table.get(&key(n)[..])?.map(|value| value.value().to_vec()));
    }
    Ok((GETS, start.elapsed()))
}

fn get(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let start = Instant::now();
    for n in 0..GETS {
        black_box(subjects.bucket.get(key(n))?);
    }
    Ok((GETS, start.elapsed()))
}

fn list_redb(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let start = Instant::now();
    for n in 0..SCANS {
        let table = subjects.redb.begin_read()?.open_table(TABLE)?;
        let keys: Result<Vec<_>, _> = table
            .range(&key(n)[..]..)?
            .take(100)
            .map(|row| row.map(|(key, _)| key.value().to_vec()))
            .collect();
        black_box(keys?);
    }
    Ok((SCANS, start.elapsed()))
}

fn list(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let start = Instant::now();
    for n in 0..SCANS {
        black_box(subjects.bucket.list(&Scan::range(key(n)..).limit(100))?);
    }
    Ok((SCANS, start.elapsed()))
}

/// Many threads, each as often as the span has time for.
fn many(writers: usize, once: impl Fn(u64) -> Outcome<()> + Sync) -> Outcome<(u64, Duration)> {
    let (count, start) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        let writer = || repeat(|_| once(count.fetch_add(1, Ordering::Relaxed)));
        let threads: Vec<_> = (0..writers).map(|_| scope.spawn(writer)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic").map(drop))
    })?;
    Ok((count.into_inner(), start.elapsed()))
}

fn set_redb(subjects: &Subjects, writers: usize) -> Outcome<(u64, Duration)> {
    many(writers, |n| {
        let transaction = subjects.redb.begin_write()?;
        transaction.open_table(TABLE)?.insert(&key(n)[..], &VALUE[..])?;
        Ok(transaction.commit()?)
    })
}

/// What a perfect group commit would do: all 64 always there, and nobody to wake.
fn set_redb_many(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let (commits, took) = repeat(|commit| {
        let transaction = subjects.redb.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for n in 0..WRITERS as u64 {
                table.insert(&key(commit * WRITERS as u64 + n)[..], &VALUE[..])?;
            }
        }
        Ok(transaction.commit()?)
    })?;
    Ok((commits * WRITERS as u64, took))
}

fn set(subjects: &Subjects, writers: usize) -> Outcome<(u64, Duration)> {
    many(writers, |n| Ok(subjects.bucket.set(key(n), VALUE).wait()?))
}

/// Keys that stand together share pages, which are what a commit writes.
fn set_own(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    many(WRITERS, |n| Ok(subjects.bucket.set((n % WRITERS as u64).to_be_bytes(), VALUE).wait()?))
}

fn increment(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    many(WRITERS, |_| Ok(subjects.bucket.increment("counter", 1).wait().map(drop)?))
}

fn set_tasks(subjects: &Subjects) -> Outcome<(u64, Duration)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let start = Instant::now();
    let tasks: Vec<_> = (0..WRITERS as u64)
        .map(|task| {
            let bucket = subjects.bucket.clone();
            runtime.spawn(async move {
                let mut count = 0;
                while start.elapsed() < SPAN {
                    bucket.set(key(task * 1_000_003 + count), VALUE).await?;
                    count += 1;
                }
                Ok::<u64, rusm_kv::WriteError>(count)
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += runtime.block_on(task)??;
    }
    Ok((count, start.elapsed()))
}
