//! A node: its components, its listeners, its life.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use rusm_kv::Store;
use rusm_otp::{ExitReason, Observer};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::component::{Component, ComponentConfig, ComponentError};
use crate::engine::{EngineConfig, EngineError, Engines};
use crate::kernel;
use crate::lifecycle;
use crate::outbound::Outbound;
use crate::residents::Residents;
use crate::serve::{
    Folder, FolderError, Handler, Handlers, Limits, Listener, ListenerState, Pattern, Phase, Router,
    WebSocketSettings,
};
use crate::unit::Background;
use crate::world::World;

/// Everything that a node is started with.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// The WebAssembly engine.
    pub engine: EngineConfig,
    /// How many of the engine's `max_instances` no process but requests may take.
    pub reserved_for_requests: u32,
    /// How long a request waits for an instance; 503 past it.
    pub queue_wait: Duration,
    /// The file of the durable store. Made, with its folder, if it is not there.
    pub store: Option<PathBuf>,
    /// How long requests may take to finish when the node stops, and then each resident.
    pub shutdown_grace: Duration,
    /// Every component that a route names, that is resident, or that may be spawned; residents in the order in
    /// which they start.
    pub components: Vec<ComponentConfig>,
    /// The sockets and their routes.
    pub listeners: Vec<ListenerConfig>,
}

impl Default for NodeConfig {
    /// A node without components and listeners, with the defaults of `rusm.toml`.
    fn default() -> Self {
        let engine = EngineConfig::default();
        NodeConfig {
            reserved_for_requests: engine.max_instances / 4,
            engine,
            queue_wait: Duration::from_secs(1),
            store: None,
            shutdown_grace: Duration::from_secs(10),
            components: Vec::new(),
            listeners: Vec::new(),
        }
    }
}

/// A socket and what answers on it.
#[derive(Debug, Clone)]
pub struct ListenerConfig {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// What answers.
    pub routes: Routes,
    /// The bounds of what a client may do.
    pub limits: Limits,
    /// How connections become `WebSocket`s.
    pub web_socket: WebSocketSettings,
}

/// Who answers on a listener.
#[derive(Debug, Clone)]
pub enum Routes {
    /// By method and path.
    Each(Vec<RouteConfig>),
    /// This component, whatever the path.
    All(String),
}

/// A route.
#[derive(Debug, Clone)]
pub struct RouteConfig {
    /// The request's method.
    pub method: Method,
    /// The request's path.
    pub pattern: Pattern,
    /// Who answers.
    pub target: RouteTarget,
}

