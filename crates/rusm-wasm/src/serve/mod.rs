//! Listeners: sockets in, responses out.

mod activity;
mod connection;
mod exchange;
mod files;
mod response;
mod router;
mod socket;
mod upgrade;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

pub use files::FolderError;
pub use router::{Pattern, PatternError};

pub(crate) use files::Folder;
pub(crate) use response::{check_standard, head as streamed_head, is_event_stream};
pub(crate) use router::Router;

use crate::component::{Responder, Taker};
use crate::world::World;
use activity::Patience;

/// The bounds that a listener sets. The defaults are those of `rusm.toml`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Bytes of a request's body; 413 past it.
    pub max_body_size: u64,
    /// Bytes of a request's head, at least 8 KiB; 431 past it.
    pub max_header_size: u32,
    /// From a request's head to the reply's; 504 past it.
    pub request_timeout: Duration,
    /// From the first byte of a request's head to its last; 408 past it.
    pub header_timeout: Duration,
    /// How long a connection may be silent between requests.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: 10_000,
            max_body_size: 8 << 20,
            max_header_size: 64 << 10,
            request_timeout: Duration::from_secs(30),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
        }
    }
}

/// How a listener takes part in `WebSocket`s.
#[derive(Debug, Clone)]
pub struct WebSocketSettings {
    /// Bytes of a message; the connection is closed with 1009 past it.
    pub max_message_size: u64,
    /// The subprotocols that it speaks, the preferred first.
    pub subprotocols: Vec<String>,
    /// Whose pages may open one: origins, or `*` for all; if there are none, the server's own.
    pub allowed_origins: Vec<String>,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        WebSocketSettings { max_message_size: 1 << 20, subprotocols: Vec::new(), allowed_origins: Vec::new() }
    }
}

/// Who answers on a route.
pub(crate) enum Handler {
    /// A function of a component of handlers.
    Action(Responder),
    /// A component that takes the whole exchange.
    Component(Taker),
    /// The files of a folder.
    Folder(Folder),
}

/// Who answers on a listener.
pub(crate) enum Handlers {
    /// By method and path.
    Each(Router<Handler>),
    /// Whatever the path.
    One(Handler),
}

/// What all connections of a listener share.
pub(crate) struct ListenerState {
    pub(crate) handlers: Handlers,
    pub(crate) limits: Limits,
    pub(crate) web_socket: WebSocketSettings,
    pub(crate) world: Arc<World>,
}

/// How far a node is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// No new connection; those there are finish what they are at.
    Draining,
    /// The time to finish is over.
    Over,
}

/// A bound socket.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) state: Arc<ListenerState>,
}

impl Listener {
    /// Accepts until the node drains. `open` is held by every connection: it closes when the last has ended.
    pub(crate) async fn accept(self, mut phase: watch::Receiver<Phase>, open: mpsc::Sender<()>) {
        let places = Arc::new(Semaphore::new(self.state.limits.max_connections));
        let mut full = false;
        loop {
            let next = async {
                let place = self.place(&places, &mut full).await;
                (place, self.accept_one().await)
            };
            let (place, (stream, remote)) = tokio::select! {
                next = next => next,
                _ = phase.wait_for(|phase| *phase != Phase::Running) => return,
            };
            let (state, phase, open) = (Arc::clone(&self.state), phase.clone(), open.clone());
            tokio::spawn(async move {
                let serving =
                    connection::serve(stream, remote, Arc::clone(&state), phase.clone(), open.clone());
                let held = (place, open);
                let upgrade = serving.await;
                if let Some(upgrade) = upgrade {
                    // A task of its own, since one keeps the room that it ever needed.
                    tokio::spawn(async move {
                        let _held = held;
                        let mut over = phase.clone();
                        tokio::select! {
                            () = socket::serve(*upgrade, state, phase) => {}
                            _ = over.wait_for(|phase| *phase == Phase::Over) => {}
                        }
                    });
                }
            });
        }
    }

    /// A place for one more connection. `full` keeps a listener that stays full from saying so again and again.
    async fn place(&self, places: &Arc<Semaphore>, full: &mut bool) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            *full = false;
            return place;
        }
        if !*full {
            *full = true;
            let limit = self.state.limits.max_connections;
            tracing::warn!(target: "rusm", limit, "max-connections reached: new connections wait until one closes");
        }
        Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed")
    }

    async fn accept_one(&self) -> (TcpStream, SocketAddr) {
        /// How long to wait when the system is out of something that only time gives back.
        const RECOVERY: Duration = Duration::from_millis(100);
        loop {
            match self.socket.accept().await {
                Ok(accepted) => return accepted,
                // The peer gave up before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::error!(target: "rusm", %error, "cannot accept connections; trying again");
                    tokio::time::sleep(RECOVERY).await;
                }
            }
        }
    }
}

impl ListenerState {
    fn patience(&self) -> Patience {
        Patience { header: self.limits.header_timeout, idle: self.limits.idle_timeout }
    }
}
