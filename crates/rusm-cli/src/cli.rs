//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::app::App;
use crate::new::Language;
use crate::serve::Extent;
use crate::{build, check, kv, new, serve};

/// Runs apps made of sandboxed WebAssembly components, each request in an instance of its own
///
/// An app is a folder with a `rusm.toml`. Each folder of its `components/` is compiled to one component, and the
/// manifest says which function of which component answers which request, and what each component may do.
#[derive(Debug, Parser)]
#[command(name = "rusm", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
A first app, from nothing to an answer:

    rusm new shop
    cd shop
    rusm build
    rusm serve
    curl http://127.0.0.1:8080/users/42

`rusm help COMMAND` says more about a command. The exit code is 0 when all went well, 1 when something failed and 2 \
when the command line was wrong; of `rusm kv` it is 3 when the key is not there.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a new app
    ///
    /// The app has one component that answers HTTP requests, a manifest with its routes, and in its `.rusm` folder the
    /// SDK that the component is built with.
    #[command(after_long_help = "\
Examples:

    rusm new shop                 an app in ./shop
    rusm new apps/shop            an app in ./apps/shop
    rusm new shop --lang ts       an app in ./shop, written in TypeScript")]
    New {
        /// The app's folder, whose last part is the app's name. Must be empty or not exist
        #[arg(value_name = "NAME")]
        folder: PathBuf,
        /// The language of the first component
        #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
        lang: Language,
    },
    /// Compile the components
    ///
    /// Puts into `wasm/` what it makes of each folder of `components/`. A file there is replaced whole, and only when it
    /// changed, so that a node may go on serving meanwhile.
    ///
    /// Components in Rust, which have a `Cargo.toml`, are compiled with one call of cargo. What it makes on the way
    /// stays in `.rusm/target`, or where `CARGO_TARGET_DIR` says.
    ///
    /// Components in TypeScript or JavaScript, which have an `index.ts` (or `.tsx`, `.js`, `.mjs`, also in `src/`), are
    /// bundled by Bun, packages from npm included. What a `package.json` of the app or the component asks for is
    /// installed first, unless it is there. Types are `rusm check`'s business.
    #[command(after_long_help = "\
Rust needs the target wasm32-wasip2, which `rustup target add wasm32-wasip2` installs.
TypeScript needs Bun: the one that RUSM_BUN names, that `node_modules/.bin` has, or that is on PATH.

Examples:

    rusm build              the app around the current folder
    rusm build apps/shop    the app in ./apps/shop")]
    Build {
        #[command(flatten)]
        app: AppArg,
    },
    /// Check the app without serving it
    ///
    /// Reports all that is wrong with the manifest and `.env`, each with its place and the word that was probably
    /// meant, and every route that leads to a component or an action that is not there. Opens no port.
    ///
    /// Checks the types of components in TypeScript by their `tsconfig.json`, with the compiler that `RUSM_TSC` names, that
    /// `node_modules/.bin` has, or that is on PATH; without one it says so.
    #[command(after_long_help = "\
Examples:

    rusm check              the app around the current folder
    rusm check apps/shop    the app in ./apps/shop")]
    Check {
        #[command(flatten)]
        app: AppArg,
    },
    /// Run the app's residents, without its listeners
    ///
    /// Checks the app, starts its residents in the manifest's order and supervises them until it is told to stop: at
    /// SIGTERM or Ctrl-C they are stopped, the last one first.
    #[command(after_long_help = "\
Examples:

    rusm run              the app around the current folder
    rusm run apps/shop    the app in ./apps/shop")]
    Run {
        #[command(flatten)]
        app: AppArg,
    },
    /// Serve the app
    ///
    /// Checks the app, starts its residents, opens its listeners and serves until it is told to stop: SIGTERM or
    /// Ctrl-C lets the requests at hand finish, a second one does not.
    #[command(after_long_help = "\
Examples:

    rusm serve              the app around the current folder
    rusm serve apps/shop    the app in ./apps/shop")]
    Serve {
        #[command(flatten)]
        app: AppArg,
    },
    /// Read and write the app's store
    ///
    /// The store is the file that `[node] store` of rusm.toml names: buckets of keys and values. A running node does the
    /// work on behalf of this command; where none runs, the command opens the file itself. What was set is on disk when
    /// the command ends.
    #[command(arg_required_else_help = true, after_long_help = kv::HELP)]
    Kv(kv::Command),
}

#[derive(Debug, clap::Args)]
struct AppArg {
    /// The app's folder. The current folder, or the nearest above it that has a `rusm.toml`, when left out
    #[arg(value_name = "APP")]
    folder: Option<PathBuf>,
}

impl AppArg {
    fn find(&self) -> anyhow::Result<App> {
        App::find(self.folder.as_deref())
    }
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::New { folder, lang } => new::run(&folder, lang),
            Command::Build { app } => build::run(&app.find()?),
            Command::Check { app } => check::run(&app.find()?),
            Command::Run { app } => host(&app, Extent::Residents),
            Command::Serve { app } => host(&app, Extent::All),
            Command::Kv(command) => command.run(),
        }
    }
}

fn host(app: &AppArg, extent: Extent) -> anyhow::Result<()> {
    let app = app.find()?;
    let manifest = app.manifest()?;
    manifest.supported()?;
    serve::run(&app, &manifest, &app.env()?, extent)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
