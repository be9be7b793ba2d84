//! `rusm serve` and `rusm run`: the app's node, with and without its listeners.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use rusm_kv::Store;
use rusm_wasm::profile::{Grant, Profile};
use rusm_wasm::{
    ComponentConfig, EngineConfig, Limits, ListenerConfig, Node, NodeConfig, ResidentConfig, Restart,
    RouteConfig, RouteTarget, Routes, WebSocketSettings,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::app::App;
use crate::check;
use crate::control::{Control, StartError};
use crate::env::Env;
use crate::log;
use crate::manifest::{self, Listener, Manifest, Target};
use crate::name::ComponentName;

/// Turns the scan for written pages off, so that tests can show that nothing depends on it.
const PAGEMAP_SCAN: &str = "RUSM_PAGEMAP_SCAN";

/// How much of an app a node hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The listeners and the residents.
    All,
    /// The residents alone.
    Residents,
}

/// Hosts the app until told to stop.
pub(crate) fn run(app: &App, manifest: &Manifest, env: &Env, extent: Extent) -> anyhow::Result<()> {
    manifest.check_preopens(app.root())?;
    if extent == Extent::All {
        manifest.check_folders(app.root())?;
    }
    check::components(app, manifest)?;
    log::start(&manifest.log);
    let (listeners, residents) = (&manifest.listeners, &manifest.residents);
    match extent {
        Extent::All if listeners.is_empty() && residents.is_empty() => {
            bail!("rusm.toml has no listener, so there is nothing to serve: add a `[[serve]]` table")
        }
        Extent::All if listeners.is_empty() => bail!(
            "rusm.toml has no listener, so there is nothing to serve: `rusm run` hosts its residents without one"
        ),
        Extent::Residents if residents.is_empty() => bail!(
            "rusm.toml has no resident, so there is nothing to run: set `resident = true` in a `[components.<name>]` table"
        ),
        _ => {}
    }
    let runtime = rusm_wasm::runtime().build().context("cannot start threads")?;
    let mut config = node_config(app, manifest, env, &needed(app, manifest)?);
    if extent == Extent::Residents {
        config.listeners.clear();
    }
    runtime.block_on(serve(config, &app.own_folder()))
}

