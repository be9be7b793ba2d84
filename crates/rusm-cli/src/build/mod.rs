//! `rusm build`: `components/<name>/` becomes `wasm/<name>.wasm`, or `wasm/<name>.js` where it is TypeScript.

mod cargo;
mod component;
mod target;
mod typescript;
mod workspace;

use std::fs;
use std::time::Duration;

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use rusm_wasm::units::Size;

use self::cargo::Artefact;
use self::component::Components;
use crate::app::{App, Language, Made};
use crate::diagnostic::{Diagnostic, shown};
use crate::files::write_if_changed;
use crate::sdk;

/// Builds every component of the app.
pub(crate) fn run(app: &App) -> anyhow::Result<()> {
    sdk::lay(app)?;
    let components = component::find(app)?;
    if !components.rust.is_empty() {
        rust(app, &components)?;
    }
    if !components.typescript.is_empty() {
        typescript::build(app, &components.typescript)?;
    }
    warn_of_leftovers(app)
}

fn rust(app: &App, components: &Components) -> anyhow::Result<()> {
    target::check(app)?;
    workspace::ensure(app, &components.typescript)?;
    let packages = workspace::packages(app, &components.rust)?;
    for artefact in cargo::build(app, &packages)? {
        install(app, &artefact)?;
    }
    Ok(())
}

fn install(app: &App, artefact: &Artefact<'_>) -> anyhow::Result<()> {
    let bytes =
        fs::read(&artefact.file).with_context(|| format!("cannot read {}", artefact.file.display()))?;
    let path = app.wasm_file(artefact.name.as_str());
    let changed =
        write_if_changed(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    let time = match artefact.time {
        Some(time) => seconds(time),
        None if changed => "already compiled".into(),
        None => "unchanged".into(),
    };
    progress(&format!("{} -> {} ({}, {time})", artefact.name, shown(&path), kib(bytes.len())));
    Ok(())
}

/// A line in the manner of cargo's own, which stands right above.
fn progress(text: &str) {
    const GREEN: Style = AnsiColor::BrightGreen.on_default().bold();
    eprintln!("{GREEN}{:>12}{GREEN:#} {text}", "Component");
}

fn seconds(time: Duration) -> String {
    format!("{:.1}s", time.as_secs_f64())
}

fn kib(bytes: usize) -> String {
    format!("{:.1} KiB", bytes as f64 / Size::kib(1).bytes() as f64)
}

/// Something in `wasm/` that no folder in `components/` explains may be an old component that routes still reach,
/// or one that was built elsewhere: only the user can tell.
fn warn_of_leftovers(app: &App) -> anyhow::Result<()> {
    for Made { path, name, language } in app.made()? {
        let folder = app.components().join(&name);
        let has_sources = match language {
            Language::Rust => folder.join("Cargo.toml").is_file(),
            Language::TypeScript => crate::typescript::entry(&folder).is_some(),
        };
        if has_sources {
            continue;
        }
        let why = match (folder.is_dir(), language) {
            (false, _) => format!("there is no components/{name}"),
            (true, Language::Rust) => format!("components/{name} is written in TypeScript"),
            (true, Language::TypeScript) => format!("components/{name} is written in Rust"),
        };
        Diagnostic::warning(format!("{} was not made from this app's sources", shown(&path)))
            .help(format!("{why}: delete the file if it is a left-over"))
            .print();
    }
    Ok(())
}
