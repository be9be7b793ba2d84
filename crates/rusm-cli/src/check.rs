//! `rusm check`: everything that can be said of an app without opening a port.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusm_wasm::{Description, Kind};

use crate::app::{App, MANIFEST};
use crate::diagnostic::{Diagnostic, Report, shown};
use crate::manifest::{self, Manifest, Target};
use crate::name::ComponentName;
use crate::sdk;
use crate::suggest::did_you_mean;

/// Checks the app and says that it is well, or all that is wrong with it.
pub(crate) fn run(app: &App) -> anyhow::Result<()> {
    sdk::lay(app)?;
    let manifest = app.manifest()?;
    manifest.supported()?;
    manifest.check_preopens(app.root())?;
    app.env()?;
    components(app, &manifest)?;
    anstream::println!("{MANIFEST} is valid, and every route leads to an action");
    Ok(())
}

/// Checks that each component that the manifest speaks of is built, that it has the actions that the routes name, and
/// that residents are of a kind that can be one.
pub(crate) fn components(app: &App, manifest: &Manifest) -> Result<(), Report> {
    let mut built = Built { app, read: BTreeMap::new() };
    let mut report = Report::default();
    for route in manifest.listeners.iter().flat_map(|listener| &listener.routes.0) {
        let Target::Action { component, action } = &route.target else { continue };
        let at = |error: Diagnostic, label| error.at(&manifest.source, route.target_span.clone(), label);
        match built.describe(component) {
            None => {}
            Some(Err(error)) => report.push(at(error, String::new())),
            Some(Ok(description)) => {
                let names = || description.actions.iter().map(|entry| entry.name.as_str());
                if !names().any(|name| name == action) {
                    let error =
                        Diagnostic::error(format!("component `{component}` has no action `{action}`"));
                    report.push(at(error, did_you_mean(action, names().collect::<Vec<_>>())));
                }
            }
        }
    }
    for (component, span) in &manifest.residents {
        let at = |error: Diagnostic| error.at(&manifest.source, span.clone(), "");
        match built.describe(component) {
            Some(Err(error)) => report.push(at(error)),
            Some(Ok(description)) if description.kind == Kind::Handlers => {
                let error =
                    format!("component `{component}` is one of handlers, which run for requests alone");
                let help = "a resident is written with `#[rusm_rs::main]` or `#[rusm_rs::service]`";
                report.push(at(Diagnostic::error(error).help(help)));
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
        _ => false,
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
        let read = describe(&self.app.artefact(component.as_str()), component);
        self.read.insert(component.clone(), read.as_ref().ok().cloned());
        Some(read.map_err(|error| *error))
    }
}

fn describe(path: &Path, component: &ComponentName) -> Result<Description, Box<Diagnostic>> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::error(format!("component `{component}` is not built"))
            .help(format!("`rusm build` makes {}", shown(path))),
        _ => Diagnostic::error(format!("cannot read {}: {error}", shown(path))),
    })?;
    Description::read(&bytes).map_err(|error| {
        Diagnostic::error(format!("{} is no component to serve: {error}", shown(path))).into()
    })
}
