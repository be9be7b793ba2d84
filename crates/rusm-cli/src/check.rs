//! `rusm check`: everything that can be said of an app without opening a port.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusm_wasm::bundle;
use rusm_wasm::{Description, Kind, Method, Reply};

use crate::app::{App, Artefact, MANIFEST};
use crate::diagnostic::{Diagnostic, Report, shown};
use crate::manifest::{self, Manifest, Protocol, Route, Target};
use crate::name::ComponentName;
use crate::sdk;
use crate::suggest::did_you_mean;
use crate::typescript;

/// Checks the app and says that it is well, or all that is wrong with it.
pub(crate) fn run(app: &App) -> anyhow::Result<()> {
    sdk::lay(app)?;
    let manifest = app.manifest()?;
    manifest.supported()?;
    manifest.check_preopens(app.root())?;
    manifest.check_folders(app.root())?;
    app.env()?;
    components(app, &manifest)?;
    typescript::check(app)?;
    anstream::println!("{MANIFEST} is valid, and every route leads somewhere");
    Ok(())
}

/// Checks that each component that the manifest speaks of is built, that it has the actions that the routes name, and
/// that residents are of a kind that can be one.
pub(crate) fn components(app: &App, manifest: &Manifest) -> Result<(), Report> {
    let mut built = Built { app, read: BTreeMap::new() };
    let mut report = Report::default();
    for listener in &manifest.listeners {
        for route in &listener.routes.0 {
            let at = |error: Diagnostic, label| error.at(&manifest.source, route.target_span.clone(), label);
            let Some(component) = route.target.component() else { continue };
            match built.describe(component) {
                None => {}
                Some(Err(error)) => report.push(at(error, String::new())),
                Some(Ok(description)) => {
                    if let Some((error, label)) = misled(route, &description, listener.protocol) {
                        report.push(at(error, label));
                    }
                }
            }
        }
        let Some((component, span)) = listener.component.as_ref().zip(listener.component_span.clone()) else {
            continue;
        };
        let at = |error: Diagnostic| error.at(&manifest.source, span, "");
        match built.describe(component) {
            None => {}
            Some(Err(error)) => report.push(at(error)),
            Some(Ok(description)) => {
                if let Some(error) = takes_exchanges(component, &description, listener.protocol) {
                    report.push(at(error));
                }
            }
        }
    }
    for (component, span) in &manifest.residents {
        let at = |error: Diagnostic| error.at(&manifest.source, span.clone(), "");
        match built.describe(component) {
            Some(Err(error)) => report.push(at(error)),
            Some(Ok(description))
                if !matches!(description.kind, Kind::Main | Kind::Service | Kind::Command | Kind::Fetch) =>
            {
                let error = match description.kind {
                    Kind::WasiHttp => {
                        format!(
                            "component `{component}` answers requests by wasi:http, and runs for those alone"
                        )
                    }
                    Kind::Handlers => {
                        format!("component `{component}` is one of handlers, which run for requests alone")
                    }
                    _ => format!(
                        "component `{component}` handles connections, each of which has its own process"
                    ),
                };
                let help = "a resident is written with `#[rusm_rs::main]` or `#[rusm_rs::service]`, or is a standard command";
                let typescript = "in TypeScript it exports functions, or an `async function` as its default";
                report.push(at(Diagnostic::error(error).help(help).help(typescript)));
            }
            None | Some(Ok(_)) => {}
        }
    }
    for (component, kind, span) in &manifest.kinds {
        let at = |error: Diagnostic| error.at(&manifest.source, span.clone(), "");
        match built.describe(component) {
            Some(Err(error)) => report.push(at(error)),
            Some(Ok(description)) if !is_kind(&description, *kind) => {
                let error = format!("component `{component}` is of another kind");
                report
                    .push(at(Diagnostic::error(error)
                        .help("the kind is read from the component: leave `kind` out")));
            }
            None | Some(Ok(_)) => {}
        }
    }
    report.in_order().into_result(())
}

fn is_kind(description: &Description, kind: manifest::Kind) -> bool {
    match description.kind {
        Kind::Handlers => kind == manifest::Kind::Handlers,
        Kind::Main => kind == manifest::Kind::Main,
        Kind::Service => kind == manifest::Kind::Service,
        Kind::Sse => kind == manifest::Kind::Sse,
        Kind::Ws => kind == manifest::Kind::Ws,
        // The same function answers requests, or is the body of a process that was spawned.
        Kind::Fetch => matches!(kind, manifest::Kind::Fetch | manifest::Kind::Main),
        Kind::WasiHttp => kind == manifest::Kind::WasiHttp,
        Kind::Command => kind == manifest::Kind::Command,
        _ => false,
    }
}

