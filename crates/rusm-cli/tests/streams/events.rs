//! Server-sent events on the wire.

use crate::support::live::Live;
use crate::{event, events, gone, pid};

#[test]
fn head_and_framing_are_those_of_the_standard() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.ask("/count/3");
    let head = client.response_to_head();
    let fields = ["content-type", "cache-control", "transfer-encoding", "content-length"];
    let fields = fields.map(|name| head.header(name));
    assert_eq!((head.status, fields), (200, ["text/event-stream", "no-store", "chunked", ""]));
    assert_eq!(client.chunks(), b"data: tick 0\n\ndata: tick 1\n\ndata: tick 2\n\n");
    // The connection goes on.
    assert_eq!(client.get("/plain").text(), "plain");
}

#[test]
fn http_1_0_gets_a_stream_that_ends_with_the_connection() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.send("GET /count/2 HTTP/1.0\r\n\r\n");
    let head = client.response_to_head();
    assert_eq!((head.status, head.header("transfer-encoding")), (200, ""));
    assert_eq!(client.rest(), b"data: tick 0\n\ndata: tick 1\n\n");
}

#[test]
fn an_event_goes_out_when_it_is_written() {
    let node = Live::default().serve();
    let mut client = events(&node, "/tail");
    let first = event(&mut client);
    assert!(first.contains("id: 1\n") && first.contains("event: pid\n"), "{first}");
    let pid = pid(&first);
    for (text, expected) in
        [("one", "data: one\n\n"), ("two\nlines", "data: two\ndata: lines\n\n"), ("", "data:\n\n")]
    {
        assert_eq!(node.post(&format!("/push/{pid}"), text).text(), "sent");
        assert_eq!(event(&mut client), expected);
    }
}

#[test]
fn a_client_that_comes_back_says_where_it_was() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.send("GET /last HTTP/1.1\r\nhost: test\r\nlast-event-id: 42\r\n\r\n");
    client.response_to_head();
    assert_eq!(client.chunks(), b"data: 42\n\n");
    client.ask("/last");
    client.response_to_head();
    assert_eq!(client.chunks(), b"data: none\n\n");
}

#[test]
fn a_silent_stream_has_heartbeats() {
    let node = Live::default().serve();
    let mut client = events(&node, "/tail?heartbeat=50");
    event(&mut client);
    for _ in 0..3 {
        let beat = event(&mut client);
        assert!(beat.starts_with(':') && beat.trim_end().lines().count() == 1, "{beat:?}");
    }
}

/// What an action writes is bounded by no time for requests once it has begun.
#[test]
fn a_stream_outlives_the_listeners_times() {
    let limits = "request-timeout = \"100ms\"\nidle-timeout = \"100ms\"\nheader-timeout = \"100ms\"";
    let node = Live { listener: limits, ..Live::default() }.serve();
    let mut client = events(&node, "/tail?heartbeat=200");
    for _ in 0..4 {
        event(&mut client);
    }
}

#[test]
fn head_has_the_head_alone_and_ends_the_process() {
    let node = Live::default().serve();
    let mut client = node.client();
    for path in ["/tail", "/count", "/feed/tea"] {
        client.send(format!("HEAD {path} HTTP/1.1\r\nhost: test\r\n\r\n"));
        let head = client.response_to_head();
        assert_eq!((head.status, head.header("content-type")), (200, "text/event-stream"), "{path}");
        assert_eq!(client.get("/plain").text(), "plain");
    }
    gone(&node, "api#tail");
    gone(&node, "api#count");
    node.stderr.find("exit feed#");
}

#[test]
fn an_action_may_refuse_before_it_streams() {
    let node = Live::default().serve();
    let mut client = node.client();
    let refused = client.get("/refuses");
    assert_eq!((refused.status, refused.text()), (401, "who are you?"));
    client.send("GET /refuses HTTP/1.1\r\nhost: test\r\nauthorization: me\r\n\r\n");
    assert_eq!(client.response_to_head().header("content-type"), "text/event-stream");
    assert_eq!(client.chunks(), b"data: welcome\n\n");
}

#[test]
fn a_panic_before_the_first_event_is_a_500() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.get("/dies").assert_bare(500, "Internal Server Error");
    assert_eq!(client.get("/plain").text(), "plain");
    node.stderr.find("at once");
}

/// The end of the body is missing, so it cannot pass for whole.
#[test]
fn a_failure_half_way_breaks_the_reply_off() {
    let node = Live { profile: "allow-process-control = true", ..Live::default() }.serve();
    let mut client = events(&node, "/tail");
    let pid = pid(&event(&mut client));
    assert_eq!(node.post(&format!("/kill/{pid}"), "").text(), "killed");
    assert_eq!(client.rest().escape_ascii().to_string(), "");
}
