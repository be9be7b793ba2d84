//! The golden vectors, `sdk/wire/vectors.json`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::process::Pid;
use crate::service;
use crate::wire::frame::{self, Frame, NoFrame, Reply};
use crate::wire::{Bytes, from_slice, to_vec};

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../wire/vectors.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn each(of: &Value, mut check: impl FnMut(&Value, &str)) {
    let vectors = of.as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        check(vector, vector["document"].as_str().unwrap());
    }
}

/// What a document means, told apart as far as the wire does.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Pid(Pid),
    Bytes(Bytes),
    Array(Vec<Meaning>),
    Object(Vec<(String, Meaning)>),
}

impl Meaning {
    fn of(vector: &Value) -> Meaning {
        match vector {
            Value::Null => Meaning::Null,
            Value::Bool(value) => Meaning::Bool(*value),
            Value::String(text) => Meaning::Text(text.clone()),
            Value::Object(tagged) => {
                let (tag, value) = tagged.iter().next().unwrap();
                let text = value.as_str().unwrap_or_default();
                match tag.as_str() {
                    "int" => Meaning::Int(text.parse().unwrap()),
                    "float" => Meaning::Float(value.as_f64().unwrap()),
                    "pid" => Meaning::Pid(Pid::from_u64(text.parse().unwrap())),
                    "bytes" => Meaning::Bytes(Bytes(hexadecimal(text))),
                    "array" => Meaning::Array(value.as_array().unwrap().iter().map(Meaning::of).collect()),
                    "object" => Meaning::Object(value.as_array().unwrap().iter().map(pair).collect()),
                    other => panic!("`{other}` is no meaning"),
                }
            }
            other => panic!("{other} is no meaning"),
        }
    }
}

fn pair(vector: &Value) -> (String, Meaning) {
    (vector[0].as_str().unwrap().to_owned(), Meaning::of(&vector[1]))
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

impl Serialize for Meaning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Meaning::Null => serializer.serialize_unit(),
            Meaning::Bool(value) => serializer.serialize_bool(*value),
            Meaning::Int(value) => serializer.serialize_i128(*value),
            Meaning::Float(value) => serializer.serialize_f64(*value),
            Meaning::Text(text) => serializer.serialize_str(text),
            Meaning::Pid(pid) => pid.serialize(serializer),
            Meaning::Bytes(bytes) => bytes.serialize(serializer),
            Meaning::Array(values) => {
                let mut array = serializer.serialize_seq(None)?;
                values.iter().try_for_each(|value| array.serialize_element(value))?;
                array.end()
            }
            Meaning::Object(entries) => {
                let mut object = serializer.serialize_map(None)?;
                entries.iter().try_for_each(|(key, value)| object.serialize_entry(key, value))?;
                object.end()
            }
        }
    }
}

