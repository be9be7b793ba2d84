//! `rusm kv`: the app's store from the command line.

mod command;
mod key;
mod operation;

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusm_kv::{OpenError, Store};

use crate::app::App;
use crate::control::Connection;
use crate::diagnostic::Diagnostic;

pub(crate) use command::{Command, HELP};
pub(crate) use operation::{Failure, Operation};

/// How long to wait for a store that somebody else has open and who does not answer: a node that starts or ends, or
/// another command.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was asked for is not in the store.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Absent(String);

/// Does an operation on the app's store: by the running node if there is one, else by itself.
pub(crate) fn run(app: &App, operation: &Operation, input: Box<dyn Read + Send>) -> anyhow::Result<()> {
    let Some(path) = app.manifest()?.node.store else {
        return Err(Diagnostic::error("this app has no store")
            .help("name its file in rusm.toml: `store = \"data/app.redb\"` in `[node]`")
            .into());
    };
    let mut output = BufWriter::new(io::stdout().lock());
    let ended = match reach(app, &app.root().join(path), operation)? {
        Reached::Node(node) => node.perform(operation, input, &mut output),
        Reached::Store(store) => {
            let ended = operation.perform(&store, BufReader::new(input), &mut output);
            store.close()?;
            ended
        }
    };
    // What came before an error is shown with it.
    let _ = output.flush();
    match ended {
        Ok(()) => Ok(()),
        // Who reads the output has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(Failure::Absent(text)) => Err(Absent(text).into()),
        Err(failure) => Err(failure.into()),
    }
}

enum Reached {
    Node(Connection),
    Store(Store),
}

/// One of the two has the file. A node that starts has it before it has its socket, and one that ends has it after.
fn reach(app: &App, path: &Path, operation: &Operation) -> anyhow::Result<Reached> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(node) = Connection::open(&app.own_folder())? {
            return Ok(Reached::Node(node));
        }
        match open(path, operation) {
            Ok(store) => return Ok(Reached::Store(store)),
            Err(OpenError::InUse { .. }) if Instant::now() < deadline => thread::sleep(PATIENCE / 200),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The store, which is not made by reading it.
fn open(path: &Path, operation: &Operation) -> Result<Store, OpenError> {
    if operation.takes_input() || path.exists() { Store::open(path) } else { Store::memory() }
}
