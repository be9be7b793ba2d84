//! Opens the file, or tells exactly why not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::ops::Bound::Unbounded;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redb::backends::FileBackend;
use redb::{
    BackendError, Database, DatabaseError, ReadableDatabase, StorageBackend, StorageError, TableHandle,
};

use crate::apply::Broken;
use crate::layout::{BUCKETS, DATA, DROPPED, EXPIRY, FORMAT, FORMAT_VERSION, META, NAMES};
use crate::writer::text_of;

/// Why a store could not be opened. Its file is as it was.
///
/// ```
/// use rusm_kv::{OpenError, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.redb");
/// let first = Store::open(&path)?;
/// assert!(matches!(Store::open(&path), Err(OpenError::InUse { .. })));
/// first.close()?;
/// Store::open(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Somebody has it open, in this process or another.
    #[error(
        "the store {store} is in use by another process: stop that one, or give this one a file of its own"
    )]
    InUse {
        /// The file.
        store: String,
    },
    /// The file is something else.
    #[error("{store} is not a store: {why}; name another file, or move this one away")]
    NotAStore {
        /// The file.
        store: String,
        /// How that shows.
        why: String,
    },
    /// The file is damaged.
    #[error("the store {store} is corrupt: {why}; restore it from an export or a copy")]
    Corrupt {
        /// The file.
        store: String,
        /// How that shows.
        why: String,
    },
    /// The file was written by a later version.
    #[error(
        "the store {store} has a newer format than this version knows ({what}): use the version that wrote it"
    )]
    Newer {
        /// The file.
        store: String,
        /// Whose format, and which.
        what: String,
    },
    /// The file or its file system can only be read.
    #[error(
        "the store {store} cannot be written ({why}): make the file and its folder writable for this user"
    )]
    ReadOnly {
        /// The file.
        store: String,
        /// What the system said.
        why: io::Error,
    },
    /// The disk has no room for it.
    #[error("the disk of the store {store} is full ({why}): free some space")]
    Full {
        /// The file.
        store: String,
        /// What the system said.
        why: io::Error,
    },
    /// Anything else that the system said.
    #[error("cannot open the store {store}: {why}")]
    Io {
        /// The file.
        store: String,
        /// What the system said.
        why: io::Error,
    },
}

/// What every redb file begins with.
const MAGIC: [u8; 9] = *b"redb\x1A\x0A\xA9\x0D\x0A";
/// No header of redb's is longer.
const HEADER: usize = 512;
/// A new redb file is no longer than this.
const NEW_FILE: u64 = 4 * 1024 * 1024;

/// A database that has our tables.
pub(crate) struct Opened {
    pub(crate) database: Database,
    /// How long redb took to bring it in order, if it was not closed in an orderly way.
    pub(crate) repaired: Option<Duration>,
}

/// Opens a file, and makes it with its folders if there is none.
pub(crate) fn file(path: &Path, name: &str, cache: usize) -> Result<Opened, OpenError> {
    let io = |why| io_error(name, why);
    let new_in = make_folders(path).map_err(io)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(OpenError::NotAStore { store: name.into(), why: "it is not a regular file".into() });
    }
    let new = file.metadata().map_err(io)?.len() == 0;
    let backend = FileBackend::new(file).map_err(|why| database_error(name, why))?;
    let opened = backend_named(backend, name, cache)?;
    // A file that is on disk can be lost all the same as long as its folder's entry is not.
    if new || !new_in.is_empty() {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        for folder in new_in.iter().map(PathBuf::as_path).chain([folder]) {
            sync_folder(folder).map_err(io)?;
        }
    }
    Ok(opened)
}

/// Makes the folders that a file needs, and tells in which folders they were made.
fn make_folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(folder) = path.parent() else { return Ok(Vec::new()) };
    let missing = folder.ancestors().take_while(|it| !it.as_os_str().is_empty() && !it.exists());
    let new_in = missing.filter_map(Path::parent).map(Path::to_path_buf).collect();
    if !folder.as_os_str().is_empty() {
        fs::create_dir_all(folder)?;
    }
    Ok(new_in)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Opens whatever bytes the backend holds.
pub(crate) fn backend_named(
    backend: impl StorageBackend,
    name: &str,
    cache: usize,
) -> Result<Opened, OpenError> {
    // redb may panic on bytes that it never wrote.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        undo_unfinished_creation(&backend, name)?;
        let repairs = Arc::new(AtomicBool::new(false));
        let mut builder = Database::builder();
        builder.set_cache_size(cache).set_repair_callback({
            let repairs = repairs.clone();
            move |_| repairs.store(true, Ordering::Release)
        });
        let started = Instant::now();
        let database = builder.create_with_backend(backend).map_err(|why| database_error(name, why))?;
        let repaired = repairs.load(Ordering::Acquire).then(|| started.elapsed());
        check_format(&database, name)?;
        Ok(Opened { database, repaired })
    }));
    opened
        .unwrap_or_else(|panic| Err(OpenError::Corrupt { store: name.into(), why: text_of(&*panic).into() }))
}

