//! A bound on recursion.
//!
//! `QuickJS` compares the stack pointer with a limit in its runtime wherever it recurses, but sets no limit when it is
//! built for WASI. There, two stacks grow together: the one in linear memory, which the stack pointer is of, and the
//! engine's own, which nothing here can measure and whose end is a trap. The limit is set so that the first is
//! exhausted before the second, and JavaScript gets its `RangeError`.

use std::ptr;

use rquickjs::qjs;

/// Bytes of the stack in linear memory that JavaScript may use.
const LIMIT: usize = 256 << 10;

/// A value for `stack_size` that stands nowhere else in a fresh runtime.
const MARK: usize = 0x5AC3_91E7;

/// The words of a `JSRuntime` among which `stack_size`, `stack_top` and `stack_limit` are, one after another.
const WORDS: usize = 256;

/// Sets the limit, and tells whether it could: the fields are found by what the public functions write there.
///
/// # Safety
///
/// `runtime` is a live runtime.
#[expect(clippy::cast_possible_truncation, reason = "pointers have 32 bits where this runs")]
pub(crate) unsafe fn limit(runtime: *mut qjs::JSRuntime) -> bool {
    unsafe {
        qjs::JS_SetMaxStackSize(runtime, MARK as _);
        qjs::JS_UpdateStackTop(runtime);
        let words = runtime.cast::<usize>();
        let Some(size) = (0..WORDS).find(|&word| ptr::read(words.add(word)) == MARK) else { return false };
        let top = ptr::read(words.add(size + 1));
        qjs::JS_SetMaxStackSize(runtime, 0);
        let fields_are_there =
            ptr::read(words.add(size)) == 0 && top > LIMIT && ptr::read(words.add(size + 2)) == 0;
        if fields_are_there {
            ptr::write(words.add(size + 2), top - LIMIT);
        }
        fields_are_there
    }
}
