//! The packages that components ask for, installed by Bun where they are not there yet.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;
use serde_json::{Map, Value};

use super::bun::Bun;
use crate::app::App;
use crate::build::component::ScriptComponent;
use crate::diagnostic::{Diagnostic, shown};

/// What Bun keeps of the versions that it chose.
const LOCKFILES: [&str; 2] = ["bun.lock", "bun.lockb"];

/// The manifests that say what the components need, from the app's own on downwards: a workspace is installed from its
/// root, and its members then find all theirs there.
pub(super) fn manifests(app: &App, components: &[ScriptComponent]) -> Vec<PathBuf> {
    let folders = components.iter().flat_map(|component| {
        component.folder.ancestors().take_while(|folder| folder.starts_with(app.root()))
    });
    let mut found: Vec<_> =
        folders.map(|folder| folder.join("package.json")).filter(|path| path.is_file()).collect();
    found.sort_by_key(|path| (path.components().count(), path.clone()));
    found.dedup();
    found
}

/// Installs what is missing. Where nothing is, nothing is run and no network is needed.
pub(super) fn install(bun: &Bun, manifests: &[PathBuf]) -> anyhow::Result<()> {
    for manifest in manifests {
        let folder = manifest.parent().unwrap_or(manifest);
        if !is_installed(folder, manifest)? {
            run(bun, folder)?;
        }
    }
    Ok(())
}

fn run(bun: &Bun, folder: &Path) -> anyhow::Result<()> {
    let mut command = bun.command();
    command.arg("install").current_dir(folder);
    // Whoever tests a commit wants its versions and no others.
    let is_ci = std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
    if is_ci && lockfile(folder).is_some() {
        command.arg("--frozen-lockfile");
    }
    command.stdin(std::process::Stdio::null()).stdout(io::stderr());
    let status = command.status().map_err(|error| bun.not_started(&error))?;
    if !status.success() {
        let error =
            format!("the packages that {} asks for cannot be installed", shown(&folder.join("package.json")));
        return Err(Diagnostic::error(error).help("Bun says above why").into());
    }
    // Bun leaves the time alone where it had nothing to change, and it is what tells that it was asked.
    if let Some(modules) = modules(folder) {
        let marked = File::open(&modules).and_then(|folder| folder.set_modified(SystemTime::now()));
        marked.with_context(|| format!("cannot mark {} as installed", shown(&modules)))?;
    }
    Ok(())
}

/// Whether each package that a manifest names is there, and was after the last change of what is asked for.
fn is_installed(folder: &Path, manifest: &Path) -> anyhow::Result<bool> {
    let text = fs::read(manifest).with_context(|| format!("cannot read {}", shown(manifest)))?;
    let content: Value = match serde_json::from_slice(&text) {
        Ok(content) => content,
        // Bun takes comments, and says what else is wrong.
        Err(_) => return Ok(false),
    };
    let table = |name| content.get(name).and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let mut packages = table("dependencies").chain(table("devDependencies")).peekable();
    if packages.peek().is_none() && content.get("workspaces").is_none() {
        return Ok(true);
    }
    // The app may itself be a member of something larger.
    let folder = &std::path::absolute(folder).context("cannot tell the current folder")?;
    if !packages.all(|package| is_there(folder, package)) {
        return Ok(false);
    }
    let changed = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let Some(installed) = modules(folder).as_deref().and_then(changed) else { return Ok(false) };
    let newest = lockfile(folder).as_deref().and_then(changed).max(changed(manifest));
    Ok(newest.is_none_or(|newest| newest <= installed))
}

/// Where the folder's packages are installed. A member of a workspace may have all of its with the workspace's root.
fn modules(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join("node_modules")).find(|path| path.is_dir())
}

/// Whether code in the folder would find the package.
fn is_there(folder: &Path, package: &str) -> bool {
    let found = |folder: &Path| folder.join("node_modules").join(package).join("package.json").is_file();
    folder.ancestors().any(found)
}

fn lockfile(folder: &Path) -> Option<PathBuf> {
    LOCKFILES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}
