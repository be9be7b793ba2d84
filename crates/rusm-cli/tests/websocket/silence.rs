//! Connections on which nothing comes, or nothing goes (`idle-timeout`).

use std::time::{Duration, Instant};

use crate::support::live::Live;
use crate::support::websocket::{BINARY, FIN, PING, PONG, TEXT, WebSocket, header};
use crate::talk;

const IDLE: Live<'_> = Live { node: "", listener: "idle-timeout = \"1s\"", profile: "" };
const TIMEOUT: Duration = Duration::from_secs(1);

#[test]
fn a_client_that_answers_pings_stays() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    let since = Instant::now();
    while since.elapsed() < 4 * TIMEOUT {
        let ping = socket.read();
        assert_eq!(ping.first, FIN | PING, "{ping:?}");
        socket.send(FIN | PONG, ping.payload);
    }
    socket.text("both here");
    while socket.read().first != FIN | TEXT {}
}

#[test]
fn a_client_that_answers_nothing_is_gone() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    socket.expect(FIN | PING, "");
    node.stderr.find("closed None");
    node.stderr.find("exit talk");
    drop(socket);
}

#[test]
fn a_client_that_stops_within_a_frame_is_gone() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    socket.raw([header(FIN | BINARY, 1000), vec![0; 10]].concat());
    node.stderr.find("closed None");
    drop(socket);
}

/// A long message on a slow line is no silence.
#[test]
fn a_client_that_sends_a_frame_slowly_stays() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    let text = "both slowly";
    let frame = crate::support::websocket::frame(FIN | TEXT, text);
    for byte in frame {
        std::thread::sleep(TIMEOUT / 4);
        socket.raw([byte]);
    }
    loop {
        let frame = socket.read();
        if frame.first == FIN | TEXT {
            assert_eq!(frame.payload, b"slowly");
            break;
        }
    }
}

#[test]
fn a_client_that_takes_nothing_from_a_flood_is_gone() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    let before = node.resident();
    socket.text("flood");
    // The node reads no further than this until the handler does.
    socket.text("unheard");
    socket.text("unheard");
    let said = node.stderr.find("flooded");
    let more = node.resident().saturating_sub(before);
    assert!(more < 16 << 10, "{more} KiB: {said}");
    node.stderr.find("exit talk");
}

/// A handler that is busy hears nothing, which is not the client's silence.
#[test]
fn a_client_that_waits_for_a_busy_handler_stays() {
    let node = IDLE.serve();
    let mut socket = talk(&node);
    socket.text("sleep 2000");
    socket.text("both heard");
    socket.text("both heard");
    let mut heard = 0;
    while heard < 2 {
        let frame = socket.read();
        match frame.first & 0xf {
            PING => socket.send(FIN | PONG, frame.payload),
            BINARY => heard += 1,
            _ => {}
        }
    }
}

#[test]
fn a_connection_of_http_does_not_bound_the_websocket() {
    let limits = "header-timeout = \"100ms\"\nrequest-timeout = \"100ms\"\nmax-body-size = 1";
    let node = Live { listener: limits, ..Live::default() }.serve();
    let mut socket = WebSocket::open(node.address(), "/talk/a");
    socket.read_text();
    socket.text("sleep 500");
    socket.expect_text("slept");
}
