//! Durable buckets of keys and values in one file, over [redb](https://docs.rs/redb).
//!
//! ```
//! use std::time::Duration;
//! use rusm_kv::{Batch, Scan, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("app.redb");
//! let store = Store::open(path)?;
//! let users = store.bucket("users")?;
//!
//! users.set("ann", "Ann Lee").wait()?; // on disk when this returns; async code awaits it instead
//! assert_eq!(users.get("ann")?.as_deref(), Some(&b"Ann Lee"[..]));
//!
//! let visits = store.bucket("stats")?.increment("visits", 1).wait()?;
//! store.bucket("sessions")?.set_with_ttl("token", "ann", Duration::from_hours(1)).wait()?;
//!
//! let mut rename = Batch::new();
//! rename.expect(&users, "ann", Some(b"Ann Lee")).delete(&users, "ann").set(&users, "anna", "Anna Lee");
//! assert!(store.write(rename).wait()?);
//!
//! for (key, value) in users.scan(&Scan::prefix("a"))?.items {
//!     println!("{} = {}", String::from_utf8_lossy(&key), String::from_utf8_lossy(&value));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # A tour
//!
//! * **To open**: [`Store::open`], with [`Options`]; [`Store::memory`] for tests; [`Store::close`]. What can be wrong
//!   with a file is an [`OpenError`] each.
//! * **To read**: [`Bucket::get`], [`Bucket::exists`], [`Bucket::ttl`], [`Bucket::count`]; [`Bucket::list`] and
//!   [`Bucket::scan`] with a [`Scan`] for prefixes, ranges and pages in either direction; [`Store::buckets`]. A
//!   [`Snapshot`] makes several reads fit together.
//! * **To write**: [`Bucket::set`], [`Bucket::set_with_ttl`], [`Bucket::delete`], [`Bucket::clear`]. **To write only
//!   if**: [`Bucket::compare_and_set`]. **To count**: [`Bucket::increment`]. **All or nothing**: a [`Batch`] with
//!   [`Store::write`]. Each gives a [`Write`], to await or to wait for.
//! * **To take along**: [`Store::export`] and [`Store::import`], in [lines of JSON](mod@format).
//!
//! # What holds
//!
//! * **A write that was answered is on disk.** The answer comes after the commit's `fsync` (and, for a new file,
//!   the folder's), so it survives a crash of the process, of the system, and a power cut, as far as the disk tells the
//!   truth about what it has.
//! * **A write is atomic**, a batch too: after a crash all of it is there or none.
//! * **A write that was not answered** may be there after a crash. So may one whose answer nobody waited for.
//! * **A write that was answered can be read**, by everyone. A read never waits for a write.
//! * **The writes of one caller happen in the order of its calls**, and all writes in one order.
//! * **Group commit**: all writes that wait share a commit, so that 64 callers get fifteen times the throughput of
//!   one, and more. What one of them does wrong concerns no other.
//! * **An error of the disk** while committing stops the store: all who wait get [`WriteError::Failed`], and so does
//!   every later write, until the store is closed and opened again. It does not go on by itself, since after a
//!   failed `fsync` nobody knows what the disk has.
//! * **Expired keys** are absent for every operation from the moment they are due, by the wall clock.
//!
//! # After a crash
//!
//! redb brings the file in order when it is opened. It reads the whole file for that, unless the store had been idle
//! for [`Options::checkpoint_after`], when it needs no time to speak of. [`Store::repaired`] tells whether it did.
//!
//! # In async code
//!
//! A [`Write`] is a future for any runtime. Reads block for about a microsecond when what they read is in the cache,
//! and for a read of the disk when it is not; a scan for some microseconds each ten keys. Most programs can call them
//! where they are. [`Store::open`], [`Store::close`] and the drop of the last clone, export and import belong on a thread
//! that may block.
//!
//! This crate knows nothing of processes or WebAssembly, and has no unsafe code.
#![forbid(unsafe_code)]

mod apply;
mod batch;
mod bucket;
mod change;
mod clock;
mod error;
mod export;
pub mod format;
mod import;
mod layout;
mod limits;
mod open;
mod options;
mod queue;
mod scan;
mod snapshot;
mod store;
mod sweep;
mod view;
mod write;
mod writer;

pub use batch::Batch;
pub use bucket::Bucket;
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Failure, ReadError, WriteError};
pub use export::ExportError;
pub use import::{ImportError, ImportProblem};
pub use limits::{Invalid, MAX_BUCKET_NAME, MAX_KEY};
pub use open::OpenError;
pub use options::Options;
/// redb's trait for storage other than files: see [`Store::with_backend`].
pub use redb::StorageBackend;
pub use scan::{Entry, Page, Scan};
pub use snapshot::{BucketInfo, Snapshot, Ttl};
pub use store::Store;
pub use write::Write;
