//! Bundles: TypeScript components, each a file of JavaScript that runs on one engine inside the sandbox.
//!
//! A bundle is evaluated once, by `imaging`, and its instances begin with a copy of the memory that this leaves (`crate::memory`).
//! They are all of one component, the engine's (`template`), so its code is compiled once for a node.

mod file;
mod imaging;
mod source_map;
mod store;
mod template;

pub use file::{FileError, LoadError, Loaded, load, precompiled, source_map};
pub use source_map::{Places, SourceMap, SourceMapError};

use std::path::Path;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::description::{Description, DescriptionError};

/// The engine's core module, as `runner/build` makes it, and the component around it. `build.rs` says from where.
static ENGINE: &[u8] = include_bytes!(concat!(env!("RUSM_ENGINE"), "/engine.wasm"));
static TEMPLATE: &[u8] = include_bytes!(concat!(env!("RUSM_ENGINE"), "/template.wasm"));

/// What tells this node's engine from another one: code that one compiled is for it alone.
pub fn engine_version() -> [u8; 32] {
    static VERSION: LazyLock<[u8; 32]> =
        LazyLock::new(|| Sha256::new().chain_update(ENGINE).chain_update(TEMPLATE).finalize().into());
    *VERSION
}

/// What came of a bundle's evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// What the bundle is for.
    pub description: Description,
    /// The bundle, compiled for this very engine.
    pub bytecode: Vec<u8>,
}

/// Why a bundle cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no script, or it threw while it was evaluated, or exports nothing to run: what JavaScript said.
    #[error("{0}")]
    Thrown(String),
    /// It took longer than it may.
    #[error("evaluating it took more than {0:?}, which happens once, before any process of it begins")]
    TooLong(std::time::Duration),
    /// It left what no other process can begin with.
    #[error(
        "while it was evaluated it asked for what only a process has ({0}): move that into a function that answers"
    )]
    NeedsProcess(String),
    /// It takes more memory than an image may.
    #[error("evaluating it took more than {0} of memory")]
    TooLarge(crate::units::Size),
    /// This node's own fault.
    #[error("the JavaScript engine cannot be used: {0}")]
    Engine(String),
    /// The description that was made for it makes no sense.
    #[error(transparent)]
    Description(#[from] DescriptionError),
}

/// Compiles a bundle and evaluates it once, to learn what it is. `name` is what stack traces call it. Blocks for as long
/// as that takes.
pub fn evaluate(name: &str, script: &[u8]) -> Result<Evaluated, BundleError> {
    let mut instance = imaging::Instance::new()?;
    let bytecode = instance.compile(name, script)?;
    let description = instance.evaluate(&bytecode)?;
    Ok(Evaluated { description: Description::parse(description.as_bytes())?, bytecode })
}

/// A bundle as its instances begin.
pub(crate) struct Image {
    pub(crate) description: Description,
    pub(crate) memory: Vec<u8>,
}

impl Image {
    /// The image of the script in this file: of what a build compiled it to, where that is beside it and fits.
    pub(crate) fn of_file(name: &str, path: &Path, script: &[u8]) -> Result<Image, BundleError> {
        match file::beside(path, script) {
            Ok(Some(compiled)) => return Image::of_bytecode(name, &compiled.bytecode),
            Ok(None) => {}
            Err(error) => {
                let path = precompiled(path);
                tracing::info!(target: "rusm", path = %path.display(), %error, "a precompiled bundle is passed over");
            }
        }
        Image::of_script(name, script)
    }

    /// The image of a script, from where such images are kept, or made now and kept there.
    fn of_script(name: &str, script: &[u8]) -> Result<Image, BundleError> {
        Image::of(name, script, |instance| instance.compile(name, script))
    }

    /// The same of compiled code that this very engine made.
    fn of_bytecode(name: &str, bytecode: &[u8]) -> Result<Image, BundleError> {
        Image::of(name, bytecode, |_| Ok(bytecode.to_vec()))
    }

    fn of(
        name: &str,
        content: &[u8],
        bytecode: impl FnOnce(&mut imaging::Instance) -> Result<Vec<u8>, BundleError>,
    ) -> Result<Image, BundleError> {
        let key: [u8; 32] = Sha256::new()
            .chain_update(FORMAT)
            .chain_update(engine_version())
            .chain_update(name)
            .chain_update([0])
            .chain_update(content)
            .finalize()
            .into();
        let folder = store::folder();
        if let Some(kept) = folder.as_ref().and_then(|folder| store::read(folder, &key))
            && let Some(image) = Image::unpacked(kept)
        {
            return Ok(image);
        }
        let mut instance = imaging::Instance::new()?;
        let code = bytecode(&mut instance)?;
        let description = instance.evaluate(&code)?;
        let memory = instance.into_memory()?;
        if let Some(folder) = &folder {
            store::write(folder, &key, &packed(&description, &memory));
        }
        Ok(Image { description: Description::parse(description.as_bytes())?, memory })
    }

    fn unpacked(mut kept: Vec<u8>) -> Option<Image> {
        let length = usize::try_from(u64::from_le_bytes(*kept.first_chunk()?)).ok()?;
        let end = length.checked_add(8)?;
        let description = Description::parse(kept.get(8..end)?).ok()?;
        kept.drain(..end);
        Some(Image { description, memory: kept })
    }
}

/// How images are kept: the description's length in 8 bytes, itself, and the memory.
const FORMAT: &str = "1";

fn packed(description: &str, memory: &[u8]) -> Vec<u8> {
    [&(description.len() as u64).to_le_bytes(), description.as_bytes(), memory].concat()
}

/// The component that all instances are of.
pub(crate) fn component(engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
    Component::from_binary(engine, &template::filled(TEMPLATE, ENGINE)?)
}
