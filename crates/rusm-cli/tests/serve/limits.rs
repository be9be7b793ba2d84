//! The bounds that a listener sets for what a client sends and how fast.

use crate::support::server::App;

const SMALL_BODY: App<'_> =
    App { node: "", log: "", listener: "max-body-size = \"1 KiB\"", profile: "", env: "", more: "" };

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let node = SMALL_BODY.serve();
    assert_eq!(node.post("/echo", [b'x'; 1024]).body, [b'x'; 1024]);
}

#[test]
fn a_content_length_past_the_limit_is_413_before_the_body() {
    let node = SMALL_BODY.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 1025\r\n\r\n");
    client.response().assert_bare(413, "Payload Too Large");
    client.closed();
}

#[test]
fn chunks_past_the_limit_are_413() {
    let node = SMALL_BODY.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send(format!("200\r\n{0}\r\n201\r\n{0}!\r\n", "x".repeat(512)));
    client.response().assert_bare(413, "Payload Too Large");
    client.closed();
}

#[test]
fn a_client_that_waits_for_a_100_gets_the_413_instead() {
    let node = SMALL_BODY.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 1025\r\n\r\n");
    client.response().assert_bare(413, "Payload Too Large");
    client.closed();
}

/// A client that first sends everything and then reads must not lose the answer to a reset.
#[test]
fn a_refusal_reaches_a_client_that_sends_all_of_its_body() {
    let node = SMALL_BODY.serve();
    for size in [2 << 10, 64 << 10, 1 << 20, 16 << 20] {
        let mut client = node.client();
        client.post("/echo", vec![b'x'; size]).assert_bare(413, "Payload Too Large");
        client.post("/nowhere", vec![b'x'; size]).assert_bare(404, "Not Found");
        // The body gone, the connection goes on.
        assert_eq!(client.get("/users/1").text(), "user 1\n");
    }
}

#[test]
fn a_head_past_the_limit_is_431() {
    let node = App { listener: "max-header-size = \"8 KiB\"", ..App::default() }.serve();
    let mut client = node.client();
    let head = format!("GET /users/1 HTTP/1.1\r\nhost: test\r\nx-long: {}\r\n\r\n", "x".repeat(9 << 10));
    client.send(head);
    assert_eq!(client.response().status, 431);
    client.closed();
    assert_eq!(node.get("/users/1").status, 200);
}

#[test]
fn a_head_that_does_not_end_is_408() {
    let node = App { listener: "header-timeout = \"200ms\"", ..App::default() }.serve();
    let mut client = node.client();
    client.send("GET /users/1 HTTP/1.1\r\nhost: te");
    client.response().assert_bare(408, "Request Timeout");
    client.closed();

    // The second head of a connection is bounded as the first is, even when the first request took long.
    let mut client = node.client();
    assert_eq!(client.get("/nap/300").status, 200);
    client.send("GET");
    client.response().assert_bare(408, "Request Timeout");
    client.closed();
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let limits = "header-timeout = \"200ms\"\nidle-timeout = \"200ms\"";
    let node = App { listener: limits, ..App::default() }.serve();
    node.client().closed();
}

#[test]
fn a_silent_connection_is_closed() {
    let node = App { listener: "idle-timeout = \"200ms\"", ..App::default() }.serve();
    let mut client = node.client();
    assert_eq!(client.get("/users/1").status, 200);
    client.closed();
}

/// Silence while an action works is not idleness.
#[test]
fn a_connection_with_a_request_in_progress_is_not_idle() {
    let limits = "idle-timeout = \"50ms\"\nheader-timeout = \"50ms\"";
    let node = App { listener: limits, ..App::default() }.serve();
    assert_eq!(node.get("/nap/500").text(), "rested\n");
}

#[test]
fn a_body_that_does_not_come_is_408() {
    let node = App { listener: "request-timeout = \"200ms\"", ..App::default() }.serve();
    let mut client = node.client();
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\nabc");
    client.response().assert_bare(408, "Request Timeout");
    client.closed();
}

#[test]
fn connections_past_the_limit_wait_for_a_place() {
    let node = App { listener: "max-connections = 1", ..App::default() }.serve();
    let mut first = node.client();
    assert_eq!(first.get("/users/1").status, 200);
    let mut second = node.client();
    second.ask("/users/2");
    node.stderr.find("max-connections reached");
    assert_eq!(first.get("/users/1").status, 200);
    drop(first);
    assert_eq!(second.response().text(), "user 2\n");
}
