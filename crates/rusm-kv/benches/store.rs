//! `cargo bench -p rusm-kv`: what single operations take. `examples/compare.rs` compares with bare redb.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rusm_kv::{Batch, Bucket, Scan, Store};

const KEYS: u64 = 100_000;

fn filled(store: &Store) -> Bucket {
    let bucket = store.bucket("data").unwrap();
    let mut batch = Batch::new();
    for n in 0..KEYS {
        batch.set(&bucket, n.to_be_bytes(), [7; 100]);
    }
    store.write(batch).wait().unwrap();
    bucket
}

fn keys() -> impl Iterator<Item = [u8; 8]> {
    (0..).map(|n: u64| (n.wrapping_mul(7919) % KEYS).to_be_bytes())
}

fn reads(c: &mut Criterion) {
    let store = Store::memory().unwrap();
    let bucket = filled(&store);
    let mut keys = keys();
    let mut next = move || keys.next().unwrap();
    c.bench_function("snapshot", |b| b.iter(|| black_box(store.snapshot().unwrap())));
    c.bench_function("get", |b| b.iter(|| black_box(bucket.get(next()).unwrap())));
    c.bench_function("get, absent", |b| b.iter(|| black_box(bucket.get("absent").unwrap())));
    c.bench_function("exists", |b| b.iter(|| black_box(bucket.exists(next()).unwrap())));
    c.bench_function("scan of 100", |b| {
        b.iter(|| black_box(bucket.scan(&Scan::range(next()..).limit(100)).unwrap()));
    });
    c.bench_function("count", |b| b.iter(|| black_box(bucket.count().unwrap())));
}

/// On whatever disk the temporary folder is.
fn writes(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("bench.redb")).unwrap();
    let bucket = filled(&store);
    let mut keys = keys();
    let mut next = move || keys.next().unwrap();
    let mut group = c.benchmark_group("durable");
    group.measurement_time(Duration::from_secs(5));
    group.bench_function("set", |b| b.iter(|| bucket.set(next(), [8; 100]).wait().unwrap()));
    group.bench_function("increment", |b| b.iter(|| bucket.increment("counter", 1).wait().unwrap()));
    group.throughput(Throughput::Elements(64));
    group.bench_function("64 sets under way", |b| {
        b.iter(|| {
            let writes: Vec<_> = (0..64).map(|_| bucket.set(next(), [8; 100])).collect();
            for write in writes {
                write.wait().unwrap();
            }
        });
    });
    group.bench_function("batch of 64", |b| {
        let batch = |next: &mut dyn FnMut() -> [u8; 8]| {
            let mut batch = Batch::new();
            for _ in 0..64 {
                batch.set(&bucket, next(), [8; 100]);
            }
            batch
        };
        b.iter_batched(
            || batch(&mut next),
            |batch| store.write(batch).wait().unwrap(),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, reads, writes);
criterion_main!(benches);
