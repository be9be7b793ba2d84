//! Packages from npm, and the one that never is.

use std::fs;
use std::process::Command;

use crate::support::{Folder, Outcome, run};
use crate::{api, app, built, refused, script};

const GREETS: &str = "import { greet } from \"greet\";\nexport default () => new Response(greet());\n";

/// An app that asks for a package of its own folder, so that no registry is needed.
fn greeting() -> Folder {
    app([
        ("components/api/index.ts", GREETS),
        ("package.json", r#"{ "private": true, "dependencies": { "greet": "file:vendor/greet" } }"#),
        ("vendor/greet/package.json", r#"{ "name": "greet", "version": "1.0.0", "main": "greet.js" }"#),
        ("vendor/greet/greet.js", "export const greet = () => \"hello from far\";\n"),
    ])
}

/// Builds by a Bun that writes down what it is asked for, and says of each installation how.
fn installations(app: &Folder, ci: bool) -> (Outcome, Vec<String>) {
    let bun = ["RUSM_BUN"].iter().find_map(std::env::var_os).unwrap_or_else(|| "bun".into());
    let found = Command::new("sh").arg("-c").arg("command -v \"$0\"").arg(bun).output().unwrap();
    let bun = String::from_utf8(found.stdout).unwrap();
    let log = app.path("asked");
    script(app, "bun", &format!("echo \"$1 $2\" >>{}\nexec {} \"$@\"", log.display(), bun.trim()));
    let mut command = app.command(&["build"]);
    command.env("RUSM_BUN", app.path("bin/bun")).env_remove("CI");
    if ci {
        command.env("CI", "true");
    }
    let outcome = run(&mut command);
    let asked = fs::read_to_string(&log).unwrap_or_default();
    fs::write(&log, "").unwrap();
    let installs =
        asked.lines().filter(|line| line.starts_with("install")).map(|line| line.trim().to_owned());
    (outcome, installs.collect())
}

#[test]
fn what_is_asked_for_is_installed_once() {
    let app = greeting();
    let (outcome, installs) = installations(&app, false);
    assert_eq!((outcome.code, installs.len()), (Some(0), 1), "{}", outcome.stderr);
    assert!(app.read("wasm/api.js").contains("hello from far"));
    assert!(app.path("bun.lock").is_file());
    assert_eq!(installations(&app, false).1, [""; 0]);

    // Whoever changes what is asked for is asked for it.
    app.write("vendor/more/package.json", r#"{ "name": "more", "version": "1.0.0" }"#);
    app.write(
        "package.json",
        r#"{ "private": true, "dependencies": { "greet": "file:vendor/greet", "more": "file:vendor/more" } }"#,
    );
    assert_eq!(installations(&app, false).1.len(), 1);
    assert!(app.path("node_modules/more/package.json").is_file());
    assert_eq!(installations(&app, false).1, [""; 0]);
}

#[test]
fn in_ci_the_lockfile_is_what_counts() {
    let app = greeting();
    assert_eq!(installations(&app, true).1, ["install"]);
    fs::remove_dir_all(app.path("node_modules")).unwrap();
    let (outcome, installs) = installations(&app, true);
    assert_eq!(
        (outcome.code, installs),
        (Some(0), vec!["install --frozen-lockfile".to_owned()]),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_component_may_have_packages_of_its_own() {
    let app = app([
        ("components/api/index.ts", GREETS),
        ("components/api/package.json", r#"{ "dependencies": { "greet": "file:../../vendor/greet" } }"#),
        ("vendor/greet/package.json", r#"{ "name": "greet", "version": "1.0.0", "main": "greet.js" }"#),
        ("vendor/greet/greet.js", "export const greet = () => \"hello from far\";\n"),
    ]);
    built(&app);
    assert!(app.read("wasm/api.js").contains("hello from far"));
    assert_eq!(installations(&app, false).1, [""; 0]);
}

#[test]
fn the_members_of_a_workspace_are_installed_from_its_root() {
    let app = greeting();
    app.write("package.json", r#"{ "private": true, "workspaces": ["components/*"] }"#);
    app.write(
        "components/api/package.json",
        r#"{ "name": "api", "dependencies": { "greet": "file:../../vendor/greet" } }"#,
    );
    let (outcome, installs) = installations(&app, false);
    assert_eq!((outcome.code, installs.len()), (Some(0), 1), "{}", outcome.stderr);
    assert!(app.read("wasm/api.js").contains("hello from far"));
    assert_eq!(installations(&app, false).1, [""; 0]);
}

#[test]
fn a_package_that_cannot_be_had_ends_the_build() {
    let app = greeting();
    fs::remove_dir_all(app.path("vendor")).unwrap();
    let stderr = refused(&app);
    assert!(
        stderr.contains("error: the packages that package.json asks for cannot be installed"),
        "{stderr}"
    );
}

/// Of what a package has for different hosts, that for a host of web standards.
#[test]
fn a_library_gives_what_it_has_for_the_web() {
    let app = api("import { host } from \"hosts\";\nexport default () => new Response(host);\n");
    app.write(
        "node_modules/hosts/package.json",
        r#"{ "exports": { "node": "./node.js", "bun": "./bun.js", "workerd": "./web.js", "default": "./other.js" } }"#,
    );
    for host in ["node", "bun", "web", "other"] {
        app.write(
            &format!("node_modules/hosts/{host}.js"),
            &format!("export const host = \"for {host}\";\n"),
        );
    }
    built(&app);
    let bundle = app.read("wasm/api.js");
    assert!(bundle.contains("for web") && !bundle.contains("for node"), "{bundle}");
}

/// What it may do without, it does without; what it replaces is replaced.
#[test]
fn a_library_that_is_prepared_for_other_hosts_is_taken() {
    let app =
        api("import { random, host } from \"ready\";\nexport default () => new Response(random + host);\n");
    app.write(
        "node_modules/ready/package.json",
        r#"{ "main": "x.js", "browser": { "os": "./os.js", "fs": false } }"#,
    );
    app.write(
        "node_modules/ready/x.js",
        "import { host } from \"os\";\nimport fs from \"fs\";\nimport path from \"path\";\nlet random;\n\
         try { random = require(\"crypto\"); } catch { random = path.sep; }\nexport { random, host, fs };\n",
    );
    app.write("node_modules/ready/os.js", "export const host = \"none of yours\";\n");
    built(&app);
    let bundle = app.read("wasm/api.js");
    assert!(bundle.contains("none of yours"), "{bundle}");
    assert!(
        bundle.contains("\\\"crypto\\\" is not there") || bundle.contains("\"crypto\" is not there"),
        "{bundle}"
    );
}

const WEBSOCKET: &str =
    "import { websocket } from \"rusm-ts\";\nexport default websocket({ message() {} });\n";

#[test]
fn the_sdk_is_the_one_that_travels_in_the_binary() {
    let app = api(WEBSOCKET);
    built(&app);
    let link = app.path("node_modules/rusm-ts");
    assert_eq!(fs::read_link(&link).unwrap().to_str(), Some("../.rusm/sdk/rusm-ts"));
    assert!(app.read("wasm/api.js").contains("from \"rusm:runtime\""), "{}", app.read("wasm/api.js"));
}

/// Whoever has the name on a registry gets into no bundle by it, wherever it was installed.
#[test]
fn a_package_of_the_sdks_name_is_not_taken() {
    let app = api(WEBSOCKET);
    for place in ["node_modules", "components/api/node_modules"] {
        app.write(&format!("{place}/rusm-ts/package.json"), r#"{ "main": "evil.js" }"#);
        app.write(&format!("{place}/rusm-ts/evil.js"), "export const websocket = () => \"evil\";\n");
    }
    built(&app);
    assert!(!app.read("wasm/api.js").contains("evil"));
    assert!(app.path("node_modules/rusm-ts").is_symlink());
}

#[test]
fn to_ask_a_registry_for_the_sdk_is_refused_before_it_is_asked() {
    let app = api(WEBSOCKET);
    app.write("package.json", "{\n  \"dependencies\": { \"rusm-ts\": \"^0.1.0\" }\n}\n");
    insta::assert_snapshot!(refused(&app));
    assert!(!app.path("bun.lock").exists() && !app.path("node_modules").exists());

    app.write("package.json", r#"{ "dependencies": { "rusm-ts": "file:.rusm/sdk/rusm-ts" } }"#);
    built(&app);
    assert!(app.path("node_modules/rusm-ts").is_symlink());
}
