//! A newcomer's first minutes: `rusm new`, `build`, `check`, `serve`, with nothing but the binary.

mod support;

use support::server::{Server, guest_target};
use support::{Folder, run};

#[test]
fn a_fresh_app_builds_checks_and_serves() {
    let folder = Folder::new();
    let new = folder.rusm(&["new", "shop"]);
    assert_eq!(new.code, Some(0), "{}", new.stderr);
    let build = run(folder.command(&["build", "shop"]).env("CARGO_TARGET_DIR", guest_target()));
    assert_eq!(build.code, Some(0), "{}", build.stderr);
    let check = folder.rusm(&["check", "shop"]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);

    // As the template has it the app takes a fixed port, which another test run may hold.
    let manifest = folder.read("shop/rusm.toml");
    let (before, address) = manifest.split_once("listen = \"127.0.0.1:").unwrap();
    let (_, after) = address.split_once('"').unwrap();
    folder.write("shop/rusm.toml", &format!("{before}listen = \"127.0.0.1:0\"{after}"));
    let node = Server::start(folder, "shop");
    assert_eq!(node.get("/users/42").text(), "user 42\n");
}
