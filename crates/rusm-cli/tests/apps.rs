//! Whole apps as a person meets them: the one that `rusm new` makes, and the examples.

mod live;
mod support;

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use support::server::{Server, built_from, guest_target};
use support::{Folder, run};

/// A newcomer's first minutes, with nothing but the binary.
#[test]
fn a_fresh_app_builds_checks_and_serves() {
    let folder = Folder::new();
    let new = folder.rusm(&["new", "shop"]);
    assert_eq!(new.code, Some(0), "{}", new.stderr);
    let build = run(folder.command(&["build", "shop"]).env("CARGO_TARGET_DIR", guest_target().join("shop")));
    assert_eq!(build.code, Some(0), "{}", build.stderr);
    let check = folder.rusm(&["check", "shop"]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    listen_anywhere(&folder, "shop");
    let node = Server::start(folder, "shop");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
}

#[test]
fn a_fresh_app_in_typescript_builds_checks_and_serves() {
    let folder = Folder::new();
    let new = folder.rusm(&["new", "shop", "--lang", "ts"]);
    assert_eq!(new.code, Some(0), "{}", new.stderr);
    for command in ["build", "check"] {
        let outcome = folder.rusm(&[command, "shop"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    }
    listen_anywhere(&folder, "shop");
    let node = Server::start(folder, "shop");
    assert_eq!(node.get("/").text(), "It runs.\n");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
}

#[test]
fn the_example_hello_serves() {
    let node = example("hello");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
    assert_eq!(node.get("/hello/bob").text(), "hello, bob\n");
    assert!(node.get("/").text().contains("It works"));
}

#[test]
fn the_example_counter_survives_its_node() {
    let node = example("counter");
    assert_eq!(node.post("/counts/tea", "").text(), "1\n");
    assert_eq!(node.post("/counts/tea", "41").text(), "42\n");
    assert_eq!(node.post("/counts/tea", "much").status, 400);
    assert_eq!(node.get("/counts/milk").status, 404);
    let node = node.restart(Signal::KILL);
    assert_eq!(node.get("/counts/tea").text(), "42\n");
    assert_eq!(node.get("/counts").text(), r#"{"tea":42}"#);
}

#[test]
fn the_example_chat_room_passes_words_on_and_keeps_them() {
    let node = example("chat-room");
    let members = |count: &str| while node.get("/rooms/lobby/members").text() != count {};
    assert_eq!(node.post("/rooms/lobby", "anyone?").text(), "0\n");
    let [mut ann, mut bob, mut gone] = [(); 3].map(|()| node.client());
    for listener in [&mut ann, &mut bob, &mut gone] {
        listener.ask("/rooms/lobby/next");
    }
    members("3\n");
    // Whoever leaves is forgotten.
    drop(gone);
    members("2\n");
    assert_eq!(node.post("/rooms/lobby", "hello").text(), "2\n");
    assert_eq!((ann.response().text(), bob.response().text()), ("hello", "hello"));
    members("0\n");
    assert_eq!(node.post("/rooms/lobby", "").status, 400);
    let node = node.restart(Signal::TERM);
    assert_eq!(node.get("/rooms/lobby").text(), r#"["anyone?","hello"]"#);
    assert_eq!(node.get("/rooms/kitchen").text(), "[]");
}

#[test]
fn the_example_standard_runs_what_knows_nothing_of_rusm() {
    let node = example("standard");
    node.stdout.find("hello from announce to ");
    assert_eq!(node.get("/hello/bob").text(), "hello, bob\n");
    assert_eq!(node.post("/shout", "quite a noise").text(), "QUITE A NOISE");
}

#[test]
fn the_example_hello_ts_answers_whoever_asks() {
    let node = example("hello-ts");
    assert_eq!(node.get("/").text(), "hello, world\n");
    let bob = node.post("/any/where?who=bob%20%26%20co", "");
    assert_eq!((bob.header("content-type"), bob.text()), ("text/plain", "hello, bob & co\n"));
}

/// An example in a folder of its own, served. It is built once for all tests of it.
fn example(name: &str) -> Server {
    Server::start(example_folder(name), name)
}

/// An example that was checked, in a folder of its own.
fn example_folder(name: &str) -> Folder {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let built = built_from(&source, &format!("example-{name}"));
    let folder = Folder::new();
    for needed in ["rusm.toml", "wasm", "public"] {
        copy(&built.join(needed), &folder.path(&format!("{name}/{needed}")));
    }
    // Where all of it is, so that the types of one in TypeScript are checked as well.
    let check = folder.rusm(&["check", built.to_str().unwrap()]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    listen_anywhere(&folder, name);
    folder
}

/// As it stands an app takes a fixed port, which another test run may hold.
fn listen_anywhere(folder: &Folder, app: &str) {
    let path = format!("{app}/rusm.toml");
    let manifest = folder.read(&path);
    let (before, address) = manifest.split_once("listen = \"127.0.0.1:").unwrap();
    let (_, after) = address.split_once('"').unwrap();
    folder.write(&path, &format!("{before}listen = \"127.0.0.1:0\"{after}"));
}

/// Copies a file, or a folder with all that is in it, if it is there.
fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    } else if from.is_dir() {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    }
}
