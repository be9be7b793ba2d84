//! Bytes of JavaScript.

use rquickjs::{Ctx, Exception, FromJs, Result, TypedArray, Value};

/// A view of bytes that JavaScript passed. It is read within the call, while no JavaScript runs.
pub(crate) struct Bytes<'js>(TypedArray<'js, u8>);

impl<'js> FromJs<'js> for Bytes<'js> {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        TypedArray::from_value(value).map(Self)
    }
}

impl Bytes<'_> {
    /// The bytes themselves; none where the buffer was detached.
    pub(crate) fn get(&self) -> &[u8] {
        // SAFETY: the functions here call no JavaScript while they hold the slice, so nothing detaches or resizes the buffer.
        unsafe { self.0.as_bytes() }.unwrap_or_default()
    }

    /// The bytes, to be written to.
    pub(crate) fn get_mut(&mut self) -> &mut [u8] {
        match self.0.as_raw() {
            // SAFETY: as in `get`; the exclusive borrow of this view is the only one that Rust has.
            Some(raw) if !self.0.is_empty() => unsafe { &mut *raw.as_ptr() },
            _ => &mut [],
        }
    }
}

/// A new `Uint8Array` that takes over these bytes.
pub(crate) fn array<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<Value<'js>> {
    Ok(TypedArray::<u8>::new(ctx.clone(), bytes)?.into_value())
}

/// A `TypeError`.
pub(crate) fn type_error<T>(ctx: &Ctx<'_>, message: &str) -> Result<T> {
    Err(Exception::throw_type(ctx, message))
}
