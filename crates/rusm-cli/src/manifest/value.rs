//! Reads TOML values into types, with faults kept as data.
//!
//! `toml`'s own deserializer turns a fault into text and stops at the first. Here a table is read key by key,
//! so that every fault is found, and a fault keeps the words that would have been right, so that the nearest
//! can be named.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_spanned::Spanned;
use serde_spanned::de::{SpannedDeserializer, is_spanned};
use toml::de::{DeString, DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Report, Source};
use crate::suggest::{did_you_mean, list};

/// Reads `table` as `T`, whose keys must all be optional, and reports every key that is unknown or bad. A key
/// with a fault keeps its default, so the result is of use only when the report stays empty.
///
/// `header` is the table as it is written, such as `[node]`.
pub(super) fn read<T>(table: &DeTable<'_>, header: &str, source: &Arc<Source>, report: &mut Report) -> T
where
    T: DeserializeOwned + Default,
{
    let mut good = Vec::new();
    for (key, value) in table {
        let faults = faults::<T>(key, value);
        if faults.is_empty() {
            good.push((key, value));
        }
        for fault in faults {
            report.push(fault.diagnostic(key, header, source));
        }
    }
    T::deserialize(Entries::new(good)).unwrap_or_else(|error| {
        let span = error.span.clone().unwrap_or_default();
        report.push(Diagnostic::error(format!("invalid `{header}`")).at(source, span, error.fault.label()));
        T::default()
    })
}

/// What is wrong with one key of a `T`. The elements of an array or a table are tried one by one, so that each
/// bad one is found.
fn faults<T: DeserializeOwned>(key: &Key<'_>, value: &Spanned<DeValue<'_>>) -> Vec<ValueError> {
    let attempt = |value: &Spanned<DeValue<'_>>| T::deserialize(Entries::new(vec![(key, value)])).err();
    let Some(error) = attempt(value) else {
        return Vec::new();
    };
    let with = |part| Spanned::new(value.span(), part);
    let parts: Vec<_> = match value.get_ref() {
        DeValue::Array(items) => items
            .iter()
            .filter_map(|item| attempt(&with(DeValue::Array(std::iter::once(item.clone()).collect()))))
            .collect(),
        DeValue::Table(entries) => entries
            .iter()
            .filter_map(|(key, value)| {
                attempt(&with(DeValue::Table([(key.clone(), value.clone())].into_iter().collect())))
            })
            .collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() { vec![error] } else { parts }
}

type Key<'i> = Spanned<DeString<'i>>;

#[derive(Debug)]
enum Fault {
    UnknownKey { key: String, valid: &'static [&'static str] },
    UnknownWord { word: String, valid: &'static [&'static str] },
    Mismatch { found: String, expected: String },
    Other(String),
}

impl Fault {
    fn label(&self) -> String {
        match self {
            Self::UnknownKey { key: word, valid } | Self::UnknownWord { word, valid } => {
                did_you_mean(word, valid.iter().copied())
            }
            Self::Mismatch { found, expected } => format!("expected {expected}, found {found}"),
            Self::Other(text) => text.clone(),
        }
    }
}

/// What serde expected, in the manifest's words.
fn expected(serde: &dyn de::Expected) -> String {
    let text = serde.to_string();
    let plain = match text.as_str() {
        "i64" | "u32" => "a whole number",
        "path string" => "a path",
        "a sequence" => "an array",
        _ => return text,
    };
    plain.into()
}

/// A fault and, as soon as it is known, where it is.
#[derive(Debug)]
pub(super) struct ValueError {
    fault: Fault,
    span: Option<Range<usize>>,
}

impl ValueError {
    fn new(fault: Fault) -> Self {
        Self { fault, span: None }
    }

    /// Keeps the innermost place.
    fn or_at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// Where one of `words` was expected and no text at all was found.
    fn expecting(mut self, words: &[&str]) -> Self {
        if let (Fault::Mismatch { expected, .. }, Some(words)) =
            (&mut self.fault, list(words.iter().copied(), "or"))
        {
            *expected = words;
        }
        self
    }

