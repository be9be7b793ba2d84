//! The module that is a component's own code.

use wasm_encoder::{Encode, ExportKind, Function, Module, RefType, TableSection, TableType};
use wasmparser::{BinaryReader, Data, DataKind, FuncType, Parser, Payload, TableInit, TypeRef, ValType};

use super::shim::{constant, numbers};
use super::stdio::{self, Known};
use super::{Items, Other, part, raw};

/// A function that a module imports.
pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    pub(super) ty: FuncType,
    type_index: u32,
}

impl<'a> Import<'a> {
    /// The interface without its version.
    pub(super) fn interface(&self) -> &'a str {
        self.module.split_once('@').map_or(self.module, |(interface, _)| interface)
    }
}

/// What a slot of the table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// The import of this place.
    Import(usize),
    /// The node's function that takes what is written to standard output and error.
    Write,
}

/// A module that imports nothing but functions.
pub(super) struct MainModule<'a> {
    bytes: &'a [u8],
    pub(super) imports: Vec<Import<'a>>,
    /// What takes the place of each import; what has nothing is called by the table.
    known: Vec<Option<Known>>,
    /// What the slots are for that its table gets after its own.
    pub(super) slots: Vec<Slot>,
    /// How many types it has.
    types: u32,
    /// How many slots its table has.
    table: u32,
    exports: Vec<&'a str>,
    /// How many bytes its memory has at first, if it has one.
    memory: u64,
    has_data: bool,
}

/// The longest memory that is taken for an image; each of its bytes is looked at when the node starts.
const MAX_IMAGE: u64 = 16 << 20;

/// WebAssembly's, not the machine's.
const PAGE: u64 = 64 << 10;

