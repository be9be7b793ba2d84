//! The one call of cargo that compiles all components.
//!
//! One call, for two cargo processes on one target folder wait for each other.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use serde::Deserialize;

use super::target::{TARGET, not_started};
use super::workspace::{Package, Shape};
use crate::app::App;
use crate::diagnostic::Diagnostic;
use crate::name::ComponentName;

/// What cargo made of a component.
#[derive(Debug)]
pub(super) struct Artefact<'a> {
    pub(super) name: &'a ComponentName,
    pub(super) file: PathBuf,
    /// From cargo's start to the component's end; nothing if it was compiled already.
    pub(super) time: Option<Duration>,
}

/// The part of cargo's messages that matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    fresh: bool,
}

/// What of a package a message is about.
#[derive(Default, Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// Compiles the packages. What cargo and the compiler have to say goes to standard error as they say it; the
/// messages on standard output are for us and name the files, so that none is guessed.
pub(super) fn build<'a>(app: &App, packages: &[Package<'a>]) -> anyhow::Result<Vec<Artefact<'a>>> {
    let started = Instant::now();
    let mut cargo = command(app, packages)?.spawn().map_err(|error| not_started("cargo", &error))?;
    let output = cargo.stdout.take().ok_or_else(|| anyhow!("cargo has no output"))?;
    let mut artefacts = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read what cargo says")?;
        let Ok(message) = serde_json::from_str::<Message>(&line) else {
            continue;
        };
        artefacts.extend(artefact(packages, message, started));
    }
    if !cargo.wait().context("cannot wait for cargo")?.success() {
        return Err(Diagnostic::error("the app does not build").into());
    }
    let missing = |package: &&Package<'_>| !artefacts.iter().any(|artefact| artefact.name == package.name);
    match packages.iter().find(missing) {
        Some(package) => Err(anyhow!("cargo built no component for `{}`", package.name)),
        None => Ok(artefacts),
    }
}

fn command(app: &App, packages: &[Package<'_>]) -> anyhow::Result<Command> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(app.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    for package in packages {
        cargo.args(["--package", &package.id]);
        if let Shape::Program(name) = &package.shape {
            cargo.args(["--bin", name]);
        }
    }
    if packages.iter().any(|package| package.shape == Shape::Library) {
        cargo.arg("--lib");
    }
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        let target =
            std::path::absolute(app.own_folder().join("target")).context("cannot tell the current folder")?;
        cargo.arg("--target-dir").arg(target);
    }
    Ok(cargo)
}

fn artefact<'a>(packages: &[Package<'a>], message: Message, started: Instant) -> Option<Artefact<'a>> {
    if message.reason != "compiler-artifact" {
        return None;
    }
    let package = packages.iter().find(|package| package.id == message.package_id)?;
    if !message.target.kind.iter().any(|kind| kind == package.shape.kind()) {
        return None;
    }
    let file =
        message.filenames.into_iter().find(|file| file.extension().is_some_and(|ext| ext == "wasm"))?;
    Some(Artefact { name: package.name, file, time: (!message.fresh).then(|| started.elapsed()) })
}
