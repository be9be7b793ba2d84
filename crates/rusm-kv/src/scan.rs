use std::ops::{Bound, RangeBounds};

/// Which part of a bucket to read, in which direction, and how much of it.
///
/// Keys are ordered by their bytes. Without limits of its own a scan reads at most 1,000 keys and, values
/// included, 16 MiB, so that nobody reads a whole bucket by mistake; [`Page::more`] tells that there is more,
/// and [`after`](Self::after) goes on from there.
///
/// ```
/// use rusm_kv::{Scan, Store};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Store::memory()?;
/// let events = store.bucket("events")?;
/// for key in ["2026-01", "2026-02", "2026-03", "2027-01"] {
///     events.set(key, "").wait()?;
/// }
/// let page = events.list(&Scan::prefix("2026-").limit(2))?;
/// assert_eq!(page.items, [b"2026-01", b"2026-02"]);
/// assert!(page.more);
///
/// let rest = events.list(&Scan::prefix("2026-").after(&page.items[1]))?;
/// assert_eq!(rest.items, [b"2026-03"]);
/// assert!(!rest.more);
///
/// let latest = events.list(&Scan::range("2026-02"..).reverse().limit(1))?;
/// assert_eq!(latest.items, [b"2027-01"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Scan {
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    after: Option<Vec<u8>>,
    pub(crate) reverse: bool,
    pub(crate) limit: usize,
    pub(crate) max_bytes: usize,
}

/// A key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// What a scan read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// In the scan's order.
    pub items: Vec<T>,
    /// Whether a limit ended the scan, with more to read.
    pub more: bool,
}

impl Scan {
    /// Every key.
    pub fn all() -> Self {
        Self {
            from: Bound::Unbounded,
            to: Bound::Unbounded,
            after: None,
            reverse: false,
            limit: 1000,
            max_bytes: 16 * 1024 * 1024,
        }
    }

    /// Keys that begin with this.
    pub fn prefix(prefix: impl AsRef<[u8]>) -> Self {
        let prefix = prefix.as_ref();
        // The first key past all that begin with it: its last byte that can be raised, raised.
        let raised = prefix.iter().rposition(|&byte| byte < u8::MAX);
        let to = raised.map_or(Bound::Unbounded, |at| {
            let mut end = prefix[..=at].to_vec();
            end[at] += 1;
            Bound::Excluded(end)
        });
        Self { from: Bound::Included(prefix.to_vec()), to, ..Self::all() }
    }

    /// Keys of a range, such as `"a".."b"` or `"a"..`. One that ends before it starts has none.
    pub fn range<K: AsRef<[u8]>>(range: impl RangeBounds<K>) -> Self {
        let own = |bound: Bound<&K>| bound.map(|key| key.as_ref().to_vec());
        Self { from: own(range.start_bound()), to: own(range.end_bound()), ..Self::all() }
    }

    /// Only what comes after this key in the scan's direction, for the next page.
    #[must_use]
    pub fn after(mut self, key: impl AsRef<[u8]>) -> Self {
        self.after = Some(key.as_ref().to_vec());
        self
    }

    /// From the last key to the first.
    #[must_use]
    pub fn reverse(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// At most so many keys: 1,000 unless set.
    #[must_use]
    pub fn limit(mut self, keys: usize) -> Self {
        self.limit = keys;
        self
    }

    /// At most so many bytes, except that the first item is always read: 16 MiB unless set.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The bounds of its keys, or nothing if no key can be within.
    pub(crate) fn bounds(&self) -> Option<Bounds<'_>> {
        let mut from = self.from.as_ref().map(Vec::as_slice);
        let mut to = self.to.as_ref().map(Vec::as_slice);
        if let Some(after) = self.after.as_deref() {
            if self.reverse {
                if to_end(to).is_none_or(|to| after <= to) {
                    to = Bound::Excluded(after);
                }
            } else if to_end(from).is_none_or(|from| after >= from) {
                from = Bound::Excluded(after);
            }
        }
        let empty = match (from, to) {
            (Bound::Included(from), Bound::Included(to)) => from > to,
            (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
                from >= to
            }
            _ => false,
        };
        (!empty).then_some((from, to))
    }
}

fn to_end<T>(bound: Bound<T>) -> Option<T> {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) => Some(key),
        Bound::Unbounded => None,
    }
}

/// Where a scan starts and ends.
pub(crate) type Bounds<'k> = (Bound<&'k [u8]>, Bound<&'k [u8]>);

/// Fills a page, and knows when it is full.
pub(crate) struct Filling<T> {
    page: Page<T>,
    limit: usize,
    room: usize,
}

impl<T> Filling<T> {
    pub(crate) fn new(scan: &Scan) -> Self {
        Self { page: Page { items: Vec::new(), more: false }, limit: scan.limit, room: scan.max_bytes }
    }

    /// Takes an item of so many bytes, and tells whether the page goes on.
    pub(crate) fn take(&mut self, bytes: usize, item: impl FnOnce() -> T) -> bool {
        let fits = bytes <= self.room || self.page.items.is_empty();
        if self.page.items.len() >= self.limit || !fits {
            self.page.more = true;
            return false;
        }
        self.room = self.room.saturating_sub(bytes);
        self.page.items.push(item());
        true
    }

    pub(crate) fn page(self) -> Page<T> {
        self.page
    }
}