/// Who answers on a route.
#[derive(Debug, Clone)]
pub enum RouteTarget {
    /// A function of a component of handlers.
    Action {
        /// The component's name.
        component: String,
        /// The action's name.
        action: String,
    },
    /// A component that takes the whole exchange.
    Component(String),
    /// The files of a folder, by what the `*` takes that the route's pattern ends in.
    Folder(PathBuf),
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A component.
    #[error(transparent)]
    Component(#[from] ComponentError),
    /// A route names a component that is not among the node's.
    #[error("a route leads to the component `{0}`, which is not there")]
    NoComponent(String),
    /// A route names an action that its component does not have.
    #[error("a route leads to `{component}#{action}`, but the component's actions are: {}", actions.join(", "))]
    NoAction {
        /// The component's name.
        component: String,
        /// The name that the route gives.
        action: String,
        /// The names that there are.
        actions: Vec<String>,
    },
    /// A route leads to a component that takes no whole exchange.
    #[error("a route leads to `{component}`, but {why}")]
    NoTaker {
        /// The component's name.
        component: String,
        /// What it is instead.
        why: String,
    },
    /// A route leads to a folder that is none.
    #[error("a route leads to the folder {}, which cannot be served: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        error: FolderError,
    },
    /// A socket.
    #[error("cannot listen on {address}: {error}{}", hint(error))]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The durable store.
    #[error(transparent)]
    Store(#[from] rusm_kv::OpenError),
    /// A resident did not start.
    #[error("the resident `{0}` cannot be started: {1}")]
    Resident(Arc<str>, ExitReason),
    /// Threads for long work.
    #[error("cannot start threads: {0}")]
    Threads(io::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "\n  another process listens there: stop it, or choose another port",
        io::ErrorKind::PermissionDenied => "\n  ports below 1024 need a privilege: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "\n  no interface of this machine has that address",
        _ => "",
    }
}

/// A node with its sockets bound: clients can connect, and are served once [`run`](Node::run) is polled.
pub struct Node {
    listeners: Vec<Listener>,
    world: Arc<World>,
    residents: Residents,
    _lifecycle: Option<Observer>,
    shutdown_grace: Duration,
}

impl Node {
    /// Loads every component, starts the residents, then binds every socket: when a port is open, what stands
    /// behind it works.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn start(config: NodeConfig) -> Result<Node, StartError> {
        let instances = (config.engine.max_instances, config.reserved_for_requests);
        let engines = Arc::new(Engines::new(config.engine)?);
        let components = load(&engines, config.components).await?;
        let background = Background::start().map_err(StartError::Threads)?;
        let store = open(config.store).await?;
        let by_name = components.iter().map(|one| (one.name().to_string(), Arc::clone(one))).collect();
        let limit = check_file_limit(&config.listeners);
        let outbound = Outbound::new(Handle::current(), limit);
        let files = Arc::new(Semaphore::new(files_at_once(limit)));
        let world = World::new(background, by_name, store, outbound, instances, config.queue_wait);
        let world = Arc::new(world);
        let lifecycle = lifecycle::observe(&world.runtime);
        let residents = Residents::start(&world, &components, config.shutdown_grace).await;
        let residents = residents.map_err(|(name, reason)| StartError::Resident(name, reason))?;
        let mut listeners = Vec::with_capacity(config.listeners.len());
        for listener in config.listeners {
            let handlers = handlers(listener.routes, &world.components, &files)?;
            let address = listener.address;
            let socket =
                TcpListener::bind(address).await.map_err(|error| StartError::Listen { address, error })?;
            let state = ListenerState {
                handlers,
                limits: listener.limits,
                web_socket: listener.web_socket,
                world: Arc::clone(&world),
            };
            listeners.push(Listener { socket, state: Arc::new(state) });
        }
        Ok(Node { listeners, world, residents, _lifecycle: lifecycle, shutdown_grace: config.shutdown_grace })
    }

    /// Where the listeners listen, in the order of the configuration.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(|listener| listener.socket.local_addr()).collect()
    }

    /// The durable store, if there is one, for whoever works on it beside the components, and closes it when the
    /// node's run is over.
    pub fn store(&self) -> Option<rusm_kv::Store> {
        self.world.store.clone()
    }

    /// Serves until `shutdown` completes, then finishes the requests in progress, for as long as the
    /// configuration's `shutdown_grace` allows, and stops the residents, the last one first.
    ///
    /// Dropping the future leaves open connections to finish by themselves.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let (phase, observed) = watch::channel(Phase::Running);
        let (open, mut all_closed) = mpsc::channel(1);
        for listener in self.listeners {
            tokio::spawn(listener.accept(observed.clone(), open.clone()));
        }
        drop(open);
        shutdown.await;
        phase.send_replace(Phase::Draining);
        if tokio::time::timeout(self.shutdown_grace, all_closed.recv()).await.is_err() {
            tracing::warn!(target: "rusm", grace = ?self.shutdown_grace, "requests still run after shutdown-grace: they are cut off");
        }
        phase.send_replace(Phase::Over);
        all_closed.recv().await;
        self.residents.stop(&self.world.runtime, self.shutdown_grace).await;
    }
}

