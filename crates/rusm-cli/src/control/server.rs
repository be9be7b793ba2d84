//! The node's end.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, BufWriter, Write};
use std::net::Shutdown;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusm_kv::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::frame::{self, Kind, Sink, Source};
use super::place::Address;
use super::{Failed, Greeting, SOCKET};
use crate::kv::{Failure, Operation};

/// Clients that are served at once; others wait.
const CLIENTS: usize = 16;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open control socket. It is removed, and its clients are cut off, when this is dropped.
pub(crate) struct Control {
    accepting: JoinHandle<()>,
    clients: Clients,
    path: PathBuf,
    identity: (u64, u64),
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Another node of the app answers on it.
    #[error("another node of this app is running: stop that one first")]
    Taken,
    /// The system.
    #[error("cannot make the control socket {}: {error}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Control {
    /// Opens the control socket in the folder, for whoever may open the folder as this user.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub(crate) fn start(folder: &Path, store: Store) -> Result<Control, StartError> {
        let path = folder.join(SOCKET);
        let failed = |error| StartError::Io { path: path.clone(), error };
        if is_alive(folder).map_err(failed)? {
            return Err(StartError::Taken);
        }
        let listener = bind(folder).map_err(failed)?;
        let file = fs::metadata(&path).map_err(failed)?;
        let listener = tokio::net::UnixListener::from_std(listener).map_err(failed)?;
        let clients = Clients::default();
        let accepting = tokio::spawn(accept(listener, store, clients.clone()));
        Ok(Control { accepting, clients, path, identity: (file.dev(), file.ino()) })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.accepting.abort();
        // Never what a later node has put there.
        let ours = |file: &fs::Metadata| (file.dev(), file.ino()) == self.identity;
        if fs::metadata(&self.path).is_ok_and(|file| ours(&file)) {
            let _ = fs::remove_file(&self.path);
        }
        self.clients.leave();
    }
}

/// Whether somebody listens on the socket that is there.
fn is_alive(folder: &Path) -> io::Result<bool> {
    let connected = Address::new(folder, SOCKET).and_then(|address| UnixStream::connect(address.path()));
    match connected {
        Ok(_) => Ok(true),
        Err(error) if is_nobody(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Nothing is there, or what a node left that was killed.
pub(super) fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

/// Binds the socket in a folder that nobody else can enter, and moves it into place when its mode is right: there is no
/// moment at which another user could connect, and no moment without the socket where a stale one is replaced.
fn bind(folder: &Path) -> io::Result<UnixListener> {
    fs::create_dir_all(folder)?;
    let private = folder.join(format!(".control.{}", std::process::id()));
    let _ = fs::remove_dir_all(&private);
    DirBuilder::new().mode(0o700).create(&private)?;
    let bound = || {
        let address = Address::new(&private, SOCKET)?;
        let listener = UnixListener::bind(address.path())?;
        fs::set_permissions(private.join(SOCKET), Permissions::from_mode(0o600))?;
        fs::rename(private.join(SOCKET), folder.join(SOCKET))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    let bound = bound();
    let _ = fs::remove_dir_all(&private);
    bound
}

async fn accept(listener: tokio::net::UnixListener, store: Store, clients: Clients) {
    let room = Arc::new(Semaphore::new(CLIENTS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = listener.accept().await.and_then(|(stream, _)| stream.into_std());
        let served = accepted.and_then(|stream| clients.serve(stream, store.clone(), permit));
        if let Err(error) = served {
            tracing::warn!(target: "rusm", %error, "a client of the control socket cannot be served");
            // Out of files or threads: a moment, rather than the same error at full speed.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The connections that are open. Each has a thread, since a store blocks, and so may its client.
#[derive(Clone, Default)]
struct Clients(Arc<Mutex<Streams>>);

#[derive(Default)]
struct Streams {
    open: HashMap<u64, UnixStream>,
    next: u64,
    over: bool,
}

impl Clients {
    fn serve(&self, stream: UnixStream, store: Store, permit: OwnedSemaphorePermit) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        let Some(number) = self.join(stream.try_clone()?) else { return Ok(()) };
        let member = Member { clients: self.clone(), number, _permit: permit };
        let serve = move || {
            let member = member;
            // A client that leaves, or says what is no operation, concerns nobody else.
            if let Err(error) = converse(&stream, &store) {
                tracing::debug!(target: "rusm", %error, "a client of the control socket left");
            }
            drop(member);
        };
        std::thread::Builder::new().name("rusm-control".to_owned()).spawn(serve).map(drop)
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, stream: UnixStream) -> Option<u64> {
        let mut streams = self.streams();
        if streams.over {
            return None;
        }
        let number = streams.next;
        streams.next += 1;
        streams.open.insert(number, stream);
        Some(number)
    }

    /// Cuts all of them off.
    fn leave(&self) {
        let mut streams = self.streams();
        streams.over = true;
        for stream in streams.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

struct Member {
    clients: Clients,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.clients.streams().open.remove(&self.number);
    }
}

fn converse(mut stream: &UnixStream, store: &Store) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(Greeting::own().line().as_bytes())?;
    let operation: Operation = frame::read_json(stream, Kind::Operation)?;
    // An import may come from somebody who types it.
    stream.set_read_timeout(None)?;
    let mut output = BufWriter::with_capacity(frame::MAX, Sink(stream));
    let ended = operation.perform(store, Source::new(stream), &mut output);
    output.flush()?;
    let failed = match ended {
        Ok(()) => return frame::write(stream, Kind::Done, &[]),
        Err(Failure::Input(error) | Failure::Output(error)) => return Err(error),
        Err(Failure::Absent(text)) => Failed { absent: true, text },
        Err(Failure::Failed(text)) => Failed { absent: false, text },
    };
    frame::write(stream, Kind::Failed, &serde_json::to_vec(&failed)?)
}
