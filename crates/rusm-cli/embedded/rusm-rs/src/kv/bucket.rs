use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Entries, Entry, Error, Keys, Page, Scan, host};

/// A bucket of keys and values; see [`bucket`](super::bucket).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    name: String,
}

/// How long a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is deleted.
    Forever,
    /// That much longer, to the millisecond.
    For(Duration),
}

impl Bucket {
    pub(super) fn new(name: &str) -> Self {
        Bucket { name: name.to_owned() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, Error> {
        Ok(host::get(&self.name, key.as_ref())?)
    }

    /// The value of a key that holds JSON, as [`set_json`](Self::set_json) writes it.
    ///
    /// ```no_run
    /// # use rusm_rs::kv;
    /// let cart: Option<Vec<String>> = kv::bucket("carts").get_json("ann")?;
    /// # Ok::<_, kv::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`]; a value of another form is [`Error::Invalid`].
    pub fn get_json<T: DeserializeOwned>(&self, key: impl AsRef<[u8]>) -> Result<Option<T>, Error> {
        let key = key.as_ref();
        let Some(value) = self.get(key)? else { return Ok(None) };
        let value = serde_json::from_slice(&value);
        value.map(Some).map_err(|error| self.unexpected(key, &error))
    }

    fn unexpected(&self, key: &[u8], error: &serde_json::Error) -> Error {
        let (name, key) = (&self.name, String::from_utf8_lossy(key));
        Error::Invalid(format!("the value of {key:?} in the bucket {name:?} is not as expected: {error}"))
    }

    /// Whether a key is there.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn exists(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        Ok(host::exists(&self.name, key.as_ref())?)
    }

    /// Sets a key, for ever. It is on disk when this returns.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<(), Error> {
        Ok(host::set(&self.name, key.as_ref(), value.as_ref(), None)?)
    }

    /// [`set`](Self::set) of a value as JSON.
    ///
    /// # Errors
    ///
    /// See [`Error`]; a value that cannot be JSON is [`Error::Invalid`].
    pub fn set_json<T: Serialize + ?Sized>(&self, key: impl AsRef<[u8]>, value: &T) -> Result<(), Error> {
        let value = serde_json::to_vec(value).map_err(|error| Error::Invalid(error.to_string()))?;
        self.set(key, value)
    }

    /// Sets a key that is gone when the time is over.
    ///
    /// ```no_run
    /// # use rusm_rs::kv;
    /// # use std::time::Duration;
    /// kv::bucket("sessions").set_with_ttl("c0ffee", "ann", Duration::from_secs(3600))?;
    /// # Ok::<_, kv::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn set_with_ttl(
        &self,
        key: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
        ttl: Duration,
    ) -> Result<(), Error> {
        Ok(host::set(&self.name, key.as_ref(), value.as_ref(), Some(nanos(ttl)))?)
    }

    /// Deletes a key, and tells whether it was there.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Result<bool, Error> {
        Ok(host::delete(&self.name, key.as_ref())?)
    }

    /// Sets the key to `new`, or deletes it if that is none, if its value is `expected` or, for none, it is
    /// absent. Tells whether it was.
    ///
    /// ```no_run
    /// # use rusm_rs::kv;
    /// let locks = kv::bucket("locks");
    /// if locks.compare_and_set("door", None, Some(b"ann"))? {
    ///     println!("the door is mine");
    /// }
    /// # Ok::<_, kv::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn compare_and_set(
        &self,
        key: impl AsRef<[u8]>,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Error> {
        Ok(host::compare_and_set(&self.name, key.as_ref(), expected, new)?)
    }

    /// Adds to a counter and tells the sum. An absent key counts as 0; a time to live stays as it is. A counter is
    /// a value of decimal digits, so [`get`](Self::get) reads it too.
    ///
    /// # Errors
    ///
    /// See [`Error`]; a value that is no such number, or a sum beyond 64 bits, is [`Error::Invalid`].
    pub fn increment(&self, key: impl AsRef<[u8]>, by: i64) -> Result<i64, Error> {
        Ok(host::increment(&self.name, key.as_ref(), by, None)?)
    }

    /// [`increment`](Self::increment), after which the counter lives so long.
    ///
    /// # Errors
    ///
    /// As of `increment`.
    pub fn increment_with_ttl(&self, key: impl AsRef<[u8]>, by: i64, ttl: Duration) -> Result<i64, Error> {
        Ok(host::increment(&self.name, key.as_ref(), by, Some(nanos(ttl)))?)
    }

    /// How long a key lives; none if it is not there.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn ttl(&self, key: impl AsRef<[u8]>) -> Result<Option<Ttl>, Error> {
        Ok(match host::ttl(&self.name, key.as_ref())? {
            host::Lifetime::Absent => None,
            host::Lifetime::Forever => Some(Ttl::Forever),
            host::Lifetime::For(left) => Some(Ttl::For(Duration::from_nanos(left))),
        })
    }

    /// The first page of keys, which are all if it says that there are no more.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn list(&self, scan: &Scan) -> Result<Page<Vec<u8>>, Error> {
        let page = host::keys_of(&self.name, &scan.wire())?;
        Ok(Page { items: page.keys, more: page.more })
    }

    /// The first page of keys with their values.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn scan(&self, scan: &Scan) -> Result<Page<Entry>, Error> {
        let page = host::entries_of(&self.name, &scan.wire())?;
        Ok(Page { items: page.entries, more: page.more })
    }

    /// Every key of a scan, read page by page as they are asked for. Others may write meanwhile.
    pub fn keys(&self, scan: &Scan) -> Keys {
        Keys::new(self.clone(), scan)
    }

    /// Every key of a scan with its value, read page by page as they are asked for. Others may write meanwhile.
    pub fn entries(&self, scan: &Scan) -> Entries {
        Entries::new(self.clone(), scan)
    }

    /// How many keys there are.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn count(&self) -> Result<u64, Error> {
        Ok(host::count(&self.name)?)
    }

    /// Deletes every key, and tells how many there were.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn clear(&self) -> Result<u64, Error> {
        Ok(host::clear(&self.name)?)
    }
}

/// 584 years at most.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
