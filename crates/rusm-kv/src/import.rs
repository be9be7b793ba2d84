use std::io::{self, BufRead, Read};

use crate::bucket::Lifetime;
use crate::format::{Head, Line, VERSION};
use crate::{Batch, MAX_BUCKET_NAME, MAX_KEY, Store, WriteError};

/// Lines that are written in one commit, unless they are large.
const LINES: usize = 1000;

/// An import that failed.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = rusm_kv::Store::memory()?;
/// let error = store.import(&b"{\"rusm-kv\":1}\nhello\n"[..]).unwrap_err();
/// assert_eq!((error.line, error.from), (2, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error(
    "line {line} cannot be imported: {why}; the lines before {from} are in the store, none from there on"
)]
pub struct ImportError {
    /// The line that is at fault, from 1.
    pub line: u64,
    /// The first line that is not in the store.
    pub from: u64,
    /// What is wrong.
    pub why: ImportProblem,
}

/// What is wrong with an import.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportProblem {
    /// The line is not as [the format](mod@crate::format) says.
    #[error("{0}")]
    Line(String),
    /// The input could not be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The store did not take it.
    #[error("{0}")]
    Write(#[from] WriteError),
}

pub(crate) fn read(store: &Store, from: impl BufRead) -> Result<u64, ImportError> {
    let mut import = Import { store, batch: Batch::new(), keys: 0, line: 0, from: 1 };
    let run = import.run(from);
    run.map_err(|why| ImportError { line: import.line.max(1), from: import.from, why })?;
    Ok(import.keys)
}

struct Import<'s> {
    store: &'s Store,
    batch: Batch,
    keys: u64,
    line: u64,
    from: u64,
}

impl Import<'_> {
    fn run(&mut self, mut input: impl BufRead) -> Result<(), ImportProblem> {
        let mut text = Vec::new();
        let longest = longest_line(self.store.max_value_bytes());
        loop {
            text.clear();
            self.line += 1;
            if (&mut input).take(longest).read_until(b'\n', &mut text)? == 0 {
                break;
            }
            if text.len() as u64 == longest {
                return Err(ImportProblem::Line(
                    "it is longer than any key and value that the store takes".into(),
                ));
            }
            if text.trim_ascii().is_empty() {
                continue;
            }
            if self.line == 1 { head(&text)? } else { self.take(&text)? }
        }
        if self.line == 1 {
            return Err(ImportProblem::Line("the input is empty".into()));
        }
        self.write()
    }

    fn take(&mut self, text: &[u8]) -> Result<(), ImportProblem> {
        let problem = |why: String| ImportProblem::Line(why);
        let line: Line<'_> = serde_json::from_slice(text).map_err(|why| problem(why.to_string()))?;
        let bucket = self.store.bucket(&line.bucket).map_err(WriteError::Invalid)?;
        let (key, value) = (line.key().map_err(problem)?, line.value().map_err(problem)?);
        // Refused here, by its own line, rather than with its batch.
        bucket.put(&key, &value, Lifetime::Forever).map_err(WriteError::Invalid)?;
        let limits = self.store.shared().limits;
        let size = bucket.name().len() + key.len() + value.len();
        if self.batch.len() >= LINES || limits.batch(self.batch.bytes() + size).is_err() {
            self.write()?;
        }
        match line.expires {
            None => {
                self.batch.set(&bucket, key, value);
            }
            Some(at) if at > self.store.shared().clock.now() => {
                self.batch.set_until(&bucket, &key, value, at);
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ImportProblem> {
        let batch = std::mem::take(&mut self.batch);
        let keys = batch.len() as u64;
        self.store.write(batch).wait()?;
        self.keys += keys;
        self.from = self.line;
        Ok(())
    }
}

/// More than a line has: JSON may write a byte in six, and there may be some space.
fn longest_line(value: usize) -> u64 {
    6 * (value + MAX_KEY + MAX_BUCKET_NAME) as u64 + 1024
}

fn head(text: &[u8]) -> Result<(), ImportProblem> {
    let head: Head = serde_json::from_slice(text).map_err(|why| {
        ImportProblem::Line(format!("not the head of an export, {{\"rusm-kv\":{VERSION}}}: {why}"))
    })?;
    if head.version != VERSION {
        return Err(ImportProblem::Line(format!(
            "the export has the format {}, and this version knows {VERSION}",
            head.version
        )));
    }
    Ok(())
}
