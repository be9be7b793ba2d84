//! What keeps a node from starting: exit code 1, a reason, and no port opened.

use std::fs;
use std::net::TcpListener;

use crate::support::Folder;
use crate::support::server::{App, Server};

/// What the node says on its standard error when it does not start.
fn refused(folder: Folder) -> String {
    let mut node = Server::spawn(folder, "");
    assert_eq!(node.exit().code(), Some(1));
    assert_eq!(node.stdout.so_far(), [""; 0]);
    node.stderr.so_far().join("\n")
}

fn refused_for(folder: Folder, texts: &[&str]) {
    let error = refused(folder);
    for text in texts {
        assert!(error.contains(text), "`{text}` is not in:\n{error}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    // Of two listeners the first could listen, and yet must not.
    let second = format!("[[serve]]\nlisten = \"{address}\"\n[serve.routes]\n\"GET /\" = \"probe#json\"");
    let folder = App { more: &second, ..App::default() }.folder();
    refused_for(folder, &[&format!("cannot listen on {address}"), "another process listens there"]);
}

#[test]
fn a_bad_manifest_is_shown_with_its_place() {
    let folder = App { node: "max-instance = 5", ..App::default() }.folder();
    refused_for(folder, &["rusm.toml:2:1", "max-instances"]);
}

#[test]
fn a_profile_that_is_not_there_is_named() {
    let folder = App { profile: "inherits = \"sandboxd\"", ..App::default() }.folder();
    refused_for(folder, &["sandboxd"]);
}

#[test]
fn a_component_that_is_not_built_says_what_builds_it() {
    let folder = App::default().folder();
    folder.write("components/probe/Cargo.toml", "");
    fs::remove_file(folder.path("wasm/probe.wasm")).unwrap();
    refused_for(folder, &["component `probe` is not built", "`rusm build` makes wasm/probe.wasm"]);
}

#[test]
fn an_unknown_action_is_shown_with_the_nearest() {
    let more = "[[serve]]\nlisten = \"127.0.0.1:0\"\n[serve.routes]\n\"GET /\" = \"probe#usr\"";
    let folder = App { more, ..App::default() }.folder();
    refused_for(folder, &["component `probe` has no action `usr`", "did you mean `user`?", "rusm.toml:"]);
}

/// Makes a file's content in place of a component's.
type Spoil<'a> = &'a dyn Fn(&Folder) -> Vec<u8>;

#[test]
fn a_file_that_is_no_component_is_named() {
    let truncated = |folder: &Folder| {
        let bytes = fs::read(folder.path("wasm/probe.wasm")).unwrap();
        bytes[..bytes.len() / 2].to_vec()
    };
    let cases: [(Spoil<'_>, &str); 4] = [
        (&|_| b"<html>".to_vec(), "this is not a WebAssembly file"),
        (&truncated, "this is not a WebAssembly file"),
        (&|_| b"\0asm\x01\0\0\0".to_vec(), "a core WebAssembly module, not a component"),
        (&|_| b"\0asm\x0d\0\x01\0".to_vec(), "does not say what it is"),
    ];
    for (bytes, reason) in cases {
        let folder = App::default().folder();
        fs::write(folder.path("wasm/probe.wasm"), bytes(&folder)).unwrap();
        refused_for(folder, &["wasm/probe.wasm is no component to serve", reason]);
    }
}

/// A description that reads well, and code behind it that does not.
#[test]
fn code_that_does_not_compile_is_refused() {
    let folder = App::default().folder();
    let mut bytes = fs::read(folder.path("wasm/probe.wasm")).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle..middle + 256].fill(0xff);
    fs::write(folder.path("wasm/probe.wasm"), bytes).unwrap();
    refused_for(folder, &["probe"]);
}

#[test]
fn more_instances_than_the_kernel_has_room_for_name_the_sysctl() {
    let folder = App { node: "max-instances = 4294967295", ..App::default() }.folder();
    refused_for(folder, &["max-instances = 4294967295", "sysctl -w vm.max_map_count="]);
}

#[test]
fn an_app_without_a_listener_has_nothing_to_serve() {
    refused_for(Folder::with([("rusm.toml", "")]), &["nothing to serve"]);
}
