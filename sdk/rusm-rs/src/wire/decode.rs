//! From a document to serde's data model: `serde_json` reads, and this looks at each object's first key.
//!
//! Whether an object is tagged shows by its single key, so one whose first key begins with `$` is read to its end
//! before it is handed on. Every other object costs one look at one byte.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::bytes;
use super::key::{Key, KeyDecoder};

/// How many arrays and objects may stand in each other, as in `serde_json`; it counts anew in the parts that are
/// read twice here.
const DEPTH: u8 = 128;
/// Structs of this crate whose one key is a tag.
const TAGGED: &str = "$rusm::";
/// The type that wants its text as it is.
const RAW: &str = "$serde_json::private::RawValue";
/// How `serde_json` hands on numbers, if anything in the build has switched on its `arbitrary_precision`.
const NUMBER: &str = "$serde_json::private::Number";

/// What the receiving type asks for, as far as it matters to a tagged object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// It takes what comes, and may be asked again later: an untagged enum does so.
    Anything,
    /// A map or a struct, which a pid or bytes are not.
    Object,
    /// One of this crate's tagged types.
    Tagged,
    Bytes,
}

pub(super) struct Decoder<D> {
    inner: D,
    depth: u8,
}

impl<D> Decoder<D> {
    pub(super) fn new(inner: D) -> Self {
        Decoder { inner, depth: 0 }
    }
}

impl<'de, D: Deserializer<'de>> Decoder<D> {
    fn read<V: Visitor<'de>>(self, wanted: Wanted, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Seen { visitor, wanted, depth: self.depth })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Decoder<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Wanted::Anything, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Wanted::Object, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read(if name.starts_with(TAGGED) { Wanted::Tagged } else { Wanted::Object }, visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Wanted::Bytes, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(Wanted::Bytes, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(Seen { visitor, wanted: Wanted::Anything, depth: self.depth })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name == RAW {
            return self.inner.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read(Wanted::Object, Variant(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        unit unit_struct seq tuple tuple_struct identifier
    }
}

/// A visitor that looks at objects before the one that asked does.
struct Seen<V> {
    visitor: V,
    wanted: Wanted,
    depth: u8,
}

impl<V> Seen<V> {
    fn deeper<E: de::Error>(&self) -> Result<u8, E> {
        match self.depth {
            DEPTH.. => Err(E::custom("recursion limit exceeded")),
            depth => Ok(depth + 1),
        }
    }
}

macro_rules! hand_on {
    ($($method:ident($type:ty))*) => {
        $(fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Seen<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    hand_on! {
        visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Decoder { inner, depth: self.depth })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        let depth = self.deeper()?;
        self.visitor.visit_seq(Elements { seq, depth })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        let depth = self.deeper()?;
        let first = map.next_key()?.map(|Key(key)| key);
        match first {
            Some(key) if key.starts_with('$') => self.with_dollar(key, map),
            first => self.visitor.visit_map(Fields { first, map, depth }),
        }
    }
}

impl<'de, V: Visitor<'de>> Seen<V> {
    fn with_dollar<A: MapAccess<'de>>(self, first: Cow<'de, str>, mut map: A) -> Result<V::Value, A::Error> {
        if first == NUMBER {
            return self.number(&map.next_value::<String>()?);
        }
        let mut entries = vec![(first, map.next_value::<&RawValue>()?)];
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        let [(key, value)] = &mut entries[..] else {
            return self.whole(entries);
        };
        if key.starts_with("$$") {
            if self.wanted == Wanted::Tagged {
                return Err(A::Error::invalid_type(de::Unexpected::Map, &self.visitor));
            }
            *key = match std::mem::take(key) {
                Cow::Borrowed(key) => Cow::Borrowed(&key[1..]),
                Cow::Owned(key) => Cow::Owned(key[1..].to_owned()),
            };
            return self.whole(entries);
        }
        let value = *value;
        match (&**key, self.wanted) {
            ("$i", _) => self.integer(&text_of(value)?),
            ("$b", Wanted::Bytes) => self.visitor.visit_byte_buf(bytes::parse(&text_of::<A::Error>(value)?)?),
            ("$b" | "$pid" | "$cb", Wanted::Anything | Wanted::Tagged) => self.whole(entries),
            (tag @ ("$b" | "$pid" | "$cb"), _) => {
                let found = match tag {
                    "$b" => "bytes",
                    "$pid" => "a pid",
                    _ => "a callback",
                };
                Err(A::Error::invalid_type(de::Unexpected::Other(found), &self.visitor))
            }
            (tag, _) => Err(A::Error::custom(format_args!("`{tag}` is no tag that this version knows"))),
        }
    }

    fn whole<E: de::Error>(self, entries: Vec<(Cow<'de, str>, &'de RawValue)>) -> Result<V::Value, E> {
        let depth = self.deeper()?;
        let mut entries = Entries { rest: entries.into_iter(), value: None, depth, error: PhantomData };
        let value = self.visitor.visit_map(&mut entries)?;
        if entries.rest.next().is_some() {
            return Err(E::custom("an object of more keys than were expected"));
        }
        Ok(value)
    }

    /// Written as the shortest decimal, so that each integer has one document.
    fn integer<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        match (text.parse::<u64>(), text.parse::<i64>()) {
            (Ok(value), _) if value.to_string() == text => self.visitor.visit_u64(value),
            (_, Ok(value)) if value.to_string() == text => self.visitor.visit_i64(value),
            _ => Err(E::custom(format_args!("`{text}` is no decimal integer of 64 bits"))),
        }
    }

    fn number<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        match (text.parse(), text.parse(), text.parse()) {
            (Ok(value), _, _) => self.visitor.visit_u64(value),
            (_, Ok(value), _) => self.visitor.visit_i64(value),
            (_, _, Ok(value)) => self.visitor.visit_f64(value),
            _ => Err(E::custom(format_args!("`{text}` is no number"))),
        }
    }
}

fn text_of<E: de::Error>(value: &RawValue) -> Result<String, E> {
    serde_json::from_str(value.get()).map_err(E::custom)
}

/// Values that are to be decoded in turn.
struct Elements<A> {
    seq: A,
    depth: u8,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.seq.next_element_seed(Value { seed, depth: self.depth })
    }

    fn size_hint(&self) -> Option<usize> {
        self.seq.size_hint()
    }
}

/// An object whose first key was read already.
struct Fields<'de, A> {
    first: Option<Cow<'de, str>>,
    map: A,
    depth: u8,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(KeyDecoder::new(key)).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.map.next_value_seed(Value { seed, depth: self.depth })
    }
}

/// An object that was read to its end, its values not.
struct Entries<'de, E> {
    rest: std::vec::IntoIter<(Cow<'de, str>, &'de RawValue)>,
    value: Option<&'de RawValue>,
    depth: u8,
    error: PhantomData<E>,
}

impl<'de, E: de::Error> MapAccess<'de> for Entries<'de, E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(KeyDecoder::new(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, E> {
        let value = self.value.take().ok_or_else(|| E::custom("a value was asked for before its key"))?;
        let mut inner = serde_json::Deserializer::from_slice(value.get().as_bytes());
        seed.deserialize(Decoder { inner: &mut inner, depth: self.depth }).map_err(E::custom)
    }
}

struct Value<T> {
    seed: T,
    depth: u8,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Value<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Decoder { inner, depth: self.depth })
    }
}

/// An externally tagged enum: a string, or an object of one key.
struct Variant<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<V::Value, E> {
        self.0.visit_enum(StrDeserializer::new(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(MapAccessDeserializer::new(map))
    }
}
