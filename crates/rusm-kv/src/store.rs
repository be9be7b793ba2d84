use std::fmt;
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use redb::backends::InMemoryBackend;
use redb::{Database, StorageBackend};

use crate::change::Change;
use crate::clock::Monotone;
use crate::limits::{BucketName, Limits};
use crate::open::{self, Opened};
use crate::queue::Queue;
use crate::view::View;
use crate::writer::Writer;
use crate::{
    Batch, Bucket, BucketInfo, ExportError, Failure, ImportError, Invalid, OpenError, Options, Page,
    ReadError, Scan, Snapshot, Write, WriteError,
};

/// A durable store of buckets, in one file that one process has open at a time.
///
/// Clones are the same store; the last one to go closes it. It may be used from any thread.
///
/// ```
/// use rusm_kv::Store;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("data/app.redb");
/// let store = Store::open(&path)?;
/// store.bucket("users")?.set("ann", "Ann Lee").wait()?;
/// store.close()?;
///
/// let store = Store::open(&path)?;
/// assert_eq!(store.bucket("users")?.get("ann")?.as_deref(), Some(&b"Ann Lee"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<Database>>>,
    repaired: Option<Duration>,
}

/// What the writer and all handles of a store share.
pub(crate) struct Shared {
    /// For messages: the file's path.
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) clock: Monotone,
    pub(crate) queue: Queue,
    /// The last commit. None when the store is closed.
    pub(crate) view: RwLock<Option<Arc<View>>>,
}

