//! The component around the modules.

use std::collections::HashMap;
use std::ops::Range;

use wasm_encoder::{
    Alias, CanonicalFunctionSection, CanonicalOption, Component, ComponentAliasSection, ComponentExportKind,
    ComponentImportSection, ComponentTypeRef, ComponentTypeSection, ComponentValType, Encode, ExportKind,
    InstanceSection, InstanceType, Module, ModuleArg, PrimitiveValType,
};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ExternalKind, FromReader, Instance, Parser,
    Payload, SectionLimited,
};

use super::main_module::{MainModule, Slot};
use super::shim::{self, Shim};
use super::stdio::{INTERFACE, WRITE};
use super::{Data, Items, Other, Relinked, part, raw};

/// What is at the top of a component, as far as its core modules are concerned.
#[derive(Default)]
struct Parts<'a> {
    modules: Vec<&'a [u8]>,
    instances: Vec<Instance<'a>>,
    functions: Vec<CoreFunction<'a>>,
    /// The instances whose memories have been named, in order.
    memories: Vec<u32>,
    /// How many tables have been.
    tables: u32,
    counts: Counts,
}

/// How many there are of what a new import adds to.
#[derive(Default)]
struct Counts {
    types: u32,
    instances: u32,
    functions: u32,
}

enum CoreFunction<'a> {
    Exported { instance: u32, name: &'a str },
    Canonical,
}

/// The three instances that the component's code is made of.
struct Trio<'a> {
    shim: u32,
    main: u32,
    fixup: u32,
    main_module: MainModule<'a>,
    shim_module: Shim<'a>,
    /// The function for each import of the main module, by its place.
    sources: Vec<u32>,
    /// The names of the shim's functions, each with the place of the import that it is for.
    shimmed: Vec<(&'a str, usize)>,
    /// The number of each instance's module.
    modules: [u32; 3],
}

pub(super) fn relinked(component: &[u8], data: Data) -> Result<Relinked, Other> {
    let parts = Parts::read(component)?;
    let mut trio = parts.trio()?;
    let image = if data == Data::Apart { trio.main_module.take_data()? } else { None };
    let mut made = Component::new();
    copy(component, &trio, &mut made)?;
    append(&parts, &trio, &mut made)?;
    Ok(Relinked { component: made.finish(), image })
}

/// The payloads of the component itself, without those of what is in it.
fn own_payloads(component: &[u8]) -> impl Iterator<Item = Result<Payload<'_>, Other>> {
    let mut depth = 0;
    Parser::new(0).parse_all(component).filter_map(move |payload| match payload {
        Err(error) => Some(Err(error.into())),
        Ok(Payload::Version { .. }) => {
            depth += 1;
            None
        }
        Ok(Payload::End(_)) => {
            depth -= 1;
            None
        }
        // A module or a component within comes before its own version.
        Ok(payload) => (depth == 1).then_some(Ok(payload)),
    })
}

