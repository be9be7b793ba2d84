//! The node's durable store: buckets of keys and values that survive its end.
//!
//! ```no_run
//! use rusm_rs::kv::{self, Scan};
//!
//! let users = kv::bucket("users");
//! users.set("ann", "Ann Lee")?; // on disk when it returns
//! assert_eq!(users.get("ann")?.as_deref(), Some(&b"Ann Lee"[..]));
//! for key in users.keys(&Scan::prefix("a")) {
//!     println!("{}", String::from_utf8_lossy(&key?));
//! }
//! let visits = kv::bucket("stats").increment("visits", 1)?;
//! # Ok::<_, kv::Error>(())
//! ```
//!
//! A component may use the buckets that `allow-storage` of its profile names, and shares them with all that may.
//! Keys are 1 to 1024 bytes, ordered as such; a bucket's name is 1 to 64 bytes of text. A bucket is there while it
//! has keys.

mod batch;
mod bucket;
mod scan;

use std::fmt;

use crate::bindings::rusm::runtime::kv as host;
use crate::process::Denied;

pub use batch::Batch;
pub use bucket::{Bucket, Ttl};
pub use scan::{Entries, Entry, Keys, Page, Scan};

/// A bucket, by its name. Whether it may be used shows at the first use.
pub fn bucket(name: &str) -> Bucket {
    Bucket::new(name)
}

/// The buckets that have keys and that the profile names, with their number of keys.
///
/// # Errors
///
/// If the profile names no bucket, the node has no store, or the disk fails.
pub fn buckets() -> Result<Vec<(String, u64)>, Error> {
    Ok(host::buckets()?)
}

/// Why nothing was read, or nothing written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// `allow-storage` of the profile does not name the bucket.
    Denied(Denied),
    /// The node has no store. The text says how it gets one.
    NoStore(String),
    /// No store takes this name, key or value, or such a number cannot be counted. The text says why.
    Invalid(String),
    /// Writes come faster than the disk takes them: try again later.
    Busy(String),
    /// The disk failed. Whether a write is there shows when the node starts again.
    Failed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Denied(denied) => denied.fmt(f),
            Error::NoStore(text) | Error::Invalid(text) | Error::Busy(text) | Error::Failed(text) => {
                f.write_str(text)
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<host::Error> for Error {
    fn from(error: host::Error) -> Self {
        match error {
            host::Error::Denied(text) => Error::Denied(Denied::new(text)),
            host::Error::NoStore(text) => Error::NoStore(text),
            host::Error::Invalid(text) => Error::Invalid(text),
            host::Error::Busy(text) => Error::Busy(text),
            host::Error::Failed(text) => Error::Failed(text),
        }
    }
}
