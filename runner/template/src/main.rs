//! Makes the two files that a node carries out of the engine that cargo built:
//!
//! - `engine.wasm`, the core module, without what only tools read;
//! - `template.wasm`, the component around it, with an empty module in its place: the host puts the engine there that serves
//!   all bundles, which is this one without its data.
//!
//! Usage: rusm-template ENGINE FOLDER

use std::ops::Range;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use wasm_encoder::{Component, Module, RawSection};
use wasmparser::{Encoding, Parser, Payload};

fn main() -> Result<()> {
    let [engine, folder] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("usage: rusm-template ENGINE FOLDER")?;
    let module = fs::read(&engine).with_context(|| format!("cannot read {engine}"))?;
    let component = wit_component::ComponentEncoder::default().validate(true).module(&module)?.encode()?;
    let template = hollow(&component)?;
    let folder = Path::new(&folder);
    fs::write(folder.join("engine.wasm"), stripped(&module)?)?;
    fs::write(folder.join("template.wasm"), template)?;
    Ok(())
}

/// The component with nothing in its first core module, the engine.
fn hollow(component: &[u8]) -> Result<Vec<u8>> {
    let mut made = Component::new();
    let mut depth = 0;
    let mut hollowed = false;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => {
                ensure!(depth > 0 || *encoding == Encoding::Component, "wit-component made no component");
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { unchecked_range, .. } if depth == 1 => {
                let nothing = Module::new().finish();
                let data = if hollowed { part(component, unchecked_range.clone())? } else { &nothing };
                made.section(&RawSection { id: 1, data });
                hollowed = true;
            }
            Payload::CustomSection(_) => {}
            other if depth == 1 => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&RawSection { id, data: part(component, range)? });
                }
            }
            _ => {}
        }
    }
    ensure!(hollowed, "wit-component's component has no core module");
    Ok(made.finish())
}

/// Without custom sections: names, and the description of its interfaces.
fn stripped(module: &[u8]) -> Result<Vec<u8>> {
    let mut made = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CustomSection(_) = payload {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            made.section(&RawSection { id, data: part(module, range)? });
        }
    }
    Ok(made.finish())
}

fn part(bytes: &[u8], range: Range<u64>) -> Result<&[u8]> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    bytes.get(range).context("a section reaches beyond the end")
}
