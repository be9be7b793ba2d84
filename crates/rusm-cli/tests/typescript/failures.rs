//! What a build says of code that cannot be one, and of a machine that cannot build it.

use crate::support::{Outcome, run};
use crate::{HANDLER, api, app, refused, script};

#[test]
fn broken_code_is_shown_in_its_place() {
    insta::assert_snapshot!(refused(&api(
        "const é = 1;\nconst answer: = 42;\nexport default () => answer;\n"
    )));
}

#[test]
fn every_import_of_nothing_is_shown() {
    insta::assert_snapshot!(refused(&api(
        "import { a } from \"./nowhere\";\nimport { b } from \"@some/where/deep\";\nexport default () => [a, b];\n"
    )));
}

#[test]
fn jsx_without_a_library_is_explained() {
    insta::assert_snapshot!(refused(&app([(
        "components/api/index.tsx",
        "export default () => <b>hi</b>;\n"
    )])));
}

#[test]
fn an_import_of_what_only_node_has_names_who_asks_and_what_to_use_instead() {
    insta::assert_snapshot!(refused(&app([
        (
            "components/api/index.ts",
            "import { readFile } from \"node:fs/promises\";\nimport { hash } from \"hasher\";\nimport os from \"os\";\n\
             export default () => new Response(hash(readFile, os));\n",
        ),
        ("node_modules/hasher/package.json", r#"{ "main": "index.js" }"#),
        (
            "node_modules/hasher/index.js",
            "import { createHash } from 'crypto';\nexport const hash = createHash;\n"
        ),
    ])));
}

#[test]
fn a_file_beside_the_bundle_is_refused() {
    let app = api("import logo from \"./logo.png\";\nexport default () => new Response(logo);\n");
    app.write("components/api/logo.png", "png");
    let stderr = refused(&app);
    assert!(stderr.contains("which is one file") && stderr.contains("with { type: \"text\" }"), "{stderr}");
}

#[test]
fn a_module_without_a_use_is_no_component() {
    insta::assert_snapshot!(refused(&api("console.log(1);\n")));
}

#[test]
fn what_is_thrown_at_the_start_is_told_with_its_line_of_typescript() {
    insta::assert_snapshot!(refused(&api(
        "interface Key {\n  key: string;\n}\nthrow new Error(\"no key\");\nexport default (key: Key) => key;\n"
    )));
}

#[test]
fn a_folder_is_one_component() {
    let app = api(HANDLER);
    app.write("components/api/Cargo.toml", "[package]\nname = \"api\"\n");
    insta::assert_snapshot!(refused(&app));
}

/// A bundle that does not build leaves the one that runs alone.
#[test]
fn a_failed_build_writes_nothing() {
    let app = api(HANDLER);
    crate::built(&app);
    let before = app.read("wasm/api.js");
    app.write("components/api/index.ts", "export default (;\n");
    refused(&app);
    assert_eq!(app.read("wasm/api.js"), before);
}

/// As on a machine whose PATH has nothing but the app's own folder `bin`.
fn bare(app: &crate::support::Folder, bun: Option<&str>) -> Outcome {
    let mut command = app.command(&["build"]);
    command.env("PATH", app.path("bin")).env_remove("RUSM_BUN");
    if let Some(bun) = bun {
        command.env("RUSM_BUN", app.path(bun));
    }
    run(&mut command)
}

#[test]
fn a_missing_bun_is_explained() {
    let outcome = bare(&api(HANDLER), None);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn an_old_bun_is_refused() {
    let app = api(HANDLER);
    script(&app, "bun", "echo 1.1.45");
    let outcome = bare(&app, None);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn a_bun_that_is_named_is_taken_at_its_word() {
    let app = api(HANDLER);
    script(&app, "bun", "echo 1.1.45");
    let outcome = bare(&app, Some("nowhere/bun"));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("nowhere/bun: No such file or directory"), "{}", outcome.stderr);
}

/// The app's own comes before the machine's.
#[test]
fn a_bun_of_the_app_is_found() {
    let app = api(HANDLER);
    script(&app, "bun", "echo 1.1.45");
    app.write("node_modules/.bin/x", "");
    std::fs::rename(app.path("bin/bun"), app.path("node_modules/.bin/bun")).unwrap();
    let outcome = run(app.command(&["build"]).env_remove("RUSM_BUN"));
    assert!(outcome.stderr.contains("Bun 1.1.45 is too old"), "{}", outcome.stderr);
}
