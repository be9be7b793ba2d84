#![doc = include_str!("../docs/format.md")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The version that the first line names.
pub(crate) const VERSION: u64 = 1;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    #[serde(rename = "rusm-kv")]
    pub(crate) version: u64,
}

/// Every other line.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line<'a> {
    pub(crate) bucket: std::borrow::Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<std::borrow::Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<u64>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(bucket: &'a str, key: &'a [u8], value: &'a [u8], expires: Option<u64>) -> Self {
        let (key, key_base64) = text_or_base64(key);
        let (value, value_base64) = text_or_base64(value);
        Self {
            bucket: bucket.into(),
            key: key.map(Into::into),
            key_base64,
            value: value.map(Into::into),
            value_base64,
            expires,
        }
    }

    pub(crate) fn key(&self) -> Result<Vec<u8>, String> {
        bytes("key", self.key.as_deref(), self.key_base64.as_deref())
    }

    pub(crate) fn value(&self) -> Result<Vec<u8>, String> {
        bytes("value", self.value.as_deref(), self.value_base64.as_deref())
    }
}

fn text_or_base64(bytes: &[u8]) -> (Option<&str>, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(_) => (None, Some(STANDARD.encode(bytes))),
    }
}

fn bytes(name: &str, text: Option<&str>, base64: Option<&str>) -> Result<Vec<u8>, String> {
    match (text, base64) {
        (Some(text), None) => Ok(text.as_bytes().to_vec()),
        (None, Some(base64)) => STANDARD.decode(base64).map_err(|why| format!("\"{name}_base64\": {why}")),
        (Some(_), Some(_)) => Err(format!("it has both \"{name}\" and \"{name}_base64\"")),
        (None, None) => Err(format!("it has no \"{name}\", nor \"{name}_base64\"")),
    }
}
