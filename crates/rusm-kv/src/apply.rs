//! The rules of every write, inside one redb transaction.

use std::collections::HashMap;
use std::error::Error;

use redb::{ReadableTable, Table, WriteTransaction};

use crate::WriteError;
use crate::change::{Change, Edit};
use crate::error::BadRow;
use crate::layout::{self, BUCKETS, DATA, DROPPED, EXPIRY, META, NAMES, NEXT_BUCKET, Stored};
use crate::limits::BucketName;
use crate::write::Answer;

/// The file failed: the whole transaction is lost, not one write alone.
pub(crate) type Broken = Box<dyn Error + Send + Sync>;

/// A transaction's tables, and what it knows of its buckets.
pub(crate) struct Work<'t> {
    pub(crate) data: Table<'t, &'static [u8], &'static [u8]>,
    pub(crate) expiry: Table<'t, &'static [u8], ()>,
    pub(crate) names: Table<'t, u64, &'static [u8]>,
    pub(crate) dropped: Table<'t, u64, ()>,
    buckets: Table<'t, &'static [u8], (u64, u64)>,
    meta: Table<'t, &'static str, u64>,
    /// Rows of [`BUCKETS`] that were looked up, so that a group that adds a thousand keys to a bucket writes
    /// its count once.
    known: HashMap<BucketName, Known>,
    pub(crate) now: u64,
    pub(crate) changed: bool,
    pub(crate) swept: Answer,
    key: Vec<u8>,
    due: Vec<u8>,
}

struct Known {
    stored: Option<Row>,
    row: Option<Row>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    number: u64,
    keys: u64,
}

/// A live value: when it is due, and its bytes.
type Live = Option<(Option<u64>, Vec<u8>)>;

