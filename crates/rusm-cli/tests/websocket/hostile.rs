//! Clients that break the protocol, or use it to wear the node out.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use crate::support::live::Live;
use crate::support::server::Server;
use crate::support::websocket::{
    BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT, WebSocket, close_payload, frame, header,
};

/// What a client is told that sends these bytes, and that others are served all the same.
fn told(node: &Server, code: u16, bytes: impl AsRef<[u8]>) {
    let mut other = WebSocket::open(node.address(), "/echo");
    let mut socket = WebSocket::open(node.address(), "/echo");
    socket.raw(bytes);
    socket.expect_close(code);
    other.text("fine");
    other.expect_text("fine");
}

#[test]
fn frames_that_break_the_protocol_are_1002() {
    let node = Live::default().serve();
    let two = |first: Vec<u8>, second: Vec<u8>| [first, second].concat();
    for (what, bytes) in [
        ("not masked", vec![FIN | TEXT, 2, b'h', b'i']),
        ("reserved bit", frame(FIN | 0x40 | TEXT, "hi")),
        ("reserved bit of a ping", frame(FIN | 0x10 | PING, "hi")),
        ("reserved opcode of data", frame(FIN | 3, "hi")),
        ("reserved opcode of control", frame(FIN | 0xb, "hi")),
        ("continues nothing", frame(FIN | CONTINUATION, "hi")),
        ("continues nothing, and goes on", frame(CONTINUATION, "hi")),
        ("new message within one", two(frame(TEXT, "h"), frame(FIN | TEXT, "i"))),
        ("fragmented ping", frame(PING, "hi")),
        ("long ping", frame(FIN | PING, [0; 126])),
        ("long close", frame(FIN | CLOSE, close_payload(1000, [b'x'; 124]))),
        ("half a code", frame(FIN | CLOSE, [3])),
    ] {
        println!("{what}");
        told(&node, 1002, bytes);
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        println!("{code}");
        told(&node, 1002, frame(FIN | CLOSE, close_payload(code, "")));
    }
}

#[test]
fn text_that_is_not_utf_8_is_1007() {
    let node = Live::default().serve();
    for text in [&[0xff][..], &[0xc3], &[0xed, 0xa0, 0x80], &[0xf4, 0x90, 0x80, 0x80], b"fine until \xc0\x80"]
    {
        told(&node, 1007, frame(FIN | TEXT, text));
        told(&node, 1007, [frame(TEXT, text), frame(FIN | CONTINUATION, "")].concat());
    }
    told(&node, 1007, frame(FIN | CLOSE, close_payload(1000, [0xff])));
}

const SMALL: Live<'_> = Live { node: "", listener: "max-message-size = \"64 KiB\"", profile: "" };

#[test]
fn a_message_past_the_limit_is_1009() {
    let node = SMALL.serve();
    let half = vec![0; 32 << 10];
    told(&node, 1009, frame(FIN | BINARY, vec![0; (64 << 10) + 1]));
    told(
        &node,
        1009,
        [frame(BINARY, &half), frame(CONTINUATION, &half), frame(FIN | CONTINUATION, "x")].concat(),
    );
}

/// A client that sends all before it reads is told, not reset.
#[test]
fn a_client_that_sends_all_of_a_long_message_hears_why_it_was_refused() {
    let node = SMALL.serve();
    for size in [1 << 20, 16 << 20] {
        told(&node, 1009, frame(FIN | BINARY, vec![0; size]));
    }
}

#[test]
fn a_frame_that_is_announced_and_does_not_come_costs_nothing() {
    // Without huge pages, a single byte of which makes 2 MiB resident.
    let node = Live::default().serve_with(|command| command.env("MIMALLOC_ALLOW_THP", "0"));
    for length in [(1 << 20) + 1, 1 << 32, 1 << 63, u64::MAX] {
        told(&node, 1009, header(FIN | BINARY, length));
    }
    let mut other = WebSocket::open(node.address(), "/echo");
    other.text("warm");
    other.expect_text("warm");
    let before = node.resident();
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let mut socket = WebSocket::open(node.address(), "/echo");
            socket.raw([header(FIN | BINARY, 1 << 20), vec![0]].concat());
            socket
        })
        .collect();
    other.text("still here");
    other.expect_text("still here");
    let more = node.resident().saturating_sub(before);
    assert!(more < 50 << 10, "{more} KiB for {} frames that were announced", waiting.len());
}

#[test]
fn fragments_without_end_are_served_beside_others() {
    let node = Live::default().serve();
    let mut endless = WebSocket::open(node.address(), "/echo");
    endless.send(BINARY, "");
    endless.raw(frame(CONTINUATION, "").repeat(1000));
    let before = node.resident();
    for _ in 0..200 {
        endless.raw(frame(CONTINUATION, "").repeat(1000));
    }
    let mut other = WebSocket::open(node.address(), "/echo");
    other.text("fine");
    other.expect_text("fine");
    endless.send(FIN | CONTINUATION, "at last");
    endless.expect(FIN | BINARY, "at last");
    let more = node.resident().saturating_sub(before);
    assert!(more < 8 << 10, "{more} KiB");
}

/// Sends this again and again, reading an eighth as much, until the node takes no more or ends the connection.
/// Tells how much it took.
fn pour(socket: &WebSocket, bytes: &[u8], most: usize) -> usize {
    const PATIENCE: Duration = Duration::from_secs(2);
    let mut stream = socket.0.stream();
    stream.set_nonblocking(true).unwrap();
    let mut answers = vec![0; bytes.len() / 8];
    let (mut sent, mut since) = (0, Instant::now());
    while sent < most && since.elapsed() < PATIENCE {
        match stream.write(&bytes[sent % bytes.len()..]) {
            Ok(written) => {
                (sent, since) = (sent + written, Instant::now());
                let _ = stream.read(&mut answers);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(_) => break,
        }
    }
    sent
}

/// An answer to each would be kept for as long as the client does not take it.
#[test]
fn pings_without_end_from_a_client_that_hardly_reads_fill_no_memory() {
    let node = Live::default().serve();
    let socket = WebSocket::open(node.address(), "/echo");
    let before = node.resident();
    let pings = frame(FIN | PING, [b'x'; 125]).repeat(100);
    let sent = pour(&socket, &pings, 128 << 20);
    let more = node.resident().saturating_sub(before);
    println!("{} KiB sent, {more} KiB more in the node", sent >> 10);
    assert!(more < 16 << 10, "{more} KiB after {} KiB of pings", sent >> 10);
    let mut other = WebSocket::open(node.address(), "/echo");
    other.text("fine");
    other.expect_text("fine");
}

/// So would what comes while the handler does not read.
#[test]
fn messages_without_end_to_a_handler_that_is_busy_fill_no_memory() {
    let node = Live::default().serve();
    let mut socket = crate::talk(&node);
    socket.text("sleep 60000");
    let before = node.resident();
    let sent = pour(&socket, &frame(FIN | BINARY, [0; 1000]).repeat(100), 128 << 20);
    let more = node.resident().saturating_sub(before);
    assert!(more < 16 << 10, "{more} KiB after {} KiB of messages", sent >> 10);
}
