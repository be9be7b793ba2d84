//! Keys as the command line takes and shows them: one line of text, whatever their bytes.

use std::fmt::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A key, or the beginning of one.
///
/// As text, a byte may be written `\xHH` and a backslash is written `\\`. Everything else stands for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Key(pub(crate) Vec<u8>);

/// A text that is no key.
#[derive(Debug, thiserror::Error)]
#[error(r"`{0}` is no escape: write `\\` for a backslash and `\xHH` for a byte")]
pub(crate) struct BadEscape(String);

impl FromStr for Key {
    type Err = BadEscape;

    fn from_str(text: &str) -> Result<Self, BadEscape> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((plain, escape)) = rest.split_once('\\') {
            bytes.extend_from_slice(plain.as_bytes());
            if let Some(after) = escape.strip_prefix('\\') {
                bytes.push(b'\\');
                rest = after;
            } else {
                let hex = escape.strip_prefix('x').and_then(|digits| digits.get(..2));
                let byte = hex.filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok());
                let bad = || BadEscape(format!("\\{}", escape.chars().take(3).collect::<String>()));
                bytes.push(byte.ok_or_else(bad)?);
                rest = &escape[3..];
            }
        }
        bytes.extend_from_slice(rest.as_bytes());
        Ok(Key(bytes))
    }
}

impl TryFrom<String> for Key {
    type Error = BadEscape;

    fn try_from(text: String) -> Result<Self, BadEscape> {
        text.parse()
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        Escaped(&key.0).to_string()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

/// Bytes in the form that [`Key`] reads. No control character passes, so that it is one line and harms no terminal.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
        };
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str("\\\\")?,
                    c if c.is_control() => bytes(f, c.encode_utf8(&mut [0; 4]).as_bytes())?,
                    c => f.write_char(c)?,
                }
            }
            bytes(f, chunk.invalid())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_as_it_can_be_given() {
        let cases: [(&[u8], &str); 6] = [
            (b"ann", "ann"),
            ("\u{fc}ml\u{e4}ut \u{1f600}".as_bytes(), "\u{fc}ml\u{e4}ut \u{1f600}"),
            (b"a\\b", r"a\\b"),
            (b"\xff\0a\n", r"\xff\x00a\x0a"),
            ("\u{85}".as_bytes(), r"\xc2\x85"),
            (b"\\xff", r"\\xff"),
        ];
        for (bytes, text) in cases {
            assert_eq!(Escaped(bytes).to_string(), text);
            assert_eq!(text.parse::<Key>().unwrap().0, bytes);
        }
    }

    #[test]
    fn every_byte_comes_back() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let bytes = [first, second, b'x'];
                assert_eq!(Escaped(&bytes).to_string().parse::<Key>().unwrap().0, bytes);
            }
        }
    }

    #[test]
    fn a_bad_escape_is_shown() {
        for text in ["a\\", "\\q", "\\x", "\\x1", "\\xg0", "\\x+1", "\\x\u{e4}\u{e4}"] {
            text.parse::<Key>().unwrap_err();
        }
        let error = "C:\\temp".parse::<Key>().unwrap_err().to_string();
        assert_eq!(error, r"`\tem` is no escape: write `\\` for a backslash and `\xHH` for a byte");
    }
}
