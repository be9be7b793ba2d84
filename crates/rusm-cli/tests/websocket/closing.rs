//! Ends: who said what, and who heard of it (RFC 6455, section 7).

use rustix::process::Signal;

use crate::support::live::Live;
use crate::support::websocket::{CLOSE, FIN, PING, TEXT, WebSocket, close_payload, frame};
use crate::talk;

#[test]
fn the_clients_words_reach_the_handler_and_are_said_back() {
    let node = Live::default().serve();
    for (code, reason) in [(1000, ""), (1001, "leaving"), (3000, "κόσμε"), (4999, &*"x".repeat(123))] {
        let mut socket = talk(&node);
        socket.send(FIN | CLOSE, close_payload(code, reason));
        assert_eq!(socket.expect_close(code), reason);
        node.stderr.find(&format!("closed Some(CloseFrame {{ code: {code}, reason: {reason:?} }})"));
    }
    let mut socket = talk(&node);
    socket.send(FIN | CLOSE, "");
    socket.expect(FIN | CLOSE, "");
    socket.0.closed();
    node.stderr.find("closed Some(CloseFrame { code: 1005, reason: \"\" })");
}

#[test]
fn the_handlers_words_reach_the_client() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("close 4001 that was all");
    socket.expect(FIN | CLOSE, close_payload(4001, "that was all"));
    // What the client had under way is dropped, and the handshake comes to its end.
    socket.text("late");
    socket.send(FIN | CLOSE, close_payload(4001, "yes"));
    socket.0.closed();
    node.stderr.find("closed Some(CloseFrame { code: 4001, reason: \"yes\" })");
}

#[test]
fn a_handler_that_ends_says_1000_and_one_that_panics_1011() {
    let node = Live::default().serve();
    let mut ending = talk(&node);
    ending.text("return");
    ending.expect_close(1000);
    let mut panicking = talk(&node);
    panicking.text("panic oh no");
    assert_eq!(panicking.expect_close(1011), "", "what went wrong inside is nobody's business");
    node.stderr.find("process failed component=\"talk\"");
    node.stderr.find("oh no");
}

#[test]
fn a_process_that_is_killed_says_1011() {
    let node = Live { profile: "allow-process-control = true", ..Live::default() }.serve();
    let mut socket = talk(&node);
    socket.text("pid");
    let pid = socket.read_text();
    assert_eq!(node.post(&format!("/kill/{pid}"), "").text(), "killed");
    socket.expect_close(1011);
}

#[test]
fn a_client_that_drops_the_connection_is_gone_without_a_word() {
    let node = Live::default().serve();
    drop(talk(&node));
    node.stderr.find("closed None");
    node.stderr.find("exit talk");
}

/// What it sent before is answered.
#[test]
fn a_client_that_closes_its_side_is_gone() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("both ways");
    socket.half_close();
    assert_eq!(socket.read().payload, b"ways");
    socket.expect_text("ways");
    node.stderr.find("closed None");
    socket.0.closed();
}

/// A client need not wait for answers before it says goodbye.
#[test]
fn what_came_before_a_close_is_answered() {
    let node = Live::default().serve();
    let both = [frame(FIN | TEXT, "both ways"), frame(FIN | CLOSE, close_payload(1000, ""))].concat();
    for _ in 0..100 {
        let mut socket = talk(&node);
        socket.raw(&both);
        assert_eq!(socket.read().payload, b"ways");
        socket.expect_text("ways");
        socket.expect_close(1000);
    }
}

#[test]
fn a_close_that_is_not_answered_ends_all_the_same() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("close 1000 bye");
    socket.expect(FIN | CLOSE, close_payload(1000, "bye"));
    socket.send(FIN | PING, "no answer to the close");
    socket.0.closed();
    node.stderr.find("exit talk");
}

/// The node says so at once, to clients that keep sending too, and handlers hear of it.
#[test]
fn a_node_that_stops_says_1001() {
    let mut node = Live { node: "shutdown-grace = \"1h\"", ..Live::default() }.serve();
    let idle = talk(&node);
    let mut busy = talk(&node);
    busy.raw(frame(FIN | TEXT, "both ways").repeat(100));
    node.signal(Signal::TERM);
    idle.expect_close(1001);
    busy.expect_close(1001);
    assert_eq!(node.exit().code(), Some(0));
    node.stderr.find("closed Some(CloseFrame { code: 1001, reason: \"\" })");
}

#[test]
fn a_node_that_stops_waits_for_no_client() {
    let mut node = Live { node: "shutdown-grace = \"1h\"", ..Live::default() }.serve();
    let mut deaf = talk(&node);
    deaf.text("burst 1000");
    assert_eq!(deaf.read().payload.len(), 64 << 10);
    let mut looping = WebSocket::open(node.address(), "/talk/a");
    looping.text("loop");
    node.signal(Signal::TERM);
    assert_eq!(node.exit().code(), Some(0));
}