/// Opens the store away from the tasks: after a crash that takes a while.
async fn open(path: Option<PathBuf>) -> Result<Option<Store>, StartError> {
    let Some(path) = path else { return Ok(None) };
    let opened = tokio::task::spawn_blocking(move || Store::open(path));
    let store = opened.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
    if let Some(took) = store.repaired() {
        tracing::warn!(target: "rusm", ?took, "the store was not closed the last time, and was repaired");
    }
    Ok(Some(store))
}

async fn load(
    engines: &Arc<Engines>,
    configs: Vec<ComponentConfig>,
) -> Result<Vec<Arc<Component>>, StartError> {
    let mut components = Vec::with_capacity(configs.len());
    for config in configs {
        let engines = Arc::clone(engines);
        let loaded = tokio::task::spawn_blocking(move || Component::load(&engines, config));
        let component = loaded.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        components.push(Arc::new(component));
    }
    Ok(components)
}

fn handlers(
    routes: Routes,
    components: &HashMap<String, Arc<Component>>,
    files: &Arc<Semaphore>,
) -> Result<Handlers, StartError> {
    match routes {
        Routes::All(component) => taker(component, components).map(Handlers::One),
        Routes::Each(routes) => {
            let mut router = Router::new();
            for RouteConfig { method, pattern, target } in routes {
                let handler = match target {
                    RouteTarget::Action { component, action } => self::action(component, action, components)?,
                    RouteTarget::Component(component) => taker(component, components)?,
                    RouteTarget::Folder(path) => folder(path, &pattern, files)?,
                };
                router.insert(method, &pattern, handler);
            }
            Ok(Handlers::Each(router))
        }
    }
}

fn find<'a>(
    name: &str,
    components: &'a HashMap<String, Arc<Component>>,
) -> Result<&'a Arc<Component>, StartError> {
    components.get(name).ok_or_else(|| StartError::NoComponent(name.to_owned()))
}

fn action(
    component: String,
    action: String,
    components: &HashMap<String, Arc<Component>>,
) -> Result<Handler, StartError> {
    match find(&component, components)?.action(&action) {
        Ok(responder) => Ok(Handler::Action(responder)),
        Err(actions) => {
            let actions = actions.into_iter().map(str::to_owned).collect();
            Err(StartError::NoAction { component, action, actions })
        }
    }
}

fn taker(component: String, components: &HashMap<String, Arc<Component>>) -> Result<Handler, StartError> {
    match find(&component, components)?.taker() {
        Ok(taker) => Ok(Handler::Component(taker)),
        Err(why) => Err(StartError::NoTaker { component, why }),
    }
}

fn folder(path: PathBuf, pattern: &Pattern, files: &Arc<Semaphore>) -> Result<Handler, StartError> {
    match Folder::new(path.clone(), pattern.clone(), Arc::clone(files)) {
        Ok(folder) => Ok(Handler::Folder(folder)),
        Err(error) => Err(StartError::Folder { path, error }),
    }
}

/// How many files of folders may be sent at once that are too long to be read at once. Each belongs to a client that may
/// take its time, and open files are for connections too.
fn files_at_once(limit: u64) -> usize {
    usize::try_from(limit / 8).unwrap_or(usize::MAX).clamp(16, 1024)
}

/// Files beside the connections: the executable's own, logs, the store.
const OTHER_FILES: u64 = 64;

/// How many files this process may have open, once it has been told if they may not be enough.
fn check_file_limit(listeners: &[ListenerConfig]) -> u64 {
    let files = kernel::raise_file_limit();
    let connections: u64 = listeners.iter().map(|listener| listener.limits.max_connections as u64).sum();
    if files < connections.saturating_add(OTHER_FILES) {
        tracing::warn!(
            target: "rusm",
            "this process may open {files} files, which is fewer than max-connections ({connections}): \
             raise the hard limit (ulimit -Hn, or LimitNOFILE= in a systemd unit)"
        );
    }
    files
}
