//! What is wrong with a component's code, as bundling tells it.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::app::App;
use crate::diagnostic::{Diagnostic, Source};

/// One thing that is wrong.
#[derive(Debug, Deserialize)]
pub(super) struct Fault {
    kind: Kind,
    /// The name that is imported, or what Bun says.
    text: String,
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Error,
    Warning,
    /// An import of nothing that is there.
    Unresolved,
    /// An import of what Node.js has and a component has not.
    BuiltIn,
    /// What would have to lie beside the bundle.
    File,
}

#[derive(Debug, Deserialize)]
struct Place {
    /// Relative to the app.
    file: PathBuf,
    /// In bytes.
    start: usize,
    length: usize,
}

impl Fault {
    pub(super) fn is_error(&self) -> bool {
        self.kind != Kind::Warning
    }

    /// Whether it is in the app's own code.
    pub(super) fn is_own(&self) -> bool {
        let is_modules = |place: &Place| place.file.iter().any(|part| part == "node_modules");
        !self.place.as_ref().is_some_and(is_modules)
    }

    /// By file and place: Bun tells of them as they come.
    pub(super) fn in_order(&self, other: &Fault) -> Ordering {
        let key = |fault: &Fault| fault.place.as_ref().map(|place| (place.file.clone(), place.start));
        key(self).cmp(&key(other))
    }

    pub(super) fn diagnostic(&self, app: &App) -> Diagnostic {
        let text = &self.text;
        let diagnostic = match self.kind {
            Kind::Error => Diagnostic::error(text),
            Kind::Warning => Diagnostic::warning(text),
            Kind::Unresolved => unresolved(text),
            Kind::BuiltIn => {
                let error = Diagnostic::error(format!("a component has no `{text}`, which is Node.js's own"));
                error.help(instead(text.trim_start_matches("node:")))
            }
            Kind::File => {
                Diagnostic::error(format!("{text} would be a file beside the bundle, which is one file"))
                    .help("import its content: `import text from \"./file\" with { type: \"text\" }`")
            }
        };
        match &self.place {
            Some(place) => at(diagnostic, &app.root().join(&place.file), place),
            None => diagnostic,
        }
    }
}

fn at(diagnostic: Diagnostic, path: &Path, place: &Place) -> Diagnostic {
    let source = match std::fs::read_to_string(path) {
        Ok(text) => Source::new(path, text),
        Err(_) => return diagnostic.note(format!("in {}", place.file.display())),
    };
    // The file may have changed meanwhile.
    let boundary = |at: usize| source.text.floor_char_boundary(at);
    let span = boundary(place.start)..boundary(place.start.saturating_add(place.length));
    diagnostic.at(&source, span, "")
}

fn unresolved(name: &str) -> Diagnostic {
    let error = Diagnostic::error(format!("there is no `{name}` to import"));
    if name.starts_with(['.', '/']) {
        return error.help("a path is relative to the file that imports it");
    }
    if name.ends_with("/jsx-runtime") || name.ends_with("/jsx-dev-runtime") {
        return error.help("JSX is compiled for the library that `jsxImportSource` of tsconfig.json names, such as `hono/jsx`");
    }
    let parts = if name.starts_with('@') { 2 } else { 1 };
    let package = name.split('/').take(parts).collect::<Vec<_>>().join("/");
    error.help(format!("`bun add {package}` in the app's folder installs the package"))
}

/// What to use in a component where a program for Node.js uses a built-in.
fn instead(module: &str) -> &'static str {
    match module.split('/').next().unwrap_or(module) {
        "fs" => {
            "data of its own a component keeps in `kv`; a file that never changes can be imported, `with { type: \"text\" }`"
        }
        "http" | "https" | "http2" | "undici" => {
            "use `fetch`, and for what a component serves its default export"
        }
        "net" | "tls" | "dgram" | "dns" => "use `fetch`: a component in TypeScript has no sockets",
        "crypto" => "use the global `crypto` with its `subtle`, or a library such as @noble/hashes",
        "child_process" | "cluster" | "worker_threads" => {
            "use `spawn` of rusm-ts: a component is a process of its own"
        }
        "zlib" => "use `CompressionStream` and `DecompressionStream`",
        "stream" => "use `ReadableStream`, `WritableStream` and `TransformStream`",
        "timers" => "`setTimeout`, `setInterval` and `queueMicrotask` are globals",
        "perf_hooks" => "`performance` is a global",
        "async_hooks" | "diagnostics_channel" => "hand on as an argument what is to be known further down",
        "bun" | "bun:sqlite" => "a component runs on web standards, not on Bun",
        _ => {
            "a component runs on web standards: of Node.js's modules it has assert, buffer, events, path, process, punycode, \
              querystring, string_decoder, url and util"
        }
    }
}
