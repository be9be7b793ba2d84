//! Components as they are run: the same, with fewer core instances and imports.
//!
//! A component's main module needs its imports before it has a memory, and its imports need that memory. Toolchains
//! (`wit-component`) cut the knot with two more modules, a shim that the main one is instantiated with and a fixup that
//! fills the shim's table, and the standard library adds imports for output and terminals that hardly any request uses. Each
//! request has an instance of its own, and pays for all of them. Here
//!
//! - the main module gets the shim's functions and table as its own, so that it is instantiated first, with no imports, and
//!   one other module fills its table with what it imported;
//! - the handles of standard output, and of terminals, which there are none of, become constants, and what is written
//!   goes to the node by one import, `rusm:runtime/stdio`.
//!
//! What its memory begins as can be had apart from it, for memories that begin so.
//!
//! What is not exactly of that shape is run as it is. So is what has debug information, whose offsets would be wrong.

mod component;
mod main_module;
mod shim;
mod stdio;

use std::ops::Range;

use wasm_encoder::{Encode, RawSection};
use wasmparser::{BinaryReaderError, FromReader, SectionLimited};

pub(crate) use stdio::{INTERFACE, STDOUT, WRITE};

/// Where the data of a component are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    /// In it, to be copied into each instance's memory.
    Within,
    /// Apart, as what memories begin as.
    Apart,
}

/// A component in its other form.
pub(crate) struct Relinked {
    pub(crate) component: Vec<u8>,
    /// What its memory is to begin as, if it has no data itself.
    pub(crate) image: Option<Vec<u8>>,
}

/// The component in its other form, if it has one. Its data are within where they cannot be apart.
pub(crate) fn relinked(component: &[u8], data: Data) -> Option<Relinked> {
    component::relinked(component, data).ok()
}

/// The component is not of the shape that is understood.
#[derive(Debug)]
struct Other;

impl From<BinaryReaderError> for Other {
    fn from(_: BinaryReaderError) -> Self {
        Other
    }
}

/// The contents of a section: so many items, encoded.
#[derive(Default)]
struct Items {
    count: u32,
    bytes: Vec<u8>,
}

impl Items {
    /// Those of a section of `file`.
    fn of<'a, T: FromReader<'a>>(section: &SectionLimited<'a, T>, file: &[u8]) -> Result<Items, Other> {
        let mut items = Items::default();
        items.copy(
            section.count(),
            part(file, section.original_position()..section.range().end).ok_or(Other)?,
        );
        Ok(items)
    }

    fn copy(&mut self, count: u32, bytes: &[u8]) {
        self.count += count;
        self.bytes.extend_from_slice(bytes);
    }

    fn push(&mut self, item: &impl Encode) {
        self.count += 1;
        item.encode(&mut self.bytes);
    }

    /// These and then those.
    fn then(mut self, after: &Items) -> Items {
        self.copy(after.count, &after.bytes);
        self
    }

    fn encoded(&self) -> Vec<u8> {
        let mut data = Vec::with_capacity(self.bytes.len() + 5);
        self.count.encode(&mut data);
        data.extend_from_slice(&self.bytes);
        data
    }
}

/// The bytes of a file in this range, if it has as many.
pub(crate) fn part(file: &[u8], range: Range<u64>) -> Option<&[u8]> {
    file.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// A section with these contents.
fn raw(id: u8, data: &[u8]) -> RawSection<'_> {
    RawSection { id, data }
}

#[cfg(test)]
mod tests {
    use wasmtime::component::{Component, Linker, ResourceTable};
    use wasmtime::{Engine, Store, StoreContextMut};
    use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
    use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

    use super::{Data, INTERFACE, Relinked, STDOUT, WRITE, component};

    const FIXTURE: &str = include_str!("fixture.wat");

    fn relinked(bytes: &[u8]) -> Option<Vec<u8>> {
        super::relinked(bytes, Data::Within).map(|Relinked { component, image }| {
            assert_eq!(image, None);
            component
        })
    }

    fn assembled(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    struct State {
        wasi: WasiCtx,
        table: ResourceTable,
        /// What came by the interface of our own.
        written: Vec<u8>,
        takes: bool,
    }

    impl WasiView for State {
        fn ctx(&mut self) -> WasiCtxView<'_> {
            WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
        }
    }

