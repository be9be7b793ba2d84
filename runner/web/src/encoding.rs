//! The Encoding standard's UTF-8, UTF-16 and windows-1252.

use std::fmt::Write as _;

use rquickjs::{Ctx, Function, Object, Result, String as JsString, Value};

use crate::binary::{Bytes, array};
use crate::text::Text;

pub(crate) fn install(natives: &Object<'_>) -> Result<()> {
    let ctx = natives.ctx();
    natives.set("encode", Function::new(ctx.clone(), encode)?)?;
    natives.set("encodeInto", Function::new(ctx.clone(), encode_into)?)?;
    natives.set("decode", Function::new(ctx.clone(), decode)?)?;
    natives.set("percentEncodeName", Function::new(ctx.clone(), escape_name)?)
}

/// The string's UTF-8.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn encode<'js>(ctx: Ctx<'js>, text: JsString<'js>) -> Result<Value<'js>> {
    array(&ctx, Text::of(text)?.as_bytes().to_vec())
}

/// Writes as many whole characters as fit; [UTF-16 units read, bytes written].
fn encode_into(text: JsString<'_>, mut target: Bytes<'_>) -> Result<Vec<usize>> {
    let text = Text::of(text)?;
    let target = target.get_mut();
    let fit = text.floor_char_boundary(target.len());
    target[..fit].copy_from_slice(&text.as_bytes()[..fit]);
    Ok(vec![text[..fit].encode_utf16().count(), fit])
}

/// All of these bytes as text, or undefined if `fatal` and they are malformed. `encoding` is 0 for UTF-8, 1 and 2 for
/// UTF-16 with the low and the high byte first, 3 for windows-1252. A byte order mark stays.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes values")]
fn decode<'js>(ctx: Ctx<'js>, bytes: Bytes<'js>, encoding: u8, fatal: bool) -> Result<Value<'js>> {
    let bytes = bytes.get();
    let text = match encoding {
        0 => String::from_utf8_lossy(bytes),
        1 => utf16(bytes, u16::from_le_bytes).into(),
        2 => utf16(bytes, u16::from_be_bytes).into(),
        _ => bytes.iter().map(|&byte| windows_1252(byte)).collect::<String>().into(),
    };
    // The replacement character itself is legal: only where one was added is something malformed.
    if fatal && text.contains('\u{fffd}') && is_malformed(bytes, encoding) {
        return Ok(Value::new_undefined(ctx));
    }
    Ok(JsString::from_str(ctx, &text)?.into_value())
}

fn is_malformed(bytes: &[u8], encoding: u8) -> bool {
    let units = |read: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks::<2>();
        !rest.is_empty() || char::decode_utf16(units.iter().map(|&unit| read(unit))).any(|unit| unit.is_err())
    };
    match encoding {
        0 => std::str::from_utf8(bytes).is_err(),
        1 => units(u16::from_le_bytes),
        2 => units(u16::from_be_bytes),
        _ => false,
    }
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text: String = char::decode_utf16(units.iter().map(|&unit| read(unit)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !rest.is_empty() {
        // An odd byte at the end; after a lead surrogate both are one error.
        let one_error = units.last().is_some_and(|&unit| (0xd800..0xdc00).contains(&read(unit)));
        if !one_error {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// Index of windows-1252 in the standard: Latin-1, but for these.
fn windows_1252(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}',
        '\u{2c6}', '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}',
        '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}',
        '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
    ];
    match byte {
        0x80..=0x9f => FROM_80[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// A name or file name of a multipart form, with what would end it escaped (HTML, "multipart/form-data encoding algorithm").
fn escape_name(name: JsString<'_>) -> Result<String> {
    let name = Text::of(name)?;
    let mut escaped = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '\n' | '\r' | '"' => {
                let _ = write!(escaped, "%{:02X}", u32::from(char));
            }
            _ => escaped.push(char),
        }
    }
    Ok(escaped)
}
