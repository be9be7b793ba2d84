//! Programs of the JavaScript world: the one that a variable names, else the one that the app has installed, else the
//! machine's.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::app::App;
use crate::diagnostic::Diagnostic;

/// A program that was found.
#[derive(Debug)]
pub(crate) struct Tool {
    path: PathBuf,
}

impl Tool {
    /// Finds the program. What `variable` names is taken at its word.
    pub(crate) fn find(app: &App, name: &str, variable: &str) -> Option<Tool> {
        if let Some(named) = env::var_os(variable).filter(|path| !path.is_empty()) {
            let named = PathBuf::from(named);
            // A bare name is one on PATH. A path is meant from here, and it is run in other folders.
            let is_path = named.components().count() > 1;
            let path = if is_path { std::path::absolute(&named).unwrap_or(named) } else { named };
            return Some(Tool { path });
        }
        let own = app.root().join("node_modules/.bin");
        let paths = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(own).chain(env::split_paths(&paths));
        let found = folders.filter_map(|folder| std::path::absolute(folder.join(name)).ok());
        found.into_iter().find(|path| is_program(path)).map(|path| Tool { path })
    }

    /// A run of it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// One that is there and does not start.
    pub(crate) fn not_started(&self, error: &io::Error) -> Diagnostic {
        Diagnostic::error(format!("cannot run {}: {error}", self.path.display()))
    }

    /// The version that it tells, and its numbers as far as they are numbers.
    pub(crate) fn version(&self) -> anyhow::Result<(String, Vec<u32>)> {
        let output = self.command().arg("--version").output().map_err(|error| self.not_started(&error))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || text.is_empty() {
            let error = format!("{} --version ended with {}", self.path.display(), output.status);
            return Err(Diagnostic::error(error).into());
        }
        let numbers = text.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect();
        Ok((text, numbers))
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
