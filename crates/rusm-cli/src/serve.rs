//! `rusm serve`: runs the app's node.

use anyhow::bail;

use crate::app::App;
use crate::env::Env;
use crate::manifest::Manifest;

/// Serves until told to stop.
pub(crate) fn run(_app: &App, _manifest: Manifest, _env: Env) -> anyhow::Result<()> {
    bail!("this build of rusm cannot serve")
}
