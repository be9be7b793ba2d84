//! `rusm build`, with the real compiler where a component is to come out.

mod support;

use std::fs;

use support::{Folder, Outcome, names, run};

const LIB: &str = "#[unsafe(no_mangle)]\npub extern \"C\" fn answer() -> i32 { 42 }\n";

fn manifest(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n"
    )
}

fn app(components: &[&str]) -> Folder {
    let folder = Folder::with([("rusm.toml", "")]);
    for name in components {
        folder.write(&format!("components/{name}/Cargo.toml"), &manifest(name));
        folder.write(&format!("components/{name}/src/lib.rs"), LIB);
    }
    folder
}

fn failed(outcome: &Outcome) -> &str {
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    &outcome.stderr
}

#[test]
fn makes_a_component_of_each_folder_and_touches_only_what_changed() {
    let app = app(&["api", "user-store"]);
    let outcome = app.rusm(&["build"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(names(&app.path("wasm")), ["api.wasm", "user-store.wasm"]);
    // The component-model preamble: a plain module has version 1 and layer 0.
    assert_eq!(fs::read(app.path("wasm/api.wasm")).unwrap()[..8], *b"\0asm\x0d\0\x01\0");
    for line in ["Component api -> wasm/api.wasm (", "Component user-store -> wasm/user-store.wasm ("] {
        assert!(outcome.stderr.contains(line), "{}", outcome.stderr);
    }
    assert!(app.read("Cargo.toml").contains("members = [\"components/*\"]"));
    assert!(app.path(".rusm/target").is_dir() && app.path(".rusm/sdk/rusm-rs/Cargo.toml").is_file());

    let time = |path| fs::metadata(app.path(path)).unwrap().modified().unwrap();
    let before = time("wasm/user-store.wasm");
    app.write("components/api/src/lib.rs", &LIB.replace("42", "43"));
    let outcome = app.rusm(&["build"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(time("wasm/user-store.wasm"), before);
    assert!(outcome.stderr.contains("KiB, unchanged)"), "{}", outcome.stderr);
}

/// The names of components are also names of well-known crates, which cargo would find ambiguous.
#[test]
fn a_component_may_be_named_as_its_dependency() {
    let app = app(&["log"]);
    let dependency = "[dependencies]\nother = { package = \"log\", path = \"../../vendor\" }\n";
    app.write("components/log/Cargo.toml", &(manifest("log") + dependency));
    app.write(
        "vendor/Cargo.toml",
        "[package]\nname = \"log\"\nversion = \"0.2.0\"\nedition = \"2024\"\n[workspace]\n",
    );
    app.write("vendor/src/lib.rs", "");
    app.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"components/*\"]\nexclude = [\".rusm\", \"vendor\"]\n",
    );
    let outcome = app.rusm(&["build"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert_eq!(names(&app.path("wasm")), ["log.wasm"]);
}

#[test]
fn shows_the_compilers_errors() {
    let app = app(&["api"]);
    app.write("components/api/src/lib.rs", "pub fn broken() -> u32 { \"text\" }\n");
    let outcome = app.rusm(&["build"]);
    let stderr = failed(&outcome);
    assert!(stderr.contains("error[E0308]: mismatched types"), "{stderr}");
    assert!(stderr.contains("components/api/src/lib.rs:1:26"), "{stderr}");
    assert!(stderr.ends_with("error: the app does not build\n\n"), "{stderr}");
    assert!(!app.path("wasm").exists());
}

#[test]
fn uses_a_target_folder_that_is_set() {
    let app = app(&["api"]);
    let outcome = run(app.command(&["build"]).env("CARGO_TARGET_DIR", app.path("elsewhere")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(app.path("elsewhere").is_dir() && !app.path(".rusm/target").exists());
}

#[test]
fn explains_every_component_that_is_none() {
    let app = app(&["good", "misnamed", "rlib"]);
    app.write("components/misnamed/Cargo.toml", &manifest("other"));
    app.write(
        "components/rlib/Cargo.toml",
        "[package]\nname = \"rlib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    insta::assert_snapshot!(failed(&app.rusm(&["build"])));
}

#[test]
fn explains_every_folder_that_is_no_component() {
    let app = app(&["good"]);
    app.write("components/notes/todo.txt", "");
    app.write("components/a b/Cargo.toml", &manifest("ab"));
    app.write("components/.hidden/x", "");
    app.write("components/README.md", "");
    insta::assert_snapshot!(failed(&app.rusm(&["build"])));
}

#[test]
fn explains_a_component_outside_the_users_workspace() {
    let app = app(&["api"]);
    let own = "[workspace]\nresolver = \"3\"\nmembers = []\n";
    app.write("Cargo.toml", own);
    insta::assert_snapshot!(failed(&app.rusm(&["build"])));
    assert_eq!(app.read("Cargo.toml"), own);
}

#[test]
fn says_that_there_is_nothing_to_build() {
    let app = app(&[]);
    insta::assert_snapshot!(failed(&app.rusm(&["build"])));
}

#[test]
fn warns_of_a_component_without_sources() {
    let app = app(&["api"]);
    app.write("wasm/old.wasm", "");
    let outcome = app.rusm(&["build"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("warning: wasm/old.wasm was not made from this app's sources"));
    assert!(app.path("wasm/old.wasm").exists());
}

#[test]
fn explains_that_there_is_no_app() {
    let folder = Folder::new();
    let outcome = folder.rusm(&["build", "nowhere"]);
    insta::assert_snapshot!(failed(&outcome));
}

/// Toolchains that lack something, played by scripts.
#[cfg(unix)]
mod toolchain {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn script(app: &Folder, name: &str, body: &str) {
        let path = format!("bin/{name}");
        app.write(&path, &format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(app.path(&path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs with nothing on the path but the scripts.
    fn build(app: &Folder) -> String {
        let outcome = run(app.command(&["build"]).env("PATH", app.path("bin")));
        failed(&outcome).replace(app.path("").to_str().unwrap(), "/app/")
    }

    #[test]
    fn a_missing_target_is_explained() {
        let app = app(&["api"]);
        script(&app, "rustc", &format!("echo {}", app.path("empty").display()));
        insta::assert_snapshot!(build(&app));
    }

    #[test]
    fn a_missing_compiler_is_explained() {
        insta::assert_snapshot!(build(&app(&["api"])));
    }

    #[test]
    fn a_missing_cargo_is_explained() {
        let app = app(&["api"]);
        app.write("lib/libstd-0.rlib", "");
        script(&app, "rustc", &format!("echo {}", app.path("lib").display()));
        insta::assert_snapshot!(build(&app));
    }
}
