//! `rusm new`: an app that builds, serves and can be read in a minute.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;

use crate::app::App;
use crate::diagnostic::Diagnostic;
use crate::files::write_if_changed;
use crate::name::ComponentName;
use crate::sdk;
use crate::typescript;

/// The manifest of the workspace that holds an app's components.
pub(crate) const WORKSPACE: &str = include_str!("template/rust/workspace.toml");

/// The files of an app: path, text. `{{name}}` becomes the app's name.
type Template = &'static [(&'static str, &'static str)];

const RUST: Template = &[
    ("rusm.toml", include_str!("template/rust/rusm.toml")),
    ("Cargo.toml", WORKSPACE),
    (".gitignore", include_str!("template/rust/gitignore")),
    ("README.md", include_str!("template/rust/README.md")),
    ("components/api/Cargo.toml", include_str!("template/rust/api/component.toml")),
    ("components/api/src/lib.rs", include_str!("template/rust/api/src/lib.rs")),
];

const TYPESCRIPT: Template = &[
    ("rusm.toml", include_str!("template/typescript/rusm.toml")),
    ("package.json", include_str!("template/typescript/package.json")),
    ("tsconfig.json", include_str!("template/typescript/tsconfig.json")),
    (".gitignore", include_str!("template/typescript/gitignore")),
    ("README.md", include_str!("template/typescript/README.md")),
    ("components/api/index.ts", include_str!("template/typescript/api/index.ts")),
];

/// The language of the first component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Rust
    #[value(alias = "rs")]
    Rust,
    /// TypeScript
    #[value(alias = "typescript")]
    Ts,
}

/// Makes an app in `folder`, which must be empty or not exist.
pub(crate) fn run(folder: &Path, language: Language) -> anyhow::Result<()> {
    let name = name_of(folder)?;
    refuse_occupied(folder)?;
    let (template, handlers) = match language {
        Language::Rust => (RUST, "components/api/src/lib.rs"),
        Language::Ts => (TYPESCRIPT, "components/api/index.ts"),
    };
    for (path, text) in template {
        let path = folder.join(path);
        write_if_changed(&path, text.replace("{{name}}", name.as_str()).as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let app = App::at(folder);
    sdk::lay(&app)?;
    if language == Language::Ts {
        // An editor knows the types from the start.
        typescript::link(&app)?;
    }
    let shown = folder.display();
    anstream::println!(
        "Created the app `{name}` in {shown}. To build and serve it:\n\n    cd {shown}\n    rusm build\n    rusm serve\n\n\
         Its handlers are in {handlers}, its routes in rusm.toml."
    );
    Ok(())
}

/// The app is named as its folder.
fn name_of(folder: &Path) -> anyhow::Result<ComponentName> {
    // `.` has a name too.
    let folder = std::path::absolute(folder).context("cannot tell the current folder")?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.parse().map_err(|error: crate::name::NameError| Diagnostic::error(error.to_string()).into())
}

fn refuse_occupied(folder: &Path) -> anyhow::Result<()> {
    let occupied = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("cannot use {}", folder.display())),
    };
    if !occupied {
        return Ok(());
    }
    let error = Diagnostic::error(format!("the folder `{}` is not empty", folder.display()));
    Err(error.help("choose another name, or empty it first").into())
}
