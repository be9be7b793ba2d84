//! What TypeScript components need of the app's folder and of the machine, for building and for checking.

mod sdk;
mod tool;
mod types;

use std::path::{Path, PathBuf};

pub(crate) use self::sdk::{link, refuse_registry};
pub(crate) use self::tool::Tool;
pub(crate) use self::types::{check, offset, word};

use crate::app::App;

/// Where a component's code begins, the likeliest first.
const ENTRIES: [&str; 8] = [
    "index.ts",
    "index.tsx",
    "index.js",
    "index.mjs",
    "src/index.ts",
    "src/index.tsx",
    "src/index.js",
    "src/index.mjs",
];

/// The file that a component's code begins with, if the folder has one.
pub(crate) fn entry(folder: &Path) -> Option<PathBuf> {
    ENTRIES.iter().map(|entry| folder.join(entry)).find(|path| path.is_file())
}

/// The entries of the app's components.
pub(crate) fn entries(app: &App) -> anyhow::Result<Vec<PathBuf>> {
    Ok(app.component_folders()?.iter().filter_map(|folder| entry(folder)).collect())
}