/// Reads whatever comes, as an untagged enum would; a tag that it knows shows by its object of one key, which an
/// ordinary object of that look cannot be told from here.
impl<'de> Deserialize<'de> for Meaning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Meaning;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_unit<E>(self) -> Result<Meaning, E> {
                Ok(Meaning::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Meaning, E> {
                Ok(Meaning::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Meaning, E> {
                Ok(Meaning::Int(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Meaning, E> {
                Ok(Meaning::Int(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Meaning, E> {
                Ok(Meaning::Float(value))
            }
            fn visit_str<E>(self, text: &str) -> Result<Meaning, E> {
                Ok(Meaning::Text(text.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Meaning, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Meaning::Array(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Meaning, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry::<String, Meaning>()? {
                    entries.push(entry);
                }
                Ok(Meaning::Object(entries))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Reads a document by what is expected of it.
fn read_as(meaning: &Meaning, document: &[u8]) -> Result<Meaning, String> {
    fn read<T: DeserializeOwned>(document: &[u8]) -> Result<T, String> {
        from_slice(document).map_err(|error| error.to_string())
    }
    Ok(match meaning {
        Meaning::Pid(_) => Meaning::Pid(read(document)?),
        Meaning::Bytes(_) => Meaning::Bytes(read(document)?),
        Meaning::Int(value) if *value < 0 => Meaning::Int(read::<i64>(document)?.into()),
        Meaning::Int(_) => Meaning::Int(read::<u64>(document)?.into()),
        Meaning::Float(_) => Meaning::Float(read(document)?),
        _ => read(document)?,
    })
}

/// A meaning as `Meaning` reads it, which sees the objects of tags.
fn seen(meaning: &Meaning) -> Meaning {
    match meaning {
        Meaning::Pid(pid) => Meaning::Object(vec![("$pid".into(), Meaning::Text(pid.to_string()))]),
        Meaning::Bytes(_) => {
            let document = to_vec(meaning).unwrap();
            let object: BTreeMap<String, String> = serde_json::from_slice(&document).unwrap();
            Meaning::Object(object.into_iter().map(|(key, text)| (key, Meaning::Text(text))).collect())
        }
        Meaning::Array(values) => Meaning::Array(values.iter().map(seen).collect()),
        Meaning::Object(entries) => {
            Meaning::Object(entries.iter().map(|(key, value)| (key.clone(), seen(value))).collect())
        }
        other => other.clone(),
    }
}

#[test]
fn each_value_has_its_document() {
    each(&vectors()["values"], |vector, document| {
        let meaning = Meaning::of(&vector["meaning"]);
        assert_eq!(String::from_utf8(to_vec(&meaning).unwrap()).unwrap(), document, "{}", vector["name"]);
        let also = vector["also"].as_array().into_iter().flatten().map(|text| text.as_str().unwrap());
        for text in also.chain([document]) {
            assert_eq!(read_as(&meaning, text.as_bytes()), Ok(meaning_read(&meaning)), "{}", vector["name"]);
            assert_eq!(from_slice::<Meaning>(text.as_bytes()).unwrap(), seen(&meaning), "{}", vector["name"]);
        }
    });
}

/// What `read_as` gives, which knows by type what stands outermost, and no more.
fn meaning_read(meaning: &Meaning) -> Meaning {
    match meaning {
        Meaning::Pid(_) | Meaning::Bytes(_) => meaning.clone(),
        other => seen(other),
    }
}

#[test]
fn what_is_no_document_is_refused() {
    each(&vectors()["not_values"], |vector, document| {
        let document = document.as_bytes();
        let name = &vector["name"];
        assert!(from_slice::<Pid>(document).is_err(), "{name}");
        assert!(from_slice::<Bytes>(document).is_err(), "{name}");
        assert!(from_slice::<u64>(document).is_err(), "{name}");
        assert!(from_slice::<i64>(document).is_err(), "{name}");
        assert!(from_slice::<BTreeMap<String, Meaning>>(document).is_err(), "{name}");
    });
}

#[test]
fn each_frame_is_read_and_written() {
    each(&vectors()["frames"], |vector, document| {
        let frame = Frame::parse(document.as_bytes()).unwrap();
        assert_eq!(shown(&frame), vector["frame"], "{document}");
        if vector["read_only"].is_null() {
            assert_eq!(String::from_utf8(written(&frame)).unwrap(), document);
        }
    });
}

#[test]
fn what_is_no_frame_is_told_from_other_mail() {
    let vectors = vectors();
    each(&vectors["not_frames"], |vector, document| {
        let found = Frame::parse(document.as_bytes()).unwrap_err();
        assert!(matches!(found, NoFrame::Malformed(_)), "{}: {found:?}", vector["name"]);
    });
    each(&vectors["other"], |vector, document| {
        assert_eq!(Frame::parse(document.as_bytes()).unwrap_err(), NoFrame::Other, "{}", vector["name"]);
    });
}

fn shown(frame: &Frame<'_>) -> Value {
    match frame {
        Frame::Call { function, arguments, reference, streaming } => {
            json!({"call": function, "args": arguments.get(), "ref": reference, "stream": streaming})
        }
        Frame::Reply { reference, reply } => match reply {
            Reply::Value(value) => json!({"ok": value.get(), "ref": reference}),
            Reply::Error(error) => json!({"err": error.message(), "code": error.code(), "ref": reference}),
            Reply::Item(item) => json!({"item": item.get(), "ref": reference}),
            Reply::End => json!({"end": true, "ref": reference}),
        },
        Frame::Credit { reference, items } => json!({"credit": items, "ref": reference}),
        Frame::Cancel { reference } => json!({"cancel": true, "ref": reference}),
        Frame::Invocation { callback, arguments } => json!({"cb": callback, "args": arguments.get()}),
    }
}

/// The same frame, written.
fn written(frame: &Frame<'_>) -> Vec<u8> {
    match frame {
        Frame::Call { function, arguments, reference, streaming } => {
            frame::call(function, arguments, *reference, *streaming).unwrap()
        }
        Frame::Reply { reference, reply } => match reply {
            Reply::Value(value) => frame::value(*reference, value).unwrap(),
            Reply::Error(error) => {
                let error = match error.code() {
                    Some(code) => service::Error::new(code, error.message()),
                    None => service::Error::message_only(error.message()),
                };
                frame::error(*reference, &error).unwrap()
            }
            Reply::Item(item) => frame::item(*reference, item).unwrap(),
            Reply::End => frame::end(*reference),
        },
        Frame::Credit { reference, items } => frame::credit(*reference, *items),
        Frame::Cancel { reference } => frame::cancel(*reference),
        Frame::Invocation { callback, arguments } => {
            let (argument,): (u32,) = crate::wire::read(arguments).unwrap();
            frame::invocation(*callback, &argument).unwrap()
        }
    }
}
