//! The tables as the last commit left them, kept open so that a read need not open them.

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata};

use crate::apply::Broken;
use crate::error::BadRow;
use crate::layout::{self, BUCKETS, DATA, DROPPED, EXPIRY};

pub(crate) struct View {
    pub(crate) buckets: ReadOnlyTable<&'static [u8], (u64, u64)>,
    pub(crate) data: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(crate) expiry: ReadOnlyTable<&'static [u8], ()>,
    /// Whether buckets were deleted that are not swept.
    pub(crate) dropped: bool,
}

impl View {
    pub(crate) fn open(database: &Database) -> Result<Self, Broken> {
        let transaction = database.begin_read()?;
        Ok(Self {
            buckets: transaction.open_table(BUCKETS)?,
            data: transaction.open_table(DATA)?,
            expiry: transaction.open_table(EXPIRY)?,
            dropped: !transaction.open_table(DROPPED)?.is_empty()?,
        })
    }

    /// When the next row is due.
    pub(crate) fn next_due(&self) -> Result<Option<u64>, Broken> {
        let Some((key, _)) = self.expiry.first()? else { return Ok(None) };
        let (at, ..) = layout::parse_expiry_key(key.value()).ok_or(BadRow("what expires"))?;
        Ok(Some(at))
    }
}
