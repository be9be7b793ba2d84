//! What a component says of itself: in a custom section named `rusm` of its core module, its kind and its action table;
//! without one, by the standard interfaces that it exports. Read from the file's bytes; nothing is compiled or run.

use serde::{Deserialize, Serialize};
use wasmparser::{Encoding, Parser, Payload};

pub(crate) const SECTION: &str = "rusm";
pub(crate) const VERSION: u32 = 1;

/// A component's kind and actions, as its builder wrote them:
///
/// ```json
/// {"version": 1, "kind": "handlers", "actions": [{"name": "show", "reply": "buffered"}]}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Description {
    version: u32,
    /// What the component is for.
    pub kind: Kind,
    /// Its actions; an action's index is its place here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionEntry>,
    /// The newest version of WASI among its imports and exports.
    #[serde(skip)]
    pub wasi: Wasi,
}

/// The part of a description that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// What a component is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
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
    /// Requests, each the whole of an exchange: a bundle's `fetch`.
    Fetch,
    /// Requests, by the standard interface of either WASI.
    WasiHttp,
    /// Processes with a standard command's body.
    Command,
}

/// A version of WASI. The newer one has asynchronous functions, which an engine of their own runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wasi {
    /// 0.2.x.
    #[default]
    V0_2,
    /// 0.3.x.
    V0_3,
}

/// One named action.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reply {
    /// With a response, whole or as a stream.
    Buffered,
    /// With a stream of server-sent events.
    Sse,
}

/// How an action takes the request's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
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
    /// No such section, and nothing standard instead.
    #[error(
        "this component does not say what it is: it has no section `rusm`, which `#[rusm_rs::handlers]` writes, and \
         exports neither `wasi:http/incoming-handler`, `wasi:http/handler` nor `wasi:cli/run`"
    )]
    Missing,
    /// A standard interface of another version.
    #[error("this component exports `{export}`: of WASI this version of rusm runs 0.2 and 0.3")]
    Version {
        /// The name of the interface, with its version.
        export: String,
    },
    /// Another version of rusm, or not written by rusm.
    #[error(
        "this component's section `rusm` cannot be read: {0}\n  build it anew with this version's `rusm build`"
    )]
    Unreadable(String),
}

