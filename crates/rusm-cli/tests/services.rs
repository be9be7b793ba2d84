//! Services and their clients as components of a running node: see `tests/apps/services`.

mod support;

use std::fs;
use std::path::Path;

use support::Folder;
use support::server::{Server, app};

fn node() -> Server {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/services/rusm.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let components = ["calculator", "second", "gateway"].map(|name| (name, name));
    let folder: Folder = app("services", &manifest, &components);
    Server::start(folder, "")
}

fn answers(node: &Server, path: &str) -> String {
    let response = node.get(path);
    assert_eq!(response.status, 200, "{path}: {}", response.text());
    response.text().trim_end().to_owned()
}

#[test]
fn calls_casts_and_state() {
    let node = node();
    assert_eq!(answers(&node, "/add/2/3"), "5");
    assert_eq!(answers(&node, "/accumulate/2"), "2");
    assert_eq!(answers(&node, "/cast/40"), "()");
    assert_eq!(answers(&node, "/accumulate/0"), "42");
    assert_eq!(answers(&node, "/echo"), "true");
    assert_eq!(answers(&node, "/relay/7"), "7");
    // The facade's line, with its field.
    assert!(node.stderr.find("ready total=0").contains("calculator"));
}

#[test]
fn errors_arrive_as_errors() {
    let node = node();
    assert_eq!(answers(&node, "/divide/6/0"), "division-by-zero: 6 by 0");
    assert_eq!(answers(&node, "/wrong"), "no-such-function bad-arguments wrong-kind");
    assert!(answers(&node, "/itself").contains("called itself"));
    assert_eq!(answers(&node, "/slow"), "timeout Ok(3) false");
}

#[test]
fn streams_and_callbacks() {
    let node = node();
    assert_eq!(answers(&node, "/count/1000"), "500500");
    assert_eq!(answers(&node, "/between/100"), "109900");
    assert_eq!(answers(&node, "/report/3"), "\"3 of [0, 1, 2]\"");
}

#[test]
fn a_crash_is_told_at_once_and_the_name_found_again() {
    let node = node();
    assert_eq!(answers(&node, "/accumulate/2"), "2");
    assert_eq!(answers(&node, "/crash"), "down 3 true");
    // Its state went with it.
    assert_eq!(answers(&node, "/accumulate/2"), "2");
}

#[test]
fn subscribers_are_told_and_forgotten_when_they_end() {
    let node = node();
    let watchers = |count: usize| while answers(&node, "/watchers") != count.to_string() {};
    let mut watching: Vec<_> = (0..3).map(|_| node.client()).collect();
    for client in &mut watching {
        client.ask("/watch");
    }
    watchers(3);
    // One leaves, and its process ends.
    drop(watching.pop());
    watchers(2);
    assert_eq!(answers(&node, "/accumulate/5"), "5");
    for client in &mut watching {
        assert_eq!(client.response().text(), "5\n");
    }
    watchers(0);
}
