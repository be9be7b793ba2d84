//! Makes the two files that a node carries out of the engine that cargo built:
//!
//! - `engine.wasm`, the core module, without what only tools read;
//! - `template.wasm`, a component around it that *imports* the core module, so that one compiled engine serves every
//!   bundle. The module that stands in the template for the engine's memory is where the host puts a bundle's image.
//!
//! Usage: rusm-template ENGINE FOLDER

use std::ops::Range;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    Component, ComponentImportSection, ComponentTypeRef, CoreTypeSection, Module, ModuleType, RawSection,
};
use wasmparser::{CompositeInnerType, Encoding, Parser, Payload, TypeRef, Validator};

/// What the template imports.
const ENGINE: &str = "engine";

/// Exports that the host calls while it makes an image, and nobody later.
const IMAGING: &str = "rusm_";

fn main() -> Result<()> {
    let [engine, folder] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("usage: rusm-template ENGINE FOLDER")?;
    let module = fs::read(&engine).with_context(|| format!("cannot read {engine}"))?;
    let component = wit_component::ComponentEncoder::default().validate(true).module(&module)?.encode()?;
    let template = importing(&component, &module)?;
    Validator::new().validate_all(&template).context("the template is no valid component")?;
    let folder = Path::new(&folder);
    fs::write(folder.join("engine.wasm"), stripped(&module)?)?;
    fs::write(folder.join("template.wasm"), template)?;
    Ok(())
}

/// The component with its first core module imported instead of contained.
fn importing(component: &[u8], module: &[u8]) -> Result<Vec<u8>> {
    let mut made = Component::new();
    let mut depth = 0;
    let mut replaced = false;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => {
                ensure!(depth > 0 || *encoding == Encoding::Component, "wit-component made no component");
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            Payload::ModuleSection { unchecked_range, .. } if depth == 1 => {
                let inner = part(component, unchecked_range.clone())?;
                if replaced {
                    made.section(&RawSection { id: 1, data: inner });
                } else {
                    let mut types = CoreTypeSection::new();
                    types.ty().module(&module_type(module)?);
                    made.section(&types);
                    let mut imports = ComponentImportSection::new();
                    imports.import(ENGINE, ComponentTypeRef::Module(0));
                    made.section(&imports);
                    replaced = true;
                }
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
    ensure!(replaced, "wit-component's component has no core module");
    Ok(made.finish())
}

/// What the engine imports, and what of its exports a component uses.
fn module_type(module: &[u8]) -> Result<ModuleType> {
    let mut of = RoundtripReencoder;
    let mut made = ModuleType::new();
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::TypeSection(types) => {
                for group in types {
                    for ty in group?.into_types() {
                        let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
                            bail!("the engine has a type that is no function's")
                        };
                        made.ty().func_type(&of.func_type(ty)?);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if let TypeRef::Func(ty) = import.ty {
                        functions.push(ty);
                    }
                    made.import(import.module, import.name, of.entity_type(import.ty)?);
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    functions.push(ty?);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    let index = export.index as usize;
                    if export.kind == wasmparser::ExternalKind::Func && !export.name.starts_with(IMAGING) {
                        made.export(export.name, of.entity_type(TypeRef::Func(functions[index]))?);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(made)
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
