//! An app on disk: the folder with `rusm.toml` and what lies around it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::diagnostic::{Diagnostic, Source, shown};
use crate::env::Env;
use crate::manifest::Manifest;
use crate::name::ComponentName;

/// The manifest's file name.
pub const MANIFEST: &str = "rusm.toml";

/// An app's folder.
#[derive(Debug, Clone)]
pub struct App {
    root: PathBuf,
}

impl App {
    /// The app in `folder`, or where none is given, the app around the current folder: the nearest folder upwards
    /// that has a manifest.
    pub fn find(folder: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            if folder.join(MANIFEST).is_file() {
                return Ok(Self { root: folder.into() });
            }
            return Err(missing(&format!("in `{}`", folder.display())));
        }
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        let root = here.ancestors().find(|folder| folder.join(MANIFEST).is_file());
        match root {
            Some(root) if root == here => Ok(Self { root: PathBuf::from(".") }),
            Some(root) => Ok(Self { root: root.into() }),
            None => Err(missing(&format!("in `{}` or any folder above it", here.display()))),
        }
    }

    /// The app in a folder that was just made.
    pub fn at(root: &Path) -> Self {
        Self { root: root.into() }
    }

    /// The app's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the sources of the components are.
    pub fn components(&self) -> PathBuf {
        self.root.join("components")
    }

    /// Where the built components are.
    pub fn wasm(&self) -> PathBuf {
        self.root.join("wasm")
    }

    /// The built form of a Rust component.
    pub fn artefact(&self, component: &str) -> PathBuf {
        let component = self.wasm().join(component);
        let script = component.with_extension("js");
        if script.is_file() { script } else { component.with_extension("wasm") }
    }

    /// What rusm keeps for itself; git ignores it.
    pub fn own_folder(&self) -> PathBuf {
        self.root.join(".rusm")
    }

    /// The folders of `components/`, by name. Hidden ones are not components.
    pub fn component_folders(&self) -> anyhow::Result<Vec<PathBuf>> {
        let hidden =
            |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let mut folders = entries(&self.components())?;
        folders.retain(|path| path.is_dir() && !hidden(path));
        Ok(folders)
    }

    /// The built components that lie in `wasm/`, by name.
    pub fn artefacts(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = entries(&self.wasm())?;
        files.retain(|path| path.extension().is_some_and(|end| end == "wasm" || end == "js"));
        Ok(files)
    }

    /// The components that a manifest may name: those with sources and those that are only there built.
    fn component_names(&self) -> anyhow::Result<Vec<ComponentName>> {
        let folders = self.component_folders()?;
        let artefacts = self.artefacts()?;
        let names = folders.iter().filter_map(|path| path.file_name());
        let names = names.chain(artefacts.iter().filter_map(|path| path.file_stem()));
        let names: BTreeSet<ComponentName> =
            names.filter_map(OsStr::to_str).filter_map(|name| name.parse().ok()).collect();
        Ok(names.into_iter().collect())
    }

    /// Reads the manifest.
    pub fn manifest(&self) -> anyhow::Result<Manifest> {
        let path = self.root.join(MANIFEST);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", shown(&path)))?;
        Ok(Manifest::parse(&Source::new(&path, text), &self.component_names()?)?)
    }

    /// Reads `.env`.
    pub fn env(&self) -> anyhow::Result<Env> {
        Env::load(&self.root.join(".env"))
    }
}

fn missing(place: &str) -> anyhow::Error {
    Diagnostic::error(format!("there is no {MANIFEST} {place}"))
        .help("name the app's folder, or make a new app with `rusm new NAME`")
        .into()
}

/// The entries of a folder in the order of their names; none if there is no such folder.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    match read() {
        Ok(mut paths) => {
            paths.sort();
            Ok(paths)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot list {}", shown(folder))),
    }
}
