use std::io::{self, BufWriter, Write};

use crate::format::{Head, Line, VERSION};
use crate::{ReadError, Scan, Snapshot};

/// An export that failed. What was written so far is no export.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store could not be read.
    #[error("cannot export: {0}")]
    Read(#[from] ReadError),
    /// The output could not be written.
    #[error("cannot write the export: {0}")]
    Write(#[from] io::Error),
}

pub(crate) fn all(snapshot: &Snapshot, out: impl Write) -> Result<u64, ExportError> {
    let mut out = BufWriter::new(out);
    let mut keys = 0;
    head(&mut out)?;
    let mut scan = Scan::all();
    loop {
        let page = snapshot.buckets(&scan)?;
        for bucket in &page.items {
            keys += lines(snapshot, &mut out, &bucket.name)?;
        }
        match page.items.last().filter(|_| page.more) {
            Some(last) => scan = scan.after(&last.name),
            None => break,
        }
    }
    out.flush()?;
    Ok(keys)
}

pub(crate) fn bucket(snapshot: &Snapshot, out: impl Write, name: &str) -> Result<u64, ExportError> {
    let mut out = BufWriter::new(out);
    head(&mut out)?;
    let keys = lines(snapshot, &mut out, name)?;
    out.flush()?;
    Ok(keys)
}

fn head(out: &mut impl Write) -> io::Result<()> {
    line(out, &Head { version: VERSION })
}

fn lines(snapshot: &Snapshot, out: &mut impl Write, bucket: &str) -> Result<u64, ExportError> {
    let mut keys = 0;
    let mut written = Ok(());
    snapshot.walk(bucket, &Scan::all(), |row| {
        written = line(out, &Line::new(bucket, row.key, row.value, row.expires));
        keys += 1;
        written.is_ok()
    })?;
    written?;
    Ok(keys)
}

fn line(out: &mut impl Write, line: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
