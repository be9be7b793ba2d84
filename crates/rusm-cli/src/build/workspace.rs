//! The cargo workspace of an app: there must be one, and each component must be a proper member of it.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::Context;
use serde::Deserialize;
use toml::de::DeTable;

use super::component::{Component, ScriptComponent};
use super::target::not_started;
use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, Source, shown};
use crate::files::write_if_changed;
use crate::name::ComponentName;
use crate::new::WORKSPACE;

/// A component as cargo knows it.
#[derive(Debug)]
pub(super) struct Package<'a> {
    pub(super) name: &'a ComponentName,
    /// Cargo's package id. Unlike the name it is never ambiguous, whatever the dependencies are called.
    pub(super) id: String,
    pub(super) shape: Shape,
}

/// Which of a package's targets is the component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// The library, a `cdylib`.
    Library,
    /// The program of this name: a standard command, or what the standard library of some other project makes of one.
    Program(String),
}

impl Shape {
    /// Cargo's word for such a target.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Shape::Library => "cdylib",
            Shape::Program(_) => "bin",
        }
    }
}

/// Writes the workspace's manifest unless the app has one; a user's own is left as it is. Cargo takes every folder that
/// `members` matches for a package, so those in `others`, which are none, have to be excluded.
pub(super) fn ensure(app: &App, others: &[ScriptComponent]) -> anyhow::Result<()> {
    let path = app.root().join("Cargo.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let excluded: String =
                others.iter().map(|other| format!(", \"components/{}\"", other.name)).collect();
            let text = WORKSPACE.replace(EXCLUDED, &format!("exclude = [\".rusm\"{excluded}]"));
            write_if_changed(&path, text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
            text
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let source = Source::new(&path, text);
    let mut report = Report::default();
    for other in others {
        if let Some(error) = taken(&source, other) {
            report.push(error);
        }
    }
    Ok(report.into_result(())?)
}

/// As the manifest that `rusm new` writes has it.
const EXCLUDED: &str = "exclude = [\".rusm\"]";

/// Why cargo would take a folder for a package that is none.
fn taken(source: &Arc<Source>, other: &ScriptComponent) -> Option<Diagnostic> {
    let document = DeTable::parse(&source.text).ok()?;
    let workspace = document.get_ref().get("workspace")?.get_ref().as_table()?;
    let has = |key: &str, wanted: &str| {
        let items = workspace.get(key).and_then(|value| value.get_ref().as_array());
        let plain = |item: &str| item.trim_start_matches("./").trim_end_matches('/') == wanted;
        items.is_some_and(|items| items.iter().filter_map(|item| item.get_ref().as_str()).any(plain))
    };
    let folder = format!("components/{}", other.name);
    if !has("members", "components/*") || has("exclude", &folder) {
        return None;
    }
    let key = if workspace.contains_key("exclude") { "exclude" } else { "members" };
    let error = Diagnostic::error(format!(
        "cargo would take {folder} for a package, and it is written in TypeScript"
    ));
    let span = span_of(source, &["workspace", key])?;
    Some(error.at(source, span, "").help(format!("add `\"{folder}\"` to `exclude` of `[workspace]`")))
}

/// The packages of the components, all checked, all faults reported.
pub(super) fn packages<'a>(app: &App, components: &'a [Component]) -> anyhow::Result<Vec<Package<'a>>> {
    let metadata = metadata(app)?;
    let mut report = Report::default();
    let mut packages = Vec::new();
    for component in components {
        let path = fs::canonicalize(&component.manifest)
            .with_context(|| format!("cannot find {}", component.manifest.display()))?;
        let is_it =
            |package: &&MetadataPackage| fs::canonicalize(&package.manifest_path).is_ok_and(|p| p == path);
        match metadata.packages.iter().find(is_it) {
            None => report.push(not_a_member(app, component)),
            Some(package) => match check(component, package) {
                Ok(shape) => packages.push(Package { name: &component.name, id: package.id.clone(), shape }),
                Err(faults) => report.append(faults),
            },
        }
    }
    Ok(report.into_result(packages)?)
}

/// The part of `cargo metadata` that matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
    manifest_path: String,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl MetadataPackage {
    /// The component among its targets: the library that is one, or else the program, of several the one that is named
    /// as the package.
    fn shape(&self) -> Option<Shape> {
        let all = |kind: &'static str| {
            self.targets.iter().filter(move |target| target.kind.iter().any(|found| found == kind))
        };
        if all("cdylib").next().is_some() {
            return Some(Shape::Library);
        }
        let mut programs = all("bin");
        let program = match (programs.next(), programs.next()) {
            (only, None) => only,
            _ => all("bin").find(|target| target.name == self.name),
        };
        program.map(|target| Shape::Program(target.name.clone()))
    }
}

/// Asks cargo, for it alone knows which packages a workspace has. Resolves no dependency and needs no network.
fn metadata(app: &App) -> anyhow::Result<Metadata> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(app.root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| not_started("cargo", &error))?;
    if !output.status.success() {
        return Err(Diagnostic::error("cargo cannot read the app's workspace").into());
    }
    serde_json::from_slice(&output.stdout).context("cargo's metadata are not what they should be")
}

fn not_a_member(app: &App, component: &Component) -> Diagnostic {
    let root = shown(&app.root().join("Cargo.toml"));
    Diagnostic::error(format!(
        "{} is not a member of the workspace in {root}",
        shown(component.manifest.parent().unwrap_or(&component.manifest))
    ))
    .help("say `members = [\"components/*\"]` and `exclude = [\".rusm\"]` in its `[workspace]` table")
}

fn check(component: &Component, package: &MetadataPackage) -> Result<Shape, Report> {
    let name = component.name.as_str();
    let shown = shown(&component.manifest);
    if package.name != name {
        let error = Diagnostic::error(format!("the package in {shown} is not named as its folder"));
        let label = format!("the folder is `{name}`");
        return Err(point(error, &component.manifest, &["package", "name"], label).into());
    }
    package.shape().ok_or_else(|| {
        let error = Diagnostic::error(format!("{shown} builds no component"));
        let label = "a component's library is a `cdylib`";
        point(error, &component.manifest, &["lib"], label)
            .help("write\n[lib]\ncrate-type = [\"cdylib\"]")
            .help("a standard command has src/main.rs instead, and no `[lib]`")
            .into()
    })
}

/// Points `diagnostic` at a key of a manifest, or at its beginning where the key is missing.
fn point(diagnostic: Diagnostic, manifest: &Path, key: &[&str], label: impl Into<String>) -> Diagnostic {
    let Ok(text) = fs::read_to_string(manifest) else {
        return diagnostic;
    };
    let source = Source::new(manifest, text);
    let span = span_of(&source, key).unwrap_or(0..0);
    diagnostic.at(&source, span, label)
}

fn span_of(source: &Arc<Source>, path: &[&str]) -> Option<Range<usize>> {
    let document = DeTable::parse(&source.text).ok()?;
    let (first, rest) = path.split_first()?;
    let mut value = document.get_ref().get(*first)?;
    for key in rest {
        value = value.get_ref().get(*key)?;
    }
    Some(value.span())
}