impl<'a> Parts<'a> {
    fn read(component: &'a [u8]) -> Result<Parts<'a>, Other> {
        let mut parts = Parts::default();
        for payload in own_payloads(component) {
            match payload? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    parts.modules.push(part(component, unchecked_range).ok_or(Other)?);
                }
                Payload::InstanceSection(section) => {
                    for instance in section {
                        parts.instances.push(instance?);
                    }
                }
                Payload::ComponentAliasSection(section) => {
                    for alias in section {
                        parts.alias(&alias?);
                    }
                }
                Payload::ComponentCanonicalSection(section) => {
                    for function in section {
                        match function? {
                            CanonicalFunction::Lift { .. } => parts.counts.functions += 1,
                            _ => parts.functions.push(CoreFunction::Canonical),
                        }
                    }
                }
                Payload::ComponentTypeSection(section) => parts.counts.types += section.count(),
                Payload::ComponentInstanceSection(section) => parts.counts.instances += section.count(),
                Payload::ComponentImportSection(section) => {
                    for import in section {
                        parts.counts.add(import?.ty.kind());
                    }
                }
                Payload::ComponentExportSection(section) => {
                    for export in section {
                        parts.counts.add(export?.kind);
                    }
                }
                Payload::ComponentSection { .. }
                | Payload::CoreTypeSection(_)
                | Payload::CustomSection(_) => {}
                _ => return Err(Other),
            }
        }
        Ok(parts)
    }

    fn alias(&mut self, alias: &ComponentAlias<'a>) {
        match *alias {
            ComponentAlias::InstanceExport { kind, .. } => self.counts.add(kind),
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, instance_index, name } => {
                self.functions.push(CoreFunction::Exported { instance: instance_index, name });
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Memory, instance_index, .. } => {
                self.memories.push(instance_index);
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Table, .. } => self.tables += 1,
            ComponentAlias::Outer { kind: wasmparser::ComponentOuterAliasKind::Type, .. } => {
                self.counts.types += 1;
            }
            ComponentAlias::CoreInstanceExport { .. } | ComponentAlias::Outer { .. } => {}
        }
    }

    /// Its instances of modules, if they are a shim, a main module and a fixup.
    fn trio(&self) -> Result<Trio<'a>, Other> {
        let made = (0..).zip(&self.instances).filter_map(|(index, instance)| match instance {
            Instance::Instantiate { module_index, args } => Some((index, *module_index, &**args)),
            Instance::FromExports(_) => None,
        });
        let made: Vec<(u32, u32, _)> = made.collect();
        let &[(shim, shim_index, shim_args), (main, main_index, main_args), (fixup, fixup_index, fixup_args)] =
            &*made
        else {
            return Err(Other);
        };
        let module = |index: u32| self.modules.get(index as usize).copied().ok_or(Other);
        let shim_module = Shim::read(module(shim_index)?)?;
        let filled = shim::read_fixup(module(fixup_index)?)?;
        let main_module = MainModule::read(module(main_index)?)?;
        let [fixup_argument] = fixup_args else { return Err(Other) };
        if !shim_args.is_empty() || !fixup_argument.name.is_empty() || self.modules.len() != 3 {
            return Err(Other);
        }

        // An import is a function of the host's, or the shim's for the one that the fixup puts into its slot.
        let main_arguments: HashMap<_, _> =
            main_args.iter().map(|argument| (argument.name, argument.index)).collect();
        let (mut sources, mut shimmed) = (Vec::new(), Vec::new());
        for (place, import) in main_module.imports.iter().enumerate() {
            let bag = *main_arguments.get(import.module).ok_or(Other)?;
            let function = self.function_in(bag, import.name)?;
            sources.push(match self.functions.get(function as usize).ok_or(Other)? {
                CoreFunction::Canonical => function,
                CoreFunction::Exported { instance, name } if *instance == shim => {
                    let slot = shim_module.slots.get(name).ok_or(Other)?;
                    shimmed.push((*name, place));
                    self.function_in(fixup_argument.index, filled.get(slot).ok_or(Other)?)?
                }
                CoreFunction::Exported { .. } => return Err(Other),
            });
        }
        let modules = [shim_index, main_index, fixup_index];
        Ok(Trio { shim, main, fixup, main_module, shim_module, sources, shimmed, modules })
    }

    /// The function that an instance made of exports has by this name.
    fn function_in(&self, instance: u32, name: &str) -> Result<u32, Other> {
        let Some(Instance::FromExports(exports)) = self.instances.get(instance as usize) else {
            return Err(Other);
        };
        let is_it =
            |export: &&wasmparser::Export<'_>| export.name == name && export.kind == ExternalKind::Func;
        exports.iter().find(is_it).map(|export| export.index).ok_or(Other)
    }
}

impl Counts {
    fn add(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Type => self.types += 1,
            ComponentExternalKind::Instance => self.instances += 1,
            ComponentExternalKind::Func => self.functions += 1,
            ComponentExternalKind::Module
            | ComponentExternalKind::Component
            | ComponentExternalKind::Value => {}
        }
    }
}

/// Copies the component with the main module's instance in place of the shim's, whose exports it has as well, and with nothing in
/// place of the other two, so that all indices stay.
fn copy(component: &[u8], trio: &Trio<'_>, made: &mut Component) -> Result<(), Other> {
    let [shim_module, main_module, fixup_module] = trio.modules;
    let (mut modules, mut instances) = (0, 0);
    for payload in own_payloads(component) {
        match payload? {
            Payload::ModuleSection { unchecked_range, .. } => {
                let module = match modules {
                    index if index == main_module => trio.main_as_shim()?.finish(),
                    index if index == shim_module => Module::new().finish(),
                    index if index == fixup_module => trio.filler()?.finish(),
                    _ => part(component, unchecked_range).ok_or(Other)?.to_vec(),
                };
                modules += 1;
                made.section(&raw(1, &module));
            }
            Payload::InstanceSection(section) => {
                let mut items = Items::default();
                for (range, _) in with_ranges(&section)? {
                    match instances {
                        index if index == trio.shim => items.push(&CoreInstance::Of(main_module)),
                        index if index == trio.main || index == trio.fixup => {
                            items.push(&CoreInstance::Nothing);
                        }
                        _ => items.copy(1, part(component, range).ok_or(Other)?),
                    }
                    instances += 1;
                }
                made.section(&raw(2, &items.encoded()));
            }
            Payload::ComponentAliasSection(section) => {
                let mut items = Items::default();
                for (range, alias) in with_ranges(&section)? {
                    match alias {
                        ComponentAlias::CoreInstanceExport { kind, instance_index, name }
                            if instance_index == trio.main =>
                        {
                            items.push(&Alias::CoreInstanceExport {
                                kind: shim::kind(kind)?,
                                instance: trio.shim,
                                name,
                            });
                        }
                        _ => items.copy(1, part(component, range).ok_or(Other)?),
                    }
                }
                made.section(&raw(6, &items.encoded()));
            }
            // Names of what is not there any more.
            Payload::CustomSection(section) if section.name() == "component-name" => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    made.section(&raw(id, part(component, range).ok_or(Other)?));
                }
            }
        }
    }
    Ok(())
}

