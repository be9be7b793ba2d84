//! Routes to folders: what such a route may say, and whether the folder is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusm_wasm::Method;

use super::{Listener, Protocol, Route, Target};
use crate::diagnostic::{Diagnostic, Report, Source, shown};

/// Checks what a listener's routes to folders say of themselves.
pub(super) fn check_routes(listener: &Listener, source: &Arc<Source>, report: &mut Report) {
    for (route, _) in folders(listener) {
        let pattern = &route.pattern;
        let key = |error: &str| Diagnostic::error(error).at(source, route.span.clone(), "");
        if listener.protocol != Protocol::Http {
            let label = format!("this listener speaks {} alone", listener.protocol);
            let error = Diagnostic::error("the files of a folder are served by HTTP");
            report.push(error.at(source, route.target_span.clone(), label));
        } else if route.method != Method::GET {
            let help = format!("write `\"GET {pattern}\"`, which answers HEAD too");
            report.push(key("a route to a folder is a GET").help(help));
        } else if !pattern.takes_rest() {
            let slash = if pattern.to_string().ends_with('/') { "" } else { "/" };
            let help = format!("write `\"GET {pattern}{slash}*\"`: what `*` takes is the path in the folder");
            report.push(key("a route to a folder ends in `*`").help(help));
        }
    }
}

/// Checks that each folder is there and gives away no more than it is meant to. Relative ones lie in `root`.
pub(super) fn check(listeners: &[Listener], root: &Path, source: &Arc<Source>) -> Result<(), Report> {
    let mut report = Report::default();
    for (route, dir) in listeners.iter().flat_map(folders) {
        if let Err(title) = is_servable(&root.join(dir), root) {
            report.push(Diagnostic::error(title).at(
                source,
                route.target_span.clone(),
                "relative to this file",
            ));
        }
    }
    report.in_order().into_result(())
}

fn is_servable(path: &Path, root: &Path) -> Result<(), String> {
    let unreadable = |error| format!("the folder {} cannot be served: {error}", shown(path));
    if !path.metadata().map_err(unreadable)?.is_dir() {
        return Err(format!("{} is no folder", shown(path)));
    }
    // To be asked for what is in it needs its permission to search.
    path.join(".").metadata().map_err(unreadable)?;
    let (found, app) = (path.canonicalize().map_err(unreadable)?, root.canonicalize().map_err(unreadable)?);
    if app.starts_with(&found) {
        return Err("this folder has the app itself in it, and all of that would be served".to_owned());
    }
    Ok(())
}

fn folders(listener: &Listener) -> impl Iterator<Item = (&Route, &PathBuf)> {
    listener.routes.0.iter().filter_map(|route| match &route.target {
        Target::Dir(dir) => Some((route, dir)),
        Target::Action { .. } | Target::Component(_) => None,
    })
}
