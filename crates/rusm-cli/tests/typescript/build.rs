//! What comes out of a build.

use std::fs;

use crate::support::names;
use crate::{HANDLER, api, app, built, refused};

#[test]
fn a_component_becomes_a_bundle_and_only_what_changed_is_touched() {
    let app = app([
        (
            "components/api/index.ts",
            "import { answer } from \"./answer\";\nexport default () => new Response(answer);\n",
        ),
        ("components/api/answer.ts", "export const answer: string = \"one\";\n"),
        ("components/other/src/index.tsx", HANDLER),
        ("components/plain/index.mjs", "export default () => new Response();\n"),
    ]);
    let outcome = built(&app);
    assert_eq!(
        names(&app.path("wasm")),
        [
            "api.js",
            "api.js.map",
            "api.qjsbc",
            "other.js",
            "other.js.map",
            "other.qjsbc",
            "plain.js",
            "plain.js.map",
            "plain.qjsbc"
        ]
    );
    for line in ["Component api -> wasm/api.js (", "Component other -> wasm/other.js ("] {
        assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
    }
    assert!(app.read("wasm/api.js").contains("\"one\""));
    // Nothing of cargo's, and nothing of a registry's.
    assert!(!app.path("Cargo.toml").exists() && !app.path(".rusm/target").exists());
    assert_eq!(names(&app.path("node_modules")), ["rusm-ts"]);

    let time = |path| fs::metadata(app.path(path)).unwrap().modified().unwrap();
    let before = ["wasm/other.js", "wasm/other.js.map", "wasm/other.qjsbc"].map(time);
    app.write("components/api/answer.ts", "export const answer: string = \"two\";\n");
    let outcome = built(&app);
    assert_eq!(["wasm/other.js", "wasm/other.js.map", "wasm/other.qjsbc"].map(time), before);
    assert!(outcome.stderr.contains("other -> wasm/other.js (0.1 KiB, unchanged)"), "{}", outcome.stderr);
    assert!(app.read("wasm/api.js").contains("\"two\""));
}

const PACKAGE: &str =
    "[package]\nname = \"core\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n";

#[test]
fn both_languages_build_in_one_app() {
    let app = api(HANDLER);
    app.write("components/core/Cargo.toml", PACKAGE);
    app.write("components/core/src/lib.rs", "");
    built(&app);
    assert_eq!(names(&app.path("wasm")), ["api.js", "api.js.map", "api.qjsbc", "core.wasm"]);

    // Cargo insists on a package in each folder that it is told of, and the user's manifest stays the user's.
    let workspace = app.read("Cargo.toml").replace(", \"components/api\"", "");
    app.write("Cargo.toml", &workspace);
    insta::assert_snapshot!(refused(&app));
    assert_eq!(app.read("Cargo.toml"), workspace);
}

/// What is precompiled saves time and is nothing to rely on.
#[test]
fn a_precompiled_file_of_something_else_is_made_anew() {
    let app = api(HANDLER);
    built(&app);
    let good = fs::read(app.path("wasm/api.qjsbc")).unwrap();
    for bad in [&b""[..], b"rusmqjs\x01", &good[..good.len() - 1]] {
        fs::write(app.path("wasm/api.qjsbc"), bad).unwrap();
        let check = app.rusm(&["check"]);
        assert_eq!(check.code, Some(0), "{}", check.stderr);
        assert_eq!(fs::read(app.path("wasm/api.qjsbc")).unwrap(), bad);
        built(&app);
        assert_eq!(fs::read(app.path("wasm/api.qjsbc")).unwrap(), good);
    }
}

#[test]
fn what_is_left_of_an_earlier_component_is_named() {
    let app = api(HANDLER);
    for file in ["old.js", "old.js.map", "old.qjsbc", "api.wasm"] {
        app.write(&format!("wasm/{file}"), "");
    }
    let stderr = built(&app).stderr;
    for file in ["old.js", "old.js.map", "old.qjsbc", "api.wasm"] {
        let warning = format!("warning: wasm/{file} was not made from this app's sources");
        assert!(stderr.contains(&warning), "{stderr}");
    }
    assert!(stderr.contains("components/api is written in TypeScript: delete the file"), "{stderr}");
}

/// An app's settings and secrets are for the node that runs it.
#[test]
fn nothing_of_the_environment_gets_into_a_bundle() {
    let app = api("export default () => new Response(process.env.TOKEN ?? process.env.HOME);\n");
    app.write(".env", "TOKEN=hunter2\n");
    built(&app);
    let bundle = app.read("wasm/api.js");
    assert!(bundle.contains("process.env.TOKEN") && bundle.contains("process.env.HOME"), "{bundle}");
}

#[test]
fn code_for_development_is_left_out() {
    let app = api(
        "if (process.env.NODE_ENV !== \"production\") console.log(\"verbose\");\nexport default () => new Response();\n",
    );
    built(&app);
    assert!(!app.read("wasm/api.js").contains("verbose"));
}

#[test]
fn jsx_is_compiled_for_the_library_that_the_app_names() {
    let app = app([
        ("components/api/index.tsx", "export default () => new Response(String(<b>hi</b>));\n"),
        ("tsconfig.json", r#"{ "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "tiny" } }"#),
        ("node_modules/tiny/package.json", r#"{ "exports": { "./jsx-runtime": "./jsx.js" } }"#),
        ("node_modules/tiny/jsx.js", "export const jsx = (tag) => `<${tag}>`;\n"),
    ]);
    built(&app);
    assert!(app.read("wasm/api.js").contains("jsx(\"b\""), "{}", app.read("wasm/api.js"));
}

/// Paths in it are what the log shows, whatever machine it was built on.
#[test]
fn a_source_map_names_the_sources_from_the_app_on() {
    let app = api(HANDLER);
    built(&app);
    let map = app.read("wasm/api.js.map");
    assert!(map.contains(r#""sources":["components/api/index.ts"]"#), "{map}");
    assert!(!map.contains("sourcesContent") && !app.read("wasm/api.js").contains("debugId"));
}
