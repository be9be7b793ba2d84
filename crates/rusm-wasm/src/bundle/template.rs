//! Makes a component of an image: the template with the image as the data of the module that defines the memory.

use std::ops::Range;

use wasm_encoder::{
    Component, ConstExpr, CustomSection, DataSection, MemorySection, MemoryType, Module, RawSection,
};
use wasmparser::{Parser, Payload};

use super::BundleError;
use crate::description::{Description, DescriptionError, SECTION};

/// What an image is looked through by: pages that hold nothing are left out.
const PAGE: usize = 4096;

/// WebAssembly's own.
const WASM_PAGE: usize = 64 << 10;

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

/// The template with a memory that begins as this one.
pub(super) fn filled(template: &[u8], memory: &[u8], description: &str) -> Result<Vec<u8>, BundleError> {
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

/// The module with its memory begun as this one; none if it defines no memory.
fn with_memory(module: &[u8], memory: &[u8]) -> Result<Option<Vec<u8>>, BundleError> {
    let mut made = Module::new();
    let mut has_memory = false;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(engine_fault)?;
        if let Payload::MemorySection(_) = payload {
            has_memory = true;
            let mut section = MemorySection::new();
            section.memory(MemoryType {
                minimum: memory.len().div_ceil(WASM_PAGE) as u64,
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
    if !has_memory {
        return Ok(None);
    }
    let mut data = DataSection::new();
    for run in runs(memory) {
        let start = i32::try_from(run.start).map_err(engine_fault)?;
        data.active(0, &ConstExpr::i32_const(start), memory[run].iter().copied());
    }
    made.section(&data);
    Ok(Some(made.finish()))
}

/// The stretches of pages in which there is something.
fn runs(memory: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let has_something = |page: &usize| {
        let end = (page + PAGE).min(memory.len());
        memory[*page..end].iter().any(|&byte| byte != 0)
    };
    let mut pages = (0..memory.len()).step_by(PAGE).filter(has_something).peekable();
    std::iter::from_fn(move || {
        let start = pages.next()?;
        let mut end = start + PAGE;
        while pages.next_if_eq(&end).is_some() {
            end += PAGE;
        }
        Some(start..end.min(memory.len()))
    })
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

#[cfg(test)]
mod tests {
    use super::{PAGE, runs};

    #[test]
    fn pages_with_nothing_are_left_out() {
        let mut memory = vec![0; 5 * PAGE];
        memory[0] = 1;
        memory[2 * PAGE - 1] = 1;
        memory[4 * PAGE + 5] = 1;
        assert_eq!(runs(&memory).collect::<Vec<_>>(), [0..2 * PAGE, 4 * PAGE..5 * PAGE]);
        assert_eq!(runs(&[]).count(), 0);
    }
}
