use std::collections::VecDeque;
use std::ops::{Bound, RangeBounds};

use super::{Bucket, Error, host};

/// Which keys of a bucket to read, in which direction, and how many.
///
/// ```no_run
/// use rusm_rs::kv::{self, Scan};
///
/// let events = kv::bucket("events");
/// let january = events.scan(&Scan::prefix("2026-01-"))?;
/// let latest = events.list(&Scan::all().reverse().limit(10))?;
/// let quarter = events.keys(&Scan::range("2026-01".."2026-04"));
/// # Ok::<_, kv::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scan {
    part: host::Part,
    reverse: bool,
    limit: u32,
    after: Option<Vec<u8>>,
}

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a scan read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the scan's order.
    pub items: Vec<T>,
    /// Whether there is more: [`Scan::after`] the last key goes on.
    pub more: bool,
}

impl Scan {
    /// Every key.
    pub fn all() -> Self {
        Scan::prefix([])
    }

    /// Keys that begin with this.
    pub fn prefix(prefix: impl AsRef<[u8]>) -> Self {
        Scan { part: host::Part::Prefix(prefix.as_ref().to_vec()), reverse: false, limit: 1000, after: None }
    }

    /// Keys of a range, such as `"a".."b"` or `"a"..`.
    pub fn range<K: AsRef<[u8]>>(range: impl RangeBounds<K>) -> Self {
        let bound = |bound: Bound<&K>| match bound {
            Bound::Included(key) => host::Bound::Included(key.as_ref().to_vec()),
            Bound::Excluded(key) => host::Bound::Excluded(key.as_ref().to_vec()),
            Bound::Unbounded => host::Bound::Unbounded,
        };
        let part = host::Part::Range((bound(range.start_bound()), bound(range.end_bound())));
        Scan { part, ..Scan::all() }
    }

    /// From the last key to the first.
    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// At most so many keys a page: 1,000 unless set. A page holds 1 MiB at most in any case.
    #[must_use]
    pub fn limit(mut self, keys: u32) -> Self {
        self.limit = keys;
        self
    }

    /// Only what comes after this key in the scan's direction, for the next page.
    #[must_use]
    pub fn after(mut self, key: impl AsRef<[u8]>) -> Self {
        self.after = Some(key.as_ref().to_vec());
        self
    }

    pub(super) fn wire(&self) -> host::Scan {
        host::Scan {
            part: self.part.clone(),
            reverse: self.reverse,
            limit: self.limit,
            after: self.after.clone(),
        }
    }
}

/// Pages, one after the other.
#[derive(Debug)]
struct Pages<T> {
    bucket: Bucket,
    scan: Scan,
    items: VecDeque<T>,
    more: bool,
}

impl<T> Pages<T> {
    fn new(bucket: Bucket, scan: &Scan) -> Self {
        Pages { bucket, scan: scan.clone(), items: VecDeque::new(), more: true }
    }

    fn next(
        &mut self,
        read: impl FnOnce(&Bucket, &Scan) -> Result<Page<T>, Error>,
        key: impl FnOnce(&T) -> &[u8],
    ) -> Option<Result<T, Error>> {
        if self.items.is_empty() && self.more {
            let page = match read(&self.bucket, &self.scan) {
                Ok(page) => page,
                Err(error) => {
                    self.more = false;
                    return Some(Err(error));
                }
            };
            self.more = page.more && !page.items.is_empty();
            self.items = page.items.into();
            self.scan.after = self.items.back().map(|last| key(last).to_vec());
        }
        self.items.pop_front().map(Ok)
    }
}

/// The keys of a scan; see [`Bucket::keys`].
#[derive(Debug)]
pub struct Keys(Pages<Vec<u8>>);

impl Keys {
    pub(super) fn new(bucket: Bucket, scan: &Scan) -> Self {
        Keys(Pages::new(bucket, scan))
    }
}

impl Iterator for Keys {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(Bucket::list, |key| key)
    }
}

/// The entries of a scan; see [`Bucket::entries`].
#[derive(Debug)]
pub struct Entries(Pages<Entry>);

impl Entries {
    pub(super) fn new(bucket: Bucket, scan: &Scan) -> Self {
        Entries(Pages::new(bucket, scan))
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next(Bucket::scan, |(key, _)| key)
    }
}
