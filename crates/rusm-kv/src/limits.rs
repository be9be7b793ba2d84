//! What names, keys and values may be.

use std::sync::Arc;
use std::time::Duration;

/// The longest name of a bucket, in bytes.
pub const MAX_BUCKET_NAME: usize = 64;

/// The longest key, in bytes.
pub const MAX_KEY: usize = 1024;

/// An argument that no store takes. Nothing was written.
///
/// ```
/// use rusm_kv::{Invalid, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::memory()?;
/// assert_eq!(store.bucket("").unwrap_err(), Invalid::EmptyBucketName);
/// assert_eq!(
///     store.bucket("x".repeat(65)).unwrap_err().to_string(),
///     "the bucket's name has 65 bytes, and may have at most 64",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A bucket's name is empty.
    #[error("the bucket's name is empty: give it at least one character")]
    EmptyBucketName,
    /// A bucket's name is longer than [`MAX_BUCKET_NAME`].
    #[error("the bucket's name has {len} bytes, and may have at most {MAX_BUCKET_NAME}")]
    LongBucketName {
        /// Its bytes.
        len: usize,
    },
    /// A bucket's name has a control character.
    #[error("the bucket's name {name:?} has the control character {found:?}: use printable ones alone")]
    BucketNameCharacter {
        /// The name.
        name: String,
        /// The first such character.
        found: char,
    },
    /// A key is empty.
    #[error("the key is empty: give it at least one byte")]
    EmptyKey,
    /// A key is longer than [`MAX_KEY`].
    #[error("the key has {len} bytes, and may have at most {MAX_KEY}")]
    LongKey {
        /// Its bytes.
        len: usize,
    },
    /// A value is longer than [`Options::max_value_bytes`](crate::Options::max_value_bytes).
    #[error(
        "the value has {len} bytes, and may have at most {max}: split it, or open the store with a higher limit"
    )]
    LargeValue {
        /// Its bytes.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A batch is larger than [`Options::max_batch_bytes`](crate::Options::max_batch_bytes).
    #[error(
        "the batch has {len} bytes, and may have at most {max}: split it, or open the store with a higher limit"
    )]
    LargeBatch {
        /// Its bytes: names, keys and values.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// A time to live is zero.
    #[error("the time to live is zero: delete the key instead, or give it some time")]
    ZeroTtl,
}

/// The name of a bucket, known to be good.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BucketName(Arc<str>);

impl BucketName {
    pub(crate) fn parse(name: &str) -> Result<Self, Invalid> {
        if name.is_empty() {
            return Err(Invalid::EmptyBucketName);
        }
        if name.len() > MAX_BUCKET_NAME {
            return Err(Invalid::LongBucketName { len: name.len() });
        }
        if let Some(found) = name.chars().find(|c| c.is_control()) {
            return Err(Invalid::BucketNameCharacter { name: name.to_owned(), found });
        }
        Ok(Self(name.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bounds that a store's options set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) value: usize,
    pub(crate) batch: usize,
}

impl Limits {
    pub(crate) fn value(self, value: &[u8]) -> Result<(), Invalid> {
        if value.len() > self.value {
            return Err(Invalid::LargeValue { len: value.len(), max: self.value });
        }
        Ok(())
    }

    pub(crate) fn batch(self, len: usize) -> Result<(), Invalid> {
        if len > self.batch {
            return Err(Invalid::LargeBatch { len, max: self.batch });
        }
        Ok(())
    }
}

pub(crate) fn key(key: &[u8]) -> Result<(), Invalid> {
    match key.len() {
        0 => Err(Invalid::EmptyKey),
        len if len > MAX_KEY => Err(Invalid::LongKey { len }),
        _ => Ok(()),
    }
}

pub(crate) fn ttl(ttl: Duration) -> Result<Duration, Invalid> {
    if ttl.is_zero() { Err(Invalid::ZeroTtl) } else { Ok(ttl) }
}