/// redb writes the first bytes of a new file last. A power cut before that leaves a small file that has nothing but
/// an unfinished header, and redb would refuse it for ever.
fn undo_unfinished_creation(backend: &impl StorageBackend, name: &str) -> Result<(), OpenError> {
    let io = |why| io_error(name, why);
    let locked = match backend.try_lock_range(Unbounded, Unbounded) {
        Ok(true) => true,
        Ok(false) => return Err(OpenError::InUse { store: name.into() }),
        Err(BackendError::Unsupported) => false,
        Err(other) => return Err(io(other.into())),
    };
    let result = undo_if_unfinished(backend, name);
    if locked {
        backend.unlock_range(Unbounded, Unbounded).map_err(|why| io(why.into()))?;
    }
    result
}

fn undo_if_unfinished(backend: &impl StorageBackend, name: &str) -> Result<(), OpenError> {
    let io = |why| io_error(name, why);
    let len = backend.len().map_err(io)?;
    let mut start = vec![0; HEADER.min(usize::try_from(len).unwrap_or(HEADER))];
    backend.read(0, &mut start).map_err(io)?;
    if start.is_empty() || start.starts_with(&MAGIC) {
        return Ok(());
    }
    let other =
        || OpenError::NotAStore { store: name.into(), why: "it does not begin as a redb file does".into() };
    if len > NEW_FILE || start.iter().take(MAGIC.len()).any(|&byte| byte != 0) {
        return Err(other());
    }
    let mut all = vec![0; usize::try_from(len).unwrap_or(0)];
    backend.read(0, &mut all).map_err(io)?;
    if all.iter().skip(HEADER).any(|&byte| byte != 0) {
        return Err(other());
    }
    backend.set_len(0).and_then(|()| backend.sync_data()).map_err(io)
}

/// Makes our tables in a new database, and refuses one that is somebody else's or of a later format.
fn check_format(database: &Database, name: &str) -> Result<(), OpenError> {
    let broken = |why: Broken| match why.downcast::<StorageError>() {
        Ok(why) => storage_error(name, *why),
        Err(why) => OpenError::Corrupt { store: name.into(), why: why.to_string() },
    };
    match format_of(database).map_err(broken)? {
        Format::Known => Ok(()),
        Format::New => make_tables(database).map_err(broken),
        Format::Later(found) => Err(OpenError::Newer {
            store: name.into(),
            what: format!("rusm-kv's format {found}, and this one knows {FORMAT_VERSION}"),
        }),
        Format::Foreign(table) => Err(OpenError::NotAStore {
            store: name.into(),
            why: format!("it is a redb file of another program, with a table {table:?}"),
        }),
    }
}

enum Format {
    New,
    Known,
    Later(u64),
    Foreign(String),
}

fn format_of(database: &Database) -> Result<Format, Broken> {
    let transaction = database.begin_read()?;
    let tables: Vec<String> = transaction.list_tables()?.map(|table| table.name().to_owned()).collect();
    if !tables.iter().any(|table| table == META.name()) {
        return Ok(tables.into_iter().next().map_or(Format::New, Format::Foreign));
    }
    let version = transaction.open_table(META)?.get(FORMAT)?.map(|version| version.value());
    match version {
        Some(FORMAT_VERSION) => Ok(Format::Known),
        Some(later) if later > FORMAT_VERSION => Ok(Format::Later(later)),
        other => Err(format!("it has the format {other:?}").into()),
    }
}

fn make_tables(database: &Database) -> Result<(), Broken> {
    let transaction = database.begin_write()?;
    transaction.open_table(META)?.insert(FORMAT, FORMAT_VERSION)?;
    transaction.open_table(BUCKETS)?;
    transaction.open_table(NAMES)?;
    transaction.open_table(DATA)?;
    transaction.open_table(EXPIRY)?;
    transaction.open_table(DROPPED)?;
    Ok(transaction.commit()?)
}

fn database_error(name: &str, error: DatabaseError) -> OpenError {
    let store = name.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            OpenError::InUse { store }
        }
        DatabaseError::UpgradeRequired(version) => {
            OpenError::NotAStore { store, why: format!("it has redb's old file format {version}") }
        }
        DatabaseError::Storage(error) => storage_error(name, error),
        other => OpenError::Corrupt { store, why: other.to_string() },
    }
}

fn storage_error(name: &str, error: StorageError) -> OpenError {
    let store = name.to_owned();
    match error {
        // redb has no error of its own for this.
        StorageError::Corrupted(why) if why.starts_with("Expected file format version") => {
            OpenError::Newer { store, what: format!("redb: {why}") }
        }
        StorageError::Corrupted(why) => OpenError::Corrupt { store, why },
        StorageError::Io(why) => io_error(name, why),
        other => OpenError::Corrupt { store, why: other.to_string() },
    }
}

fn io_error(name: &str, why: io::Error) -> OpenError {
    let store = name.to_owned();
    match why.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::Full { store, why },
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => OpenError::ReadOnly { store, why },
        ErrorKind::IsADirectory => OpenError::NotAStore { store, why: "it is a folder".into() },
        ErrorKind::UnexpectedEof => OpenError::Corrupt { store, why: "the file ends too early".into() },
        _ => OpenError::Io { store, why },
    }
}