impl<'t> Work<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction, now: u64) -> Result<Self, Broken> {
        Ok(Self {
            data: transaction.open_table(DATA)?,
            expiry: transaction.open_table(EXPIRY)?,
            names: transaction.open_table(NAMES)?,
            dropped: transaction.open_table(DROPPED)?,
            buckets: transaction.open_table(BUCKETS)?,
            meta: transaction.open_table(META)?,
            known: HashMap::new(),
            now,
            changed: false,
            swept: 0,
            key: Vec::new(),
            due: Vec::new(),
        })
    }

    /// Does one change wholly or, where it answers with an error, not at all.
    pub(crate) fn apply(&mut self, change: &Change) -> Result<Result<Answer, WriteError>, Broken> {
        let answer = match change {
            Change::Edit(edit) => self.edit(edit)?.into(),
            Change::Swap { edit, expected } => {
                let holds = self.holds(&edit.bucket, &edit.key, expected.as_deref())?;
                if holds {
                    self.edit(edit)?;
                }
                holds.into()
            }
            Change::Increment { bucket, key, by, expires } => {
                return self.increment(bucket, key, *by, *expires);
            }
            Change::Clear(bucket) => self.clear(bucket)?,
            Change::Batch { conditions, edits } => {
                for it in conditions {
                    if !self.holds(&it.bucket, &it.key, it.expected.as_deref())? {
                        return Ok(Ok(false.into()));
                    }
                }
                for edit in edits {
                    self.edit(edit)?;
                }
                true.into()
            }
            // Before the group's first change: see `sweep`.
            Change::Sweep => self.swept,
        };
        Ok(Ok(answer))
    }

    /// Writes what was counted, and tells whether there is anything to commit.
    pub(crate) fn finish(mut self) -> Result<bool, Broken> {
        for (name, Known { stored, row }) in std::mem::take(&mut self.known) {
            if stored == row {
                continue;
            }
            let name = name.as_str().as_bytes();
            match (stored, row) {
                (Some(old), Some(new)) if old.number == new.number => {}
                (old, new) => {
                    if let Some(old) = old {
                        self.names.remove(old.number)?;
                    }
                    if let Some(new) = new {
                        self.names.insert(new.number, name)?;
                    }
                }
            }
            match row {
                Some(row) => self.buckets.insert(name, (row.number, row.keys))?,
                None => self.buckets.remove(name)?,
            };
        }
        Ok(self.changed)
    }

    fn edit(&mut self, edit: &Edit) -> Result<bool, Broken> {
        match &edit.new {
            Some(value) => self.put(&edit.bucket, &edit.key, value),
            None => self.remove(&edit.bucket, &edit.key),
        }
    }

    /// Whether the key was there, live.
    fn put(&mut self, bucket: &BucketName, key: &[u8], value: &Stored) -> Result<bool, Broken> {
        let number = self.number_or_new(bucket)?;
        let key = layout::data_key(&mut self.key, number, key);
        let old = match self.data.insert(key, value.as_bytes())? {
            Some(old) => Some(expiry_of(old.value())?),
            None => None,
        };
        let expires = value.expires();
        if let Some(Some(at)) = old.filter(|&old| old != expires) {
            self.expiry.remove(layout::expiry_key(&mut self.due, at, key))?;
        }
        if let Some(at) = expires.filter(|_| old != Some(expires)) {
            self.expiry.insert(layout::expiry_key(&mut self.due, at, key), ())?;
        }
        if old.is_none() {
            self.count(bucket, number, 1);
        }
        self.changed = true;
        Ok(old.is_some_and(|old| is_live(old, self.now)))
    }

    /// Whether the key was there, live.
    fn remove(&mut self, bucket: &BucketName, key: &[u8]) -> Result<bool, Broken> {
        let Some(number) = self.number(bucket)? else { return Ok(false) };
        let key = layout::data_key(&mut self.key, number, key);
        let Some(old) = self.data.remove(key)?.map(|old| expiry_of(old.value())).transpose()? else {
            return Ok(false);
        };
        if let Some(at) = old {
            self.expiry.remove(layout::expiry_key(&mut self.due, at, key))?;
        }
        self.count(bucket, number, -1);
        self.changed = true;
        Ok(is_live(old, self.now))
    }

    fn live(&mut self, bucket: &BucketName, key: &[u8]) -> Result<Live, Broken> {
        let Some(number) = self.number(bucket)? else { return Ok(None) };
        let Some(stored) = self.data.get(layout::data_key(&mut self.key, number, key))? else {
            return Ok(None);
        };
        let (expires, value) = layout::parse_stored(stored.value()).ok_or(BadRow("the data"))?;
        Ok(is_live(expires, self.now).then(|| (expires, value.to_vec())))
    }

    fn holds(&mut self, bucket: &BucketName, key: &[u8], expected: Option<&[u8]>) -> Result<bool, Broken> {
        let live = self.live(bucket, key)?;
        Ok(live.as_ref().map(|(_, value)| &value[..]) == expected)
    }

    fn increment(
        &mut self,
        bucket: &BucketName,
        key: &[u8],
        by: i64,
        expires: Option<u64>,
    ) -> Result<Result<Answer, WriteError>, Broken> {
        let (expires, at) = match self.live(bucket, key)? {
            None => (expires, Some(0)),
            Some((expires, value)) => (expires, parse_counter(&value)),
        };
        let names = || (bucket.as_str().to_owned(), String::from_utf8_lossy(key).into_owned());
        let Some(at) = at else {
            let (bucket, key) = names();
            return Ok(Err(WriteError::NotACounter { bucket, key }));
        };
        let Some(sum) = at.checked_add(by) else {
            let (bucket, key) = names();
            return Ok(Err(WriteError::Overflow { bucket, key, at, by }));
        };
        self.put(bucket, key, &Stored::new(sum.to_string().as_bytes(), expires))?;
        Ok(Ok(sum))
    }

    /// Takes the bucket's name away. Its rows are swept later, since there may be millions of them.
    fn clear(&mut self, bucket: &BucketName) -> Result<Answer, Broken> {
        let Some(row) = self.look_up(bucket)?.row.take() else { return Ok(0) };
        self.dropped.insert(row.number, ())?;
        self.changed = true;
        let mut expired = 0;
        for due in self.expiry.range(..&layout::due_by(self.now)[..])? {
            let (key, _) = due?;
            let (_, number, _) = layout::parse_expiry_key(key.value()).ok_or(BadRow("what expires"))?;
            expired += u64::from(number == row.number);
        }
        Ok(row.keys.saturating_sub(expired).cast_signed())
    }

    fn look_up(&mut self, bucket: &BucketName) -> Result<&mut Known, Broken> {
        if !self.known.contains_key(bucket) {
            let stored = self.buckets.get(bucket.as_str().as_bytes())?;
            let stored = stored.map(|row| row.value()).map(|(number, keys)| Row { number, keys });
            self.known.insert(bucket.clone(), Known { stored, row: stored });
        }
        Ok(self.known.get_mut(bucket).expect("it was just put there"))
    }

    fn number(&mut self, bucket: &BucketName) -> Result<Option<u64>, Broken> {
        Ok(self.look_up(bucket)?.row.map(|row| row.number))
    }

    fn number_or_new(&mut self, bucket: &BucketName) -> Result<u64, Broken> {
        if let Some(number) = self.number(bucket)? {
            return Ok(number);
        }
        let number = self.meta.get(NEXT_BUCKET)?.map_or(1, |next| next.value());
        self.meta.insert(NEXT_BUCKET, number + 1)?;
        self.look_up(bucket)?.row = Some(Row { number, keys: 0 });
        Ok(number)
    }

    /// Counts a row that came or went. A bucket that lost its last one is gone. Counts nothing when the bucket
    /// stands under another number now.
    pub(crate) fn count(&mut self, bucket: &BucketName, number: u64, by: i64) {
        let Some(known) = self.known.get_mut(bucket) else { return };
        if let Some(row) = known.row.as_mut().filter(|row| row.number == number) {
            row.keys = row.keys.saturating_add_signed(by);
            known.row = known.row.filter(|row| row.keys > 0);
        }
    }

    /// As [`count`](Self::count), by the bucket's number alone.
    pub(crate) fn count_number(&mut self, number: u64, by: i64) -> Result<(), Broken> {
        // A dropped bucket has no name any more.
        let Some(name) = self.names.get(number)?.map(|name| name.value().to_vec()) else { return Ok(()) };
        let name = String::from_utf8(name).map_err(|_| BadRow("the buckets' names"))?;
        let name = BucketName::parse(&name).map_err(|_| BadRow("the buckets' names"))?;
        self.look_up(&name)?;
        self.count(&name, number, by);
        Ok(())
    }
}

fn is_live(expires: Option<u64>, now: u64) -> bool {
    expires.is_none_or(|at| at > now)
}

pub(crate) fn expiry_of(stored: &[u8]) -> Result<Option<u64>, BadRow> {
    layout::parse_stored(stored).map(|(expires, _)| expires).ok_or(BadRow("the data"))
}

/// A counter is a decimal number as [`i64`] prints it: no plus, no zeros ahead, no space.
fn parse_counter(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
