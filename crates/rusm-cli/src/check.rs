//! `rusm check`: everything that can be said of an app without opening a port.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusm_wasm::Description;

use crate::app::{App, MANIFEST};
use crate::diagnostic::{Diagnostic, Report, shown};
use crate::manifest::{Manifest, Target};
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
    routes(app, &manifest)?;
    anstream::println!("{MANIFEST} is valid, and every route leads to an action");
    Ok(())
}

/// Checks that each route's component is built and has the action that the route names.
pub(crate) fn routes(app: &App, manifest: &Manifest) -> Result<(), Report> {
    let mut read = BTreeMap::new();
    let mut report = Report::default();
    for route in manifest.listeners.iter().flat_map(|listener| &listener.routes.0) {
        let Target::Action { component, action } = &route.target else { continue };
        let known = read.contains_key(component);
        let description =
            read.entry(component).or_insert_with(|| describe(&app.artefact(component.as_str()), component));
        let span = route.target_span.clone();
        match description {
            // A component that cannot be read is reported once, at its first route.
            Err(_) if known => {}
            Err(error) => report.push(Diagnostic::clone(error).at(&manifest.source, span, "")),
            Ok(description) => {
                let names = || description.actions.iter().map(|entry| entry.name.as_str());
                if !names().any(|name| name == action) {
                    let title = format!("component `{component}` has no action `{action}`");
                    let label = did_you_mean(action, names().collect::<Vec<_>>());
                    report.push(Diagnostic::error(title).at(&manifest.source, span, label));
                }
            }
        }
    }
    report.in_order().into_result(())
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
