//! What may be asked of the writer.

use crate::layout::Stored;
use crate::limits::BucketName;

/// Each is atomic: all of it is in one commit, or it answers with an error and none of it is.
#[derive(Debug)]
pub(crate) enum Change {
    /// Answers whether the key was there.
    Edit(Edit),
    /// The edit, if the key has this value. Answers whether it has.
    Swap { edit: Edit, expected: Option<Box<[u8]>> },
    /// Adds to a counter, and answers with the sum. A key that was not there is due at `expires`.
    Increment { bucket: BucketName, key: Box<[u8]>, by: i64, expires: Option<u64> },
    /// Deletes the bucket. Answers how many keys it had.
    Clear(BucketName),
    /// All edits in order, if all keys have the values given, before any edit. Answers whether they have.
    Batch { conditions: Vec<Condition>, edits: Vec<Edit> },
    /// Frees what has expired or was deleted with its bucket, as much as one step does. Answers how many
    /// rows those were.
    Sweep,
}

/// A new value for a key, or none.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) bucket: BucketName,
    pub(crate) key: Box<[u8]>,
    pub(crate) new: Option<Stored>,
}

/// A value that a key must have, or must not exist.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) bucket: BucketName,
    pub(crate) key: Box<[u8]>,
    pub(crate) expected: Option<Box<[u8]>>,
}

impl Edit {
    pub(crate) fn bytes(&self) -> usize {
        self.bucket.as_str().len() + self.key.len() + self.new.as_ref().map_or(0, |new| new.as_bytes().len())
    }
}

impl Condition {
    pub(crate) fn bytes(&self) -> usize {
        self.bucket.as_str().len() + self.key.len() + self.expected.as_ref().map_or(0, |value| value.len())
    }
}

impl Change {
    /// About how much memory it takes while it waits.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Edit(edit) => edit.bytes(),
                Self::Swap { edit, expected } => {
                    edit.bytes() + expected.as_ref().map_or(0, |value| value.len())
                }
                Self::Increment { key, .. } => key.len(),
                Self::Clear(_) | Self::Sweep => 0,
                Self::Batch { conditions, edits } => {
                    let conditions: usize =
                        conditions.iter().map(|it| it.bytes() + size_of::<Condition>()).sum();
                    let edits: usize = edits.iter().map(|it| it.bytes() + size_of::<Edit>()).sum();
                    conditions + edits
                }
            }
    }
}
