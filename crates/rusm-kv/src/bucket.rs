use std::fmt;
use std::io;
use std::time::Duration;

use crate::change::{Change, Edit};
use crate::layout::Stored;
use crate::limits::{self, BucketName};
use crate::{Entry, ExportError, Invalid, Page, ReadError, Scan, Store, Ttl, Write, WriteError};

/// A named part of a store, with keys of its own. Cheap to clone, and to get again by its name.
///
/// It exists when it has a key; before, it reads as empty. A key is any bytes, from 1 to [`MAX_KEY`](crate::MAX_KEY)
/// of them, and a value any bytes up to [`Options::max_value_bytes`](crate::Options::max_value_bytes).
///
/// Reads answer on the caller's thread from memory in about a microsecond, or read the disk if what they ask for is not
/// in the cache. Writes are sent to the store's writer: see [`Write`].
#[derive(Clone)]
pub struct Bucket {
    store: Store,
    name: BucketName,
}

/// How long something set is to live.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lifetime {
    Forever,
    For(Duration),
    /// Milliseconds since the Unix epoch.
    Until(u64),
}

impl Bucket {
    pub(crate) fn new(store: Store, name: BucketName) -> Self {
        Self { store, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    pub(crate) fn bucket_name(&self) -> &BucketName {
        &self.name
    }

    /// The key's value, if it is there.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = rusm_kv::Store::memory()?;
    /// let bucket = store.bucket("users")?;
    /// bucket.set("ann", "Ann Lee").wait()?;
    /// assert_eq!(bucket.get("ann")?.as_deref(), Some(&b"Ann Lee"[..]));
    /// assert_eq!(bucket.get("bob")?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, ReadError> {
        self.store.snapshot()?.get(self, key)
    }

    /// Whether the key is there.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("users")?;
    /// assert!(!bucket.exists("ann")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exists(&self, key: impl AsRef<[u8]>) -> Result<bool, ReadError> {
        self.store.snapshot()?.exists(self, key)
    }

    /// How long the key lives, if it is there. [`set_with_ttl`](Self::set_with_ttl) has an example.
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Result<Option<Ttl>, ReadError> {
        self.store.snapshot()?.ttl(self, key)
    }

    /// Keys, in order. [`Scan`] has examples.
    pub fn list(&self, scan: &Scan) -> Result<Page<Vec<u8>>, ReadError> {
        self.store.snapshot()?.list(self, scan)
    }

