//! How values stand in messages: JSON (RFC 8259) in UTF-8, the same from Rust and from TypeScript.
//!
//! [`send`](crate::send), services, timers, groups and spawn arguments all use it, so it is seldom called by
//! itself. Any type with serde's `Serialize` and `Deserialize` can be sent, as `serde_json` would write it,
//! with what JSON lacks added:
//!
//! | value | document |
//! |---|---|
//! | [`Pid`](crate::Pid) | `{"$pid":"281474976710657"}` |
//! | [`Bytes`] | `{"$b":"aGVsbG8="}`; a `Vec<u8>` is an array of numbers |
//! | an integer beyond ±2<sup>53</sup> | `{"$i":"9007199254740993"}`, since JavaScript's numbers end there |
//! | an object whose single key begins with `$` | that key with one more `$`: `{"$$pid":1}` |
//!
//! ```
//! use rusm_rs::Pid;
//! use rusm_rs::wire::{self, Bytes};
//!
//! let value = (Pid::from_u64(7), Bytes::from("hello"), u64::MAX);
//! let text = wire::to_vec(&value)?;
//! assert_eq!(text, br#"[{"$pid":"7"},{"$b":"aGVsbG8="},{"$i":"18446744073709551615"}]"#);
//! assert_eq!(wire::from_slice::<(Pid, Bytes, u64)>(&text)?, value);
//! # Ok::<_, wire::Error>(())
//! ```
//!
//! Enums of every representation can hold these, untagged ones and flattened structs too. What cannot be sent
//! as it is:
//!
//! - An integer of more than 64 bits is an error. A float that is no number arrives as `null`, as in JavaScript.
//! - A `serde_json::Value` that a pid or bytes arrived in shows the object that stands above. Sent on, it is an
//!   ordinary object and no pid any more.
//! - A type that asks serde for bytes, such as `serde_bytes::ByteBuf`, is sent and received as [`Bytes`] is, but
//!   not inside of an untagged or internally tagged enum, nor flattened.

mod bytes;
mod decode;
mod encode;
pub(crate) mod frame;
mod key;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};
use serde_json::value::RawValue;

pub use bytes::Bytes;

use decode::Decoder;
use encode::Encoder;

/// The greatest integer that stands as a plain number, and minus the least.
const PLAIN_INTEGERS: u64 = 1 << 53;

/// A value that cannot be sent, or a document that is not what was expected.
#[derive(Debug)]
pub struct Error(serde_json::Error);

impl Error {
    /// What is wrong, without the place, for a text that the reader never saw.
    pub(crate) fn reason(&self) -> String {
        let text = self.0.to_string();
        let place = format!(" at line {} column {}", self.0.line(), self.0.column());
        text.strip_suffix(&place).map_or_else(|| text.clone(), str::to_owned)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

/// The document of a value.
///
/// # Errors
///
/// If the value cannot be JSON: it has a map whose keys are neither strings nor numbers, say.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(128);
    write(&mut out, value)?;
    Ok(out)
}

/// The value of a document.
///
/// # Errors
///
/// If the bytes are no document, or not one of a `T`.
pub fn from_slice<T: DeserializeOwned>(document: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(document);
    let value = T::deserialize(Decoder::new(&mut json)).map_err(Error)?;
    json.end().map_err(Error)?;
    Ok(value)
}

/// Adds the document of a value.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    value.serialize(&mut Encoder::new(out)).map_err(Error)
}

/// The value of a part of a document.
pub(crate) fn read<T: DeserializeOwned>(part: &RawValue) -> Result<T, Error> {
    from_slice(part.get().as_bytes())
}

/// The first value in a text, and where it ends.
pub(crate) fn read_first<T: DeserializeOwned>(text: &[u8]) -> Result<(T, usize), Error> {
    /// Makes `serde_json`'s own iterator, which knows where a value ends, read by our rules.
    struct Ours<T>(T);
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ours<T> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            T::deserialize(Decoder::new(deserializer)).map(Ours)
        }
    }
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<Ours<T>>();
    match values.next() {
        Some(Ok(Ours(value))) => Ok((value, values.byte_offset())),
        Some(Err(error)) => Err(Error(error)),
        None => Err(Error(serde::de::Error::custom("a value is missing"))),
    }
}

/// Bytes for the wire that cannot fail to be made but by a fault in the program.
pub(crate) fn to_vec_or_panic<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    to_vec(value).unwrap_or_else(|error| panic!("this value cannot be sent: {error}"))
}
