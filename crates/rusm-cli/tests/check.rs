//! `rusm check`, and the command line itself.

mod support;

use std::fs;

use support::{Folder, run};

const GOOD: &str = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"api#home\"\n";

fn app(manifest: &str) -> Folder {
    let app = Folder::with([("rusm.toml", manifest), ("components/api/Cargo.toml", "")]);
    fs::create_dir(app.path("wasm")).unwrap();
    fs::write(app.path("wasm/api.wasm"), described(&["home", "show"])).unwrap();
    app
}

/// A component that has nothing but the description of its actions.
fn described(actions: &[&str]) -> Vec<u8> {
    let entries: Vec<_> =
        actions.iter().map(|name| format!(r#"{{"name":"{name}","reply":"buffered"}}"#)).collect();
    let text = format!(r#"{{"version":1,"kind":"handlers","actions":[{}]}}"#, entries.join(","));
    let mut section = b"\x04rusm".to_vec();
    section.extend_from_slice(text.as_bytes());
    let size = u8::try_from(section.len()).unwrap();
    // A component's preamble, then a custom section: its number, its size in LEB128, its content.
    let mut component = b"\0asm\x0d\0\x01\0\0".to_vec();
    component.extend_from_slice(&[size | 0x80, size >> 7]);
    component.extend_from_slice(&section);
    component
}

#[test]
fn a_good_app_is_told_so() {
    let app = app(GOOD);
    let outcome = app.rusm(&["check"]);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(0), "rusm.toml is valid, and every route leads somewhere\n")
    );
    assert!(app.path(".rusm/sdk/rusm-rs").is_dir());
}

#[test]
fn the_app_is_found_from_below() {
    let app = app(GOOD);
    let outcome = run(app.command(&["check"]).current_dir(app.path("components/api")));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn all_that_is_wrong_is_shown_with_its_place() {
    let app = app("[nod]\n[[serve]]\nlisten = \"here\"\n[serve.routes]\n\"GET /\" = \"apo#home\"\n");
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn a_route_to_an_action_that_is_not_there_is_shown_with_the_nearest_that_is() {
    let app = app(&GOOD.replace("api#home", "api#hime"));
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn a_component_that_is_not_built_is_shown_with_the_command_that_builds_it() {
    let app = app(GOOD);
    fs::remove_dir_all(app.path("wasm")).unwrap();
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    insta::assert_snapshot!(outcome.stderr);
}

#[test]
fn what_this_version_cannot_do_is_refused() {
    let app = app("[node]\nadmin = \"127.0.0.1:0\"\n");
    for command in ["check", "serve"] {
        let outcome = app.rusm(&[command]);
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.contains("not supported by this version of rusm yet"), "{}", outcome.stderr);
    }
}

/// A line of `.env` may well be a secret.
#[test]
fn a_bad_line_of_env_is_named_and_not_shown() {
    let app = app(GOOD);
    app.write(".env", "A=1\nhunter2\n");
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stderr, "error: .env:2: expected `NAME=value`\n\n");
}

#[test]
fn a_built_component_needs_no_sources() {
    let app = app(GOOD);
    fs::remove_dir_all(app.path("components")).unwrap();
    let outcome = app.rusm(&["check"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
}

#[test]
fn colours_are_for_terminals_and_can_be_forced() {
    let app = app("[nod]\n");
    assert!(!app.rusm(&["check"]).stderr.contains('\x1b'));
    assert!(run(app.command(&["check"]).env("CLICOLOR_FORCE", "1")).stderr.contains('\x1b'));
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = Folder::new();
    for args in [&["biuld"][..], &[], &["new"], &["check", "--fast"], &["new", "x", "--lang", "cobol"]] {
        let outcome = folder.rusm(args);
        assert_eq!(outcome.code, Some(2), "{args:?}: {}", outcome.stderr);
    }
}

#[test]
fn help_reads_like_a_page() {
    let folder = Folder::new();
    for command in ["", "new", "build", "check", "run", "serve", "kv", "kv set", "kv list"] {
        let args: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let outcome = run(folder.command(&args).env("COLUMNS", "100"));
        assert_eq!(outcome.code, Some(0));
        insta::assert_snapshot!(format!("help-{}", command.replace(' ', "-")), outcome.stdout);
    }
}

#[test]
fn the_version_is_the_crates() {
    let outcome = Folder::new().rusm(&["--version"]);
    assert_eq!(outcome.stdout, format!("rusm {}\n", env!("CARGO_PKG_VERSION")));
}
