//! From serde's data model to a document: `serde_json`'s own text, but for what the wire adds.

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Error, Value};

use super::{PLAIN_INTEGERS, bytes};

/// Structs of this crate whose one key is a tag.
const TAGGED: &str = "$rusm::";
/// Structs by which `serde_json` hands text to itself: of a `RawValue`, or of a number of any length.
const VERBATIM: &str = "$serde_json::private::";

pub(super) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Encoder { out }
    }

    /// What is the same on the wire as in any other JSON.
    fn json(&mut self) -> serde_json::Serializer<&mut Vec<u8>> {
        serde_json::Serializer::new(&mut *self.out)
    }

    fn tagged_integer(&mut self, decimal: impl std::fmt::Display) -> Result<(), Error> {
        use std::io::Write as _;
        write!(self.out, r#"{{"$i":"{decimal}"}}"#).map_err(Error::io)
    }

    fn array(&mut self) -> Array<'_, 'a> {
        self.out.push(b'[');
        Array { encoder: self, first: true, closes: b"]" }
    }

    fn object(&mut self, escapes: bool) -> Object<'_, 'a> {
        Object { encoder: self, keys: 0, dollar: None, escapes, closes: b"}" }
    }

    /// Begins `{"variant":`.
    fn variant(&mut self, variant: &str) -> Result<(), Error> {
        let escape = if variant.starts_with('$') { "$" } else { "" };
        self.out.push(b'{');
        if escape.is_empty() {
            self.json().serialize_str(variant)?;
        } else {
            self.json().collect_str(&format_args!("{escape}{variant}"))?;
        }
        self.out.push(b':');
        Ok(())
    }
}

macro_rules! as_json {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.json().$method(value)
        })*
    };
}

impl<'e, 'a> Serializer for &'e mut Encoder<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Array<'e, 'a>;
    type SerializeTuple = Array<'e, 'a>;
    type SerializeTupleStruct = Array<'e, 'a>;
    type SerializeTupleVariant = Array<'e, 'a>;
    type SerializeMap = Object<'e, 'a>;
    type SerializeStruct = Object<'e, 'a>;
    type SerializeStructVariant = Object<'e, 'a>;

    as_json! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32)
        serialize_f32(f32) serialize_f64(f64)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        if value > PLAIN_INTEGERS { self.tagged_integer(value) } else { self.json().serialize_u64(value) }
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        let plain = value.unsigned_abs() <= PLAIN_INTEGERS;
        if plain { self.json().serialize_i64(value) } else { self.tagged_integer(value) }
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.serialize_u64(u64::try_from(value).map_err(|_| too_wide(value))?)
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => self.serialize_u64(value),
            (_, Ok(value)) => self.serialize_i64(value),
            _ => Err(too_wide(value)),
        }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        bytes::serialize(value, self)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.json().collect_str(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.json().serialize_unit()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'e, 'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple(self, _: usize) -> Result<Array<'e, 'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'e, 'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Array<'e, 'a>, Error> {
        self.variant(variant)?;
        Ok(Array { closes: b"]}", ..self.array() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'e, 'a>, Error> {
        Ok(self.object(true))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Object<'e, 'a>, Error> {
        if name.starts_with(VERBATIM) {
            return Ok(Object { closes: b"", ..self.object(false) });
        }
        Ok(self.object(!name.starts_with(TAGGED)))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'e, 'a>, Error> {
        self.variant(variant)?;
        Ok(Object { closes: b"}}", ..self.object(true) })
    }
}

fn too_wide(value: impl std::fmt::Display) -> Error {
    ser::Error::custom(format_args!("the integer {value} has more than 64 bits"))
}

pub(super) struct Array<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    first: bool,
    closes: &'static [u8],
}

impl Array<'_, '_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if !std::mem::take(&mut self.first) {
            self.encoder.out.push(b',');
        }
        value.serialize(&mut *self.encoder)
    }

    fn close(self) {
        self.encoder.out.extend_from_slice(self.closes);
    }
}

macro_rules! array {
    ($($trait:ident::$method:ident)*) => {
        $(impl ser::$trait for Array<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

array! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

pub(super) struct Object<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    keys: usize,
    /// Where the first key's text stands, if it begins with a `$`.
    dollar: Option<usize>,
    /// Whether such a key, if it stays the only one, is to be told from a tag.
    escapes: bool,
    /// Empty for what `serde_json` wants verbatim.
    closes: &'static [u8],
}

impl Object<'_, '_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let start = self.encoder.out.len();
        // serde_json alone knows which keys there may be, and tells by an object of one. Its brace becomes ours,
        // or the comma.
        ser::SerializeMap::serialize_key(&mut self.encoder.json().serialize_map(None)?, key)?;
        if self.keys > 0 {
            self.encoder.out[start] = b',';
        } else if self.encoder.out.get(start + 2) == Some(&b'$') {
            self.dollar = Some(start + 2);
        }
        self.keys += 1;
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.encoder.out.push(b':');
        value.serialize(&mut *self.encoder)
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        if self.closes.is_empty() {
            return self.verbatim(value);
        }
        self.key(key)?;
        self.value(value)
    }

    fn verbatim<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match serde_json::to_value(value)? {
            Value::String(text) => self.encoder.out.extend_from_slice(text.as_bytes()),
            _ => return Err(ser::Error::custom("only a text can stand verbatim")),
        }
        Ok(())
    }

    fn close(self) {
        if self.closes.is_empty() {
            return;
        }
        match self.dollar {
            Some(start) if self.escapes && self.keys == 1 => self.encoder.out.insert(start, b'$'),
            _ if self.keys == 0 => self.encoder.out.push(b'{'),
            _ => {}
        }
        self.encoder.out.extend_from_slice(self.closes);
    }
}

impl ser::SerializeMap for Object<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

macro_rules! object {
    ($($trait:ident)*) => {
        $(impl ser::$trait for Object<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

object! { SerializeStruct SerializeStructVariant }
