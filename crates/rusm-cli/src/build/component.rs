//! Which components an app has, and whether each is one that can be built.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, shown};
use crate::name::{ComponentName, NameError};

/// The sources of a Rust component.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// The name of its folder, hence its own.
    pub(super) name: ComponentName,
    /// Its package's manifest.
    pub(super) manifest: PathBuf,
}

/// Finds the components in the folders of `components/`.
pub(super) fn find(app: &App) -> anyhow::Result<Vec<Component>> {
    let mut report = Report::default();
    let mut components = Vec::new();
    for folder in app.component_folders()? {
        match component(&folder) {
            Ok(component) => components.push(component),
            Err(faults) => report.append(faults),
        }
    }
    let components = report.into_result(components)?;
    if components.is_empty() {
        let error =
            Diagnostic::error(format!("there is nothing to build: {} is empty", shown(&app.components())));
        return Err(error.help("each folder in it is a component, such as components/api").into());
    }
    Ok(components)
}

fn component(folder: &Path) -> Result<Component, Report> {
    let shown = shown(folder);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.parse().map_err(|error: NameError| Diagnostic::error(format!("{shown}: {error}")))?;
    let manifest = folder.join("Cargo.toml");
    if manifest.is_file() {
        return Ok(Component { name, manifest });
    }
    let is_typescript =
        ["package.json", "index.ts", "src/index.ts"].iter().any(|file| folder.join(file).is_file());
    let error = if is_typescript {
        Diagnostic::error(format!(
            "{shown} is written in TypeScript, which this version of rusm does not support yet"
        ))
    } else {
        Diagnostic::error(format!("{shown} is no component: it has no Cargo.toml"))
            .help("each folder of components/ is a component; move other things elsewhere")
    };
    Err(error.into())
}
