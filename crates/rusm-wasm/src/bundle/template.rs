//! The component that instances of bundles are of: the template around the engine.

use std::ops::Range;

use wasm_encoder::{Component, Module, RawSection};
use wasmparser::{Parser, Payload};

use super::BundleError;
use crate::relink;

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn engine_fault(error: impl ToString) -> BundleError {
    BundleError::Engine(error.to_string())
}

fn part(file: &[u8], range: Range<u64>) -> Result<&[u8], BundleError> {
    relink::part(file, range).ok_or_else(|| engine_fault("a section reaches beyond its file's end"))
}

/// The template with the engine in its first module, which is empty.
pub(super) fn filled(template: &[u8], engine: &[u8]) -> Result<Vec<u8>, BundleError> {
    let mut made = Component::new();
    let mut depth = 0;
    let mut engine = Some(without_data(engine)?);
    for payload in Parser::new(0).parse_all(template) {
        let payload = payload.map_err(engine_fault)?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { unchecked_range, .. } if depth == 1 => {
                let engine = engine.take();
                let module = part(template, unchecked_range.clone())?;
                made.section(&RawSection { id: 1, data: engine.as_deref().unwrap_or(module) });
            }
            other if depth == 1 => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&RawSection { id, data: part(template, range)? });
                }
            }
            _ => {}
        }
    }
    Ok(made.finish())
}

/// The engine without what would overwrite an image when it is instantiated: its data, and the function that it starts
/// with.
fn without_data(engine: &[u8]) -> Result<Vec<u8>, BundleError> {
    let mut made = Module::new();
    for payload in Parser::new(0).parse_all(engine) {
        let payload = payload.map_err(engine_fault)?;
        match &payload {
            Payload::DataSection(_) | Payload::DataCountSection { .. } | Payload::StartSection { .. } => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&RawSection { id, data: part(engine, range)? });
                }
            }
        }
    }
    Ok(made.finish())
}
