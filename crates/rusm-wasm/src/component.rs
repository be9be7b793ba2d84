//! A component, compiled and ready to be instantiated.

use std::path::PathBuf;
use std::sync::Arc;

use crate::description::{Description, DescriptionError, Reply};
use crate::engine::Engine;
use crate::host::{Grants, HandlersPre, HostState};
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
}

/// A loaded component of actions.
pub(crate) struct Component {
    name: String,
    description: Description,
    pub(crate) pre: HandlersPre<HostState>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) limits: Limits,
}

/// A function of a component, as a route names it.
#[derive(Clone)]
pub(crate) struct Action {
    pub(crate) component: Arc<Component>,
    pub(crate) index: u32,
    /// `component#action`; the label of the processes that run it.
    pub(crate) label: Arc<str>,
}

impl Component {
    /// Reads, compiles (or takes from the cache) and links a component. Blocks for as long as that takes.
    pub(crate) fn load(engine: &Engine, config: ComponentConfig) -> Result<Component, ComponentError> {
        let ComponentConfig { name, path, profile, env } = config;
        let made = prepare(engine, &path);
        let (description, pre) =
            made.map_err(|reason| ComponentError { name: name.clone(), path: path.clone(), reason })?;
        let limits = Limits {
            memory: usize::try_from(profile.max_memory.0).unwrap_or(usize::MAX),
            ticks: profile.max_cpu_time.map(|time| engine.ticks_in(time)),
        };
        Ok(Component { name, description, pre, grants: Arc::new(Grants { profile, env }), limits })
    }

    /// The action of this name, or the names that there are.
    pub(crate) fn action(self: &Arc<Self>, name: &str) -> Result<Action, Vec<&str>> {
        let entries = &self.description.actions;
        let index = entries.iter().position(|entry| entry.name == name);
        let index =
            index.ok_or_else(|| entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>())?;
        match entries[index].reply {
            Reply::Buffered => {}
        }
        Ok(Action {
            component: Arc::clone(self),
            index: u32::try_from(index).expect("an action table is smaller than 4 GiB"),
            label: format!("{}#{name}", self.name).into(),
        })
    }
}

fn prepare(engine: &Engine, path: &std::path::Path) -> Result<(Description, HandlersPre<HostState>), Reason> {
    let bytes = std::fs::read(path)?;
    let description = Description::read(&bytes)?;
    let component =
        wasmtime::component::Component::from_binary(&engine.wasmtime, &bytes).map_err(Reason::Compile)?;
    let pre = engine.linker.instantiate_pre(&component).map_err(Reason::Link)?;
    Ok((description, HandlersPre::new(pre).map_err(Reason::Link)?))
}
