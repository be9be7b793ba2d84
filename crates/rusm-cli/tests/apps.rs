//! Whole apps as a person meets them: the one that `rusm new` makes, and the examples.

mod support;

use std::fs;
use std::path::Path;

use support::server::{Server, guest_target};
use support::{Folder, run};

/// A newcomer's first minutes, with nothing but the binary.
#[test]
fn a_fresh_app_builds_checks_and_serves() {
    let folder = Folder::new();
    let new = folder.rusm(&["new", "shop"]);
    assert_eq!(new.code, Some(0), "{}", new.stderr);
    let node = built_and_served(folder, "shop");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
}

#[test]
fn the_example_hello_serves() {
    let folder = Folder::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello");
    copy(&example, &folder, "hello");
    let node = built_and_served(folder, "hello");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
    assert_eq!(node.get("/hello/bob").text(), "hello, bob\n");
    assert!(node.get("/").text().contains("It works"));
}

fn built_and_served(folder: Folder, app: &str) -> Server {
    // A target folder each: both apps have a component of the same name, and would race for its file.
    let build = run(folder.command(&["build", app]).env("CARGO_TARGET_DIR", guest_target().join(app)));
    assert_eq!(build.code, Some(0), "{}", build.stderr);
    let check = folder.rusm(&["check", app]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);

    // As it stands the app takes a fixed port, which another test run may hold.
    let path = format!("{app}/rusm.toml");
    let manifest = folder.read(&path);
    let (before, address) = manifest.split_once("listen = \"127.0.0.1:").unwrap();
    let (_, after) = address.split_once('"').unwrap();
    folder.write(&path, &format!("{before}listen = \"127.0.0.1:0\"{after}"));
    Server::start(folder, app)
}

/// Copies an app's sources, and not what `rusm build` made beside them.
fn copy(from: &Path, folder: &Folder, to: &str) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let to = format!("{to}/{name}");
        if [".rusm", "wasm", "target"].contains(&name.as_str()) {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), folder, &to);
        } else {
            folder.write(&to, &fs::read_to_string(entry.path()).unwrap());
        }
    }
}
