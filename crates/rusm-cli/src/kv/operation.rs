//! What can be done to a store: the one implementation, whether a node does it for a client or the command by itself.

use std::io::{self, BufRead, Read, Write};
use std::time::Duration;

use rusm_kv::{Bucket, ExportError, ImportError, Invalid, ReadError, Scan, Store, WriteError};
use serde::{Deserialize, Serialize};

use super::key::{Escaped, Key};

/// An operation. What it reads (a value, an import) and what it answers are streams of bytes beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Writes the value.
    Get { bucket: String, key: Key },
    /// Reads the value.
    Set { bucket: String, key: Key, ttl: Option<Duration> },
    /// Says that the key was there.
    Delete { bucket: String, key: Key },
    /// Says how many keys there were.
    Clear { bucket: String },
    /// A line for each bucket: its name and its number of keys.
    Buckets,
    /// A line for each key, with its value if asked for.
    Keys { bucket: String, prefix: Key, limit: Option<u64>, values: bool },
    /// Lines in the format of rusm-kv's exports.
    Export { bucket: Option<String> },
    /// Reads an export, and says how many keys it has.
    Import,
}

/// Why an operation did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no such key, or no such bucket.
    #[error("{0}")]
    Absent(String),
    /// The store refused or failed.
    #[error("{0}")]
    Failed(String),
    /// What the operation reads cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// What it answers cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Operation {
    /// Whether it reads the input. It is those that do that make a store where there is none.
    pub(crate) fn takes_input(&self) -> bool {
        matches!(self, Operation::Set { .. } | Operation::Import)
    }

    /// Does it. Blocks.
    pub(crate) fn perform(
        &self,
        store: &Store,
        input: impl BufRead,
        mut output: impl Write,
    ) -> Result<(), Failure> {
        match self {
            Operation::Get { bucket, key } => get(&store.bucket(bucket)?, key, &mut output),
            Operation::Set { bucket, key, ttl } => {
                let value = value(input, store.max_value_bytes())?;
                let bucket = store.bucket(bucket)?;
                let write = match ttl {
                    Some(ttl) => bucket.set_with_ttl(&key.0, value, *ttl),
                    None => bucket.set(&key.0, value),
                };
                write.wait().map_err(Failure::from)
            }
            Operation::Delete { bucket, key } => {
                let bucket = store.bucket(bucket)?;
                if !bucket.delete(&key.0).wait()? {
                    return Err(no_key(&bucket, key));
                }
                say(&mut output, 1, "deleted")
            }
            Operation::Clear { bucket } => match store.bucket(bucket)?.clear().wait()? {
                0 => Err(Failure::Absent(format!("there is no bucket `{bucket}`"))),
                keys => say(&mut output, keys, "deleted"),
            },
            Operation::Buckets => buckets(store, &mut output),
            Operation::Keys { bucket, prefix, limit, values } => {
                let scan = Scan::prefix(&prefix.0);
                keys(&store.bucket(bucket)?, scan, limit.unwrap_or(u64::MAX), *values, &mut output)
            }
            Operation::Export { bucket } => {
                match bucket {
                    Some(bucket) => store.bucket(bucket)?.export(&mut output)?,
                    None => store.export(&mut output)?,
                };
                Ok(())
            }
            Operation::Import => {
                let keys = store.import(input)?;
                say(&mut output, keys, "imported")
            }
        }?;
        output.flush().map_err(Failure::Output)
    }
}

fn get(bucket: &Bucket, key: &Key, output: &mut impl Write) -> Result<(), Failure> {
    let value = bucket.get(&key.0)?.ok_or_else(|| no_key(bucket, key))?;
    output.write_all(&value).map_err(Failure::Output)
}

fn no_key(bucket: &Bucket, key: &Key) -> Failure {
    Failure::Absent(format!("there is no key `{key}` in the bucket `{}`", bucket.name()))
}

/// All of the input, unless it is longer than a value may be.
fn value(input: impl Read, max: usize) -> Result<Vec<u8>, Failure> {
    let mut value = Vec::new();
    input.take(max as u64 + 1).read_to_end(&mut value).map_err(Failure::Input)?;
    if value.len() > max {
        return Err(Failure::Failed(format!(
            "the value has more than the {max} bytes that a value may have"
        )));
    }
    Ok(value)
}

fn buckets(store: &Store, output: &mut impl Write) -> Result<(), Failure> {
    let mut scan = Scan::all();
    loop {
        let page = store.buckets(&scan)?;
        for bucket in &page.items {
            writeln!(output, "{}\t{}", bucket.name, bucket.keys).map_err(Failure::Output)?;
        }
        match page.items.last().filter(|_| page.more) {
            Some(last) => scan = scan.after(&last.name),
            None => return Ok(()),
        }
    }
}

/// Page by page, so that a slow reader of the output holds neither a large answer nor an old state of the file.
fn keys(
    bucket: &Bucket,
    mut scan: Scan,
    limit: u64,
    values: bool,
    output: &mut impl Write,
) -> Result<(), Failure> {
    const PAGE: u64 = 1000;
    let mut left = limit;
    while left > 0 {
        scan = scan.limit(usize::try_from(left.min(PAGE)).unwrap_or(usize::MAX));
        let (last, read, more) = if values {
            let page = bucket.scan(&scan)?;
            for (key, value) in &page.items {
                writeln!(output, "{}\t{}", Escaped(key), Escaped(value)).map_err(Failure::Output)?;
            }
            (page.items.last().map(|(key, _)| key.clone()), page.items.len(), page.more)
        } else {
            let page = bucket.list(&scan)?;
            for key in &page.items {
                writeln!(output, "{}", Escaped(key)).map_err(Failure::Output)?;
            }
            (page.items.last().cloned(), page.items.len(), page.more)
        };
        left -= read as u64;
        match last.filter(|_| more) {
            Some(last) => scan = scan.after(last),
            None => break,
        }
    }
    Ok(())
}

fn say(output: &mut impl Write, keys: u64, what: &str) -> Result<(), Failure> {
    let noun = if keys == 1 { "key" } else { "keys" };
    writeln!(output, "{keys} {noun} {what}").map_err(Failure::Output)
}

impl From<Invalid> for Failure {
    fn from(error: Invalid) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Write(error) => Failure::Output(error),
            error => Failure::Failed(error.to_string()),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Failure::Failed(error.to_string())
    }
}
