//! A component, compiled and ready to be instantiated.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::Either;

use crate::actor::{Actor, Argument};
use crate::bundle::{BundleError, Image, Places};
use crate::description::{Description, DescriptionError, Kind, RequestBodyUse, Wasi};
use crate::engine::{Engine, EngineError, Engines, KEEP_RESIDENT};
use crate::host::{ActorPre, Body, CommandPre, HandlersPre, HostState, HttpPre};
use crate::memory::Memories;
use crate::meter::Limits;
use crate::profile::Profile;
use crate::relink::{Data, Relinked, relinked};

/// What of an instance of a bundle is put back by copying. An interpreter writes to much of its heap.
const KEPT_OF_BUNDLES: usize = 8 << 20;

/// Where a component lies and what it may do.
#[derive(Debug, Clone)]
pub struct ComponentConfig {
    /// Its name in routes and logs.
    pub name: String,
    /// The `.wasm` file.
    pub path: PathBuf,
    /// Its capabilities.
    pub profile: Profile,
    /// The environment it sees: the variables that its profile grants and that are set.
    pub env: Vec<(String, String)>,
    /// Present for one that is to run from the node's start.
    pub resident: Option<ResidentConfig>,
}

/// How a resident is supervised.
#[derive(Debug, Clone)]
pub struct ResidentConfig {
    /// When it is started again.
    pub restart: Restart,
    /// So many restarts...
    pub max_restarts: u32,
    /// ...within this time are borne; one more, and it stays down.
    pub restart_window: std::time::Duration,
}

/// When a resident that ended is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Always.
    Permanent,
    /// When it ended abnormally.
    Transient,
    /// Never.
    Temporary,
}

