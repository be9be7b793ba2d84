//! What serde's types make of the wire.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::process::Pid;
use crate::wire::{Bytes, from_slice, to_vec};

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(value: &T, document: &str) {
    assert_eq!(String::from_utf8(to_vec(value).unwrap()).unwrap(), document);
    assert_eq!(&from_slice::<T>(document.as_bytes()).unwrap(), value);
}

const BIG: u64 = u64::MAX;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Struct {
    id: u64,
    owner: Option<Pid>,
    data: Vec<Bytes>,
}

fn sample() -> Struct {
    Struct { id: BIG, owner: Some(Pid::from_u64(7)), data: vec![Bytes::from("a")] }
}

const SAMPLE: &str = r#""id":{"$i":"18446744073709551615"},"owner":{"$pid":"7"},"data":[{"$b":"YQ=="}]"#;

#[test]
fn tagged_values_stand_anywhere() {
    round_trip(&sample(), &format!("{{{SAMPLE}}}"));
    round_trip(&(Some(BIG), [(); 0], ()), r#"[{"$i":"18446744073709551615"},[],null]"#);
    round_trip(&BTreeMap::from([(BIG, Pid::from_u64(1))]), r#"{"18446744073709551615":{"$pid":"1"}}"#);
    round_trip(&BTreeMap::from([(true, 1), (false, 0)]), r#"{"false":0,"true":1}"#);
}

#[test]
fn enums_of_every_representation_hold_them() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum External {
        Unit,
        Newtype(u64),
        Tuple(Pid, u64),
        Struct {
            data: Bytes,
        },
        #[serde(rename = "$pid")]
        Dollar(u8),
        #[serde(rename = "$unit")]
        DollarUnit,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Internal {
        It(Struct),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind", content = "of")]
    enum Adjacent {
        It(u64),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Pid(Pid),
        Bytes(Bytes),
        Integer(u64),
        Struct(Struct),
    }
    round_trip(&External::Unit, r#""Unit""#);
    round_trip(&External::Newtype(BIG), r#"{"Newtype":{"$i":"18446744073709551615"}}"#);
    round_trip(
        &External::Tuple(Pid::from_u64(1), BIG),
        r#"{"Tuple":[{"$pid":"1"},{"$i":"18446744073709551615"}]}"#,
    );
    round_trip(&External::Struct { data: Bytes::from("a") }, r#"{"Struct":{"data":{"$b":"YQ=="}}}"#);
    round_trip(&External::Dollar(1), r#"{"$$pid":1}"#);
    round_trip(&External::DollarUnit, r#""$unit""#);
    round_trip(&Internal::It(sample()), &format!(r#"{{"kind":"It",{SAMPLE}}}"#));
    round_trip(&Adjacent::It(BIG), r#"{"kind":"It","of":{"$i":"18446744073709551615"}}"#);
    round_trip(&Untagged::Pid(Pid::from_u64(1)), r#"{"$pid":"1"}"#);
    round_trip(&Untagged::Bytes(Bytes::from("a")), r#"{"$b":"YQ=="}"#);
    round_trip(&Untagged::Integer(BIG), r#"{"$i":"18446744073709551615"}"#);
    round_trip(&Untagged::Struct(sample()), &format!("{{{SAMPLE}}}"));
    assert!(from_slice::<External>(br#"{"Newtype":1,"Unit":null}"#).is_err());
}

#[test]
fn flattened_structs_hold_them() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        name: String,
        #[serde(flatten)]
        inner: Struct,
        #[serde(flatten)]
        rest: BTreeMap<String, u64>,
    }
    let outer = Outer { name: "n".into(), inner: sample(), rest: BTreeMap::from([("z".into(), BIG)]) };
    round_trip(&outer, &format!(r#"{{"name":"n",{SAMPLE},"z":{{"$i":"18446744073709551615"}}}}"#));
}

#[test]
fn a_struct_of_a_single_key_with_a_dollar_is_no_tag() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Lookalike {
        #[serde(rename = "$pid")]
        pid: String,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sometimes {
        #[serde(rename = "$a")]
        first: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        second: Option<u8>,
    }
    round_trip(&Lookalike { pid: "7".into() }, r#"{"$$pid":"7"}"#);
    round_trip(&Sometimes { first: 1, second: None }, r#"{"$$a":1}"#);
    round_trip(&Sometimes { first: 1, second: Some(2) }, r#"{"$a":1,"second":2}"#);
    round_trip(&BTreeMap::from([("$i".to_owned(), 1)]), r#"{"$$i":1}"#);
    // The one is not taken for the other.
    assert!(from_slice::<Lookalike>(br#"{"$pid":"7"}"#).is_err());
    assert!(from_slice::<Pid>(br#"{"$$pid":"7"}"#).is_err());
    let error = from_slice::<Struct>(br#"{"$pid":"7"}"#).unwrap_err().to_string();
    assert!(error.starts_with("invalid type: a pid, expected struct Struct"), "{error}");
}

#[test]
fn bytes_of_any_type_are_bytes() {
    #[derive(Debug, PartialEq)]
    struct Raw(Vec<u8>);
    impl Serialize for Raw {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    impl<'de> Deserialize<'de> for Raw {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Buffer;
            impl Visitor<'_> for Buffer {
                type Value = Raw;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Raw, E> {
                    Ok(Raw(bytes))
                }
            }
            deserializer.deserialize_byte_buf(Buffer)
        }
    }
    round_trip(&Raw(b"a".to_vec()), r#"{"$b":"YQ=="}"#);
    assert_eq!(to_vec(&vec![1_u8, 2]).unwrap(), b"[1,2]");
}

#[test]
fn integers_of_128_bits_are_sent_as_far_as_64_go() {
    round_trip(&i128::from(u64::MAX), r#"{"$i":"18446744073709551615"}"#);
    round_trip(&i128::from(i64::MIN), r#"{"$i":"-9223372036854775808"}"#);
    round_trip(&7_u128, "7");
    assert_eq!(
        to_vec(&u128::MAX).unwrap_err().to_string(),
        format!("the integer {} has more than 64 bits", u128::MAX)
    );
}

#[test]
fn a_json_value_is_sent_as_its_text() {
    let value = json!({"a": [1, 2.5, null], "$b": "x"});
    round_trip(&value, r#"{"$b":"x","a":[1,2.5,null]}"#);
    assert_eq!(from_slice::<Value>(br#"{"$pid":"7"}"#).unwrap(), json!({"$pid": "7"}));
    assert_eq!(to_vec(&f64::NAN).unwrap(), b"null");
}

#[test]
fn depth_has_a_bound_however_it_is_reached() {
    let deep = |open: &str, close: &str| open.repeat(200) + "1" + &close.repeat(200);
    for document in
        [deep("[", "]"), deep(r#"{"a":"#, "}"), deep(r#"{"$$a":"#, "}"), deep(r#"{"$a":"#, r#","b":1}"#)]
    {
        let error = from_slice::<Value>(document.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("recursion limit exceeded"), "{error}");
    }
}
