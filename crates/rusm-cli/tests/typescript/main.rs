//! Apps whose components are written in TypeScript, built by the real Bun.

mod build;
mod check;
mod failures;
mod packages;
mod stacks;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Once;

use support::{Folder, Outcome};

const HANDLER: &str =
    "export default function handle(request: Request): Response {\n  return new Response(request.url);\n}\n";
const MANIFEST: &str =
    "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"api\"\n\"POST /\" = \"api\"\n";

/// An app with one component, `api`, that has these files beside its manifest.
fn app<const N: usize>(files: [(&str, &str); N]) -> Folder {
    let app = Folder::with([("rusm.toml", MANIFEST)]);
    for (path, text) in files {
        app.write(path, text);
    }
    app
}

/// An app with one component of this code.
fn api(code: &str) -> Folder {
    app([("components/api/index.ts", code)])
}

/// A build whose engine is compiled already: by whoever comes first, and found in the cache from then on.
fn build(app: &Folder) -> Outcome {
    static FIRST: Once = Once::new();
    FIRST.call_once(|| drop(api(HANDLER).rusm(&["build"])));
    app.rusm(&["build"])
}

fn built(app: &Folder) -> Outcome {
    let outcome = build(app);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome
}

/// What a build says that has to fail.
fn refused(app: &Folder) -> String {
    let outcome = build(app);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    outcome.stderr
}

/// A program of this name in the app's folder `bin`.
fn script(app: &Folder, name: &str, body: &str) {
    let path = format!("bin/{name}");
    app.write(&path, &format!("#!/bin/sh\n{body}\n"));
    fs::set_permissions(app.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
}
