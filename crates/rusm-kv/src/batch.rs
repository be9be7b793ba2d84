use std::time::Duration;

use crate::bucket::Lifetime;
use crate::change::{Change, Condition, Edit};
use crate::limits::{self, Limits};
use crate::{Bucket, Invalid};

/// Many writes, over any buckets of a store, of which all happen or none.
///
/// First every condition is looked at, before any of the batch's own writes; then the writes happen in the
/// order they were added. See [`Store::write`](crate::Store::write).
///
/// ```
/// use rusm_kv::Batch;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = rusm_kv::Store::memory()?;
/// let (accounts, log) = (store.bucket("accounts")?, store.bucket("log")?);
/// accounts.set("ann", "100").wait()?;
///
/// let mut transfer = Batch::new();
/// transfer
///     .expect(&accounts, "ann", Some(b"100"))
///     .expect(&accounts, "bob", None)
///     .set(&accounts, "ann", "60")
///     .set(&accounts, "bob", "40")
///     .set(&log, "0001", "ann to bob: 40");
/// assert!(store.write(transfer.clone()).wait()?);
/// // Ann has no 100 any more.
/// assert!(!store.write(transfer).wait()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a batch does nothing until the store writes it"]
pub struct Batch {
    conditions: Vec<Part<Option<Vec<u8>>>>,
    edits: Vec<Part<New>>,
    bytes: usize,
}

/// A value to set, or none to delete the key.
type New = Option<(Vec<u8>, Lifetime)>;

#[derive(Clone, Debug)]
struct Part<T> {
    bucket: Bucket,
    key: Vec<u8>,
    value: T,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes nothing unless the key has this value or, for `None`, is absent.
    pub fn expect(&mut self, bucket: &Bucket, key: impl AsRef<[u8]>, value: Option<&[u8]>) -> &mut Self {
        let part =
            Part { bucket: bucket.clone(), key: key.as_ref().to_vec(), value: value.map(<[u8]>::to_vec) };
        self.bytes += bucket.name().len() + part.key.len() + value.map_or(0, <[u8]>::len);
        self.conditions.push(part);
        self
    }

    /// Sets a key, as [`Bucket::set`] does.
    pub fn set(&mut self, bucket: &Bucket, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.edit(bucket, key.as_ref(), Some((value.as_ref().to_vec(), Lifetime::Forever)))
    }

    /// Sets a key for a time, as [`Bucket::set_with_ttl`] does, counted from the call of
    /// [`Store::write`](crate::Store::write).
    pub fn set_with_ttl(
        &mut self,
        bucket: &Bucket,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        ttl: Duration,
    ) -> &mut Self {
        self.edit(bucket, key.as_ref(), Some((value.as_ref().to_vec(), Lifetime::For(ttl))))
    }

    pub(crate) fn set_until(&mut self, bucket: &Bucket, key: &[u8], value: Vec<u8>, at: u64) {
        self.edit(bucket, key, Some((value, Lifetime::Until(at))));
    }

    /// Deletes a key, if it is there.
    pub fn delete(&mut self, bucket: &Bucket, key: impl AsRef<[u8]>) -> &mut Self {
        self.edit(bucket, key.as_ref(), None)
    }

    /// Its size, as [`Options::max_batch_bytes`](crate::Options::max_batch_bytes) counts it.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many writes it has.
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether it has no writes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    fn edit(&mut self, bucket: &Bucket, key: &[u8], value: New) -> &mut Self {
        self.bytes += bucket.name().len() + key.len() + value.as_ref().map_or(0, |(value, _)| value.len());
        self.edits.push(Part { bucket: bucket.clone(), key: key.to_vec(), value });
        self
    }

    pub(crate) fn into_change(self, limits: Limits) -> Result<Change, Invalid> {
        limits.batch(self.bytes)?;
        let conditions = self.conditions.into_iter().map(Part::condition).collect::<Result<_, _>>()?;
        let edits = self.edits.into_iter().map(Part::edit).collect::<Result<_, _>>()?;
        Ok(Change::Batch { conditions, edits })
    }
}

impl Part<Option<Vec<u8>>> {
    fn condition(self) -> Result<Condition, Invalid> {
        limits::key(&self.key)?;
        let expected = self.value.map(Vec::into_boxed_slice);
        Ok(Condition { bucket: self.bucket.bucket_name().clone(), key: self.key.into(), expected })
    }
}

impl Part<New> {
    fn edit(self) -> Result<Edit, Invalid> {
        match &self.value {
            Some((value, lifetime)) => self.bucket.put(&self.key, value, *lifetime),
            None => self.bucket.edit(&self.key, None),
        }
    }
}
