//! What is on disk: redb tables, and how their rows are written.
//!
//! Rows of a bucket stand under its number, not its name: deleting a bucket takes its name away at once, and
//! its rows are swept in the background. All buckets share one table, so that millions of them cost a row
//! each, and a read finds its table open.

use std::ops::Bound;

use redb::TableDefinition;

/// The version of this layout, in [`META`] under [`FORMAT`]. A store refuses a later one.
pub(crate) const FORMAT_VERSION: u64 = 1;

/// Numbers about the store itself.
pub(crate) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("rusm-kv.meta");
pub(crate) const FORMAT: &str = "format";
pub(crate) const NEXT_BUCKET: &str = "next-bucket";

/// A bucket's name, its number, and how many rows it has in [`DATA`], those included that have expired and are
/// not yet swept. A bucket without rows has no row here.
pub(crate) const BUCKETS: TableDefinition<'_, &[u8], (u64, u64)> = TableDefinition::new("rusm-kv.buckets");

/// From a bucket's number to its name, for the sweeper.
pub(crate) const NAMES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rusm-kv.names");

/// [`data_key`] to [`Stored`].
pub(crate) const DATA: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rusm-kv.data");

/// [`expiry_key`] of every row that expires, so that what is due first stands first.
pub(crate) const EXPIRY: TableDefinition<'_, &[u8], ()> = TableDefinition::new("rusm-kv.expiry");

/// Numbers of deleted buckets whose rows are not yet swept.
pub(crate) const DROPPED: TableDefinition<'_, u64, ()> = TableDefinition::new("rusm-kv.dropped");

const NUMBER: usize = size_of::<u64>();

/// The bucket's number, big-endian, then the key: a bucket's rows stand together in the order of their keys.
/// The buffer is reused.
pub(crate) fn data_key<'b>(buffer: &'b mut Vec<u8>, bucket: u64, key: &[u8]) -> &'b [u8] {
    buffer.clear();
    buffer.extend_from_slice(&bucket.to_be_bytes());
    buffer.extend_from_slice(key);
    buffer
}

/// The user's part of a [`data_key`].
pub(crate) fn user_key(data_key: &[u8]) -> &[u8] {
    data_key.get(NUMBER..).unwrap_or_default()
}

/// When it is due, in milliseconds, big-endian, then the row's [`data_key`].
pub(crate) fn expiry_key<'b>(buffer: &'b mut Vec<u8>, at: u64, data_key: &[u8]) -> &'b [u8] {
    buffer.clear();
    buffer.extend_from_slice(&at.to_be_bytes());
    buffer.extend_from_slice(data_key);
    buffer
}

/// The parts of an [`expiry_key`]: when it is due, the bucket's number, and the row's [`data_key`].
pub(crate) fn parse_expiry_key(key: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (at, data_key) = key.split_first_chunk()?;
    let (bucket, _) = data_key.split_first_chunk()?;
    Some((u64::from_be_bytes(*at), u64::from_be_bytes(*bucket), data_key))
}

/// The end of all that is due by now.
pub(crate) fn due_by(now: u64) -> [u8; NUMBER] {
    now.saturating_add(1).to_be_bytes()
}

/// A range of a bucket's keys as a range of [`data_key`]s.
pub(crate) fn data_range(
    bucket: u64,
    (from, to): (Bound<&[u8]>, Bound<&[u8]>),
) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let whole = |key: &[u8]| [&bucket.to_be_bytes()[..], key].concat();
    let from = match from {
        Bound::Unbounded => Bound::Included(whole(b"")),
        other => other.map(whole),
    };
    let to = match to {
        Bound::Unbounded => Bound::Excluded((bucket + 1).to_be_bytes().to_vec()),
        other => other.map(whole),
    };
    (from, to)
}

/// A value as it is stored: a zero, or a one and when it is due (milliseconds, big-endian), then the user's
/// bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored(Vec<u8>);

const PLAIN: u8 = 0;
const EXPIRING: u8 = 1;

impl Stored {
    pub(crate) fn new(value: &[u8], expires: Option<u64>) -> Self {
        let mut bytes = Vec::with_capacity(1 + NUMBER + value.len());
        match expires {
            None => bytes.push(PLAIN),
            Some(at) => {
                bytes.push(EXPIRING);
                bytes.extend_from_slice(&at.to_be_bytes());
            }
        }
        bytes.extend_from_slice(value);
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn expires(&self) -> Option<u64> {
        parse_stored(&self.0).and_then(|(expires, _)| expires)
    }
}

/// When a stored value is due, if ever, and the user's bytes. `None` if these are not the bytes of a
/// [`Stored`].
pub(crate) fn parse_stored(bytes: &[u8]) -> Option<(Option<u64>, &[u8])> {
    match bytes.split_first()? {
        (&PLAIN, value) => Some((None, value)),
        (&EXPIRING, rest) => {
            let (at, value) = rest.split_first_chunk()?;
            Some((Some(u64::from_be_bytes(*at)), value))
        }
        _ => None,
    }
}
