//! `rusm check` of components in TypeScript.

use std::fs;

use crate::support::{Folder, Outcome, run};
use crate::{HANDLER, MANIFEST, api, built};

fn refused(app: &Folder) -> String {
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    outcome.stderr
}

fn accepted(app: &Folder) -> Outcome {
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    outcome
}

/// A fetch handler takes every method; there are no actions to choose from.
#[test]
fn a_route_leads_to_the_component_as_a_whole() {
    let app = api(HANDLER);
    built(&app);
    accepted(&app);
    app.write("rusm.toml", &MANIFEST.replace("\"GET /\" = \"api\"", "\"GET /\" = \"api#show\""));
    insta::assert_snapshot!(refused(&app));
    app.write("rusm.toml", "[[serve]]\nprotocol = \"sse\"\nlisten = \"127.0.0.1:0\"\ncomponent = \"api\"\n");
    accepted(&app);
    app.write("rusm.toml", "[[serve]]\nprotocol = \"ws\"\nlisten = \"127.0.0.1:0\"\ncomponent = \"api\"\n");
    assert!(refused(&app).contains("does not speak WebSocket"));
}

#[test]
fn the_kind_in_the_manifest_is_compared() {
    let app = api(HANDLER);
    built(&app);
    let kind =
        |kind: &str| app.write("rusm.toml", &format!("{MANIFEST}[components.api]\nkind = \"{kind}\"\n"));
    kind("fetch");
    accepted(&app);
    kind("ws");
    assert!(refused(&app).contains("component `api` is of another kind"));
}

#[test]
fn each_kind_has_its_place() {
    let app = api("import { websocket } from \"rusm-ts\";\nexport default websocket({ message() {} });\n");
    app.write("components/counter/index.ts", "export const add = (a: number, b: number): number => a + b;\n");
    built(&app);
    assert!(refused(&app).contains("holds connections, which a GET opens"));
    let manifest = MANIFEST.replace("\"POST /\" = \"api\"\n", "");
    app.write("rusm.toml", &format!("{manifest}[components.counter]\nresident = true\n"));
    accepted(&app);
    app.write("rusm.toml", &format!("{manifest}[components.api]\nresident = true\n"));
    assert!(refused(&app).contains("handles connections, each of which has its own process"));
    app.write("rusm.toml", &manifest.replace("\"api\"", "\"counter\""));
    assert!(refused(&app).contains("answers no requests"));
}

#[test]
fn a_component_that_is_not_built_is_shown_with_what_the_build_makes() {
    let app = api(HANDLER);
    assert!(refused(&app).contains("`rusm build` makes wasm/api.js"));
}

#[test]
fn a_component_that_is_there_twice_is_neither() {
    let app = api(HANDLER);
    built(&app);
    app.write("wasm/api.wasm", "");
    insta::assert_snapshot!(refused(&app));
}

#[test]
fn a_built_component_needs_no_sources() {
    let app = api(HANDLER);
    built(&app);
    for folder in ["components", "node_modules"] {
        fs::remove_dir_all(app.path(folder)).unwrap();
    }
    accepted(&app);
    assert!(!app.path("node_modules").exists());
}

const ILL_TYPED: &str = "import type { FetchContext } from \"rusm-ts\";\n\
    export default function handle(request: Request, { params }: FetchContext): Response {\n  \
    const id: number = params.id;\n  return new Response(request.uri + id);\n}\n";

#[test]
fn ill_typed_code_builds_and_is_shown_by_check() {
    let app = api(ILL_TYPED);
    built(&app);
    insta::assert_snapshot!(refused(&app));
    // By the settings of the app, where it has some.
    app.write("tsconfig.json", r#"{ "compilerOptions": { "noEmit": true }, "include": ["nothing"] }"#);
    assert!(refused(&app).contains("TS18003"));
}

#[test]
fn without_a_compiler_the_types_are_said_to_be_unchecked() {
    let app = api(ILL_TYPED);
    built(&app);
    let outcome = run(app.command(&["check"]).env("PATH", app.path("bin")).env_remove("RUSM_TSC"));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stderr);
}
