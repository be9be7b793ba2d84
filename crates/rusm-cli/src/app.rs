//! An app on disk: the folder with `rusm.toml` and what lies around it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::diagnostic::{Diagnostic, Source, shown};
use crate::env::Env;
use crate::manifest::Manifest;
use crate::name::ComponentName;
use crate::typescript;

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

    /// The built form of a component that is a WebAssembly file.
    pub fn wasm_file(&self, component: &str) -> PathBuf {
        self.wasm().join(component).with_extension("wasm")
    }

    /// The built form of a TypeScript component.
    pub fn bundle(&self, component: &str) -> PathBuf {
        self.wasm().join(component).with_extension("js")
    }

    /// The built form of a component, which is one of the two.
    pub fn artefact(&self, component: &str) -> Artefact {
        let (wasm, bundle) = (self.wasm_file(component), self.bundle(component));
        match (wasm.exists(), bundle.exists()) {
            (true, true) => Artefact::Both(wasm, bundle),
            (true, false) => Artefact::Wasm(wasm),
            (false, true) => Artefact::Bundle(bundle),
            (false, false) => Artefact::Missing(self.to_be_made(component)),
        }
    }

    /// What `rusm build` would make of a component.
    fn to_be_made(&self, component: &str) -> PathBuf {
        match typescript::entry(&self.components().join(component)) {
            Some(_) => self.bundle(component),
            None => self.wasm_file(component),
        }
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

    /// The files in `wasm/` that are components or belong to one, by name.
    pub fn made(&self) -> anyhow::Result<Vec<Made>> {
        Ok(entries(&self.wasm())?.into_iter().filter_map(Made::of).collect())
    }

    /// The names of the built components that lie in `wasm/`.
    pub fn built(&self) -> anyhow::Result<BTreeSet<ComponentName>> {
        let whole = |path: &Path| path.extension().is_some_and(|kind| kind == "wasm" || kind == "js");
        let made = self.made()?.into_iter().filter(|made| whole(&made.path));
        Ok(made.filter_map(|made| made.name.parse().ok()).collect())
    }

    /// The components that a manifest may name: those with sources and those that are only there built.
    fn component_names(&self) -> anyhow::Result<Vec<ComponentName>> {
        let folders = self.component_folders()?;
        let names = folders.iter().filter_map(|path| path.file_name()?.to_str()?.parse().ok());
        let mut all = self.built()?;
        all.extend(names);
        Ok(all.into_iter().collect())
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

/// The built form of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Artefact {
    /// A WebAssembly file.
    Wasm(PathBuf),
    /// A bundle of JavaScript.
    Bundle(PathBuf),
    /// Both, and nothing says which is meant.
    Both(PathBuf, PathBuf),
    /// Neither; the one that a build would make.
    Missing(PathBuf),
}

impl Artefact {
    /// The file, be it there or not.
    pub fn path(&self) -> &Path {
        match self {
            Artefact::Wasm(path)
            | Artefact::Bundle(path)
            | Artefact::Both(path, _)
            | Artefact::Missing(path) => path,
        }
    }
}

/// What components are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Or anything else that compiles to a WebAssembly file.
    Rust,
    /// Or JavaScript.
    TypeScript,
}

/// A file that a build makes.
#[derive(Debug, Clone)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// The component's name.
    pub name: String,
    /// What the component is written in.
    pub language: Language,
}

impl Made {
    fn of(path: PathBuf) -> Option<Made> {
        let (name, kind) = path.file_name()?.to_str()?.split_once('.')?;
        let language = match kind {
            "wasm" => Language::Rust,
            "js" | "js.map" | "qjsbc" => Language::TypeScript,
            _ => return None,
        };
        Some(Made { name: name.to_owned(), language, path })
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
