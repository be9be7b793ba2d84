//! What takes the place of a component's imports for output.

use wasm_encoder::{Function, MemArg};
use wasmparser::{FuncType, ValType};

use super::main_module::Import;

/// The interface that a component imports instead, and its function: `func(to: u8, bytes: list<u8>) -> bool`, which tells
/// whether it was written.
pub(crate) const INTERFACE: &str = "rusm:runtime/stdio@0.1.0";
pub(crate) const WRITE: &str = "write";

/// The handles, and what `write` calls them.
pub(crate) const STDOUT: u8 = 1;
pub(crate) const STDERR: u8 = 2;
const STDIN: u8 = 3;

/// As many bytes as the node takes in one call.
const ROOM: i64 = 64 << 10;

/// What a function that is imported no more does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: handles to constants are dropped, and are always ready.
    Nothing,
    /// Returns this number.
    Constant(u8),
    /// Returns a variant's first case, `ok` or `none`, without a value.
    First,
    /// Returns how much may be written.
    Room,
    /// Writes.
    Write,
}

const I32: ValType = ValType::I32;

impl Known {
    /// What to do instead of calling this import, if every handle that it can be given is one of the constants.
    fn of(import: &Import<'_>) -> Option<Known> {
        let known = match (import.interface(), import.name) {
            ("wasi:cli/stdin", "get-stdin") => Known::Constant(STDIN),
            ("wasi:cli/stdout", "get-stdout") => Known::Constant(STDOUT),
            ("wasi:cli/stderr", "get-stderr") => Known::Constant(STDERR),
            ("wasi:cli/terminal-stdin", "get-terminal-stdin")
            | ("wasi:cli/terminal-stdout", "get-terminal-stdout")
            | ("wasi:cli/terminal-stderr", "get-terminal-stderr")
            | ("wasi:io/streams", "[method]output-stream.flush" | "[method]output-stream.blocking-flush") => {
                Known::First
            }
            ("wasi:cli/terminal-input", "[resource-drop]terminal-input")
            | ("wasi:cli/terminal-output", "[resource-drop]terminal-output")
            | ("wasi:io/error", "[resource-drop]error")
            | ("wasi:io/poll", "[resource-drop]pollable" | "[method]pollable.block")
            | ("wasi:io/streams", "[resource-drop]input-stream" | "[resource-drop]output-stream") => {
                Known::Nothing
            }
            ("wasi:io/poll", "[method]pollable.ready")
            | ("wasi:io/streams", "[method]output-stream.subscribe") => Known::Constant(1),
            ("wasi:io/streams", "[method]output-stream.check-write") => Known::Room,
            (
                "wasi:io/streams",
                "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush",
            ) => Known::Write,
            _ => return None,
        };
        (known.parameters(import.name) == import.ty.params() && known.results() == import.ty.results())
            .then_some(known)
    }

    fn parameters(self, name: &str) -> &'static [ValType] {
        match self {
            Known::Constant(_) if !name.starts_with("[method]") => &[],
            Known::First if !name.starts_with("[method]") => &[I32],
            Known::Nothing | Known::Constant(_) => &[I32],
            Known::First | Known::Room => &[I32, I32],
            Known::Write => &[I32; 4],
        }
    }

    fn results(self) -> &'static [ValType] {
        if matches!(self, Known::Constant(_)) { &[I32] } else { &[] }
    }

    /// The function. `write` is the type and the slot of the node's.
    pub(super) fn body(self, ty: &FuncType, (write_type, write_slot): (u32, u32)) -> Function {
        let byte = MemArg { offset: 0, align: 0, memory_index: 0 };
        // The place for the result is the last parameter.
        let place = u32::try_from(ty.params().len()).unwrap_or(u32::MAX).wrapping_sub(1);
        let mut function = Function::new([]);
        let mut body = function.instructions();
        match self {
            Known::Nothing => {}
            Known::Constant(number) => {
                body.i32_const(i32::from(number));
            }
            Known::First => {
                body.local_get(place).i32_const(0).i32_store8(byte);
            }
            Known::Room => {
                body.local_get(place).i32_const(0).i32_store8(byte);
                body.local_get(place).i64_const(ROOM).i64_store(MemArg {
                    offset: 8,
                    align: 3,
                    memory_index: 0,
                });
            }
            Known::Write => {
                body.local_get(place);
                body.local_get(0).local_get(1).local_get(2).i32_const(write_slot.cast_signed());
                body.call_indirect(0, write_type).i32_eqz().i32_store8(byte);
                // What went wrong, if anything did: the stream is closed.
                body.local_get(place).i32_const(1).i32_store8(MemArg {
                    offset: 4,
                    align: 0,
                    memory_index: 0,
                });
            }
        }
        body.end();
        function
    }
}

/// What takes the place of each import; nothing of all, unless no other import could give the component a stream, a terminal
/// or a pollable.
pub(super) fn known(imports: &[Import<'_>]) -> Vec<Option<Known>> {
    let known: Vec<_> = imports.iter().map(Known::of).collect();
    let is_safe = imports.iter().zip(&known).all(|(import, known)| known.is_some() || is_apart(import));
    if is_safe { known } else { vec![None; imports.len()] }
}

/// Whether an import has nothing to do with streams.
fn is_apart(import: &Import<'_>) -> bool {
    match import.interface() {
        "wasi:cli/environment"
        | "wasi:cli/exit"
        | "wasi:clocks/wall-clock"
        | "wasi:random/random"
        | "wasi:random/insecure"
        | "wasi:random/insecure-seed" => true,
        "wasi:clocks/monotonic-clock" => !import.name.starts_with("subscribe"),
        // It gives pollables.
        "rusm:runtime/readiness" => false,
        interface => interface.starts_with("rusm:runtime/"),
    }
}
