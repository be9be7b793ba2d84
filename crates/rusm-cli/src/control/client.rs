//! The other commands' end.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use super::frame::{self, Kind, Sink};
use super::place::Address;
use super::server::is_nobody;
use super::{Failed, Greeting, PROTOCOL, SOCKET};
use crate::kv::{Failure, Operation};

/// A connection to the running node of an app.
pub(crate) struct Connection(UnixStream);

/// Why a node that seems to run cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// It does not speak as this does.
    #[error(
        "the running node is of rusm {node}, and this is rusm {}: use the node's version, or restart the node with this one",
        env!("CARGO_PKG_VERSION")
    )]
    Version {
        /// The node's version.
        node: String,
    },
    /// The system.
    #[error("cannot speak to the running node: {0}")]
    Io(#[from] io::Error),
}

impl Connection {
    /// Connects to the node whose socket is in the folder; none if no node runs.
    pub(crate) fn open(folder: &Path) -> Result<Option<Connection>, ConnectError> {
        let connected = Address::new(folder, SOCKET).and_then(|address| UnixStream::connect(address.path()));
        let stream = match connected {
            Ok(stream) => stream,
            Err(error) if is_nobody(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match Greeting::read(&stream) {
            Ok(Greeting { protocol: PROTOCOL, .. }) => Ok(Some(Connection(stream))),
            Ok(Greeting { rusm, .. }) => Err(ConnectError::Version { node: rusm }),
            // It is about to end.
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Has the node do an operation.
    pub(crate) fn perform(
        self,
        operation: &Operation,
        input: impl Read + Send + 'static,
        output: impl Write,
    ) -> Result<(), Failure> {
        let Connection(stream) = self;
        let words = serde_json::to_vec(operation).map_err(|error| Failure::Failed(error.to_string()))?;
        frame::write(&stream, Kind::Operation, &words).map_err(|error| left(&error))?;
        let (unreadable, why) = mpsc::channel();
        if operation.takes_input() {
            let stream = stream.try_clone().map_err(|error| left(&error))?;
            // By itself, since the node may answer before it has read all. Ends with the command at the latest.
            thread::spawn(move || {
                if let Err(error) = send(input, &stream) {
                    let _ = unreadable.send(error);
                    let _ = stream.shutdown(Shutdown::Both);
                }
            });
        }
        receive(&stream, output).map_err(|failure| match why.try_recv() {
            Ok(error) => Failure::Input(error),
            Err(_) => failure,
        })
    }
}

/// Sends all of the input. An error is one of the input: the node's end is seen by who receives.
fn send(mut input: impl Read, stream: &UnixStream) -> io::Result<()> {
    let mut piece = vec![0; frame::MAX];
    loop {
        let read = match input.read(&mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let sent = match &piece[..read] {
            [] => frame::write(stream, Kind::End, &[]),
            piece => Sink(stream).write_all(piece),
        };
        if read == 0 || sent.is_err() {
            return Ok(());
        }
    }
}

fn receive(stream: &UnixStream, mut output: impl Write) -> Result<(), Failure> {
    let mut content = Vec::new();
    loop {
        match frame::read(stream, &mut content).map_err(|error| left(&error))? {
            Some(Kind::Data) => output.write_all(&content).map_err(Failure::Output)?,
            Some(Kind::Done) => return output.flush().map_err(Failure::Output),
            Some(Kind::Failed) => {
                output.flush().map_err(Failure::Output)?;
                let failed = serde_json::from_slice(&content).map_err(|error| left(&error.into()))?;
                let Failed { absent, text } = failed;
                return Err(if absent { Failure::Absent(text) } else { Failure::Failed(text) });
            }
            Some(_) => return Err(left(&io::ErrorKind::InvalidData.into())),
            None => return Err(left(&io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}

fn left(error: &io::Error) -> Failure {
    Failure::Failed(if is_gone(error) {
        "the node ended before it had answered: what it was to write may be there, or part of an import"
            .to_owned()
    } else {
        format!("cannot speak to the running node: {error}")
    })
}
