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
    /// Processes that hold a stream of server-sent events each.
    Sse,
    /// Processes that hold a WebSocket each.
    Ws,
}

/// One named action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActionEntry {
    /// The name after the `#` of `component#action`.
    pub name: String,
    /// How it answers.
    pub reply: Reply,
    /// How it takes the request's body.
    #[serde(default)]
    pub body: RequestBodyUse,
}

/// How an action answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reply {
    /// With a response, whole or as a stream.
    Buffered,
    /// With a stream of server-sent events.
    Sse,
}

/// How an action takes the request's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RequestBodyUse {
    /// It begins when the body is there.
    #[default]
    Buffered,
    /// It begins with the request's head, and reads the body as it arrives.
    Stream,
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
        let mut held = None;
        // Of the component itself, not of what is inside it.
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(|error| DescriptionError::NotWasm(error.to_string()))? {
                Payload::Version { encoding: Encoding::Module, range, .. } if range.start == 0 => {
                    return Err(DescriptionError::CoreModule);
                }
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(imports) if depth == 1 => {
                    let names = imports.into_iter().filter_map(|import| Some(import.ok()?.name.name));
                    held = names.filter_map(held_by).next().or(held);
                }
                Payload::CustomSection(section) if section.name() == SECTION => found = Some(section.data()),
                _ => {}
            }
        }
        let mut description = Description::parse(found.ok_or(DescriptionError::Missing)?)?;
        if description.kind == Kind::Main {
            description.kind = held.unwrap_or(Kind::Main);
        }
        Ok(description)
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

/// What processes hold whose component imports this interface.
fn held_by(import: &str) -> Option<Kind> {
    match import.split_once('@').map_or(import, |(name, _)| name) {
        "rusm:runtime/websocket" => Some(Kind::Ws),
        "rusm:runtime/sse" => Some(Kind::Sse),
        _ => None,
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
