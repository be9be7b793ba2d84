//! Bun, which installs packages and bundles.

use std::io;
use std::process::Command;

use crate::app::App;
use crate::diagnostic::Diagnostic;
use crate::typescript::Tool;

/// Bun, where it is not to be looked for.
const VARIABLE: &str = "RUSM_BUN";

/// The oldest version that the tests pass with.
const OLDEST: [u32; 2] = [1, 3];

/// Bun, of a version that will do.
pub(super) struct Bun(Tool);

impl Bun {
    pub(super) fn find(app: &App) -> anyhow::Result<Bun> {
        let Some(tool) = Tool::find(app, "bun", VARIABLE) else {
            return Err(Diagnostic::error("there is no Bun, which bundles components in TypeScript")
                .help("install it for all apps (https://bun.sh), or for this one with `npm install --save-dev bun`")
                .help("one that lies elsewhere may be named by RUSM_BUN")
                .into());
        };
        let (text, version) = tool.version()?;
        if version[..] < OLDEST[..] {
            let [major, minor] = OLDEST;
            let error =
                format!("Bun {text} is too old to build components: {major}.{minor} or later is needed");
            return Err(Diagnostic::error(error).help("`bun upgrade` installs the latest").into());
        }
        Ok(Bun(tool))
    }

    pub(super) fn command(&self) -> Command {
        self.0.command()
    }

    pub(super) fn not_started(&self, error: &io::Error) -> Diagnostic {
        self.0.not_started(error)
    }
}
