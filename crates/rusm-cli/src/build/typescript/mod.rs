//! Components in TypeScript: `components/<name>/index.ts` becomes `wasm/<name>.js`.
//!
//! Beside it lie `<name>.js.map`, for the log's stacks, and `<name>.qjsbc`, what evaluating the bundle gave.

mod bun;
mod bundle;
mod evaluate;
mod fault;
mod install;

use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use self::bun::Bun;
use super::component::ScriptComponent;
use super::{kib, progress, seconds};
use crate::app::App;
use crate::diagnostic::shown;
use crate::files::write_if_changed;
use crate::typescript;

/// Builds the components.
pub(super) fn build(app: &App, components: &[ScriptComponent]) -> anyhow::Result<()> {
    let started = Instant::now();
    let bun = Bun::find(app)?;
    let manifests = install::manifests(app, components);
    typescript::refuse_registry(app, &manifests)?;
    install::install(&bun, &manifests)?;
    // Only now: installing may have put a package of that name where the link belongs.
    typescript::link(app)?;
    let bundles = bundle::run(app, &bun, components)?;
    for (bundle, precompiled) in evaluate::all(app, bundles)? {
        let name = bundle.component.name.as_str();
        let path = app.bundle(name);
        // The bundle first: a precompiled file that is not of this one is passed over.
        let mut changed = write(&path, bundle.script.as_bytes())?;
        changed |= write(&rusm_wasm::bundle::source_map(&path), bundle.map.as_bytes())?;
        changed |= write(&rusm_wasm::bundle::precompiled(&path), &precompiled)?;
        let time = if changed { seconds(started.elapsed()) } else { "unchanged".into() };
        progress(&format!("{name} -> {} ({}, {time})", shown(&path), kib(bundle.script.len())));
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    write_if_changed(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
