//! What a component says of itself, in a custom section named `rusm` of its core module: its kind and its
//! action table. Read from the file's bytes; nothing is compiled or run.

use serde::Deserialize;
use wasmparser::{Encoding, Parser, Payload};

const SECTION: &str = "rusm";
const VERSION: u32 = 1;

/// A component's kind and actions, as its builder wrote them:
///
/// ```json
/// {"version": 1, "kind": "handlers", "actions": [{"name": "show", "reply": "buffered"}]}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Description {
    version: u32,
    /// What the component is for.
    pub kind: Kind,
    /// Its actions; an action's index is its place here.
    #[serde(default)]
    pub actions: Vec<ActionEntry>,
}

/// The part of a description that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Named actions that answer HTTP requests.
    Handlers,
    /// Processes with a body of their own.
    Main,
    /// Processes that answer calls of named functions.
    Service,
}

/// One named action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActionEntry {
    /// The name after the `#` of `component#action`.
    pub name: String,
    /// How it answers.
    pub reply: Reply,
}

/// How an action answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reply {
    /// With a whole response.
    Buffered,
}

/// Why a file is not a component that rusm can run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// The bytes are not WebAssembly.
    #[error("this is not a WebAssembly file: {0}")]
    NotWasm(String),
    /// A core module, as `wasm32-wasip1` or `wasm32-unknown-unknown` give.
    #[error("this is a core WebAssembly module, not a component: build it for the target wasm32-wasip2")]
    CoreModule,
    /// No such section.
    #[error(
        "this component does not say what it is: it has no section `rusm`, which `#[rusm_rs::handlers]` writes"
    )]
    Missing,
    /// Another version of rusm, or not written by rusm.
    #[error(
        "this component's section `rusm` cannot be read: {0}\n  build it anew with this version's `rusm build`"
    )]
    Unreadable(String),
}

impl Description {
    /// Reads the description out of a component's bytes.
    pub fn read(component: &[u8]) -> Result<Description, DescriptionError> {
        let mut found = None;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(|error| DescriptionError::NotWasm(error.to_string()))? {
                Payload::Version { encoding: Encoding::Module, range, .. } if range.start == 0 => {
                    return Err(DescriptionError::CoreModule);
                }
                Payload::CustomSection(section) if section.name() == SECTION => found = Some(section.data()),
                _ => {}
            }
        }
        Description::parse(found.ok_or(DescriptionError::Missing)?)
    }

    fn parse(section: &[u8]) -> Result<Description, DescriptionError> {
        let unreadable = |error: serde_json::Error| DescriptionError::Unreadable(error.to_string());
        // The version first: another one need not have this one's shape.
        let Versioned { version } = serde_json::from_slice(section).map_err(unreadable)?;
        if version != VERSION {
            let reason = format!("it is of version {version}, this rusm reads version {VERSION}");
            return Err(DescriptionError::Unreadable(reason));
        }
        serde_json::from_slice(section).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::{Description, DescriptionError, Kind, Reply};

    #[test]
    fn an_action_table_is_read() {
        let text = br#"{"version":1,"kind":"handlers","actions":[{"name":"show","reply":"buffered"}]}"#;
        let description = Description::parse(text).unwrap();
        assert_eq!(description.kind, Kind::Handlers);
        assert_eq!(description.actions[0].name, "show");
        assert_eq!(description.actions[0].reply, Reply::Buffered);
    }

    #[test]
    fn another_version_is_named() {
        let error = Description::parse(br#"{"version":7,"shape":"new"}"#).unwrap_err().to_string();
        assert!(error.contains("version 7"), "{error}");
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        assert!(matches!(Description::read(b"hello"), Err(DescriptionError::NotWasm(_))));
        assert!(matches!(Description::read(b""), Err(DescriptionError::NotWasm(_))));
        assert!(matches!(Description::read(b"\0asm\x01\0\0\0"), Err(DescriptionError::CoreModule)));
        assert!(matches!(Description::read(b"\0asm\x0d\0\x01\0"), Err(DescriptionError::Missing)));
    }
}
