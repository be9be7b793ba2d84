//! Components that hold a stream of events (`sse::serve`).

use crate::support::live::Live;
use crate::{event, events};

/// The pid that the first event of `feed` ends in.
fn pid(event: &str) -> String {
    event.trim_end().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_handler_sees_the_request_and_is_reached_by_pid() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.send("GET /feed/tea%20room HTTP/1.1\r\nhost: test\r\nlast-event-id: 7\r\n\r\n");
    assert_eq!(client.response_to_head().header("content-type"), "text/event-stream");
    let open = event(&mut client);
    assert!(open.starts_with("event: open\ndata: tea room 7 "), "{open}");
    for n in 0..100 {
        assert_eq!(node.post(&format!("/push/{}", pid(&open)), n.to_string()).text(), "sent");
    }
    let mut all = String::new();
    while !all.ends_with("data: 99\n\n") {
        all += &event(&mut client);
    }
    let expected: String = (0..100).map(|n| format!("data: {n}\n\n")).collect();
    assert_eq!(all, expected);
}

#[test]
fn a_handler_is_told_that_its_client_left() {
    let node = Live::default().serve();
    let mut client = events(&node, "/feed/tea");
    event(&mut client);
    drop(client);
    node.stderr.find(" closed");
    node.stderr.find("exit feed#");
}
