//! `rusm-ts` in the app's `node_modules`: a link to the SDK that this binary laid, so that editors and compilers find it
//! as they find every package.
//!
//! The public registry's package of that name is not this project's. A `package.json` that would have it installed is
//! refused before anything is; and `rusm build` resolves the name by this link alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, Source, shown};

/// The name of the package.
const NAME: &str = "rusm-ts";

/// The tables of a `package.json` from which packages are installed.
const TABLES: [&str; 4] = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

/// An error for each manifest that would have the package installed from anywhere but the app's own copy.
pub(crate) fn refuse_registry(app: &App, manifests: &[PathBuf]) -> anyhow::Result<()> {
    let mut report = Report::default();
    for manifest in manifests {
        if let Some(error) = refuse(app, manifest)? {
            report.push(error);
        }
    }
    Ok(report.into_result(())?)
}

/// Links `node_modules/rusm-ts` to the app's copy of the SDK, in the place of whatever is there.
pub(crate) fn link(app: &App) -> anyhow::Result<()> {
    let folder = app.root().join("node_modules");
    make_link(&folder).with_context(|| format!("cannot link the SDK into {}", shown(&folder)))
}

fn make_link(modules: &Path) -> io::Result<()> {
    // Relative, so that an app may be moved.
    let target = Path::new("../.rusm/sdk").join(NAME);
    let link = modules.join(NAME);
    match fs::symlink_metadata(&link) {
        Ok(present) if present.is_symlink() => {
            if fs::read_link(&link)? == target {
                return Ok(());
            }
            fs::remove_file(&link)?;
        }
        // Installed by some package that asks for the registry's.
        Ok(present) if present.is_dir() => fs::remove_dir_all(&link)?,
        Ok(_) => fs::remove_file(&link)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(modules)?,
        Err(error) => return Err(error),
    }
    symlink(&target, &link)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(target, link)
}

fn refuse(app: &App, manifest: &Path) -> anyhow::Result<Option<Diagnostic>> {
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read {}", shown(manifest)))?;
    // One that is no JSON is Bun's to complain of.
    let Ok(content) = serde_json::from_str::<Value>(&text) else { return Ok(None) };
    let asked = TABLES.iter().find_map(|table| content.get(table)?.get(NAME)?.as_str());
    let Some(version) = asked.filter(|version| !is_own(app, manifest, version)) else { return Ok(None) };
    let key = format!("\"{NAME}\"");
    let at = text.find(&key).unwrap_or_default();
    let error =
        Diagnostic::error(format!("`{NAME}` is asked for from a registry, where it is somebody else's"))
            .at(&Source::new(manifest, text), at..at + key.len(), format!("version `{version}`"))
            .help("leave it out: `rusm build` links the SDK that fits this rusm into node_modules");
    Ok(Some(error))
}

/// Whether a dependency is the app's own copy, by its path.
fn is_own(app: &App, manifest: &Path, version: &str) -> bool {
    let path = version.strip_prefix("file:").or_else(|| version.strip_prefix("link:"));
    let folder =
        manifest.parent().zip(path).and_then(|(folder, path)| fs::canonicalize(folder.join(path)).ok());
    folder.is_some_and(|folder| {
        fs::canonicalize(app.own_folder().join("sdk").join(NAME)).is_ok_and(|own| own == folder)
    })
}
