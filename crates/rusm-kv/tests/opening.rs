//! Files that can be opened, and why others cannot.

mod common;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use common::disk::Disk;
use redb::{Database, TableDefinition};
use rusm_kv::{OpenError, Options, Scan, StorageBackend, Store};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/app.redb");
    (folder, path)
}

/// A closed store that has one key.
fn made() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    let store = Store::open(&path).unwrap();
    store.bucket("b").unwrap().set("k", "v").wait().unwrap();
    store.close().unwrap();
    (folder, path)
}

fn refusal(path: &PathBuf) -> OpenError {
    let before = fs::read(path).ok();
    let error = Store::open(path).expect_err("it is refused");
    assert_eq!(fs::read(path).ok(), before, "the file is as it was");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_new_file_is_its_owners_alone() {
    let (_folder, path) = made();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.bucket("b").unwrap().get("k").unwrap().unwrap(), b"v");
    assert_eq!(store.repaired(), None);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let (folder, _) = place();
    let path = folder.path().join("empty");
    fs::write(&path, "").unwrap();
    Store::open(&path).unwrap();
}

#[test]
fn a_file_in_use_is_refused_until_it_is_closed() {
    let (_folder, path) = made();
    let store = Store::open(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    let kept = store.bucket("b").unwrap();
    drop(store);
    assert!(Store::open(&path).is_err(), "a bucket is a handle too");
    drop(kept);
    Store::open(&path).unwrap();
}

#[test]
fn what_is_no_store_is_refused() {
    let (folder, _) = place();
    let path = folder.path().join("file");
    for other in [&b"x"[..], b"SQLite format 3\0", &[0xff; 5000], &[&[0; 600][..], b"data"].concat()] {
        fs::write(&path, other).unwrap();
        assert!(matches!(refusal(&path), OpenError::NotAStore { .. }));
    }
    let folder = folder.path().to_path_buf();
    assert!(matches!(refusal(&folder), OpenError::NotAStore { .. }));
}

#[test]
fn a_redb_file_of_another_program_is_refused() {
    let (folder, _) = place();
    let path = folder.path().join("other.redb");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TableDefinition::<u64, u64>::new("theirs")).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(&error, OpenError::NotAStore { why, .. } if why.contains("theirs")), "{error}");
}

#[test]
fn a_later_format_is_refused() {
    let (_folder, path) = made();
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(TableDefinition::<&str, u64>::new("rusm-kv.meta"))
        .unwrap()
        .insert("format", 2)
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(&error, OpenError::Newer { what, .. } if what.contains("format 2")), "{error}");
}

#[test]
fn a_later_format_of_redb_is_refused() {
    let (_folder, path) = made();
    let mut bytes = fs::read(&path).unwrap();
    // Both commit slots begin with the version.
    for slot in [64, 192] {
        assert_eq!(bytes[slot], 3);
        bytes[slot] = 9;
    }
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refusal(&path), OpenError::Newer { .. }));
}

#[test]
fn a_damaged_file_is_refused() {
    let (_folder, path) = made();
    let good = fs::read(&path).unwrap();
    for (at, len) in [(64, 256), (9, 300), (good.len() / 2, 0), (4096, good.len() - 4096)] {
        let mut bytes = good.clone();
        if len == 0 {
            bytes.truncate(at);
        } else {
            bytes[at..at + len].fill(0xa5);
        }
        fs::write(&path, bytes).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { .. } | OpenError::Newer { .. }), "{at}: {error:?}");
    }
}

/// A disk that refuses to be written.
#[derive(Debug)]
struct Refusing(Disk, io::ErrorKind);

impl StorageBackend for Refusing {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(self.1.into())
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(self.1.into())
    }
}

#[test]
fn a_disk_that_cannot_be_written_says_why() {
    let error = |kind| Store::with_backend(Refusing(Disk::default(), kind), Options::default()).unwrap_err();
    assert!(matches!(error(io::ErrorKind::StorageFull), OpenError::Full { .. }));
    assert!(matches!(error(io::ErrorKind::QuotaExceeded), OpenError::Full { .. }));
    assert!(matches!(error(io::ErrorKind::ReadOnlyFilesystem), OpenError::ReadOnly { .. }));
    assert!(matches!(error(io::ErrorKind::PermissionDenied), OpenError::ReadOnly { .. }));
    assert!(matches!(error(io::ErrorKind::Other), OpenError::Io { .. }));
}

#[test]
fn a_folder_that_cannot_be_made_says_so() {
    let (folder, _) = place();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Store::open(folder.path().join("file/app.redb")).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}

/// The power may go before redb has written the first bytes, which it does last.
#[test]
fn an_unfinished_file_is_begun_again() {
    let (folder, _) = place();
    let path = folder.path().join("unfinished");
    let mut header = vec![0; 320];
    header[9..20].fill(7);
    for (bytes, len) in [(&[][..], 1), (&[], 1_052_672), (&header, 320), (&header, 1_052_672)] {
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(bytes).unwrap();
        file.set_len(len).unwrap();
        drop(file);
        let store = Store::open(&path).unwrap();
        store.bucket("b").unwrap().set("k", "v").wait().unwrap();
    }
}

/// A disk's bytes as they are while the store runs are what a killed process leaves.
#[test]
fn after_a_crash_the_file_is_brought_in_order() {
    let disk = Disk::default();
    let options = |idle| Options::default().checkpoint_after(idle);
    let store = Store::with_backend(disk.clone(), options(Duration::from_hours(1))).unwrap();
    let bucket = store.bucket("b").unwrap();
    for n in 0..100_u32 {
        bucket.set(n.to_be_bytes(), [0; 1000]).wait().unwrap();
    }
    let crashed = Store::with_backend(Disk::with(disk.seen()), Options::default()).unwrap();
    assert!(crashed.repaired().is_some());
    assert_eq!(crashed.bucket("b").unwrap().count().unwrap(), 100);
}

#[test]
fn after_a_crash_while_idle_there_is_nothing_to_repair() {
    let disk = Disk::default();
    let store =
        Store::with_backend(disk.clone(), Options::default().checkpoint_after(Duration::ZERO)).unwrap();
    let bucket = store.bucket("b").unwrap();
    let before = disk.syncs();
    bucket.set("k", "v").wait().unwrap();
    // The write's own sync, and two of the checkpoint, which nobody waits for. The bound is for a failure.
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while disk.syncs() < before + 3 {
        assert!(std::time::Instant::now() < deadline, "there was no checkpoint");
        std::thread::yield_now();
    }
    let crashed = Store::with_backend(Disk::with(disk.seen()), Options::default()).unwrap();
    assert_eq!(crashed.repaired(), None);
    assert_eq!(crashed.buckets(&Scan::all()).unwrap().items.len(), 1);
}
