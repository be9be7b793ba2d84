//! Clients that leave, and clients that stop reading.

use std::net::Shutdown;

use crate::support::live::Live;
use crate::support::server::Server;
use crate::{event, events, gone};

/// Waits until a process of this label has ended because its client left.
fn left(node: &Server, label: &str) {
    node.stderr.wait(|lines| {
        let ended = |line: &String| line.contains("the client left") && line.contains(label);
        lines.iter().any(ended).then_some(())
    });
}

#[test]
fn a_process_ends_with_its_client() {
    let node = Live::default().serve();
    // One that waits, one that writes.
    for (path, label) in [("/tail", "api#tail"), ("/count", "api#count")] {
        let mut client = events(&node, path);
        event(&mut client);
        drop(client);
        left(&node, label);
    }
}

/// What a client has sent too much does not keep its process after it.
#[test]
fn a_client_that_leaves_bytes_behind_has_left() {
    let node = Live { listener: "header-timeout = \"200ms\"", ..Live::default() }.serve();
    let mut client = node.client();
    client.send("GET /tail HTTP/1.1\r\nhost: test\r\n\r\n\r\n");
    client.response_to_head();
    event(&mut client);
    drop(client);
    left(&node, "api#tail");
    let mut client = node.client();
    client.send("POST /stalls HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\nsome");
    client.response_to_head();
    drop(client);
    left(&node, "api#stalls");
}

/// TCP cannot tell who has left from who only says no more, so whoever ends its side has left.
#[test]
fn a_client_that_ends_its_side_has_left() {
    let node = Live::default().serve();
    let mut client = events(&node, "/tail");
    event(&mut client);
    client.stream().shutdown(Shutdown::Write).unwrap();
    left(&node, "api#tail");
    client.closed();
}

#[test]
fn a_client_that_leaves_within_an_upload_ends_the_action() {
    let node = Live::default().serve();
    for (path, label) in [("/upload", "api#upload"), ("/echo", "api#echo")] {
        let mut client = node.client();
        client.send(format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\nsome"));
        let action = label.split_once('#').unwrap().1;
        node.stderr.wait(|lines| {
            lines.iter().any(|line| line.contains("spawn") && line.ends_with(action)).then_some(())
        });
        drop(client);
        gone(&node, label);
    }
}

#[test]
fn a_client_that_leaves_within_a_download_ends_the_action() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.ask("/download/1000000000");
    client.response_to_head();
    client.at_least(1 << 20);
    drop(client);
    left(&node, "api#download");
}

/// An emitter whose client takes nothing does not run, and what it wrote is bounded.
#[test]
fn a_client_that_does_not_read_stops_the_emitter() {
    let node = Live { profile: "allow-stdio = true", ..Live::default() }.serve();
    let before = node.resident();
    let mut client = events(&node, "/flood");
    let mut reached = progress(&node);
    // It goes on until the sockets are full, however large the system makes them.
    loop {
        for n in 0..200 {
            assert_eq!(node.get("/plain").text(), "plain", "{n}: others are served");
        }
        let now = progress(&node);
        if now == reached {
            break;
        }
        reached = now;
    }
    let more = node.resident().saturating_sub(before);
    assert!(more < 16 << 10, "{more} KiB");
    // And goes on when there is room again: more than what was under way.
    let held = (reached + 1) << 10;
    client.at_least(held + (64 << 10));
    node.stdout.find(&format!("flood {}", reached + 8));
}

/// How many events `flood` has written.
fn progress(node: &Server) -> usize {
    let said = node.stdout.so_far();
    said.iter().rev().find_map(|line| line.strip_prefix("flood ")?.parse().ok()).unwrap_or(0)
}