    /// What `run` returns with two variables, what came by WASI, and what by the other way.
    fn run(bytes: &[u8], takes: bool) -> (u32, Vec<u8>, Vec<u8>) {
        let engine = Engine::default();
        let component = Component::new(&engine, bytes).unwrap();
        let mut linker: Linker<State> = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
        let write = |mut store: StoreContextMut<'_, State>, (to, bytes): (u8, Vec<u8>)| {
            assert_eq!(to, STDOUT);
            store.data_mut().written.extend(bytes);
            Ok((store.data().takes,))
        };
        linker.instance(INTERFACE).unwrap().func_wrap(WRITE, write).unwrap();
        let output = MemoryOutputPipe::new(1 << 16);
        let wasi = WasiCtxBuilder::new().env("A", "1").env("B", "2").stdout(output.clone()).build();
        let state = State { wasi, table: ResourceTable::new(), written: Vec::new(), takes };
        let mut store = Store::new(&engine, state);
        let instance = linker.instantiate(&mut store, &component).unwrap();
        let run = instance.get_typed_func::<(), (u32,)>(&mut store, "run").unwrap();
        let (returned,) = run.call(&mut store, ()).unwrap();
        let state = store.into_data();
        drop(state.wasi);
        (returned, output.contents().to_vec(), state.written)
    }

    #[test]
    fn it_does_the_same_with_fewer_instances_and_writes_by_the_import_of_our_own() {
        let original = assembled(FIXTURE);
        assert_eq!(run(&original, true), (102, b"hello\n".to_vec(), Vec::new()));
        let other = relinked(&original).expect("it is of the shape");
        assert_eq!(run(&other, true), (102, Vec::new(), b"hello\n".to_vec()));

        // The shim's table is the main module's.
        let tables = |bytes: &[u8]| {
            let required = Component::new(&Engine::default(), bytes).unwrap().resources_required();
            required.expect("it imports no modules").num_tables
        };
        assert_eq!((tables(&original), tables(&other)), (2, 1));
    }

    #[test]
    fn what_its_memory_begins_as_can_be_apart() {
        let Relinked { component, image } = super::relinked(&assembled(FIXTURE), Data::Apart).unwrap();
        let image = image.unwrap();
        assert_eq!(image.len(), 64 << 10);
        assert_eq!(image[60..74], *b"\0\0\0\0hello\n\0\0\0\0");
        assert!(image[..64].iter().chain(&image[70..]).all(|&byte| byte == 0));
        // In a memory that is not of the image it finds nothing.
        assert_eq!(run(&component, true), (102, Vec::new(), vec![0; 6]));
    }

    #[test]
    fn data_that_are_no_image_stay_within() {
        let changes = [
            // Copied by the code, at its own time.
            ("(data (i32.const 64) \"hello\\n\")", "(data (i32.const 64) \"hello\\n\") (data \"more\")"),
            ("(memory 1)", "(memory 0)"),
            ("(memory 1)", "(memory 1000)"),
        ];
        for (from, to) in changes {
            let text = FIXTURE.replacen(from, to, 1);
            assert_ne!(text, FIXTURE, "{from}");
            assert!(super::relinked(&assembled(&text), Data::Apart).unwrap().image.is_none(), "{to}");
        }
    }

    #[test]
    fn output_that_fails_is_the_guests_to_deal_with() {
        let (returned, ..) = run(&relinked(&assembled(FIXTURE)).unwrap(), false);
        assert_eq!(returned, 2);
    }

    /// Streams that do not come from standard output cannot be constants.
    #[test]
    fn a_component_with_other_streams_keeps_its_imports() {
        let text = FIXTURE
            .replace("\"wasi:io/streams@0.2.0\" \"[resource-drop]output-stream\"", "\"other\" \"[resource-drop]output-stream\"")
            .replace("(with \"wasi:io/streams@0.2.0\" (instance $streams-of-main))", "(with \"wasi:io/streams@0.2.0\" (instance $streams-of-main)) (with \"other\" (instance $streams-of-main))");
        let other = relinked(&assembled(&text)).expect("it is of the shape");
        assert_eq!(run(&other, true), (102, b"hello\n".to_vec(), Vec::new()));
    }

    #[test]
    fn what_is_of_another_shape_is_left_alone() {
        let changes = [
            // Its start would run before the table is filled.
            ("(elem (i32.const 1) func $six)", "(elem (i32.const 1) func $six) (func $start) (start $start)"),
            // It might count on the size of its table.
            ("(table 2 2 funcref)", "(table 2 funcref)"),
            ("(table 2 2 funcref)", "(table 2 2 funcref) (table 1 1 funcref)"),
            // The places in it would be wrong.
            ("(memory 1)", "(memory 1) (@custom \".debug_line\" \"\")"),
            // Names that are taken.
            (
                "(export \"run\" (func $run))\n    (elem",
                "(export \"run\" (func $run)) (export \"$imports\" (table 0))\n    (elem",
            ),
            // A shim that does something else.
            ("(func (type 2) local.get 0 i32.const 2", "(func (type 2) i32.const 7 i32.const 2"),
            ("(elem (i32.const 0) func 0 1 2)", "(func) (start 3) (elem (i32.const 0) func 0 1 2)"),
        ];
        for (from, to) in changes {
            let text = FIXTURE.replacen(from, to, 1);
            assert_ne!(text, FIXTURE, "{from}");
            assert!(relinked(&assembled(&text)).is_none(), "{to}");
        }
        assert!(relinked(&assembled("(component)")).is_none());
        assert!(relinked(&assembled("(module)")).is_none());
    }

    #[test]
    fn damaged_files_are_no_harm() {
        let original = assembled(FIXTURE);
        for place in 0..original.len() {
            let _ = component::relinked(&original[..place], Data::Apart);
            for bit in [0, 3, 7] {
                let mut damaged = original.clone();
                damaged[place] ^= 1 << bit;
                let _ = component::relinked(&damaged, Data::Apart);
            }
        }
    }
}
