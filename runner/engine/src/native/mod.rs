//! The object `Native` of `runner/platform/native.d.ts`: a file for each host interface, and what they share.

mod action;
mod clock;
mod fetch;
mod group;
mod http_reply;
mod http_request;
mod kv;
mod log;
mod process;
mod readiness;
mod stream;
mod timer;
mod websocket;

use rquickjs::function::{Func, IntoJsFunc, ParamRequirement};
use rquickjs::{Array, BigInt, Ctx, Exception, FromJs, IntoJs, Object, Result, TypedArray, Value};

/// The object, to be made once.
pub(crate) fn object<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Natives(Object::new(ctx.clone())?);
    for add in [
        action::add,
        clock::add,
        fetch::add,
        group::add,
        http_reply::add,
        http_request::add,
        kv::add,
        log::add,
        process::add,
        readiness::add,
        stream::add,
        timer::add,
        websocket::add,
    ] {
        add(&natives)?;
    }
    Ok(natives.0)
}

/// The object on its way.
struct Natives<'js>(Object<'js>);

impl<'js> Natives<'js> {
    fn add<F, P>(&self, name: &str, function: F) -> Result<()>
    where
        F: IntoJsFunc<'js, P> + 'js,
        P: 'js,
    {
        let _: ParamRequirement = F::param_requirements();
        self.0.set(name, Func::from(function))
    }
}

/// A number of 64 bits, which is a bigint in JavaScript.
struct Big(u64);

impl<'js> IntoJs<'js> for Big {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        BigInt::from_u64(ctx.clone(), self.0)?.into_js(ctx)
    }
}

impl<'js> FromJs<'js> for Big {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let kind = value.type_name();
        let Some(number) = value.into_big_int() else {
            return Err(rquickjs::Error::new_from_js(kind, "bigint"));
        };
        Ok(Big(number.to_i64()?.cast_unsigned()))
    }
}

/// Bytes: any view of bytes in, a `Uint8Array` out.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(TypedArray::<u8>::new(ctx.clone(), self.0)?.into_value())
    }
}

impl<'js> FromJs<'js> for Bytes {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let bytes = TypedArray::<u8>::from_value(value)?;
        // Nothing of JavaScript's runs before they are copied.
        let copied = unsafe { bytes.as_bytes() }.map(<[u8]>::to_vec);
        copied.map(Bytes).ok_or_else(|| rquickjs::Error::new_from_js("detached array", "bytes"))
    }
}

/// The body of a message: text as it is, or bytes, or none.
pub(crate) fn body(value: &Value<'_>) -> Result<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return Ok(text.to_string()?.into_bytes());
    }
    if value.is_null() || value.is_undefined() {
        return Ok(Vec::new());
    }
    Ok(Bytes::from_js(value.ctx(), value.clone())?.0)
}

/// Names with values, as an array of arrays.
pub(crate) fn pairs<'js>(ctx: &Ctx<'js>, pairs: &[(String, String)]) -> Result<Array<'js>> {
    let all = Array::new(ctx.clone())?;
    for (index, (name, value)) in pairs.iter().enumerate() {
        let pair = Array::new(ctx.clone())?;
        pair.set(0, name.as_str())?;
        pair.set(1, value.as_str())?;
        all.set(index, pair)?;
    }
    Ok(all)
}

/// The other way round.
fn from_pairs(pairs: &Array<'_>) -> Result<Vec<(String, String)>> {
    pairs.iter::<Array<'_>>().map(|pair| pair.and_then(|pair| Ok((pair.get(0)?, pair.get(1)?)))).collect()
}

/// Header fields, whose values are bytes: each is one character in JavaScript.
fn headers<'js>(ctx: &Ctx<'js>, headers: &[(String, Vec<u8>)]) -> Result<Array<'js>> {
    let all = Array::new(ctx.clone())?;
    for (index, (name, value)) in headers.iter().enumerate() {
        let pair = Array::new(ctx.clone())?;
        pair.set(0, name.as_str())?;
        match str::from_utf8(value) {
            Ok(text) if text.is_ascii() => pair.set(1, text)?,
            _ => pair.set(1, value.iter().map(|&byte| char::from(byte)).collect::<String>())?,
        }
        all.set(index, pair)?;
    }
    Ok(all)
}

/// One of them, from JavaScript.
pub(crate) fn header(pair: &Array<'_>) -> Result<(String, Vec<u8>)> {
    let value: String = pair.get(1)?;
    let value = if value.is_ascii() {
        value.into_bytes()
    } else {
        // The platform has looked that there is none beyond.
        value.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect()
    };
    Ok((pair.get(0)?, value))
}

fn from_headers(all: &Array<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    all.iter::<Array<'_>>().map(|pair| header(&pair?)).collect()
}

/// Throws an `Error` with this text.
fn throw<T>(ctx: &Ctx<'_>, text: &str) -> Result<T> {
    Err(Exception::throw_message(ctx, text))
}

/// An optional time in milliseconds, as the host counts it.
fn time(milliseconds: Option<f64>) -> Option<u64> {
    milliseconds.filter(|time| time.is_finite()).map(crate::event_loop::nanoseconds)
}

/// Nanoseconds, as JavaScript counts them.
#[expect(clippy::cast_precision_loss, reason = "exact for a hundred days")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

/// A count, as JavaScript has it.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

fn maybe<'js, T: IntoJs<'js>>(ctx: &Ctx<'js>, value: Option<T>) -> Result<Value<'js>> {
    crate::event_loop::undefined_or(ctx, value)
}