/// What is wrong with where a route leads, and a word for the place in the manifest.
fn misled(route: &Route, description: &Description, protocol: Protocol) -> Option<(Diagnostic, String)> {
    let (component, action) = match &route.target {
        Target::Dir(_) => return None,
        Target::Component(component) => {
            let error = takes_exchanges(component, description, protocol).or_else(|| {
                let held = matches!(description.kind, Kind::Sse | Kind::Ws);
                (held && route.method != Method::GET).then(|| {
                    let error = format!("component `{component}` holds connections, which a GET opens");
                    Diagnostic::error(error).help(format!("write `\"GET {}\"`", route.pattern))
                })
            });
            return Some((error?, String::new()));
        }
        Target::Action { component, action } => (component, action),
    };
    let names = || description.actions.iter().map(|entry| entry.name.as_str());
    let Some(entry) = description.actions.iter().find(|entry| entry.name == *action) else {
        let error = Diagnostic::error(format!("component `{component}` has no action `{action}`"));
        if description.kind == Kind::Fetch {
            let help = format!("it answers requests by one function: a route to it is `\"{component}\"`");
            return Some((error.help(help), String::new()));
        }
        return Some((error, did_you_mean(action, names().collect::<Vec<_>>())));
    };
    let wanted = match protocol {
        Protocol::Http => return None,
        Protocol::Sse if entry.reply == Reply::Sse => return None,
        Protocol::Sse => "a stream of events: its third argument is an `Sse`",
        Protocol::Ws => "a WebSocket: that is a component by itself, written with `ws::serve`",
    };
    let error = format!("the action `{action}` does not answer by {wanted}");
    Some((Diagnostic::error(error), format!("this listener speaks {protocol} alone")))
}

/// Why a component cannot take whole exchanges of a listener for this protocol.
fn takes_exchanges(
    component: &ComponentName,
    description: &Description,
    protocol: Protocol,
) -> Option<Diagnostic> {
    let error = |what: &str| Diagnostic::error(format!("component `{component}` {what}"));
    let fits = match protocol {
        Protocol::Http => true,
        // What a fetch handler returns, its streams of events included, is known when it returns it.
        Protocol::Sse => matches!(description.kind, Kind::Sse | Kind::Fetch),
        Protocol::Ws => description.kind == Kind::Ws,
    };
    match description.kind {
        Kind::Handlers => {
            let first = description.actions.first().map_or("action", |action| &action.name);
            let help = format!("a route to it names an action: `\"{component}#{first}\"`");
            Some(error("is one of handlers").help(help))
        }
        Kind::Main | Kind::Service | Kind::Command => Some(
            error("has processes that live by themselves, and answers no requests")
                .help("a handler calls it: a route leads to the handler"),
        ),
        _ if fits => None,
        _ => Some(error(&format!("does not speak {protocol}, and this listener nothing else"))),
    }
}

/// What the built components say of themselves.
struct Built<'a> {
    app: &'a App,
    read: BTreeMap<ComponentName, Option<Description>>,
}

impl Built<'_> {
    /// None for one that cannot be read and was reported before.
    fn describe(&mut self, component: &ComponentName) -> Option<Result<Description, Diagnostic>> {
        if let Some(known) = self.read.get(component) {
            return known.clone().map(Ok);
        }
        let read = describe(self.app, component);
        self.read.insert(component.clone(), read.as_ref().ok().cloned());
        Some(read.map_err(|error| *error))
    }
}

fn describe(app: &App, component: &ComponentName) -> Result<Description, Box<Diagnostic>> {
    let cannot = |path: &Path, error: &dyn std::error::Error| {
        Diagnostic::error(format!("{} is no component to serve: {error}", shown(path)))
    };
    match app.artefact(component.as_str()) {
        Artefact::Wasm(path) => {
            let bytes = fs::read(&path)
                .map_err(|error| Diagnostic::error(format!("cannot read {}: {error}", shown(&path))))?;
            Description::read(&bytes).map_err(|error| cannot(&path, &error).into())
        }
        Artefact::Bundle(path) => match bundle::load(component.as_str(), &path) {
            Ok(loaded) => Ok(loaded.evaluated.description),
            Err(error) => Err(cannot(&path, &error).into()),
        },
        Artefact::Both(wasm, bundle) => {
            let (wasm, bundle) = (shown(&wasm), shown(&bundle));
            Err(Diagnostic::error(format!("component `{component}` is there twice: {wasm} and {bundle}"))
                .help("delete the one that is not meant")
                .into())
        }
        Artefact::Missing(path) => Err(Diagnostic::error(format!("component `{component}` is not built"))
            .help(format!("`rusm build` makes {}", shown(&path)))
            .into()),
    }
}