/// Why a component cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("component `{name}` ({}): {reason}", path.display())]
pub struct ComponentError {
    name: String,
    path: PathBuf,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("cannot read the file: {0}")]
    Read(#[from] std::io::Error),
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("{0}")]
    Bundle(#[from] BundleError),
    #[error("there is no memory for its image: {0}")]
    Memory(std::io::Error),
    #[error("cannot compile it: {0:#}")]
    Compile(wasmtime::Error),
    #[error("it needs something that this node does not offer: {0:#}")]
    Link(wasmtime::Error),
    #[error("it {0}, and so is no resident")]
    NoResident(&'static str),
}

/// A loaded component.
pub(crate) struct Component {
    name: Arc<str>,
    description: Description,
    /// What its instances are made by.
    pub(crate) engine: Engine,
    entry: Entry,
    pub(crate) profile: Profile,
    /// The granted environment variables that are set.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) limits: Limits,
    pub(crate) resident: Option<ResidentConfig>,
    /// What its instances' memories begin as, if those are not wasmtime's.
    memories: Option<Arc<Memories>>,
    /// Where its code is from, if it is a bundle.
    places: Option<Places>,
}

/// A component, ready to be instantiated.
struct Prepared {
    description: Description,
    engine: Engine,
    entry: Entry,
    memories: Option<Arc<Memories>>,
    places: Option<Places>,
}

/// What the node calls in it.
enum Entry {
    Handlers(Arc<HandlersPre<HostState>>),
    /// Processes by themselves.
    Actor(Body),
    /// One process for each stream of events.
    Feed(Body),
    /// One process for each WebSocket.
    Socket(Body),
    /// One process for each request, by the standard interface.
    Http(Arc<HttpPre>),
    /// The same by the node's own interface. A bundle whose function answers requests may be the body of a process that is
    /// spawned as well: which of the two it is shows by who uses it.
    Fetch(Arc<HandlersPre<HostState>>, Option<Body>),
}

/// What answers a request by a process of its own.
#[derive(Clone)]
pub(crate) struct Responder {
    pub(crate) component: Arc<Component>,
    /// `component#action`, or the component's name; the label of the processes.
    pub(crate) label: Arc<str>,
    pub(crate) run: Run,
}

/// What such a process runs.
#[derive(Clone)]
pub(crate) enum Run {
    /// A function of a component of handlers.
    Action {
        handlers: Arc<HandlersPre<HostState>>,
        index: u32,
        /// Whether it reads the request's body while that arrives.
        reads_stream: bool,
    },
    /// A component that holds the connection, for events.
    Feed(Body),
    /// A component that answers by the standard interface.
    Http(Arc<HttpPre>),
}

/// A component whose processes hold a WebSocket each.
#[derive(Clone)]
pub(crate) struct SocketHandler {
    pub(crate) component: Arc<Component>,
    pub(crate) body: Body,
}

/// What takes the whole exchange of a route that names a component alone.
pub(crate) enum Taker {
    Feed(Responder),
    Socket(SocketHandler),
    Http(Responder),
}

impl Component {
    /// Reads, compiles (or takes from the cache) and links a component. Blocks for as long as that takes.
    pub(crate) fn load(engines: &Engines, config: ComponentConfig) -> Result<Component, ComponentError> {
        let ComponentConfig { name, path, profile, env, resident } = config;
        let prepared = prepare(engines, &name, &path).and_then(|made| match made.entry.bound_to() {
            Some(what) if resident.is_some() => Err(Reason::NoResident(what)),
            _ => Ok(made),
        });
        let Prepared { description, engine, entry, memories, places } =
            prepared.map_err(|reason| ComponentError { name: name.clone(), path, reason })?;
        let limits = Limits {
            memory: usize::try_from(profile.max_memory.0).unwrap_or(usize::MAX),
            // A resident works for whoever asks, for as long as the node runs.
            ticks: profile.max_cpu_time.filter(|_| resident.is_none()).map(|time| engines.ticks_in(time)),
            tick: engines.tick(),
            image: memories.as_ref().map_or(0, |memories| memories.image_len()),
        };
        Ok(Component {
            name: name.into(),
            description,
            engine,
            entry,
            profile,
            env,
            limits,
            resident,
            memories,
            places,
        })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// A guest's text in which places in its bundle are those of the sources that it was made from.
    pub(crate) fn in_sources(&self, text: String) -> String {
        match &self.places {
            Some(places) => places.remap(&text).into_owned(),
            None => text,
        }
    }

    /// What makes an instance of it, as it is to be run. No `async fn`, whose future has room for its argument twice.
    pub(crate) fn instantiating<F: Future>(
        &self,
        instantiation: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        match &self.memories {
            Some(memories) => Either::Right(memories.within(instantiation)),
            None => Either::Left(instantiation),
        }
    }

    /// The action of this name, or the names that there are.
    pub(crate) fn action(self: &Arc<Self>, name: &str) -> Result<Responder, Vec<&str>> {
        let entries = &self.description.actions;
        let index = entries.iter().position(|entry| entry.name == name);
        let found = index.zip(match &self.entry {
            Entry::Handlers(handlers) => Some(handlers),
            _ => None,
        });
        let (index, handlers) =
            found.ok_or_else(|| entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>())?;
        Ok(Responder {
            component: Arc::clone(self),
            label: format!("{}#{name}", self.name).into(),
            run: Run::Action {
                handlers: Arc::clone(handlers),
                index: u32::try_from(index).expect("an action table is smaller than 4 GiB"),
                reads_stream: entries[index].body == RequestBodyUse::Stream,
            },
        })
    }

    /// What takes a whole exchange, or why this component takes none.
    pub(crate) fn taker(self: &Arc<Self>) -> Result<Taker, String> {
        let responder = |run| Responder { component: Arc::clone(self), label: Arc::clone(&self.name), run };
        match &self.entry {
            Entry::Feed(body) => Ok(Taker::Feed(responder(Run::Feed(body.clone())))),
            Entry::Http(pre) => Ok(Taker::Http(responder(Run::Http(pre.clone())))),
            Entry::Fetch(handlers, _) => Ok(Taker::Http(responder(Run::Action {
                handlers: Arc::clone(handlers),
                index: 0,
                reads_stream: true,
            }))),
            Entry::Socket(body) => {
                Ok(Taker::Socket(SocketHandler { component: Arc::clone(self), body: body.clone() }))
            }
            Entry::Handlers(_) => {
                let actions: Vec<_> = self.description.actions.iter().map(|action| &*action.name).collect();
                Err(format!(
                    "it is a component of handlers: name one of its actions ({})",
                    actions.join(", ")
                ))
            }
            Entry::Actor(_) => Err("its processes live by themselves and answer no requests".to_owned()),
        }
    }

    /// What a process of this component runs, or why it has no processes by themselves.
    pub(crate) fn actor(self: &Arc<Self>, argument: Argument) -> Result<Actor, String> {
        match &self.entry {
            Entry::Actor(body) | Entry::Fetch(_, Some(body)) => {
                Ok(Actor { component: Arc::clone(self), body: body.clone(), argument: Arc::new(argument) })
            }
            entry => Err(entry.bound_to().unwrap_or_default().to_owned()),
        }
    }
}

impl Entry {
    /// What the component's processes cannot be without; none for those that live by themselves.
    fn bound_to(&self) -> Option<&'static str> {
        match self {
            Entry::Actor(_) => None,
            Entry::Handlers(_) => Some("is a component of handlers, which run for requests alone"),
            Entry::Feed(_) => Some("handles streams of events, each of which has a process of its own"),
            Entry::Socket(_) => Some("handles WebSockets, each of which has a process of its own"),
            Entry::Http(_) => Some("answers requests by wasi:http, and runs for those alone"),
            Entry::Fetch(..) => Some("answers requests, and runs for those alone"),
        }
    }
}

fn prepare(engines: &Engines, name: &str, path: &Path) -> Result<Prepared, Reason> {
    let bytes = std::fs::read(path)?;
    if is_bundle(path) {
        return prepare_bundle(engines, name, path, &bytes);
    }
    let description = Description::read(&bytes)?;
    let (engine, component, memories) = compile(engines, &description, &bytes)?;
    let pre = engine.linker.instantiate_pre(&component).map_err(Reason::Link)?;
    let entry = match description.kind {
        Kind::Handlers => HandlersPre::new(pre).map(|pre| Entry::Handlers(Arc::new(pre))),
        Kind::Main | Kind::Service => ActorPre::new(pre).map(|pre| Entry::Actor(Body::Own(pre))),
        Kind::Command => CommandPre::new(pre).map(|pre| Entry::Actor(Body::Command(pre))),
        Kind::Sse => ActorPre::new(pre).map(|pre| Entry::Feed(Body::Own(pre))),
        Kind::Ws => ActorPre::new(pre).map(|pre| Entry::Socket(Body::Own(pre))),
        Kind::WasiHttp => HttpPre::new(pre).map(|pre| Entry::Http(Arc::new(pre))),
        Kind::Fetch => HandlersPre::new(pre).map(|pre| Entry::Fetch(Arc::new(pre), None)),
    };
    Ok(Prepared { description, engine, entry: entry.map_err(Reason::Link)?, memories, places: None })
}

/// Compiles a component, linked anew and apart from what its memory begins as where it can be.
fn compile(
    engines: &Engines,
    description: &Description,
    bytes: &[u8],
) -> Result<(Engine, wasmtime::component::Component, Option<Arc<Memories>>), Reason> {
    let compile = |engine: &Engine, bytes: &[u8]| {
        wasmtime::component::Component::from_binary(&engine.wasmtime, bytes).map_err(Reason::Compile)
    };
    // What is of a standard world is instantiated by wasmtime's own bindings, which know of no such memories.
    let is_standard = matches!(description.kind, Kind::Command | Kind::WasiHttp);
    let data = if is_standard || description.wasi >= Wasi::V0_3 { Data::Within } else { Data::Apart };
    // One that cannot be compiled so is to say why in the form that its author knows.
    if let Some(Relinked { component, image }) = relinked(bytes, data) {
        let engine = if image.is_some() { engines.imaged()? } else { engines.of(description.wasi)? };
        if let Ok(component) = compile(&engine, &component) {
            let memories = image.map(|image| engine.memories(&image, KEEP_RESIDENT));
            return Ok((engine, component, memories.transpose().map_err(Reason::Memory)?));
        }
    }
    let engine = engines.of(description.wasi)?;
    let component = compile(&engine, bytes)?;
    Ok((engine, component, None))
}

fn is_bundle(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "js")
}

fn prepare_bundle(engines: &Engines, name: &str, path: &Path, script: &[u8]) -> Result<Prepared, Reason> {
    let image = Image::of_file(name, path, script)?;
    let engine = engines.imaged()?;
    let pre = engine.runner().map_err(Reason::Compile)?.clone();
    let memories = engine.memories(&image.memory, KEPT_OF_BUNDLES).map_err(Reason::Memory)?;
    let entry = match image.description.kind {
        Kind::Ws => ActorPre::new(pre).map(|pre| Entry::Socket(Body::Own(pre))),
        Kind::Main | Kind::Service => ActorPre::new(pre).map(|pre| Entry::Actor(Body::Own(pre))),
        _ => ActorPre::new(pre.clone())
            .and_then(|body| Ok(Entry::Fetch(Arc::new(HandlersPre::new(pre)?), Some(Body::Own(body))))),
    };
    Ok(Prepared {
        description: image.description,
        engine,
        entry: entry.map_err(Reason::Link)?,
        memories: Some(memories),
        places: Some(Places::of(path)),
    })
}
