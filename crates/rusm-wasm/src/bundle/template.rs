//! Makes a component for an image: the template with a memory as large as that.

use std::ops::Range;

use wasm_encoder::{Component, CustomSection, MemorySection, MemoryType, Module, RawSection};
use wasmparser::{Parser, Payload};

use super::BundleError;
use crate::description::{Description, DescriptionError, SECTION};

/// What a memory's size is counted in.
const PAGE: usize = 64 << 10;

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn engine_fault(error: impl ToString) -> BundleError {
    BundleError::Engine(error.to_string())
}

fn part(bytes: &[u8], range: Range<u64>) -> Result<&[u8], BundleError> {
    let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    range
        .and_then(|(start, end)| bytes.get(start..end))
        .ok_or_else(|| engine_fault("a section reaches beyond its file's end"))
}

/// The template with a memory of so many bytes.
pub(super) fn filled(template: &[u8], memory: usize, description: &str) -> Result<Vec<u8>, BundleError> {
    let mut made = Component::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(template) {
        let payload = payload.map_err(engine_fault)?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { unchecked_range, .. } if depth == 1 => {
                let module = part(template, unchecked_range.clone())?;
                let filled = with_memory(module, memory)?;
                made.section(&RawSection { id: 1, data: filled.as_deref().unwrap_or(module) });
            }
            other if depth == 1 => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&RawSection { id, data: part(template, range)? });
                }
            }
            _ => {}
        }
    }
    made.section(&CustomSection { name: SECTION.into(), data: description.as_bytes().into() });
    Ok(made.finish())
}

/// The module with its memory made as large; none if it defines no memory.
fn with_memory(module: &[u8], memory: usize) -> Result<Option<Vec<u8>>, BundleError> {
    let mut made = Module::new();
    let mut has_memory = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(engine_fault)?;
        if let Payload::MemorySection(_) = payload {
            has_memory = true;
            let mut section = MemorySection::new();
            section.memory(MemoryType {
                minimum: memory.div_ceil(PAGE) as u64,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
            made.section(&section);
        } else if let Some((id, range)) = payload.as_section() {
            made.section(&RawSection { id, data: part(module, range)? });
        }
    }
    Ok(has_memory.then(|| made.finish()))
}

/// The engine without what would overwrite an image when it is instantiated: its data, and the function that it starts
/// with.
pub(super) fn without_data(engine: &[u8]) -> Result<Vec<u8>, BundleError> {
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

/// What a filled template says of itself.
pub(super) fn description(component: &[u8]) -> Result<Description, DescriptionError> {
    let mut section = None;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| DescriptionError::NotWasm(error.to_string()))? {
            Payload::CustomSection(found) if found.name() == SECTION => section = Some(found.data()),
            _ => {}
        }
    }
    Description::parse(section.ok_or(DescriptionError::Missing)?)
}
