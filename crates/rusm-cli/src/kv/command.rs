//! The command line of `rusm kv`.

use std::ffi::OsString;
use std::io::{self, Cursor, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use clap::Subcommand;
use rusm_wasm::units::Timeout;

use super::Operation;
use super::key::Key;
use crate::app::App;

/// `rusm kv` and what follows.
#[derive(Debug, clap::Args)]
pub(crate) struct Command {
    /// The app's folder. The current folder, or the nearest above it that has a `rusm.toml`, when left out
    #[arg(long, global = true, value_name = "DIR")]
    app: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a key's value to standard output, as it is
    Get {
        /// The bucket
        #[arg(value_name = "BUCKET")]
        bucket: String,
        /// The key, with \xHH for a byte that is no text and \\ for a backslash
        #[arg(value_name = "KEY")]
        key: Key,
    },
    /// Set a key
    Set {
        /// The bucket
        #[arg(value_name = "BUCKET")]
        bucket: String,
        /// The key, with \xHH for a byte that is no text and \\ for a backslash
        #[arg(value_name = "KEY")]
        key: Key,
        /// The value, as it is. Read from standard input when left out
        #[arg(value_name = "VALUE", allow_negative_numbers = true)]
        value: Option<OsString>,
        /// How long the key lives, such as 500ms, 30s, 5m or 12h. For ever when left out
        #[arg(long, value_name = "TIME")]
        ttl: Option<Timeout>,
    },
    /// List the buckets with their number of keys, or the keys of one
    ///
    /// One a line. What follows the name or the key stands after a tab.
    List {
        /// The bucket whose keys to list. The buckets themselves when left out
        #[arg(value_name = "BUCKET")]
        bucket: Option<String>,
        /// Only keys that begin with this
        #[arg(long, value_name = "KEY", requires = "bucket")]
        prefix: Option<Key>,
        /// At most so many keys, the first ones
        #[arg(long, value_name = "N", requires = "bucket")]
        limit: Option<u64>,
        /// Also the values, written as keys are
        #[arg(long, requires = "bucket")]
        values: bool,
    },
    /// Delete a key, or a bucket with all its keys
    Rm {
        /// The bucket
        #[arg(value_name = "BUCKET")]
        bucket: String,
        /// The key
        #[arg(value_name = "KEY", required_unless_present = "all", conflicts_with = "all")]
        key: Option<Key>,
        /// Every key of the bucket
        #[arg(long)]
        all: bool,
    },
    /// Write the store, or one bucket of it, to standard output as lines of JSON
    ///
    /// The first line names the format, and each other one is a key: its bucket, its key and value, as text or in
    /// base64, and when it expires. It shows the store as it was at one moment, whatever is written meanwhile.
    Export {
        /// The bucket. The whole store when left out
        #[arg(value_name = "BUCKET")]
        bucket: Option<String>,
    },
    /// Set the keys of an export, read from standard input
    ///
    /// Keys that are there already are overwritten, those that have expired are left out. It is done in pieces: an error
    /// says from which line on nothing is in the store.
    Import,
}

/// Ends `rusm kv --help`.
pub(crate) const HELP: &str = r"A key may be any bytes. Write a byte that is no text as \xHH and a backslash as \\; keys are shown in the same way.
A value is taken and written as it is, without a line's end of its own.

The exit code is 3 when the key or bucket is not there.

Examples:

    rusm kv list                            the buckets
    rusm kv list users --prefix a --values  the keys that begin with `a`, with their values
    rusm kv set users ann 'Ann Lee'
    rusm kv set sessions c0ffee --ttl 30m <token.bin
    rusm kv get users ann
    rusm kv get --app apps/shop blobs '\xff\x00'
    rusm kv rm users ann
    rusm kv rm --all sessions
    rusm kv export >backup.jsonl            everything, while the node runs or not
    rusm kv import <backup.jsonl";

impl Command {
    /// Does what the command line says.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let app = App::find(self.app.as_deref())?;
        let mut input: Box<dyn Read + Send> = Box::new(io::stdin());
        let operation = match self.verb {
            Verb::Get { bucket, key } => Operation::Get { bucket, key },
            Verb::Set { bucket, key, value, ttl } => {
                if let Some(value) = value {
                    input = Box::new(Cursor::new(value.into_vec()));
                }
                Operation::Set { bucket, key, ttl: ttl.map(|Timeout(ttl)| ttl) }
            }
            Verb::List { bucket: None, .. } => Operation::Buckets,
            Verb::List { bucket: Some(bucket), prefix, limit, values } => {
                Operation::Keys { bucket, prefix: prefix.unwrap_or_default(), limit, values }
            }
            Verb::Rm { bucket, key: Some(key), .. } => Operation::Delete { bucket, key },
            Verb::Rm { bucket, key: None, .. } => Operation::Clear { bucket },
            Verb::Export { bucket } => Operation::Export { bucket },
            Verb::Import => Operation::Import,
        };
        super::run(&app, &operation, input)
    }
}