impl Store {
    /// Opens a file, or makes one, with its folders, that only its owner may read (mode 0600).
    ///
    /// Blocks, and longer where the file was not closed in an orderly way: see [`repaired`](Self::repaired).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, Options::default())
    }

    /// As [`open`](Self::open), with options.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        Self::start(open::file(path, &name, options.cache)?, &name, options)
    }

    /// A store that is gone when it is closed, for tests.
    pub fn memory() -> Result<Self, OpenError> {
        Self::memory_with(Options::default())
    }

    /// As [`memory`](Self::memory), with options.
    pub fn memory_with(options: Options) -> Result<Self, OpenError> {
        Self::with_backend(InMemoryBackend::new(), options)
    }

    /// A store over bytes of your own: redb's seam for storage other than files, and for tests that lose power.
    ///
    /// It is as durable as the backend's `sync_data`.
    ///
    /// ```
    /// use redb::backends::InMemoryBackend;
    /// use rusm_kv::{Options, Store};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Store::with_backend(InMemoryBackend::new(), Options::default())?;
    /// store.bucket("users")?.set("ann", "1").wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_backend(backend: impl StorageBackend, options: Options) -> Result<Self, OpenError> {
        let name = "(not a file)";
        Self::start(open::backend_named(backend, name, options.cache)?, name, options)
    }

    fn start(opened: Opened, name: &str, options: Options) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared {
            name: name.into(),
            limits: options.limits,
            clock: Monotone::new(options.clock),
            queue: Queue::new(options.queue),
            view: RwLock::new(None),
        });
        let writer =
            Writer::new(shared.clone(), opened.database, options.sweep_interval, options.checkpoint_after)
                .map_err(|why| OpenError::Corrupt { store: name.into(), why: why.to_string() })?;
        let writer = thread::Builder::new()
            .name("rusm-kv".into())
            .spawn(|| writer.run())
            .map_err(|why| OpenError::Io { store: name.into(), why })?;
        Ok(Self(Arc::new(Inner { shared, writer: Mutex::new(Some(writer)), repaired: opened.repaired })))
    }

    /// A bucket by its name: 1 to [`MAX_BUCKET_NAME`](crate::MAX_BUCKET_NAME) bytes of UTF-8 without control
    /// characters. Reads and writes nothing.
    pub fn bucket(&self, name: impl AsRef<str>) -> Result<Bucket, Invalid> {
        Ok(Bucket::new(self.clone(), BucketName::parse(name.as_ref())?))
    }

    /// The buckets that have keys, in the order of their names, to which the scan's bounds apply.
    ///
    /// ```
    /// use rusm_kv::Scan;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = rusm_kv::Store::memory()?;
    /// store.bucket("users")?.set("ann", "1").wait()?;
    /// let buckets = store.buckets(&Scan::all())?.items;
    /// assert_eq!((&buckets[0].name[..], buckets[0].keys), ("users", 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn buckets(&self, scan: &Scan) -> Result<Page<BucketInfo>, ReadError> {
        self.snapshot()?.buckets(scan)
    }

    /// The store as it is now, for several reads that are to fit together. [`Snapshot`] has an example.
    pub fn snapshot(&self) -> Result<Snapshot, ReadError> {
        let shared = self.shared();
        let view = shared.view.read().clone().ok_or(ReadError::Closed)?;
        Ok(Snapshot { view, now: shared.clock.now(), store: shared.name.clone() })
    }

    /// Writes a batch, and tells whether its conditions held. If not, nothing was written. [`Batch`] has an example.
    pub fn write(&self, batch: Batch) -> Write<bool> {
        let change = batch.into_change(self.shared().limits).map_err(WriteError::Invalid);
        Write::new(change.and_then(|change| self.shared().queue.push(change)), |held| held != 0)
    }

    /// Frees the space of some of the keys that have expired or were deleted with their bucket, and tells of how
    /// many; 0 when there are none left. The store does so by itself, in the background and with other writes.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = rusm_kv::Store::memory()?;
    /// while store.sweep().wait()? > 0 {}
    /// # Ok(())
    /// # }
    /// ```
    pub fn sweep(&self) -> Write<u64> {
        Write::new(self.shared().queue.push(Change::Sweep), i64::cast_unsigned)
    }

    /// How many keys have expired and still take space. Reads pass over them, and [`sweep`](Self::sweep) frees them.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// assert_eq!(rusm_kv::Store::memory()?.unswept()?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unswept(&self) -> Result<u64, ReadError> {
        self.snapshot()?.unswept()
    }

    /// Writes everything as lines of JSON, of one moment, and tells how many keys. See [the format](mod@crate::format).
    ///
    /// Blocks as long as it writes; others may read and write meanwhile.
    pub fn export(&self, out: impl io::Write) -> Result<u64, ExportError> {
        crate::export::all(&self.snapshot()?, out)
    }

    /// Reads what [`export`](Self::export) wrote, and tells how many keys were set. A key that is there already is
    /// overwritten, one that has expired is left out.
    ///
    /// ```
    /// use rusm_kv::Store;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let from = Store::memory()?;
    /// from.bucket("users")?.set("ann", "Ann Lee").wait()?;
    /// let mut lines = Vec::new();
    /// assert_eq!(from.export(&mut lines)?, 1);
    ///
    /// let to = Store::memory()?;
    /// assert_eq!(to.import(&lines[..])?, 1);
    /// assert_eq!(to.bucket("users")?.get("ann")?.as_deref(), Some(&b"Ann Lee"[..]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It blocks. It writes in batches of at most a thousand lines, each atomic: after an error, the lines before
    /// [`ImportError`]'s `from` are in the store, and none from there on.
    pub fn import(&self, from: impl BufRead) -> Result<u64, ImportError> {
        crate::import::read(self, from)
    }

    /// The longest value that it takes: [`Options::max_value_bytes`].
    ///
    /// ```
    /// assert_eq!(rusm_kv::Store::memory()?.max_value_bytes(), 8 * 1024 * 1024);
    /// # Ok::<_, rusm_kv::OpenError>(())
    /// ```
    pub fn max_value_bytes(&self) -> usize {
        self.shared().limits.value
    }

    /// How long it took to bring the file in order, if it was not closed in an orderly way the last time.
    ///
    /// Nothing acknowledged is lost then. redb reads the whole file, 2.6 seconds a gigabyte on the machine it was
    /// measured on, unless the store had been idle: see [`Options::checkpoint_after`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// assert!(rusm_kv::Store::memory()?.repaired().is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn repaired(&self) -> Option<Duration> {
        self.0.repaired
    }

    /// Does all writes that were sent, and frees the file for others. Clones and snapshots of the store stay, and
    /// find it closed. Blocks until it is done; closing again does nothing.
    ///
    /// Dropping the last clone does the same. An error takes back nothing that was acknowledged.
    pub fn close(&self) -> Result<(), Failure> {
        self.0.close()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }
}

impl Inner {
    fn close(&self) -> Result<(), Failure> {
        self.shared.queue.close();
        let mut writer = self.writer.lock();
        let Some(thread) = writer.take() else { return Ok(()) };
        // The writer itself may drop the last handle, with the waker of a task that is gone. It cannot wait for
        // itself, and closes the database at its end.
        let own = thread.thread().id() == thread::current().id();
        let database = if own { None } else { thread.join().ok() };
        self.shared.view.write().take();
        let Some(database) = database else { return Ok(()) };
        database.close().map_err(|why| Failure::new(&self.shared.name, why))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Nobody is left to be told, and nothing acknowledged depends on it.
        let _ = self.close();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.shared().name).finish()
    }
}