    fn diagnostic(self, key: &Key<'_>, header: &str, source: &Arc<Source>) -> Diagnostic {
        let title = match &self.fault {
            Fault::UnknownKey { key: word, .. } if word == key.get_ref() => {
                format!("unknown key `{word}` in `{header}`")
            }
            Fault::UnknownKey { key: word, .. } => format!("unknown key `{word}` in `{}`", key.get_ref()),
            _ if key.get_ref() == "routes" => "invalid route".to_string(),
            _ => format!("invalid value for `{}`", key.get_ref()),
        };
        let label = self.fault.label();
        Diagnostic::error(title).at(source, self.span.unwrap_or_else(|| key.span()), label)
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.label())
    }
}

impl std::error::Error for ValueError {}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(Fault::Other(text.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => "an integer",
            Unexpected::Float(_) => "a float",
            Unexpected::Str(_) => "a string",
            Unexpected::Seq => "an array",
            Unexpected::Map => "a table",
            _ => "something else",
        };
        Self::new(Fault::Mismatch { found: found.into(), expected: expected(wanted) })
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Signed(n) => format!("`{n}`"),
            Unexpected::Unsigned(n) => format!("`{n}`"),
            Unexpected::Str(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        Self::new(Fault::Mismatch { found, expected: expected(wanted) })
    }

    fn unknown_field(key: &str, valid: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownKey { key: key.into(), valid })
    }

    fn unknown_variant(word: &str, valid: &'static [&'static str]) -> Self {
        Self::new(Fault::UnknownWord { word: word.into(), valid })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(Fault::Other(format!("`{key}` is missing")))
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
struct Value<'a>(&'a Spanned<DeValue<'a>>);

impl<'de> de::Deserializer<'de> for Value<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let result = match self.0.get_ref() {
            DeValue::String(text) => visitor.visit_borrowed_str(text),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => visitor.visit_i64(number),
                Err(_) => Err(de::Error::custom("does not fit in 64 bits")),
            },
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(de::Error::custom("is no number")),
            },
            DeValue::Boolean(value) => visitor.visit_bool(*value),
            DeValue::Datetime(_) => {
                Err(ValueError::new(Fault::Mismatch { found: "a date".into(), expected: expected(&visitor) }))
            }
            DeValue::Array(items) => visitor.visit_seq(Items(items.iter())),
            DeValue::Table(entries) => visitor.visit_map(Entries::new(entries.iter().collect())),
        };
        result.map_err(|error| error.or_at(self.0.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self).map_err(|error| error.or_at(self.0.span()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        if is_spanned(name) {
            visitor.visit_map(SpannedDeserializer::new(self, self.0.span()))
        } else {
            self.deserialize_any(visitor)
        }
    }

    /// Enums here are words.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let result = match self.0.get_ref() {
            DeValue::String(word) => {
                BorrowedStrDeserializer::new(word).deserialize_enum(name, variants, visitor)
            }
            _ => self.deserialize_any(visitor).map_err(|error| error.expecting(variants)),
        };
        result.map_err(|error| error.or_at(self.0.span()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A key and its place.
#[derive(Clone, Copy)]
struct KeyOf<'a>(&'a Key<'a>);

impl<'de> de::Deserializer<'de> for KeyOf<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_borrowed_str(self.0.get_ref()).map_err(|error: ValueError| error.or_at(self.0.span()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        if is_spanned(name) {
            visitor.visit_map(SpannedDeserializer::new(self, self.0.span()))
        } else {
            self.deserialize_any(visitor)
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        option newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for KeyOf<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Items<'a>(std::slice::Iter<'a, Spanned<DeValue<'a>>>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        self.0.next().map(|item| seed.deserialize(Value(item))).transpose()
    }
}

type Entry<'a> = (&'a Key<'a>, &'a Spanned<DeValue<'a>>);

/// Some entries of a table.
struct Entries<'a> {
    rest: std::vec::IntoIter<Entry<'a>>,
    value: Option<&'a Spanned<DeValue<'a>>>,
}

impl<'a> Entries<'a> {
    fn new(entries: Vec<Entry<'a>>) -> Self {
        Self { rest: entries.into_iter(), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(KeyOf(key)).map(Some).map_err(|error| error.or_at(key.span()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ValueError> {
        match self.value.take() {
            Some(value) => seed.deserialize(Value(value)).map_err(|error| error.or_at(value.span())),
            None => Err(de::Error::custom("value asked for before its key")),
        }
    }
}

impl<'de> de::Deserializer<'de> for Entries<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        option newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
