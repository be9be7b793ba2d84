//! A component, compiled and ready to be instantiated.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::actor::{Actor, Argument};
use crate::description::{Description, DescriptionError, Kind, Reply};
use crate::engine::Engine;
use crate::host::{ActorPre, HandlersPre, HostState};
use crate::meter::Limits;
use crate::profile::Profile;

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
    #[error("cannot compile it: {0:#}")]
    Compile(wasmtime::Error),
    #[error("it needs something that this node does not offer: {0:#}")]
    Link(wasmtime::Error),
    #[error("it is a component of handlers, which run for requests alone, and so no resident")]
    NoResident,
}

/// A loaded component.
pub(crate) struct Component {
    name: Arc<str>,
    description: Description,
    entry: Entry,
    pub(crate) profile: Profile,
    /// The granted environment variables that are set.
    pub(crate) env: Vec<(String, String)>,
    pub(crate) limits: Limits,
    pub(crate) resident: Option<ResidentConfig>,
}

/// What the node calls in it.
enum Entry {
    Handlers(Arc<HandlersPre<HostState>>),
    Actor(ActorPre<HostState>),
}

/// A function of a component, as a route names it.
#[derive(Clone)]
pub(crate) struct Action {
    pub(crate) component: Arc<Component>,
    pub(crate) handlers: Arc<HandlersPre<HostState>>,
    pub(crate) index: u32,
    /// `component#action`; the label of the processes that run it.
    pub(crate) label: Arc<str>,
}

impl Component {
    /// Reads, compiles (or takes from the cache) and links a component. Blocks for as long as that takes.
    pub(crate) fn load(engine: &Engine, config: ComponentConfig) -> Result<Component, ComponentError> {
        let ComponentConfig { name, path, profile, env, resident } = config;
        let made = prepare(engine, &path).and_then(|made| match (&made, &resident) {
            ((_, Entry::Handlers(_)), Some(_)) => Err(Reason::NoResident),
            _ => Ok(made),
        });
        let (description, entry) =
            made.map_err(|reason| ComponentError { name: name.clone(), path: path.clone(), reason })?;
        let limits = Limits {
            memory: usize::try_from(profile.max_memory.0).unwrap_or(usize::MAX),
            // A resident works for whoever asks, for as long as the node runs.
            ticks: profile.max_cpu_time.filter(|_| resident.is_none()).map(|time| engine.ticks_in(time)),
        };
        Ok(Component { name: name.into(), description, entry, profile, env, limits, resident })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The action of this name, or the names that there are.
    pub(crate) fn action(self: &Arc<Self>, name: &str) -> Result<Action, Vec<&str>> {
        let entries = &self.description.actions;
        let index = entries.iter().position(|entry| entry.name == name);
        let found = index.zip(match &self.entry {
            Entry::Handlers(handlers) => Some(handlers),
            Entry::Actor(_) => None,
        });
        let (index, handlers) =
            found.ok_or_else(|| entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>())?;
        match entries[index].reply {
            Reply::Buffered => {}
        }
        Ok(Action {
            component: Arc::clone(self),
            handlers: Arc::clone(handlers),
            index: u32::try_from(index).expect("an action table is smaller than 4 GiB"),
            label: format!("{}#{name}", self.name).into(),
        })
    }

    /// What a process of this component runs, if it is of a kind that has processes by themselves.
    pub(crate) fn actor(self: &Arc<Self>, argument: Argument) -> Option<Actor> {
        match &self.entry {
            Entry::Handlers(_) => None,
            Entry::Actor(pre) => {
                Some(Actor { component: Arc::clone(self), pre: pre.clone(), argument: Arc::new(argument) })
            }
        }
    }
}

fn prepare(engine: &Engine, path: &Path) -> Result<(Description, Entry), Reason> {
    let bytes = std::fs::read(path)?;
    let description = Description::read(&bytes)?;
    let component =
        wasmtime::component::Component::from_binary(&engine.wasmtime, &bytes).map_err(Reason::Compile)?;
    let pre = engine.linker.instantiate_pre(&component).map_err(Reason::Link)?;
    let entry = match description.kind {
        Kind::Handlers => HandlersPre::new(pre).map(|pre| Entry::Handlers(Arc::new(pre))),
        Kind::Main | Kind::Service => ActorPre::new(pre).map(Entry::Actor),
    };
    Ok((description, entry.map_err(Reason::Link)?))
}
