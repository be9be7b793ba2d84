//! The two modules that tie a main module to its imports.

use std::collections::HashMap;

use wasm_encoder::{
    ConstExpr, ElementSection, Elements, EntityType, ExportKind, ImportSection, Module, RefType, TableType,
    TypeSection,
};
use wasmparser::{
    ConstExpr as ParsedExpr, ElementItems, ElementKind, ExternalKind, FuncType, Operator, Parser, Payload,
    TypeRef,
};

use super::Other;

/// Functions that each call what is in a slot of one table.
pub(super) struct Shim<'a> {
    /// The slots of the functions, by the names that they are exported under.
    pub(super) slots: HashMap<&'a str, u32>,
    pub(super) table: &'a str,
}

impl<'a> Shim<'a> {
    pub(super) fn read(module: &'a [u8]) -> Result<Shim<'a>, Other> {
        let (mut types, mut functions, mut called) = (Vec::new(), Vec::new(), Vec::new());
        let mut exports = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty?);
                    }
                }
                Payload::FunctionSection(section) => {
                    functions = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ExportSection(section) => exports = section.into_iter().collect::<Result<_, _>>()?,
                Payload::CodeSectionEntry(body) => {
                    let ty = function_type(&types, functions.get(called.len()))?;
                    let operators =
                        body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
                    called.push(slot_called(&operators, ty, &types)?);
                }
                Payload::TableSection(section) if section.count() == 1 => {}
                Payload::Version { .. }
                | Payload::CodeSectionStart { .. }
                | Payload::End(_)
                | Payload::CustomSection(_) => {}
                _ => return Err(Other),
            }
        }
        let (mut slots, mut table) = (HashMap::new(), None);
        for export in exports {
            match export.kind {
                ExternalKind::Func => {
                    slots.insert(export.name, *called.get(export.index as usize).ok_or(Other)?);
                }
                ExternalKind::Table => table = Some(export.name),
                _ => return Err(Other),
            }
        }
        Ok(Shim { slots, table: table.ok_or(Other)? })
    }
}

fn function_type<'t>(types: &'t [FuncType], index: Option<&u32>) -> Result<&'t FuncType, Other> {
    index.and_then(|&index| types.get(index as usize)).ok_or(Other)
}

/// The slot that a body calls with its own parameters.
fn slot_called(body: &[Operator<'_>], ty: &FuncType, types: &[FuncType]) -> Result<u32, Other> {
    let (parameters, call) = body.split_at_checked(ty.params().len()).ok_or(Other)?;
    let passes_all = parameters.iter().zip(0..).all(
        |(operator, place)| matches!(operator, Operator::LocalGet { local_index } if *local_index == place),
    );
    match call {
        &[
            Operator::I32Const { value },
            Operator::CallIndirect { type_index, table_index: 0 },
            Operator::End,
        ] if passes_all && types.get(type_index as usize) == Some(ty) => {
            u32::try_from(value).map_err(|_| Other)
        }
        _ => Err(Other),
    }
}

/// What fills the shim's table: the names of its imports, by their slots.
pub(super) fn read_fixup(module: &[u8]) -> Result<HashMap<u32, &str>, Other> {
    let (mut imports, mut slots) = (Vec::new(), HashMap::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(_) => imports.push(import.name),
                        TypeRef::Table(_) => {}
                        _ => return Err(Other),
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let ElementKind::Active { table_index: None | Some(0), offset_expr } = element.kind
                    else {
                        return Err(Other);
                    };
                    let ElementItems::Functions(functions) = element.items else { return Err(Other) };
                    for (function, slot) in functions.into_iter().zip(constant(&offset_expr)?..) {
                        slots.insert(slot, *imports.get(function? as usize).ok_or(Other)?);
                    }
                }
            }
            Payload::TypeSection(_)
            | Payload::Version { .. }
            | Payload::End(_)
            | Payload::CustomSection(_) => {}
            // A function that is run at the start, above all.
            _ => return Err(Other),
        }
    }
    Ok(slots)
}

pub(super) fn constant(expression: &ParsedExpr<'_>) -> Result<u32, Other> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => u32::try_from(value).map_err(|_| Other),
        _ => Err(Other),
    }
}

/// The name of the table among the imports of [`filler`]; its functions are called by their places.
pub(super) const TABLE: &str = "table";

/// A module that puts the functions that it imports into the last slots of a table of this size.
pub(super) fn filler(functions: &[FuncType], table: u64) -> Result<Module, Other> {
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    for (ty, index) in functions.iter().zip(0..) {
        types.ty().function(numbers(ty.params())?, numbers(ty.results())?);
        imports.import("", &index.to_string(), EntityType::Function(index));
    }
    let ty = TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: table,
        maximum: Some(table),
        shared: false,
    };
    imports.import("", TABLE, ty);
    let count = u32::try_from(functions.len()).map_err(|_| Other)?;
    let first = i32::try_from(table - u64::from(count)).map_err(|_| Other)?;
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(first),
        Elements::Functions((0..count).collect::<Vec<_>>().into()),
    );
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&elements);
    Ok(module)
}

/// These types, which the canonical ABI makes of numbers alone.
pub(super) fn numbers(types: &[wasmparser::ValType]) -> Result<Vec<wasm_encoder::ValType>, Other> {
    let number = |ty: &wasmparser::ValType| match ty {
        wasmparser::ValType::I32 => Ok(wasm_encoder::ValType::I32),
        wasmparser::ValType::I64 => Ok(wasm_encoder::ValType::I64),
        wasmparser::ValType::F32 => Ok(wasm_encoder::ValType::F32),
        wasmparser::ValType::F64 => Ok(wasm_encoder::ValType::F64),
        _ => Err(Other),
    };
    types.iter().map(number).collect()
}

/// The kind of a core export, where it is one that shims know.
pub(super) fn kind(kind: ExternalKind) -> Result<ExportKind, Other> {
    match kind {
        ExternalKind::Func => Ok(ExportKind::Func),
        ExternalKind::Table => Ok(ExportKind::Table),
        ExternalKind::Memory => Ok(ExportKind::Memory),
        ExternalKind::Global => Ok(ExportKind::Global),
        _ => Err(Other),
    }
}
