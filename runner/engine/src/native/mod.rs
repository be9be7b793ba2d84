//! The object `Native` of `runner/platform/native.d.ts`: a file for each host interface, and what they share.

mod action;
mod clock;
pub(crate) mod crypto;
mod fetch;
mod group;
mod http_reply;
mod http_request;
mod kv;
mod log;
mod process;
mod readiness;
mod stream;
mod table;
mod timer;
mod websocket;

use rquickjs::function::{IntoJsFunc, ParamRequirement, Params};
use rquickjs::{Array, BigInt, Ctx, Exception, FromJs, Function, IntoJs, Object, Result, TypedArray, Value};

use crate::started;

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
        self.0.set(name, Function::new(self.0.ctx().clone(), function)?)
    }

    /// One that only a process can call: while the bundle is evaluated it throws.
    fn add_live<F, P>(&self, name: &'static str, function: F) -> Result<()>
    where
        F: IntoJsFunc<'js, P> + 'js,
        P: 'js,
    {
        self.0.set(name, Function::new(self.0.ctx().clone(), Live { name, function })?)
    }
}

/// A function that only a process can call.
struct Live<F> {
    name: &'static str,
    function: F,
}

impl<'js, P, F: IntoJsFunc<'js, P>> IntoJsFunc<'js, P> for Live<F> {
    fn param_requirements() -> ParamRequirement {
        F::param_requirements()
    }

    fn call(&self, params: Params<'_, 'js>) -> Result<Value<'js>> {
        if started::is_imaging() {
            let text = format!(
                "`{}` cannot be used while the module is evaluated, since that is done once for all processes, before \
                 any of them begins: use it in a function that answers",
                self.name
            );
            return throw(params.ctx(), "no-process", &text);
        }
        self.function.call(params)
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

/// Bytes: a string's UTF-8 or any view of bytes in, a `Uint8Array` out.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl<'js> IntoJs<'js> for Bytes {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        Ok(TypedArray::<u8>::new(ctx.clone(), self.0)?.into_value())
    }
}

impl<'js> FromJs<'js> for Bytes {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        if let Some(text) = value.as_string() {
            return Ok(Bytes(text.to_string()?.into_bytes()));
        }
        let bytes = TypedArray::<u8>::from_value(value)?;
        // Nothing of JavaScript's runs before they are copied.
        let copied = unsafe { bytes.as_bytes() }.map(<[u8]>::to_vec);
        copied.map(Bytes).ok_or_else(|| rquickjs::Error::new_from_js("detached array", "bytes"))
    }
}

/// The body of a message: text as it is, or bytes, or none.
pub(crate) fn body(value: &Value<'_>) -> Result<Vec<u8>> {
    if value.is_null() {
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

fn field(name: String, value: String) -> (String, Vec<u8>) {
    let value = if value.is_ascii() {
        value.into_bytes()
    } else {
        // The platform has looked that there is none beyond.
        value.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect()
    };
    (name, value)
}

/// The fields of a reply's head, given as names in lower case and values by turns. What belongs to the connection is the
/// node's to say: frameworks name it all the same, and every server of the web platform passes over it.
pub(crate) fn from_fields(all: &Array<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    let mut fields = Vec::with_capacity(all.len() / 2);
    for index in (0..all.len()).step_by(2) {
        let (name, value) = field(all.get(index)?, all.get(index + 1)?);
        if !matches!(&*name, "connection" | "keep-alive" | "transfer-encoding") {
            fields.push((name, value));
        }
    }
    Ok(fields)
}

/// Header fields as pairs.
fn from_headers(all: &Array<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(from_pairs(all)?.into_iter().map(|(name, value)| field(name, value)).collect())
}

/// Throws an `Error` with this word and text.
fn throw<T>(ctx: &Ctx<'_>, code: &str, text: &str) -> Result<T> {
    let error = Exception::from_message(ctx.clone(), text)?;
    error.as_object().set("code", code)?;
    Err(error.throw())
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
