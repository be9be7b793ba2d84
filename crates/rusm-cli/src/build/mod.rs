//! `rusm build`: `components/<name>/` becomes `wasm/<name>.wasm`.

mod cargo;
mod component;
mod target;
mod workspace;

use std::fs;
use std::time::Duration;

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use anyhow::Context;
use rusm_wasm::units::Size;

use self::cargo::Artefact;
use crate::app::App;
use crate::diagnostic::{Diagnostic, shown};
use crate::files::write_if_changed;
use crate::sdk;

/// Builds every component of the app.
pub(crate) fn run(app: &App) -> anyhow::Result<()> {
    sdk::lay(app)?;
    let components = component::find(app)?;
    target::check(app)?;
    workspace::ensure(app)?;
    let packages = workspace::packages(app, &components)?;
    for artefact in cargo::build(app, &packages)? {
        install(app, &artefact)?;
    }
    warn_of_leftovers(app)
}

fn install(app: &App, artefact: &Artefact<'_>) -> anyhow::Result<()> {
    let bytes =
        fs::read(&artefact.file).with_context(|| format!("cannot read {}", artefact.file.display()))?;
    let path = app.artefact(artefact.name.as_str());
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
    for path in app.artefacts()? {
        let Some(name) = path.file_stem() else { continue };
        if !app.components().join(name).is_dir() {
            let name = name.to_string_lossy();
            Diagnostic::warning(format!("{} was not made from this app's sources", shown(&path)))
                .help(format!("there is no components/{name}: delete the file if it is a left-over"))
                .print();
        }
    }
    Ok(())
}
