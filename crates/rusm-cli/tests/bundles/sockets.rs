//! Connections that a process in TypeScript holds.

use crate::folder;
use crate::support::server::Server;
use crate::support::upstream::Upstream;
use crate::support::websocket::{BINARY, FIN, PING, PONG, TEXT, WebSocket};

fn node() -> Server {
    node_with("")
}

fn node_with(profile: &str) -> Server {
    let manifest = format!(
        "[node]\nmax-instances = 600\n[log]\nlevel = \"debug\"\n[[serve]]\nlisten = \"127.0.0.1:0\"\nsubprotocols = [\"two\"]\n\
         [serve.routes]\n\"GET /socket\" = \"socket\"\n\"GET /rooms/:room\" = \"socket\"\n\"GET /echo\" = \"echo\"\n\
         [capabilities.socket]\nallow-stdio = true\nallow-network = true\nallow-spawn = [\"worker\"]\n{profile}\n\
         [components]\nsocket = {{ capability = \"socket\" }}\ncalculator = {{ resident = true }}\n"
    );
    let components = ["socket", "echo", "worker", "calculator"];
    let places = components.map(|name| (name, format!("bundles/{name}")));
    let places: Vec<_> = places.iter().map(|(name, place)| (*name, place.as_str())).collect();
    Server::start(folder(&manifest, &places), "")
}

fn open(node: &Server) -> WebSocket {
    WebSocket::open(node.address(), "/socket")
}

/// Says something and hears the answer.
fn ask(socket: &mut WebSocket, text: &str) -> String {
    socket.text(text);
    socket.read_text()
}

#[test]
fn an_echo_keeps_the_type() {
    let node = node();
    for path in ["/echo", "/socket"] {
        let mut socket = WebSocket::open(node.address(), path);
        for (opcode, payload) in [
            (TEXT, "hello".as_bytes()),
            (BINARY, &[0, 0xff]),
            (TEXT, "".as_bytes()),
            (BINARY, &[]),
            (TEXT, "κόσμε 🦀".as_bytes()),
            (TEXT, &vec![b'x'; 70_000]),
            (BINARY, &vec![0xff; 70_000]),
        ] {
            socket.send(FIN | opcode, payload);
            socket.expect(FIN | opcode, payload);
        }
        socket.send(FIN | PING, "well?");
        socket.expect(FIN | PONG, "well?");
    }
}

#[test]
fn many_messages_are_answered_in_their_order() {
    let node = node();
    let mut socket = open(&node);
    for n in 0..500 {
        socket.text(format!("{n}"));
    }
    for n in 0..500 {
        socket.expect_text(&n.to_string());
    }
}

