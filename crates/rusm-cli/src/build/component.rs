//! Which components an app has, and whether each is one that can be built.

use std::path::{Path, PathBuf};

use crate::app::App;
use crate::diagnostic::{Diagnostic, Report, shown};
use crate::name::{ComponentName, NameError};
use crate::typescript;

/// The sources of the components, by language.
#[derive(Debug, Default)]
pub(super) struct Components {
    pub(super) rust: Vec<Component>,
    pub(super) typescript: Vec<ScriptComponent>,
}

/// The sources of a Rust component.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// The name of its folder, hence its own.
    pub(super) name: ComponentName,
    /// Its package's manifest.
    pub(super) manifest: PathBuf,
}

/// The sources of a TypeScript component.
#[derive(Debug, Clone)]
pub(super) struct ScriptComponent {
    /// The name of its folder, hence its own.
    pub(super) name: ComponentName,
    pub(super) folder: PathBuf,
    /// The file that its code begins with.
    pub(super) entry: PathBuf,
}

/// Finds the components in the folders of `components/`.
pub(super) fn find(app: &App) -> anyhow::Result<Components> {
    let mut report = Report::default();
    let mut components = Components::default();
    for folder in app.component_folders()? {
        if let Err(faults) = components.add(folder) {
            report.append(faults);
        }
    }
    let components = report.into_result(components)?;
    if components.rust.is_empty() && components.typescript.is_empty() {
        let error =
            Diagnostic::error(format!("there is nothing to build: {} is empty", shown(&app.components())));
        return Err(error.help("each folder in it is a component, such as components/api").into());
    }
    Ok(components)
}

impl Components {
    fn add(&mut self, folder: PathBuf) -> Result<(), Report> {
        let shown = shown(&folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let name = name.parse().map_err(|error: NameError| Diagnostic::error(format!("{shown}: {error}")))?;
        let manifest = folder.join("Cargo.toml");
        match (manifest.is_file(), typescript::entry(&folder)) {
            (true, None) => self.rust.push(Component { name, manifest }),
            (false, Some(entry)) => self.typescript.push(ScriptComponent { name, folder, entry }),
            (true, Some(entry)) => {
                let entry = within(&folder, &entry);
                let error = format!("{shown} is two components: it has a Cargo.toml and an {entry}");
                return Err(Diagnostic::error(error).help("give each a folder of its own").into());
            }
            (false, None) => {
                let error = Diagnostic::error(format!(
                    "{shown} is no component: it has neither a Cargo.toml nor an index.ts"
                ));
                return Err(error
                    .help("each folder of components/ is a component; move other things elsewhere")
                    .into());
            }
        }
        Ok(())
    }
}

fn within(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}
