//! JavaScript strings as Rust ones.

use std::borrow::Cow;
use std::ops::Deref;

use rquickjs::{CString, Result, String as JsString};

/// A string of JavaScript, borrowed from the engine, as a `USVString` (Web IDL): a surrogate without its other half counts
/// as U+FFFD.
pub(crate) struct Text<'js> {
    utf8: CString<'js>,
    mended: Option<String>,
}

impl<'js> Text<'js> {
    pub(crate) fn of(string: JsString<'js>) -> Result<Self> {
        let utf8 = string.to_cstring()?;
        let mended = match mend(bytes(&utf8)) {
            Cow::Borrowed(_) => None,
            Cow::Owned(mended) => Some(mended),
        };
        Ok(Self { utf8, mended })
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.mended {
            Some(mended) => mended,
            // Without surrogates what QuickJS writes is UTF-8, as `mend` found.
            None => self.utf8.as_str(),
        }
    }
}

/// The engine's own bytes: UTF-8, but for lone surrogates, which it writes as if they were characters.
fn bytes<'a>(utf8: &'a CString<'_>) -> &'a [u8] {
    // SAFETY: the pointer and length are those of the string that `utf8` keeps alive. `as_str` would do the same, but
    // may not be called before it is known to be UTF-8.
    unsafe { std::slice::from_raw_parts(utf8.as_ptr().cast(), utf8.len()) }
}

fn mend(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        return Cow::Borrowed(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replace_surrogates(bytes)),
    }
}

fn replace_surrogates(bytes: &[u8]) -> String {
    let mut mended = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Err(error) = std::str::from_utf8(rest) {
        let (good, bad) = rest.split_at(error.valid_up_to());
        mended.push_str(&String::from_utf8_lossy(good));
        mended.push('\u{fffd}');
        // A surrogate takes three bytes; there is nothing else that is no UTF-8.
        rest = &bad[bad.len().min(3)..];
    }
    mended.push_str(&String::from_utf8_lossy(rest));
    mended
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn lone_surrogates_become_one_replacement_each() {
        assert_eq!(mend(b"a\xed\xa0\x80b\xed\xbf\xbf"), "a\u{fffd}b\u{fffd}");
        assert_eq!(mend("grün 💚".as_bytes()), "grün 💚");
    }
}