    /// Keys with their values, in order. See [`Scan`].
    ///
    /// ```
    /// use rusm_kv::Scan;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("users")?;
    /// bucket.set("ann", "1").wait()?;
    /// for (key, value) in bucket.scan(&Scan::all())?.items {
    ///     println!("{} = {}", String::from_utf8_lossy(&key), String::from_utf8_lossy(&value));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan(&self, scan: &Scan) -> Result<Page<Entry>, ReadError> {
        self.store.snapshot()?.scan(self, scan)
    }

    /// How many keys it has. Does not read them.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("users")?;
    /// bucket.set("ann", "1").wait()?;
    /// assert_eq!(bucket.count()?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(&self) -> Result<u64, ReadError> {
        self.store.snapshot()?.count(self)
    }

    /// Sets the key, whatever it was before. A time to live that it had is gone.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("users")?;
    /// bucket.set("ann", "Ann Lee").wait()?; // or, in async code: bucket.set("ann", "Ann Lee").await?
    /// bucket.set([0xff, 0x00], [1, 2, 3]).wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Write<()> {
        self.write(|| Ok(Change::Edit(self.put(key.as_ref(), value.as_ref(), Lifetime::Forever)?)), |_| ())
    }

    /// Sets the key for a time, counted from this call in whole milliseconds, through restarts too. Then it is absent
    /// for every operation at once, and its space is freed later.
    ///
    /// ```
    /// use std::time::Duration;
    /// use rusm_kv::Ttl;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("sessions")?;
    /// bucket.set_with_ttl("token", "ann", Duration::from_hours(1)).wait()?;
    /// assert!(matches!(bucket.ttl("token")?, Some(Ttl::For(left)) if left.as_secs() > 3500));
    /// bucket.set("token", "ann").wait()?;
    /// assert_eq!(bucket.ttl("token")?, Some(Ttl::Forever));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_with_ttl(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, ttl: Duration) -> Write<()> {
        self.write(|| Ok(Change::Edit(self.put(key.as_ref(), value.as_ref(), Lifetime::For(ttl))?)), |_| ())
    }

    /// Deletes the key, and tells whether it was there.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("users")?;
    /// bucket.set("ann", "1").wait()?;
    /// assert!(bucket.delete("ann").wait()?);
    /// assert!(!bucket.delete("ann").wait()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Write<bool> {
        self.write(|| Ok(Change::Edit(self.edit(key.as_ref(), None)?)), |was_there| was_there != 0)
    }

    /// Sets the key to `new`, or deletes it if that is `None`, if its value is `expected` or, for `None`, it is
    /// absent. Tells whether it was. Like [`set`](Self::set), it leaves no time to live.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("locks")?;
    /// assert!(bucket.compare_and_set("door", None, Some(b"ann")).wait()?);
    /// assert!(!bucket.compare_and_set("door", None, Some(b"bob")).wait()?);
    /// assert!(bucket.compare_and_set("door", Some(b"ann"), None).wait()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn compare_and_set(
        &self,
        key: impl AsRef<[u8]>,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Write<bool> {
        let change = || {
            let edit = match new {
                Some(value) => self.put(key.as_ref(), value, Lifetime::Forever)?,
                None => self.edit(key.as_ref(), None)?,
            };
            Ok(Change::Swap { edit, expected: expected.map(Box::from) })
        };
        self.write(change, |held| held != 0)
    }

    /// Adds to a counter and tells the sum. An absent key counts as 0; a time to live stays as it is.
    ///
    /// A counter is an ordinary value: the decimal digits of a signed 64-bit number, as `"-12"`, without plus,
    /// leading zeros or space. [`set`](Self::set) can make one and [`get`](Self::get) reads it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("stats")?;
    /// assert_eq!(bucket.increment("visits", 1).wait()?, 1);
    /// assert_eq!(bucket.increment("visits", 41).wait()?, 42);
    /// assert_eq!(bucket.get("visits")?.as_deref(), Some(&b"42"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn increment(&self, key: impl AsRef<[u8]>, by: i64) -> Write<i64> {
        self.write(|| self.added(key.as_ref(), by, Lifetime::Forever), |sum| sum)
    }

    /// As [`increment`](Self::increment), for a counter of a time window: the increment that makes it gives it
    /// this time to live, later ones leave it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("limits")?;
    /// let requests = bucket.increment_with_ttl("ann", 1, Duration::from_mins(1)).wait()?;
    /// assert!(requests <= 100, "too many requests in this minute");
    /// # Ok(())
    /// # }
    /// ```
    pub fn increment_with_ttl(&self, key: impl AsRef<[u8]>, by: i64, ttl: Duration) -> Write<i64> {
        self.write(|| self.added(key.as_ref(), by, Lifetime::For(ttl)), |sum| sum)
    }

    /// Deletes the bucket with all its keys, and tells how many those were. It takes no longer for a million keys;
    /// their space is freed later.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let bucket = rusm_kv::Store::memory()?.bucket("cache")?;
    /// bucket.set("a", "1").wait()?;
    /// assert_eq!(bucket.clear().wait()?, 1);
    /// assert!(!bucket.exists("a")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear(&self) -> Write<u64> {
        self.write(|| Ok(Change::Clear(self.name.clone())), i64::cast_unsigned)
    }

    /// As [`Store::export`], this bucket alone.
    pub fn export(&self, out: impl io::Write) -> Result<u64, ExportError> {
        crate::export::bucket(&self.store.snapshot()?, out, self.name())
    }

    pub(crate) fn put(&self, key: &[u8], value: &[u8], lifetime: Lifetime) -> Result<Edit, Invalid> {
        self.store.shared().limits.value(value)?;
        let expires = self.expires(lifetime)?;
        self.edit(key, Some(Stored::new(value, expires)))
    }

    pub(crate) fn edit(&self, key: &[u8], new: Option<Stored>) -> Result<Edit, Invalid> {
        limits::key(key)?;
        Ok(Edit { bucket: self.name.clone(), key: key.into(), new })
    }

    fn added(&self, key: &[u8], by: i64, lifetime: Lifetime) -> Result<Change, Invalid> {
        limits::key(key)?;
        let expires = self.expires(lifetime)?;
        Ok(Change::Increment { bucket: self.name.clone(), key: key.into(), by, expires })
    }

    fn expires(&self, lifetime: Lifetime) -> Result<Option<u64>, Invalid> {
        Ok(match lifetime {
            Lifetime::Forever => None,
            Lifetime::For(ttl) => Some(self.store.shared().clock.after(limits::ttl(ttl)?)),
            Lifetime::Until(at) => Some(at),
        })
    }

    fn write<T>(&self, change: impl FnOnce() -> Result<Change, Invalid>, typed: fn(i64) -> T) -> Write<T> {
        let sent =
            change().map_err(WriteError::Invalid).and_then(|change| self.store.shared().queue.push(change));
        Write::new(sent, typed)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.name()).finish()
    }
}
