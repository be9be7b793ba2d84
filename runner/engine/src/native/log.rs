//! What a component prints, and the environment that its profile grants.

use rquickjs::{Array, Ctx, Result};

use super::Natives;
use crate::bindings::rusm::runtime::log;
use crate::bindings::wasi::cli::environment;
use crate::started;

pub(super) fn add(natives: &Natives<'_>) -> Result<()> {
    natives.add("print", |text: String| log::print(&text))?;
    natives.add("env", env)?;
    natives.add("utf8", |bytes: super::Bytes| String::from_utf8(bytes.0).ok())
}

fn env(ctx: Ctx<'_>) -> Result<Array<'_>> {
    if started::is_imaging() {
        return Array::new(ctx);
    }
    super::pairs(&ctx, &environment::get_environment())
}