async fn serve(config: NodeConfig, own_folder: &Path) -> anyhow::Result<()> {
    // Before the first port opens: a stop that comes while the node starts is not lost.
    let mut stops = Stops::new().context("cannot listen for signals")?;
    let residents: Vec<String> =
        config.components.iter().filter(|one| one.resident.is_some()).map(|one| one.name.clone()).collect();
    let node = Node::start(config).await?;
    let store = node.store();
    // Only now: who has the store has the right to the socket.
    let control = store.clone().map(|store| control(own_folder, store)).transpose()?.flatten();
    if !residents.is_empty() {
        writeln!(io::stdout(), "running {}", residents.join(", "))
            .context("cannot write to standard output")?;
    }
    for address in node.addresses()? {
        writeln!(io::stdout(), "listening on http://{address}").context("cannot write to standard output")?;
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let mut stop = Some(stop);
    let mut run = std::pin::pin!(node.run(async { drop(stopped.await) }));
    loop {
        tokio::select! {
            () = run.as_mut() => break,
            () = stops.next() => match stop.take() {
                Some(stop) => {
                    tracing::info!(target: "rusm", "stopping: requests in progress may finish; a second signal stops at once");
                    drop(stop);
                }
                None => bail!("stopped before all requests had finished"),
            }
        }
    }
    // Before the store is another node's to open.
    drop(control);
    if let Some(store) = store {
        let closed = tokio::task::spawn_blocking(move || store.close()).await;
        closed.context("closing the store panicked")??;
    }
    Ok(())
}

/// The way in for `rusm kv`. A node that cannot make one serves all the same.
fn control(folder: &Path, store: Store) -> Result<Option<Control>, StartError> {
    match Control::start(folder, store) {
        Ok(control) => Ok(Some(control)),
        Err(StartError::Taken) => Err(StartError::Taken),
        Err(error) => {
            tracing::warn!(target: "rusm", %error, "`rusm kv` will not work while this node runs");
            Ok(None)
        }
    }
}

fn node_config(app: &App, manifest: &Manifest, env: &Env, names: &[ComponentName]) -> NodeConfig {
    let node = &manifest.node;
    let scan = std::env::var(PAGEMAP_SCAN).is_ok_and(|value| value == "off");
    NodeConfig {
        engine: EngineConfig {
            max_instances: node.max_instances,
            epoch_tick: node.epoch_tick.0,
            pagemap_scan: !scan,
        },
        reserved_for_requests: u32::try_from(
            u64::from(node.max_instances) * u64::from(node.reserve_for_requests.0) / 100,
        )
        .unwrap_or(node.max_instances),
        queue_wait: node.queue_wait.0,
        store: node.store.as_ref().map(|path| app.root().join(path)),
        shutdown_grace: node.shutdown_grace.0,
        components: names.iter().map(|name| component(app, manifest, env, name)).collect(),
        listeners: manifest.listeners.iter().map(|one| listener(app, one)).collect(),
    }
}

/// The components that the node loads: residents in the manifest's order, those that a route leads to, and those that
/// some profile may spawn.
fn needed(app: &App, manifest: &Manifest) -> anyhow::Result<Vec<ComponentName>> {
    let mut names: Vec<_> = manifest.residents.iter().map(|(name, _)| name.clone()).collect();
    names.extend(routed(manifest).into_iter().cloned());
    let in_use: Vec<Profile> = names.iter().map(|name| manifest.profile_of(name)).collect();
    let spawners = in_use.iter().chain(manifest.profiles.values()).map(|profile| &profile.spawn);
    for grant in spawners {
        match grant {
            Grant::None => {}
            Grant::All => names.extend(app.built()?),
            Grant::Only(some) => names.extend(some.iter().filter_map(|name| name.parse().ok())),
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// The components that a listener leads to.
fn routed(manifest: &Manifest) -> BTreeSet<&ComponentName> {
    let routes = manifest.listeners.iter().flat_map(|listener| &listener.routes.0);
    let singles = manifest.listeners.iter().filter_map(|listener| listener.component.as_ref());
    routes.filter_map(|route| route.target.component()).chain(singles).collect()
}

fn component(app: &App, manifest: &Manifest, env: &Env, name: &ComponentName) -> ComponentConfig {
    let mut profile = manifest.profile_of(name);
    for preopen in &mut profile.preopens {
        preopen.host = app.root().join(&preopen.host);
    }
    let variables = profile.env.iter().filter_map(|key| Some((key.clone(), env.get(key)?)));
    ComponentConfig {
        name: name.to_string(),
        path: app.artefact(name.as_str()).path().to_owned(),
        env: variables.collect(),
        profile,
        resident: manifest.components.get(name).filter(|component| component.resident).map(resident),
    }
}

fn resident(component: &manifest::Component) -> ResidentConfig {
    ResidentConfig {
        restart: match component.restart {
            manifest::Restart::Permanent => Restart::Permanent,
            manifest::Restart::Transient => Restart::Transient,
            manifest::Restart::Temporary => Restart::Temporary,
        },
        max_restarts: component.max_restarts,
        restart_window: component.restart_window.0,
    }
}

fn listener(app: &App, listener: &Listener) -> ListenerConfig {
    let routes = listener.routes.0.iter().map(|route| {
        let target = match &route.target {
            Target::Action { component, action } => {
                RouteTarget::Action { component: component.to_string(), action: action.clone() }
            }
            Target::Component(component) => RouteTarget::Component(component.to_string()),
            Target::Dir(dir) => RouteTarget::Folder(app.root().join(dir)),
        };
        RouteConfig { method: route.method.clone(), pattern: route.pattern.clone(), target }
    });
    ListenerConfig {
        address: listener.listen,
        routes: match &listener.component {
            Some(component) => Routes::All(component.to_string()),
            None => Routes::Each(routes.collect()),
        },
        limits: Limits {
            max_connections: listener.max_connections as usize,
            max_body_size: listener.max_body_size.0,
            max_header_size: u32::try_from(listener.max_header_size.0).unwrap_or(u32::MAX),
            request_timeout: listener.request_timeout.0,
            header_timeout: listener.header_timeout.0,
            idle_timeout: listener.idle_timeout.0,
        },
        web_socket: WebSocketSettings {
            max_message_size: listener.max_message_size.0,
            subprotocols: listener.subprotocols.clone(),
            allowed_origins: listener.allowed_origins.clone(),
        },
    }
}

/// The signals that ask the node to stop.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
}

impl Stops {
    fn new() -> io::Result<Stops> {
        Ok(Stops { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
