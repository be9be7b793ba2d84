use std::time::Duration;

use super::bucket::nanos;
use super::{Bucket, Error, host};

/// Changes that happen all or not at all.
///
/// ```no_run
/// use rusm_rs::kv::{self, Batch};
///
/// let (accounts, log) = (kv::bucket("accounts"), kv::bucket("log"));
/// let moved = Batch::new()
///     .expect(&accounts, "ann", Some(b"100"))
///     .set(&accounts, "ann", "60")
///     .set(&accounts, "bob", "40")
///     .set(&log, "0001", "ann to bob: 40")
///     .write()?;
/// # Ok::<_, kv::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is changed before `write`"]
pub struct Batch(Vec<host::Change>);

impl Batch {
    /// No changes yet.
    pub fn new() -> Self {
        Batch::default()
    }

    /// Changes nothing unless the key has this value or, for none, is absent.
    pub fn expect(self, bucket: &Bucket, key: impl AsRef<[u8]>, value: Option<&[u8]>) -> Self {
        self.with(host::Change::Expect((at(bucket, key), value.map(<[u8]>::to_vec))))
    }

    /// Sets a key, for ever.
    pub fn set(self, bucket: &Bucket, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.with(host::Change::Set((at(bucket, key), value.as_ref().to_vec(), None)))
    }

    /// Sets a key that is gone when the time is over.
    pub fn set_with_ttl(
        self,
        bucket: &Bucket,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        ttl: Duration,
    ) -> Self {
        self.with(host::Change::Set((at(bucket, key), value.as_ref().to_vec(), Some(nanos(ttl)))))
    }

    /// Deletes a key, if it is there.
    pub fn delete(self, bucket: &Bucket, key: impl AsRef<[u8]>) -> Self {
        self.with(host::Change::Delete(at(bucket, key)))
    }

    /// Does it, and tells whether every expectation was met; otherwise nothing was changed.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn write(&self) -> Result<bool, Error> {
        Ok(host::batch(&self.0)?)
    }

    fn with(mut self, change: host::Change) -> Self {
        self.0.push(change);
        self
    }
}

fn at(bucket: &Bucket, key: impl AsRef<[u8]>) -> host::Key {
    host::Key { bucket: bucket.name().to_owned(), key: key.as_ref().to_vec() }
}
