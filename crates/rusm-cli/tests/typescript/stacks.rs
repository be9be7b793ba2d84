//! The log of a node speaks of TypeScript.

use std::sync::{Mutex, PoisonError};

use crate::support::Folder;
use crate::support::server::Server;
use crate::{MANIFEST, api, built};

const THROWS: &str = "interface Query {\n  name: string;\n}\n\nfunction find({ name }: Query): never {\n  \
    throw new RangeError(`no ${name}`);\n}\n\nexport default function handle(request: Request): Response {\n  \
    const name = request.method;\n  if (name === \"POST\") console.error(new Error(\"told\"));\n  return find({ name });\n}\n";

/// Serves the app. One at a time starts: the first compiles the engine, and the others find it compiled.
fn served(app: Folder) -> Server {
    static STARTS: Mutex<()> = Mutex::new(());
    let _one = STARTS.lock().unwrap_or_else(PoisonError::into_inner);
    Server::start(app, "")
}

#[test]
fn a_stack_names_the_lines_that_were_written() {
    let app = api(THROWS);
    app.write(
        "rusm.toml",
        &format!("{MANIFEST}[capabilities.c]\nallow-stdio = true\n[components.api]\ncapability = \"c\"\n"),
    );
    built(&app);
    let node = served(app);
    assert_eq!(node.get("/").status, 500);
    let line = node.stderr.find("request failed");
    for place in
        ["RangeError: no GET", "find (components/api/index.ts:6:", "handle (components/api/index.ts:12:"]
    {
        assert!(line.contains(place), "{line}");
    }
    assert_eq!(node.post("/", "").status, 500);
    node.stderr.find("(components/api/index.ts:11:");
}

#[test]
fn a_bundle_without_a_source_map_has_its_own_lines() {
    let app = api(THROWS);
    built(&app);
    std::fs::remove_file(app.path("wasm/api.js.map")).unwrap();
    let node = served(app);
    assert_eq!(node.get("/").status, 500);
    assert!(node.stderr.find("request failed").contains("find (api.js:"));
}

#[test]
fn a_bundle_that_was_compiled_by_another_engine_serves_all_the_same() {
    let app = api("export default () => new Response(\"here\");\n");
    built(&app);
    let compiled = app.path("wasm/api.qjsbc");
    let mut bytes = std::fs::read(&compiled).unwrap();
    // The first of the engine's version.
    bytes[8] ^= 1;
    std::fs::write(&compiled, bytes).unwrap();
    let node = served(app);
    assert_eq!(node.get("/").text(), "here");
    let line = node.stderr.find("a precompiled bundle is passed over");
    assert!(line.contains("another version of the engine"), "{line}");
}
