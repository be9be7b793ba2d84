//! Names and values of HTTP fields (RFC 9110, section 5; "header name" and "header value" of the Fetch standard).

use rquickjs::object::Filter;
use rquickjs::{Array, Atom, Ctx, Function, Object, Result, String as JsString, Value};

use crate::text::Text;

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    let ctx = natives.ctx();
    natives.set("fieldName", Function::new(ctx.clone(), name)?)?;
    natives.set("fieldValue", Function::new(ctx.clone(), value)?)?;
    natives.set("plainFields", Function::new(ctx.clone(), plain_fields)?)
}

/// The names in lower case and the values of `{ name: value }`, by turns. Undefined where anything about it is out of the
/// ordinary: TypeScript then does it step by step, as the standard has it, and throws what there is to throw.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn plain_fields<'js>(ctx: Ctx<'js>, record: Object<'js>) -> Result<Value<'js>> {
    let symbols = Filter::new().symbol().enum_only();
    if record.is_proxy() || record.own_keys::<Atom<'js>>(symbols).next().is_some() {
        return Ok(Value::new_undefined(ctx));
    }
    let list = Array::new(ctx.clone())?;
    let mut length = 0;
    for entry in record.own_props::<JsString<'js>, Value<'js>>(Filter::new().string().enum_only()) {
        let (key, text) = entry?;
        let Some(text) = text.into_string() else {
            return Ok(Value::new_undefined(ctx));
        };
        let (name, value) = (name(ctx.clone(), key)?, value(ctx.clone(), text)?);
        if name.is_undefined() || value.is_undefined() {
            return Ok(Value::new_undefined(ctx));
        }
        list.set(length, name)?;
        list.set(length + 1, value)?;
        length += 2;
    }
    Ok(list.into_value())
}

/// The name in lower case, or undefined for what is no token.
fn name<'js>(ctx: Ctx<'js>, name: JsString<'js>) -> Result<Value<'js>> {
    let text = Text::of(name.clone())?;
    if text.is_empty() || !text.bytes().all(is_token) {
        return Ok(Value::new_undefined(ctx));
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Ok(JsString::from_str(ctx, &text.to_ascii_lowercase())?.into_value());
    }
    Ok(name.into_value())
}

/// Token characters (RFC 9110, section 5.6.2).
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// The value without white space around it, or undefined for one that cannot be: characters above U+00FF, NUL, line breaks.
fn value<'js>(ctx: Ctx<'js>, value: JsString<'js>) -> Result<Value<'js>> {
    let text = Text::of(value.clone())?;
    let trimmed = text.trim_matches(['\t', '\n', '\r', ' ']);
    if trimmed.chars().any(|char| char > '\u{ff}' || matches!(char, '\0' | '\n' | '\r')) {
        return Ok(Value::new_undefined(ctx));
    }
    if trimmed.len() == text.len() {
        return Ok(value.into_value());
    }
    Ok(JsString::from_str(ctx, trimmed)?.into_value())
}