impl Description {
    /// Reads the description out of a component's bytes.
    pub fn read(component: &[u8]) -> Result<Description, DescriptionError> {
        let mut section = None;
        let mut outside = Outside::default();
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
                    imports.into_iter().flatten().for_each(|import| outside.imports(import.name.name));
                }
                Payload::ComponentExportSection(exports) if depth == 1 => {
                    exports.into_iter().flatten().for_each(|export| outside.exports(export.name.name));
                }
                Payload::CustomSection(found) if found.name() == SECTION => section = Some(found.data()),
                _ => {}
            }
        }
        let mut description = match section {
            Some(section) => Description::parse(section)?,
            None => Description::standard(outside.entry)?,
        };
        if description.kind == Kind::Main {
            description.kind = outside.held.unwrap_or(Kind::Main);
        }
        description.wasi = outside.wasi;
        Ok(description)
    }

    /// Of a component that knows nothing of rusm.
    fn standard(entry: Option<Entry>) -> Result<Description, DescriptionError> {
        let Entry { kind, export, supported } = entry.ok_or(DescriptionError::Missing)?;
        if !supported {
            return Err(DescriptionError::Version { export });
        }
        Ok(Description { version: VERSION, kind, actions: Vec::new(), wasi: Wasi::default() })
    }

    /// As [`parse`](Self::parse) reads it.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a description is plain data")
    }

    pub(crate) fn parse(section: &[u8]) -> Result<Description, DescriptionError> {
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

/// What a component shows of itself by the interfaces that it imports and exports.
#[derive(Default)]
struct Outside {
    /// What its processes hold.
    held: Option<Kind>,
    wasi: Wasi,
    entry: Option<Entry>,
}

/// A standard interface that the node could call.
struct Entry {
    kind: Kind,
    export: String,
    /// Whether it is of a version that the node knows.
    supported: bool,
}

impl Outside {
    fn imports(&mut self, import: &str) {
        self.wasi = self.wasi.max(version(import).unwrap_or_default());
        self.held = match interface(import) {
            "rusm:runtime/websocket" => Some(Kind::Ws),
            "rusm:runtime/sse" => Some(Kind::Sse),
            _ => self.held,
        };
    }

    fn exports(&mut self, export: &str) {
        let version = version(export);
        self.wasi = self.wasi.max(version.unwrap_or_default());
        let (kind, supported) = match interface(export) {
            "wasi:http/incoming-handler" => (Kind::WasiHttp, version == Some(Wasi::V0_2)),
            "wasi:http/handler" => (Kind::WasiHttp, version == Some(Wasi::V0_3)),
            "wasi:cli/run" => (Kind::Command, version.is_some()),
            _ => return,
        };
        // A server built as a program has an unused `main` beside its handler; and what can be run comes first.
        let rank = |kind: Kind, supported: bool| (supported, kind == Kind::WasiHttp);
        if self.entry.as_ref().is_none_or(|found| rank(found.kind, found.supported) < rank(kind, supported)) {
            self.entry = Some(Entry { kind, export: export.to_owned(), supported });
        }
    }
}

/// An interface's name without its version.
fn interface(name: &str) -> &str {
    name.split_once('@').map_or(name, |(interface, _)| interface)
}

/// The released version of WASI that an interface is of, where it is of WASI.
fn version(name: &str) -> Option<Wasi> {
    let (_, version) = name.strip_prefix("wasi:")?.split_once('@')?;
    match version.rsplit_once('.')? {
        (_, patch) if !patch.bytes().all(|byte| byte.is_ascii_digit()) => None,
        ("0.2", _) => Some(Wasi::V0_2),
        ("0.3", _) => Some(Wasi::V0_3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Description, DescriptionError, Kind, Outside, Reply, Wasi};

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

    fn exporting(exports: &[&str]) -> Result<(Kind, Wasi), String> {
        let mut outside = Outside::default();
        for export in exports {
            outside.exports(export);
        }
        let described = Description::standard(outside.entry).map_err(|error| error.to_string())?;
        Ok((described.kind, outside.wasi))
    }

    #[test]
    fn a_standard_component_is_known_by_what_it_exports() {
        let (http, command) = (Kind::WasiHttp, Kind::Command);
        assert_eq!(exporting(&["wasi:http/incoming-handler@0.2.12"]), Ok((http, Wasi::V0_2)));
        assert_eq!(exporting(&["wasi:http/handler@0.3.0"]), Ok((http, Wasi::V0_3)));
        assert_eq!(exporting(&["wasi:cli/run@0.2.0"]), Ok((command, Wasi::V0_2)));
        assert_eq!(exporting(&["wasi:cli/run@0.3.4"]), Ok((command, Wasi::V0_3)));
        // As a server has it that is built as a program.
        let both = ["wasi:http/incoming-handler@0.2.4", "wasi:cli/run@0.2.4"];
        assert_eq!(exporting(&both), Ok((http, Wasi::V0_2)));
        assert_eq!(exporting(&[both[1], both[0]]), Ok((http, Wasi::V0_2)));
    }

    #[test]
    fn an_interface_of_another_version_is_named() {
        for export in [
            "wasi:http/handler@0.3.0-rc-2026-01-06",
            "wasi:cli/run@1.0.0",
            "wasi:http/incoming-handler@0.3.0",
        ] {
            let error = exporting(&[export]).unwrap_err();
            assert!(error.contains(export), "{error}");
        }
        assert!(exporting(&["docs:adder/add@0.1.0"]).unwrap_err().contains("wasi:cli/run"));
    }
}
