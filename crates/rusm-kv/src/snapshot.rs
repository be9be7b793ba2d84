use std::collections::HashMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use redb::StorageError;

use crate::apply::Broken;
use crate::error::BadRow;
use crate::scan::Filling;
use crate::view::View;
use crate::{Bucket, Entry, Failure, Page, ReadError, Scan, layout, limits};

/// How long a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is deleted.
    Forever,
    /// That much longer, to the millisecond.
    For(Duration),
}

/// A bucket that has keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketInfo {
    /// Its name.
    pub name: String,
    /// How many keys it has.
    pub keys: u64,
}

/// The store as it stood at one moment: everything read from a snapshot fits together, and nothing in it expires.
///
/// It costs a microsecond to take and blocks nobody. While it is held, the file cannot reuse the space of what
/// is overwritten after it, so do not keep it for long.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = rusm_kv::Store::memory()?;
/// let bucket = store.bucket("accounts")?;
/// bucket.set("ann", "100").wait()?;
///
/// let before = store.snapshot()?;
/// bucket.set("ann", "90").wait()?;
/// assert_eq!(before.get(&bucket, "ann")?.as_deref(), Some(&b"100"[..]));
/// assert_eq!(bucket.get("ann")?.as_deref(), Some(&b"90"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) view: Arc<View>,
    pub(crate) now: u64,
    pub(crate) store: Arc<str>,
}

/// One stored row, as [`Snapshot::walk`] shows it.
pub(crate) struct Row<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) expires: Option<u64>,
}

impl Snapshot {
    /// As [`Bucket::get`].
    pub fn get(&self, bucket: &Bucket, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, ReadError> {
        self.look_up(bucket, key.as_ref(), |row| row.value.to_vec())
    }

    /// As [`Bucket::exists`].
    pub fn exists(&self, bucket: &Bucket, key: impl AsRef<[u8]>) -> Result<bool, ReadError> {
        Ok(self.look_up(bucket, key.as_ref(), |_| ())?.is_some())
    }

    /// As [`Bucket::ttl`].
    pub fn ttl(&self, bucket: &Bucket, key: impl AsRef<[u8]>) -> Result<Option<Ttl>, ReadError> {
        let left = |at| Ttl::For(Duration::from_millis(at - self.now));
        self.look_up(bucket, key.as_ref(), |row| row.expires.map_or(Ttl::Forever, left))
    }

    /// As [`Bucket::list`].
    pub fn list(&self, bucket: &Bucket, scan: &Scan) -> Result<Page<Vec<u8>>, ReadError> {
        let mut page = Filling::new(scan);
        self.walk(bucket.name(), scan, |row| page.take(row.key.len(), || row.key.to_vec()))?;
        Ok(page.page())
    }

    /// As [`Bucket::scan`].
    pub fn scan(&self, bucket: &Bucket, scan: &Scan) -> Result<Page<Entry>, ReadError> {
        let mut page = Filling::new(scan);
        self.walk(bucket.name(), scan, |row| {
            page.take(row.key.len() + row.value.len(), || (row.key.to_vec(), row.value.to_vec()))
        })?;
        Ok(page.page())
    }

    /// As [`Bucket::count`].
    pub fn count(&self, bucket: &Bucket) -> Result<u64, ReadError> {
        self.checked(|| {
            let Some((number, rows)) = self.row_of(bucket.name())? else { return Ok(0) };
            Ok(rows.saturating_sub(self.expired()?.remove(&number).unwrap_or(0)))
        })
    }

    /// As [`Store::buckets`](crate::Store::buckets).
    pub fn buckets(&self, scan: &Scan) -> Result<Page<BucketInfo>, ReadError> {
        self.checked(|| {
            let mut page = Filling::new(scan);
            let Some(bounds) = scan.bounds() else { return Ok(page.page()) };
            let expired = self.expired()?;
            let mut rows = self.view.buckets.range::<&[u8]>(bounds)?;
            while let Some(row) = if scan.reverse { rows.next_back() } else { rows.next() } {
                let (name, row) = row?;
                let (number, rows) = row.value();
                let keys = rows.saturating_sub(expired.get(&number).copied().unwrap_or(0));
                let name = std::str::from_utf8(name.value()).map_err(|_| BadRow("the buckets"))?;
                if keys > 0 && !page.take(name.len(), || BucketInfo { name: name.to_owned(), keys }) {
                    break;
                }
            }
            Ok(page.page())
        })
    }

    pub(crate) fn unswept(&self) -> Result<u64, ReadError> {
        self.checked(|| Ok(self.expired()?.values().sum()))
    }

    /// Shows the live rows of a bucket in the scan's bounds and order until the visitor has seen enough.
    pub(crate) fn walk(
        &self,
        bucket: &str,
        scan: &Scan,
        mut visit: impl FnMut(Row<'_>) -> bool,
    ) -> Result<(), ReadError> {
        self.checked(|| {
            let Some(bounds) = scan.bounds() else { return Ok(()) };
            let Some((number, _)) = self.row_of(bucket)? else { return Ok(()) };
            let (from, to) = layout::data_range(number, bounds);
            let range: (Bound<&[u8]>, Bound<&[u8]>) =
                (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
            let mut rows = self.view.data.range::<&[u8]>(range)?;
            while let Some(row) = if scan.reverse { rows.next_back() } else { rows.next() } {
                let (key, stored) = row?;
                let (expires, value) = layout::parse_stored(stored.value()).ok_or(BadRow("the data"))?;
                let row = Row { key: layout::user_key(key.value()), value, expires };
                if row.expires.is_none_or(|at| at > self.now) && !visit(row) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn look_up<T>(
        &self,
        bucket: &Bucket,
        key: &[u8],
        read: impl FnOnce(Row<'_>) -> T,
    ) -> Result<Option<T>, ReadError> {
        limits::key(key)?;
        self.checked(|| {
            let Some((number, _)) = self.row_of(bucket.name())? else { return Ok(None) };
            let mut buffer = Vec::with_capacity(8 + key.len());
            let Some(stored) = self.view.data.get(layout::data_key(&mut buffer, number, key))? else {
                return Ok(None);
            };
            let (expires, value) = layout::parse_stored(stored.value()).ok_or(BadRow("the data"))?;
            Ok(expires.is_none_or(|at| at > self.now).then(|| read(Row { key, value, expires })))
        })
    }

    /// A bucket's number and how many rows it has.
    fn row_of(&self, bucket: &str) -> Result<Option<(u64, u64)>, StorageError> {
        Ok(self.view.buckets.get(bucket.as_bytes())?.map(|row| row.value()))
    }

    /// How many rows of each bucket have expired and are not swept yet; few, since the sweeper is quick.
    fn expired(&self) -> Result<HashMap<u64, u64>, Broken> {
        let mut expired = HashMap::new();
        for row in self.view.expiry.range(..&layout::due_by(self.now)[..])? {
            let (key, _) = row?;
            let (_, number, _) = layout::parse_expiry_key(key.value()).ok_or(BadRow("what expires"))?;
            *expired.entry(number).or_default() += 1;
        }
        Ok(expired)
    }

    fn checked<T>(&self, read: impl FnOnce() -> Result<T, Broken>) -> Result<T, ReadError> {
        read().map_err(|broken| match broken.downcast_ref() {
            Some(StorageError::DatabaseClosed) => ReadError::Closed,
            _ => ReadError::Failed(Failure::new(&self.store, broken)),
        })
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("store", &self.store).finish_non_exhaustive()
    }
}
