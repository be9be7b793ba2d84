//! What the runner's web platform does in Rust because JavaScript in an interpreter would be slow at it or large: URLs,
//! encodings, compression, forms. The classes themselves are TypeScript (`runner/platform/web`), which calls these.
//!
//! There is no WIT and no host in here, so that it is tested natively, in the same engine that the guest carries.

mod binary;
mod compression;
mod encoding;
mod fields;
mod multipart;
mod random;
mod text;
mod url;

use rquickjs::{Ctx, Object, Result};

/// Makes the object that `installWeb` takes as its natives; `runner/platform/web/natives.d.ts` describes it.
///
/// # Errors
///
/// Those of the engine, out of memory above all.
pub fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("version", env!("CARGO_PKG_VERSION"))?;
    url::install(&object)?;
    fields::install(&object)?;
    encoding::install(&object)?;
    multipart::install(&object)?;
    compression::install(&object)?;
    random::install(&object)?;
    Ok(object)
}