#[test]
fn a_connection_knows_the_request_that_it_began_with() {
    let node = node();
    let more = "x-agent: me\r\nsec-websocket-protocol: one, two\r\n";
    let (_, mut socket) = WebSocket::open_with(node.address(), "/rooms/a%20b?x=1&y=%C3%A9", more);
    assert_eq!(ask(&mut socket, "about"), r#"["a b","/rooms/a%20b",[["x","1"],["y","é"]],"me","two","GET"]"#);
}

#[test]
fn what_others_send_goes_out_by_pid() {
    let node = node();
    let (mut first, mut second) = (open(&node), open(&node));
    let pid = ask(&mut first, "pid");
    second.text(format!("tell {pid} hello there"));
    first.expect_text("mail \"hello there\"");
    // Without a handler of mail, the body itself goes out, as the client's last message was.
    let mut echo = WebSocket::open(node.address(), "/echo");
    echo.text("x");
    echo.expect_text("x");
    let pid: String = node.stderr.wait(|lines| {
        let (_, pid) = lines.iter().rev().find_map(|line| line.split_once("spawn echo#"))?;
        Some(pid.chars().take_while(char::is_ascii_digit).collect())
    });
    second.text(format!("push {pid} pushed"));
    echo.expect_text("pushed");
    echo.send(FIN | BINARY, [1]);
    echo.expect(FIN | BINARY, [1]);
    second.text(format!("push {pid} pushed"));
    echo.expect(FIN | BINARY, "pushed");
}

#[test]
fn either_side_closes() {
    let node = node();
    for (says, code, reason) in [
        ("close", 1000, ""),
        ("close 1000 bye", 1000, "bye"),
        ("close 3000 κόσμε", 3000, "κόσμε"),
        ("close 4999", 4999, ""),
    ] {
        let mut socket = open(&node);
        socket.text(says);
        let reason_heard = socket.expect_close(code);
        assert_eq!(reason_heard, reason, "{says}");
    }
    let mut socket = open(&node);
    for code in ["999", "1005", "1006", "1015", "2999", "5000", "nonsense"] {
        assert_eq!(ask(&mut socket, &format!("bad-close {code}")), "RangeError", "{code}");
    }
    // The client's own word reaches `close`.
    socket.send(FIN | 8, [&4321_u16.to_be_bytes()[..], b"so long"].concat());
    node.stderr.find("closed 4321 so long");
    drop(open(&node));
    node.stderr.find("closed without a word");
    WebSocket::open(node.address(), "/socket?close").expect_close(4001);
}

#[test]
fn an_error_in_a_handler_closes_the_connection_and_is_one_line() {
    let node = node();
    for (says, text) in [
        ("throw", "Error: thrown in a handler"),
        ("reject", "Error: rejected in a handler"),
        ("unheard", "Unhandled rejection: Error: unheard in a handler"),
        ("object", "TypeError: a message is a string or bytes"),
    ] {
        let mut socket = open(&node);
        socket.text(says);
        socket.expect_close(1011);
        let line = node.stderr.wait(|lines| {
            lines.iter().find(|line| line.contains(text) && line.contains("process failed")).cloned()
        });
        assert!(
            line.contains("component=\"socket\"") && line.contains("components/socket/index.ts:"),
            "{line}"
        );
    }
    WebSocket::open(node.address(), "/socket?throw").expect_close(1011);
    node.stderr.find("Error: thrown at the opening");
    assert_eq!(ask(&mut open(&node), "still here"), "still here");
}

#[test]
fn timers_calls_and_fetches_go_on_beside_frames() {
    let node = node();
    let upstream = Upstream::start(|mut exchange| exchange.answer("200 OK", "", b"from afar"));
    let mut socket = open(&node);
    socket.text("timer 30");
    assert_eq!(ask(&mut socket, "meanwhile"), "meanwhile");
    socket.expect_text("the time is over");
    socket.text("interval 5");
    for n in [3, 2, 1] {
        socket.expect_text(&format!("tick {n}"));
    }
    socket.text(format!("get {}", upstream.url("/")));
    socket.expect_text("fetched from afar");
    socket.text("call 41");
    socket.expect_text("sum 42");
    socket.text("stream 3");
    for n in 1..=3 {
        socket.expect_text(&n.to_string());
    }
    // A call that takes long leaves the connection free.
    socket.text("slow");
    assert_eq!(ask(&mut socket, "free"), "free");
    socket.expect_text("slow is over");
    let worker = ask(&mut socket, "monitor nothing");
    assert!(worker.parse::<u64>().is_ok(), "{worker}");
    socket.expect_text("down normal");
}

/// A client that takes nothing holds its own process up, and nothing else.
#[test]
fn a_slow_client_is_waited_for() {
    let node = node();
    let mut slow = open(&node);
    slow.text("flood 2000");
    let mut other = open(&node);
    for n in 0..20 {
        assert_eq!(ask(&mut other, &n.to_string()), n.to_string());
    }
    for _ in 0..2000 {
        assert_eq!(slow.read_text().len(), 1 << 14);
    }
    slow.expect_text("all sent");
    // One that leaves in the middle is found out.
    let mut leaves = open(&node);
    leaves.text("flood 100000");
    leaves.read();
    drop(leaves);
    node.stderr.find("closed without a word");
}

#[test]
fn a_loop_in_a_handler_ends_by_its_cpu_time() {
    let node = node_with("max-cpu-time = \"300ms\"");
    let mut socket = open(&node);
    let mut other = open(&node);
    socket.text("endless");
    for n in 0..20 {
        assert_eq!(ask(&mut other, &n.to_string()), n.to_string());
    }
    socket.expect_close(1011);
    node.stderr.find("out of CPU time: the profile allows 300ms (max-cpu-time)");
    assert_eq!(ask(&mut other, "still here"), "still here");
}

#[test]
fn two_hundred_connections_speak_to_one_another() {
    let node = node();
    let mut sockets: Vec<_> = (0..200).map(|_| open(&node)).collect();
    let pids: Vec<_> = sockets.iter_mut().map(|socket| ask(socket, "pid")).collect();
    for (n, pid) in pids.iter().enumerate() {
        let next = (n + 1) % sockets.len();
        sockets[next].text(format!("tell {pid} from {next}"));
    }
    for (n, socket) in sockets.iter_mut().enumerate() {
        let next = (n + 1) % pids.len();
        socket.expect_text(&format!("mail \"from {next}\""));
    }
}
