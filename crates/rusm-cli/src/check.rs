//! `rusm check`: everything that can be said of an app without opening a port.

use crate::app::{App, MANIFEST};
use crate::sdk;

/// Checks the app and says that it is well, or all that is wrong with it.
pub(crate) fn run(app: &App) -> anyhow::Result<()> {
    sdk::lay(app)?;
    app.manifest()?.supported()?;
    app.env()?;
    anstream::println!("{MANIFEST} is valid");
    Ok(())
}