/// An item of a section of core instances.
enum CoreInstance {
    /// Of this module, which imports nothing.
    Of(u32),
    /// Made of no exports at all.
    Nothing,
}

impl Encode for CoreInstance {
    fn encode(&self, sink: &mut Vec<u8>) {
        match self {
            CoreInstance::Of(module) => {
                sink.push(0);
                module.encode(sink);
            }
            CoreInstance::Nothing => sink.push(1),
        }
        // No arguments, or no exports.
        sink.push(0);
    }
}

/// The items of a section, each with where it is.
fn with_ranges<'a, T: FromReader<'a>>(
    section: &SectionLimited<'a, T>,
) -> Result<Vec<(Range<u64>, T)>, Other> {
    let mut items: Vec<(Range<u64>, T)> = Vec::new();
    for item in section.clone().into_iter_with_offsets() {
        let (start, item) = item?;
        if let Some((previous, _)) = items.last_mut() {
            previous.end = start;
        }
        items.push((start..section.range().end, item));
    }
    Ok(items)
}

/// Adds what fills the table, and what that needs.
fn append(parts: &Parts<'_>, trio: &Trio<'_>, made: &mut Component) -> Result<(), Other> {
    let index = |length: usize| u32::try_from(length).map_err(|_| Other);
    let mut functions = Vec::new();
    for slot in &trio.main_module.slots {
        functions.push(match slot {
            Slot::Import(place) => trio.sources[*place],
            Slot::Write => {
                let memory =
                    parts.memories.iter().position(|&instance| instance == trio.main).ok_or(Other)?;
                import_write(&parts.counts, index(memory)?, made);
                index(parts.functions.len())?
            }
        });
    }

    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::CoreInstanceExport {
        kind: ExportKind::Table,
        instance: trio.shim,
        name: trio.shim_module.table,
    });
    made.section(&aliases);
    let named = functions
        .iter()
        .enumerate()
        .map(|(place, &function)| (place.to_string(), ExportKind::Func, function));
    let exports: Vec<_> = named.chain([(shim::TABLE.to_owned(), ExportKind::Table, parts.tables)]).collect();
    let mut instances = InstanceSection::new();
    instances.export_items(exports);
    instances.instantiate(trio.modules[2], [("", ModuleArg::Instance(index(parts.instances.len())?))]);
    made.section(&instances);
    Ok(())
}

/// Adds the import of the node's function for output, and the core function that calls it with that memory.
fn import_write(counts: &Counts, memory: u32, made: &mut Component) {
    let mut interface = InstanceType::new();
    interface.ty().defined_type().list(ComponentValType::Primitive(PrimitiveValType::U8));
    interface
        .ty()
        .function()
        .params([
            ("to", ComponentValType::Primitive(PrimitiveValType::U8)),
            ("bytes", ComponentValType::Type(0)),
        ])
        .result(Some(ComponentValType::Primitive(PrimitiveValType::Bool)));
    interface.export(WRITE, ComponentTypeRef::Func(1));
    let mut types = ComponentTypeSection::new();
    types.instance(&interface);
    let mut imports = ComponentImportSection::new();
    imports.import(INTERFACE, ComponentTypeRef::Instance(counts.types));
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::InstanceExport {
        instance: counts.instances,
        kind: ComponentExportKind::Func,
        name: WRITE,
    });
    let mut functions = CanonicalFunctionSection::new();
    functions.lower(counts.functions, [CanonicalOption::Memory(memory)]);
    made.section(&types).section(&imports).section(&aliases).section(&functions);
}

impl Trio<'_> {
    /// The main module, which exports what the shim did.
    fn main_as_shim(&self) -> Result<Module, Other> {
        self.main_module.without_imports(&self.shimmed, self.shim_module.table)
    }

    /// What fills its table.
    fn filler(&self) -> Result<Module, Other> {
        shim::filler(&self.main_module.slot_types(), self.main_module.table_size()?.into())
    }
}
