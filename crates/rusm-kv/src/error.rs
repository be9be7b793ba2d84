//! What can go wrong with a store that is open. [`OpenError`](crate::OpenError) has what can before.

use std::fmt;
use std::sync::Arc;

use crate::Invalid;

/// A read that failed.
///
/// ```
/// use rusm_kv::{ReadError, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory()?;
/// let bucket = store.bucket("users")?;
/// assert!(matches!(bucket.get(""), Err(ReadError::Invalid(_))));
/// store.close()?;
/// assert!(matches!(bucket.get("ann"), Err(ReadError::Closed)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// No key is like this.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The store was closed.
    #[error("the store is closed: open it again to read")]
    Closed,
    /// The file could not be read.
    #[error("cannot read: {0}")]
    Failed(#[from] Failure),
}

/// A write that failed.
///
/// ```
/// use rusm_kv::{Store, WriteError};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory()?;
/// let bucket = store.bucket("stats")?;
/// bucket.set("visits", "many").wait()?;
/// let error = bucket.increment("visits", 1).wait().unwrap_err();
/// assert!(matches!(error, WriteError::NotACounter { .. }));
/// assert_eq!(
///     error.to_string(),
///     "cannot count with \"visits\" in the bucket \"stats\": its value is no whole number; set it to one first",
/// );
/// store.close()?;
/// assert!(matches!(bucket.set("visits", "1").wait(), Err(WriteError::Closed)));
/// # Ok(())
/// # }
/// ```
///
/// Except for [`Failed`](Self::Failed), nothing of it was written.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// No store takes this name, key or value.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// An increment met a value that is not a decimal number of 64 bits with its sign.
    #[error(
        "cannot count with {key:?} in the bucket {bucket:?}: its value is no whole number; set it to one first"
    )]
    NotACounter {
        /// The bucket.
        bucket: String,
        /// The key, as text where it is.
        key: String,
    },
    /// An increment would leave the range of 64 bits with sign.
    #[error(
        "cannot add {by} to {key:?} in the bucket {bucket:?}: it stands at {at}, and the sum does not fit 64 bits"
    )]
    Overflow {
        /// The bucket.
        bucket: String,
        /// The key, as text where it is.
        key: String,
        /// Where the counter stands.
        at: i64,
        /// What was to be added.
        by: i64,
    },
    /// Writes come faster than the disk takes them.
    #[error("{waiting} bytes wait for the disk already, at most {limit} may: try again later")]
    Overloaded {
        /// Bytes that wait.
        waiting: usize,
        /// [`Options::queue_bytes`](crate::Options::queue_bytes).
        limit: usize,
    },
    /// The store was closed before it took the write.
    #[error("the store is closed: open it again to write")]
    Closed,
    /// The file could not be written. The write may turn out to be there when the store is opened again, wholly
    /// or not at all; a store that has failed takes no more writes.
    #[error("cannot write: {0}")]
    Failed(#[from] Failure),
}

/// What stopped a store: an error of the disk or of the file's contents. Opening the store again recovers every
/// write that was acknowledged, as far as the disk has it.
#[derive(Clone)]
pub struct Failure {
    store: Arc<str>,
    cause: Arc<dyn std::error::Error + Send + Sync>,
}

impl Failure {
    pub(crate) fn new(store: &Arc<str>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { store: store.clone(), cause: Arc::from(cause.into()) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the store {} failed: {}; see to the disk, then close the store and open it again",
            self.store, self.cause
        )
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("store", &self.store).field("cause", &self.cause).finish()
    }
}

// Its message has the cause's; as a source it would be told twice.
impl std::error::Error for Failure {}

/// A row whose bytes are not those of its table.
#[derive(Debug, thiserror::Error)]
#[error("the file is corrupt: a row of {0} cannot be understood")]
pub(crate) struct BadRow(pub(crate) &'static str);
