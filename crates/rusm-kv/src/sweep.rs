//! Frees the space of what has expired or was deleted with its bucket, in bounded steps.

use std::ops::Bound::Unbounded;

use redb::ReadableTable;

use crate::apply::{Broken, Work, expiry_of};
use crate::error::BadRow;
use crate::layout;
use crate::write::Answer;

/// How many rows an idle store sweeps in one commit.
pub(crate) const STEP: usize = 4096;

/// How many a commit of a group sweeps along the way: as many again as it may add, and some more.
pub(crate) fn beside(group: usize) -> usize {
    2 * group + 64
}

impl Work<'_> {
    /// Comes before the changes of a group, while the table of names still tells of every bucket.
    pub(crate) fn sweep(&mut self, most: usize) -> Result<(), Broken> {
        let expired = self.sweep_expired(most)?;
        let dropped = self.sweep_dropped(most - expired)?;
        self.swept = (expired + dropped).try_into().unwrap_or(Answer::MAX);
        Ok(())
    }

    fn sweep_expired(&mut self, most: usize) -> Result<usize, Broken> {
        let mut due = Vec::new();
        for row in self.expiry.range(..&layout::due_by(self.now)[..])?.take(most) {
            due.push(row?.0.value().to_vec());
        }
        for key in &due {
            let (_, number, data_key) = layout::parse_expiry_key(key).ok_or(BadRow("what expires"))?;
            self.expiry.remove(&key[..])?;
            if self.data.remove(data_key)?.is_some() {
                self.count_number(number, -1)?;
            }
        }
        self.changed |= !due.is_empty();
        Ok(due.len())
    }

    fn sweep_dropped(&mut self, most: usize) -> Result<usize, Broken> {
        let mut swept = 0;
        while swept < most {
            let Some(number) = self.dropped.first()?.map(|(number, _)| number.value()) else { break };
            let (from, to) = layout::data_range(number, (Unbounded, Unbounded));
            let range = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
            let mut rows = Vec::new();
            for row in self.data.range::<&[u8]>(range)?.take(most - swept) {
                let (key, value) = row?;
                rows.push((key.value().to_vec(), expiry_of(value.value())?));
            }
            let mut due = Vec::new();
            for (key, expires) in &rows {
                self.data.remove(&key[..])?;
                if let Some(at) = expires {
                    self.expiry.remove(layout::expiry_key(&mut due, *at, key))?;
                }
            }
            // A step that was not filled has seen the bucket's end.
            if rows.len() < most - swept {
                self.dropped.remove(number)?;
            }
            swept += rows.len();
            self.changed = true;
        }
        Ok(swept)
    }
}