impl<'a> MainModule<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<MainModule<'a>, Other> {
        let (mut types, mut imports, mut exports) = (Vec::new(), Vec::new(), Vec::new());
        let (mut table, mut memory) = (None, 0);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(section) => {
                    types = section.into_iter_err_on_gc_types().collect::<Result<_, _>>()?;
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let TypeRef::Func(type_index) = import.ty else { return Err(Other) };
                        let ty: &FuncType = types.get(type_index as usize).ok_or(Other)?;
                        imports.push(Import {
                            module: import.module,
                            name: import.name,
                            ty: ty.clone(),
                            type_index,
                        });
                    }
                }
                Payload::TableSection(section) => {
                    let tables = section.into_iter().collect::<Result<Vec<_>, _>>()?;
                    let [only] = &*tables else { return Err(Other) };
                    let ty = &only.ty;
                    let is_plain = ty.element_type.is_func_ref()
                        && !ty.table64
                        && !ty.shared
                        && matches!(only.init, TableInit::RefNull);
                    // One that may grow tells its size to whom it grows for.
                    if !is_plain || ty.maximum != Some(ty.initial) {
                        return Err(Other);
                    }
                    table = Some(u32::try_from(ty.initial).map_err(|_| Other)?);
                }
                Payload::MemorySection(section) => {
                    let memories = section.into_iter().collect::<Result<Vec<_>, _>>()?;
                    let [only] = &*memories else { return Err(Other) };
                    if only.memory64 || only.page_size_log2.is_some() {
                        return Err(Other);
                    }
                    memory = only.initial * PAGE;
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export?.name);
                    }
                }
                // It would run before the table is filled.
                Payload::StartSection { .. } => return Err(Other),
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    return Err(Other);
                }
                _ => {}
            }
        }
        let known = stdio::known(&imports);
        let called = known.iter().zip(0..).filter(|(known, _)| known.is_none());
        let mut slots: Vec<_> = called.map(|(_, place)| Slot::Import(place)).collect();
        if known.contains(&Some(Known::Write)) {
            slots.push(Slot::Write);
        }
        let types = u32::try_from(types.len()).map_err(|_| Other)?;
        let table = table.ok_or(Other)?;
        Ok(MainModule { bytes, imports, known, slots, types, table, exports, memory, has_data: true })
    }

    /// What its memory begins as, which it then does not write itself; none if its data are more than that.
    pub(super) fn take_data(&mut self) -> Result<Option<Vec<u8>>, Other> {
        if !(1..=MAX_IMAGE).contains(&self.memory) {
            return Ok(None);
        }
        let mut image = vec![0; usize::try_from(self.memory).map_err(|_| Other)?];
        for payload in Parser::new(0).parse_all(self.bytes) {
            let Payload::DataSection(section) = payload? else { continue };
            for data in section {
                let Data { kind: DataKind::Active { memory_index: 0, offset_expr }, data, .. } = data? else {
                    return Ok(None);
                };
                let Ok(start) = constant(&offset_expr) else { return Ok(None) };
                let start = start as usize;
                let place = start.checked_add(data.len()).and_then(|end| image.get_mut(start..end));
                place.ok_or(Other)?.copy_from_slice(data);
            }
        }
        self.has_data = false;
        Ok(Some(image))
    }

    /// The types of what is in the new slots.
    pub(super) fn slot_types(&self) -> Vec<FuncType> {
        let ty = |slot: &Slot| match *slot {
            Slot::Import(place) => self.imports[place].ty.clone(),
            Slot::Write => write_type(),
        };
        self.slots.iter().map(ty).collect()
    }

    /// The size of its table with those.
    pub(super) fn table_size(&self) -> Result<u32, Other> {
        u32::try_from(self.slots.len()).ok().and_then(|added| self.table.checked_add(added)).ok_or(Other)
    }

    /// The module with functions of its own in place of its imports, which keep their indices. It exports those functions
    /// (name and place) and its table as well.
    pub(super) fn without_imports(&self, functions: &[(&str, usize)], table: &str) -> Result<Module, Other> {
        let mut made = Module::new();
        for payload in Parser::new(0).parse_all(self.bytes) {
            match payload? {
                Payload::ImportSection(_) => {}
                Payload::DataSection(_) | Payload::DataCountSection { .. } if !self.has_data => {}
                Payload::TypeSection(section) => {
                    let mut types = Items::of(&section, self.bytes)?;
                    if let Some(Slot::Write) = self.slots.last() {
                        types.push(&FunctionType::of(&write_type())?);
                    }
                    made.section(&raw(1, &types.encoded()));
                }
                Payload::FunctionSection(section) => {
                    let mut types = Items::default();
                    self.imports.iter().for_each(|import| types.push(&import.type_index));
                    made.section(&raw(3, &types.then(&Items::of(&section, self.bytes)?).encoded()));
                }
                Payload::TableSection(_) => {
                    let size = u64::from(self.table_size()?);
                    made.section(TableSection::new().table(TableType {
                        element_type: RefType::FUNCREF,
                        table64: false,
                        minimum: size,
                        maximum: Some(size),
                        shared: false,
                    }));
                }
                Payload::ExportSection(section) => {
                    let mut exports = Items::of(&section, self.bytes)?;
                    let functions = functions.iter().map(|&(name, place)| (name, ExportKind::Func, place));
                    for (name, kind, index) in functions.chain([(table, ExportKind::Table, 0)]) {
                        if self.exports.contains(&name) {
                            return Err(Other);
                        }
                        exports.push(&Export { name, kind, index: u32::try_from(index).map_err(|_| Other)? });
                    }
                    made.section(&raw(7, &exports.encoded()));
                }
                Payload::CodeSectionStart { unchecked_range, .. } => {
                    let own = part(self.bytes, unchecked_range).ok_or(Other)?;
                    let mut reader = BinaryReader::new(own, 0);
                    let count = reader.read_var_u32()?;
                    let mut bodies = Items::default();
                    self.bodies()?.iter().for_each(|body| bodies.push(body));
                    bodies.copy(count, reader.read_bytes(reader.bytes_remaining())?);
                    made.section(&raw(10, &bodies.encoded()));
                }
                other => {
                    if let Some((id, range)) = other.as_section() {
                        made.section(&raw(id, part(self.bytes, range).ok_or(Other)?));
                    }
                }
            }
        }
        Ok(made)
    }

    /// The functions in place of the imports.
    fn bodies(&self) -> Result<Vec<Function>, Other> {
        let slot_of = |wanted: Slot| {
            let place = self
                .slots
                .iter()
                .position(|slot| *slot == wanted)
                .and_then(|place| u32::try_from(place).ok());
            place.map(|place| self.table + place)
        };
        let body = |(place, import): (usize, &Import<'a>)| match self.known[place] {
            // Where nothing is written no body calls the node's function.
            Some(known) => Ok(known.body(&import.ty, (self.types, slot_of(Slot::Write).unwrap_or_default()))),
            None => Ok(call_by_table(import, slot_of(Slot::Import(place)).ok_or(Other)?)),
        };
        self.imports.iter().enumerate().map(body).collect()
    }
}

/// Calls what is in the slot with the same arguments.
fn call_by_table(import: &Import<'_>, slot: u32) -> Function {
    let mut function = Function::new([]);
    let mut body = function.instructions();
    for (_, place) in import.ty.params().iter().zip(0..) {
        body.local_get(place);
    }
    body.i32_const(slot.cast_signed()).call_indirect(0, import.type_index).end();
    function
}

/// The core type of the node's function for output.
fn write_type() -> FuncType {
    FuncType::new([ValType::I32; 3], [ValType::I32])
}

/// An item of a section of types.
struct FunctionType {
    parameters: Vec<wasm_encoder::ValType>,
    results: Vec<wasm_encoder::ValType>,
}

impl FunctionType {
    fn of(ty: &FuncType) -> Result<FunctionType, Other> {
        Ok(FunctionType { parameters: numbers(ty.params())?, results: numbers(ty.results())? })
    }
}

impl Encode for FunctionType {
    fn encode(&self, sink: &mut Vec<u8>) {
        const FUNCTION: u8 = 0x60;
        sink.push(FUNCTION);
        self.parameters.encode(sink);
        self.results.encode(sink);
    }
}

/// An item of a section of exports.
struct Export<'a> {
    name: &'a str,
    kind: ExportKind,
    index: u32,
}

impl Encode for Export<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.name.encode(sink);
        self.kind.encode(sink);
        self.index.encode(sink);
    }
}
