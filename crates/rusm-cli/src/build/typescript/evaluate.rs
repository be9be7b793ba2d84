//! A bundle is evaluated once at the build: that tells what it is, finds out what would fail in every process, and gives the
//! engine's form of it.

use std::fs;

use anyhow::Context;
use rusm_wasm::bundle::{self, BundleError, Evaluated, SourceMap};

use super::bundle::Bundle;
use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, Source};
use crate::typescript::{offset, word};

/// The bundles with their precompiled files.
pub(super) fn all<'a>(app: &App, bundles: Vec<Bundle<'a>>) -> anyhow::Result<Vec<(Bundle<'a>, Vec<u8>)>> {
    let mut report = Report::default();
    let mut evaluated = Vec::new();
    for bundle in bundles {
        let (name, script) = (bundle.component.name.as_str(), bundle.script.as_bytes());
        let present = fs::read(bundle::precompiled(&app.bundle(name))).unwrap_or_default();
        if Evaluated::from_file(&present, script).is_ok() {
            evaluated.push((bundle, present));
            continue;
        }
        match bundle::evaluate(name, script) {
            Ok(made) => {
                let file = made.to_file(script);
                evaluated.push((bundle, file));
            }
            Err(error) => report.push(explain(app, &bundle, &error)?),
        }
    }
    Ok(report.into_result(evaluated)?)
}

fn explain(app: &App, bundle: &Bundle<'_>, error: &BundleError) -> anyhow::Result<Diagnostic> {
    let name = bundle.component.name.as_str();
    let map = SourceMap::parse(bundle.map.as_bytes()).context("Bun's source map cannot be read")?;
    let text = map.remap(&format!("{name}.js"), &error.to_string());
    let (title, stack) = text.split_once('\n').unwrap_or((&text, ""));
    // Of the runner's own code there is nothing to mend.
    let own = |line: &&str| !line.contains("(rusm:platform:");
    let stack = stack.lines().filter(own).collect::<Vec<_>>().join("\n");
    let diagnostic = Diagnostic::error(format!("`{name}` cannot be loaded: {title}"));
    let diagnostic = match stack.lines().find_map(|line| place(app, line)) {
        Some((source, at)) => {
            let end = at + word(&source.text[at..]);
            diagnostic.at(&source, at..end, "")
        }
        None => diagnostic,
    };
    let diagnostic = if stack.is_empty() { diagnostic } else { diagnostic.note(stack.trim()) };
    if !matches!(error, BundleError::Thrown(_)) || stack.is_empty() {
        return Ok(diagnostic);
    }
    Ok(diagnostic.help(
        "what stands outside of functions runs once, when the component is built; what a request needs belongs into its handler",
    ))
}

/// The app's own file that a line of a stack is about, and where in it.
fn place(app: &App, line: &str) -> Option<(std::sync::Arc<Source>, usize)> {
    let start = line.rfind('(').map_or_else(|| line.rfind(' ').map_or(0, |at| at + 1), |at| at + 1);
    let mut parts = line[start..].trim_end_matches(')').rsplitn(3, ':');
    let (column, row, file) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let path = app.root().join(file);
    let text = fs::read_to_string(&path).ok()?;
    let at = offset(&text, row, column);
    Some((Source::new(&path, text), at))
}
