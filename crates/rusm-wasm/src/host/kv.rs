//! `rusm:runtime/kv`.

use std::ops::Bound;
use std::time::Duration;

use rusm_kv::{Batch, Bucket, Invalid, ReadError, Scan, Store, Ttl, WriteError};

use super::HostState;
use super::bindings::rusm::runtime::kv::{self, Change, Entries, Error, Key, Keys, Lifetime, Part};

/// What a guest reads at once, so that a scan of a large bucket does not fill the node's memory.
const MAX_PAGE: usize = 1 << 20;

impl HostState {
    fn kv(&self) -> Result<&Store, Error> {
        self.world.store.as_ref().ok_or_else(|| {
            Error::NoStore(
                "this node has no store: name its file by `store` in `[node]` of rusm.toml".to_owned(),
            )
        })
    }

    /// The bucket, if the profile names it and there is a store.
    fn bucket(&self, name: &str) -> Result<Bucket, Error> {
        if !self.component.profile.storage.allows(name) {
            return Err(Error::Denied(self.denial("allow-storage", &format!("use the bucket `{name}`"))));
        }
        Ok(self.kv()?.bucket(name)?)
    }
}

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Self {
        Error::Invalid(error.to_string())
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Invalid(error) => error.into(),
            error => Error::Failed(error.to_string()),
        }
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Invalid(error) => error.into(),
            WriteError::NotACounter { .. } | WriteError::Overflow { .. } => Error::Invalid(error.to_string()),
            WriteError::Overloaded { .. } => Error::Busy(error.to_string()),
            error => Error::Failed(error.to_string()),
        }
    }
}

impl kv::Host for HostState {
    fn get(&mut self, bucket: String, key: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.bucket(&bucket)?.get(key)?)
    }

    fn exists(&mut self, bucket: String, key: Vec<u8>) -> Result<bool, Error> {
        Ok(self.bucket(&bucket)?.exists(key)?)
    }

    async fn set(
        &mut self,
        bucket: String,
        key: Vec<u8>,
        value: Vec<u8>,
        ttl: Option<u64>,
    ) -> Result<(), Error> {
        let bucket = self.bucket(&bucket)?;
        let write = match ttl {
            None => bucket.set(key, value),
            Some(ttl) => bucket.set_with_ttl(key, value, Duration::from_nanos(ttl)),
        };
        Ok(write.await?)
    }

    async fn delete(&mut self, bucket: String, key: Vec<u8>) -> Result<bool, Error> {
        let write = self.bucket(&bucket)?.delete(key);
        Ok(write.await?)
    }

    async fn compare_and_set(
        &mut self,
        bucket: String,
        key: Vec<u8>,
        expected: Option<Vec<u8>>,
        new: Option<Vec<u8>>,
    ) -> Result<bool, Error> {
        let write = self.bucket(&bucket)?.compare_and_set(key, expected.as_deref(), new.as_deref());
        Ok(write.await?)
    }

    async fn increment(
        &mut self,
        bucket: String,
        key: Vec<u8>,
        by: i64,
        ttl: Option<u64>,
    ) -> Result<i64, Error> {
        let bucket = self.bucket(&bucket)?;
        let write = match ttl {
            None => bucket.increment(key, by),
            Some(ttl) => bucket.increment_with_ttl(key, by, Duration::from_nanos(ttl)),
        };
        Ok(write.await?)
    }

    fn ttl(&mut self, bucket: String, key: Vec<u8>) -> Result<Lifetime, Error> {
        Ok(match self.bucket(&bucket)?.ttl(key)? {
            None => Lifetime::Absent,
            Some(Ttl::Forever) => Lifetime::Forever,
            Some(Ttl::For(left)) => Lifetime::For(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX)),
        })
    }

    fn keys_of(&mut self, bucket: String, scan: kv::Scan) -> Result<Keys, Error> {
        let page = self.bucket(&bucket)?.list(&scan_of(scan))?;
        Ok(Keys { keys: page.items, more: page.more })
    }

    fn entries_of(&mut self, bucket: String, scan: kv::Scan) -> Result<Entries, Error> {
        let page = self.bucket(&bucket)?.scan(&scan_of(scan))?;
        Ok(Entries { entries: page.items, more: page.more })
    }

    fn count(&mut self, bucket: String) -> Result<u64, Error> {
        Ok(self.bucket(&bucket)?.count()?)
    }

    async fn clear(&mut self, bucket: String) -> Result<u64, Error> {
        let write = self.bucket(&bucket)?.clear();
        Ok(write.await?)
    }

    fn buckets(&mut self) -> Result<Vec<(String, u64)>, Error> {
        let storage = &self.component.profile.storage;
        if !storage.is_granted() {
            return Err(Error::Denied(self.denial("allow-storage", "list buckets")));
        }
        // Names are short: so many are a page like any other.
        let page = self.kv()?.buckets(&Scan::all().limit(MAX_PAGE / rusm_kv::MAX_BUCKET_NAME))?;
        let buckets = page.items.into_iter().filter(|bucket| storage.allows(&bucket.name));
        Ok(buckets.map(|bucket| (bucket.name, bucket.keys)).collect())
    }

    async fn batch(&mut self, changes: Vec<Change>) -> Result<bool, Error> {
        let mut batch = Batch::new();
        for change in changes {
            match change {
                Change::Expect((Key { bucket, key }, value)) => {
                    batch.expect(&self.bucket(&bucket)?, key, value.as_deref());
                }
                Change::Set((Key { bucket, key }, value, None)) => {
                    batch.set(&self.bucket(&bucket)?, key, value);
                }
                Change::Set((Key { bucket, key }, value, Some(ttl))) => {
                    batch.set_with_ttl(&self.bucket(&bucket)?, key, value, Duration::from_nanos(ttl));
                }
                Change::Delete(Key { bucket, key }) => {
                    batch.delete(&self.bucket(&bucket)?, key);
                }
            }
        }
        let write = self.kv()?.write(batch);
        Ok(write.await?)
    }
}

fn scan_of(scan: kv::Scan) -> Scan {
    let part = match scan.part {
        Part::Prefix(prefix) => Scan::prefix(prefix),
        Part::Range((from, to)) => Scan::range((bound(from), bound(to))),
    };
    let part = if scan.reverse { part.reverse() } else { part };
    let part = if let Some(after) = scan.after { part.after(after) } else { part };
    part.limit(scan.limit as usize).max_bytes(MAX_PAGE)
}

fn bound(bound: kv::Bound) -> Bound<Vec<u8>> {
    match bound {
        kv::Bound::Included(key) => Bound::Included(key),
        kv::Bound::Excluded(key) => Bound::Excluded(key),
        kv::Bound::Unbounded => Bound::Unbounded,
    }
}
