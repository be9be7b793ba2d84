//! Bundling: one run of Bun for all components, by a script that says in JSON what came of it.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::bun::Bun;
use super::fault::Fault;
use crate::app::App;
use crate::build::component::ScriptComponent;
use crate::diagnostic::{Diagnostic, Report};
use crate::name::ComponentName;

const SCRIPT: &str = include_str!("bundle.js");

/// A component's code in one file, and where it is from.
#[derive(Debug)]
pub(super) struct Bundle<'a> {
    pub(super) component: &'a ScriptComponent,
    pub(super) script: String,
    pub(super) map: String,
}

#[derive(Serialize)]
struct Task<'a> {
    root: &'a Path,
    components: Vec<Named<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    entry: &'a Path,
}

#[derive(Deserialize)]
struct Built {
    name: ComponentName,
    script: Option<String>,
    map: Option<String>,
    faults: Vec<Fault>,
}

/// Bundles the components. What is wrong with any of them is an error that has all of it.
pub(super) fn run<'a>(
    app: &App,
    bun: &Bun,
    components: &'a [ScriptComponent],
) -> anyhow::Result<Vec<Bundle<'a>>> {
    let mut report = Report::default();
    let mut bundles = Vec::new();
    for mut built in ask(app, bun, components)? {
        built.faults.sort_by(Fault::in_order);
        let component = components.iter().find(|component| component.name == built.name);
        let component = component.context("Bun has bundled what it was not asked for")?;
        let (errors, warnings): (Vec<_>, Vec<_>) = built.faults.iter().partition(|fault| fault.is_error());
        warnings.into_iter().filter(|fault| fault.is_own()).for_each(|fault| fault.diagnostic(app).print());
        match (built.script, built.map) {
            (Some(script), Some(map)) if errors.is_empty() => {
                bundles.push(Bundle { component, script, map });
            }
            _ if errors.is_empty() => {
                report.push(Diagnostic::error(format!(
                    "Bun made nothing of `{}`, and does not say why",
                    built.name
                )));
            }
            _ => errors.into_iter().for_each(|fault| report.push(fault.diagnostic(app))),
        }
    }
    Ok(report.into_result(bundles)?)
}

fn ask(app: &App, bun: &Bun, components: &[ScriptComponent]) -> anyhow::Result<Vec<Built>> {
    // What Bun tells of is absolute and free of links, and is to be told from the app on.
    let root = std::fs::canonicalize(app.root()).context("cannot tell where the app is")?;
    let named = |component: &'_ ScriptComponent| -> anyhow::Result<_> {
        let entry = component.entry.strip_prefix(app.root()).context("a component is outside of its app")?;
        Ok((component.name.to_string(), entry.to_owned()))
    };
    let named = components.iter().map(named).collect::<anyhow::Result<Vec<_>>>()?;
    let named = named.iter().map(|(name, entry)| Named { name, entry }).collect();
    let task = serde_json::to_vec(&Task { root: &root, components: named })?;
    let mut child = bun
        .command()
        // The app's `.env` is for the node alone, and packages are installed when it is time for it.
        .args(["--no-env-file", "--no-install", "--eval", SCRIPT])
        .current_dir(&root)
        // Libraries and JSX have a form for development, which is slower.
        .env("NODE_ENV", "production")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| bun.not_started(&error))?;
    // It is read whole before anything is written, so neither side waits for the other.
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&task).context("cannot tell Bun what to bundle")?;
    }
    let output = child.wait_with_output().context("cannot read what Bun says")?;
    if !output.status.success() {
        return Err(Diagnostic::error(format!("Bun ended with {}", output.status)).into());
    }
    // Whatever the user's settings for Bun print comes before.
    let last = output.stdout.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice(last).context("Bun does not say what it bundled")
}
