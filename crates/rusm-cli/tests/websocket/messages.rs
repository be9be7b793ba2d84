//! Messages, whole and in pieces (RFC 6455, section 5).

use crate::support::live::Live;
use crate::support::websocket::{BINARY, CONTINUATION, FIN, Frame, PING, PONG, TEXT, WebSocket, frame};
use crate::talk;

#[test]
fn an_echo_keeps_the_type() {
    let node = Live::default().serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    for (opcode, payload) in [
        (TEXT, "hello".as_bytes()),
        (BINARY, &[0, 0xff]),
        (TEXT, "".as_bytes()),
        (BINARY, &[]),
        (TEXT, "κόσμε 🦀".as_bytes()),
    ] {
        socket.send(FIN | opcode, payload);
        socket.expect(FIN | opcode, payload);
    }
}

#[test]
fn each_length_has_its_form() {
    let node = Live::default().serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    for length in [1, 125, 126, 127, 0xffff, 0x1_0000, (1 << 20) - 1] {
        let payload = vec![b'x'; length];
        socket.send(FIN | BINARY, &payload);
        socket.expect(FIN | BINARY, &payload);
    }
}

#[test]
fn many_messages_may_come_at_once() {
    let node = Live::default().serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    let all: Vec<u8> = (0..1000).flat_map(|n| frame(FIN | TEXT, n.to_string())).collect();
    socket.raw(all);
    for n in 0..1000 {
        socket.expect_text(&n.to_string());
    }
}

#[test]
fn a_message_may_come_byte_by_byte() {
    let node = Live::default().serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    for byte in frame(FIN | TEXT, "κόσμε") {
        socket.raw([byte]);
    }
    socket.expect_text("κόσμε");
}

#[test]
fn fragments_are_one_message_and_pings_between_them_are_answered() {
    let node = Live::default().serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    let text = "κόσμε".as_bytes();
    // Cut within a character.
    socket.send(TEXT, &text[..3]);
    socket.send(FIN | PING, "alive?");
    socket.expect(FIN | PONG, "alive?");
    socket.send(CONTINUATION, "");
    socket.send(CONTINUATION, &text[3..4]);
    socket.send(FIN | PONG, "nobody asked");
    socket.send(FIN | CONTINUATION, &text[4..]);
    socket.expect_text("κόσμε");
    socket.send(BINARY, "a");
    socket.send(FIN | CONTINUATION, "");
    socket.expect(FIN | BINARY, "a");
}

#[test]
fn pings_are_answered_while_the_handler_is_busy() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("sleep 1000");
    for n in 0..10 {
        socket.send(FIN | PING, n.to_string());
        socket.expect(FIN | PONG, n.to_string());
    }
    socket.expect_text("slept");
}

#[test]
fn answers_may_be_of_another_type() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("both ways");
    socket.expect(FIN | BINARY, "ways");
    socket.expect_text("ways");
}

#[test]
fn other_processes_push_by_pid() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("pid");
    let pid = socket.read_text();
    for n in 0..100 {
        assert_eq!(node.post(&format!("/push/{pid}"), format!("news {n}")).text(), "sent");
    }
    for n in 0..100 {
        socket.expect_text(&format!("news {n}"));
    }
}

/// A handler that computed for long goes on in the background, away from the connection's own task. It must
/// learn there that its client takes something again, whatever the connection does meanwhile.
#[test]
fn a_reader_that_pauses_gets_everything() {
    let node = Live::default().serve();
    let mut socket = talk(&node);
    socket.text("burst 200");
    // Its end is not read before the sockets' buffers are full.
    let mut other = talk(&node);
    other.text("sleep 500");
    other.expect_text("slept");
    socket.send(FIN | PING, "meanwhile");
    other.text("sleep 100");
    other.expect_text("slept");
    let mut bursts = 0;
    while bursts < 200 {
        match socket.read() {
            Frame { first, payload } if first == FIN | PONG => assert_eq!(payload, b"meanwhile"),
            Frame { first, payload } => {
                assert!(first == FIN | BINARY && payload == vec![7; 64 << 10]);
                bursts += 1;
            }
        }
    }
    socket.text("both ends");
    socket.expect(FIN | BINARY, "ends");
}

#[test]
fn a_handler_that_loops_holds_nobody_up() {
    let node = Live { profile: "max-cpu-time = \"500ms\"", ..Live::default() }.serve();
    let mut looping: Vec<_> = (0..4).map(|_| talk(&node)).collect();
    for socket in &mut looping {
        socket.text("loop");
    }
    let mut other = WebSocket::open(node.address(), "/echo");
    for n in 0..100 {
        other.text(n.to_string());
        other.expect_text(&n.to_string());
    }
    for socket in looping {
        socket.expect_close(1011);
    }
    node.stderr.find("out of CPU time");
}

#[test]
fn a_message_may_be_as_long_as_the_limit() {
    let node = Live { listener: "max-message-size = \"64 KiB\"", ..Live::default() }.serve();
    let mut socket = WebSocket::open(node.address(), "/echo");
    let most = vec![b'x'; 64 << 10];
    for opcode in [TEXT, BINARY] {
        socket.send(FIN | opcode, &most);
        socket.expect(FIN | opcode, &most);
    }
    socket.send(TEXT, &most[..most.len() / 2]);
    socket.send(FIN | CONTINUATION, &most[most.len() / 2..]);
    socket.expect(FIN | TEXT, &most);
}
