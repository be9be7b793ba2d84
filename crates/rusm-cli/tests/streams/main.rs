//! Replies that are made while they are sent, and bodies that are read while they arrive, as clients see them.
//!
//! What the actions do stands in `tests/apps/live`.

#[path = "../support/mod.rs"]
mod support;

mod bodies;
mod events;
mod feeds;
mod http2;
mod leaving;
mod places;
mod stopping;

use support::client::Client;
use support::server::Server;

/// A client that reads a stream of events, whose head has come.
fn events(node: &Server, path: &str) -> Client {
    let mut client = node.client();
    client.ask(path);
    let head = client.response_to_head();
    assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"), "{head:?}");
    client
}

/// Reads up to the end of an event, or of several.
fn event(client: &mut Client) -> String {
    let mut event = Vec::new();
    while !event.ends_with(b"\n\n") {
        event.extend(client.chunk().expect("the stream goes on"));
    }
    String::from_utf8(event).unwrap()
}

/// Waits until a process of this action has ended.
fn gone(node: &Server, label: &str) {
    let (component, action) = label.split_once('#').unwrap();
    let (exit, action) = (format!("exit {component}#"), format!(" {action} "));
    node.stderr
        .wait(|lines| lines.iter().any(|line| line.contains(&exit) && line.contains(&action)).then_some(()));
}

/// The pid that an event of `tail` tells.
fn pid(event: &str) -> String {
    event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned()
}
