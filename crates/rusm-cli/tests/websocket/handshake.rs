//! How a connection becomes a WebSocket, or does not (RFC 6455, section 4).

use crate::support::client::Client;
use crate::support::live::Live;
use crate::support::websocket::{FIN, KEY, TEXT, WebSocket, frame, upgrade};

#[test]
fn the_request_is_the_handlers_to_read() {
    let node = Live { listener: "subprotocols = [\"v2\", \"v1\"]", ..Live::default() }.serve();
    let more = "x-test: a b\r\nsec-websocket-protocol: v0, v1\r\nsec-websocket-protocol: v2\r\n";
    let (response, mut socket) = WebSocket::open_with(node.address(), "/talk/tea%20room?q=1", more);
    assert_eq!(response.header("sec-websocket-protocol"), "v2");
    assert_eq!(response.header("sec-websocket-extensions"), "");
    socket.expect_text(r#"/talk/tea%20room Some("tea room") Some("1") Some("a b") Some("v2") true"#);
    // Where none is common there is none, and the client may go on or not.
    let (response, mut socket) =
        WebSocket::open_with(node.address(), "/talk/a", "sec-websocket-protocol: v9\r\n");
    assert!(response.all("sec-websocket-protocol").is_empty());
    assert!(socket.read_text().ends_with("None true"));
}

/// What comes behind the request is the WebSocket's, however early.
#[test]
fn frames_may_come_with_the_request() {
    let node = Live::default().serve();
    let mut client = node.client();
    client.send([upgrade("/echo", "").as_bytes(), &frame(FIN | TEXT, "early")].concat());
    assert_eq!(client.response_to_head().status, 101);
    WebSocket(client).expect_text("early");
}

/// A connection on which a handshake failed is one of HTTP still.
fn still_works(client: &mut Client) {
    client.ask("/plain");
    assert_eq!(client.response().text(), "plain");
}

#[test]
fn a_request_that_asks_for_no_websocket_is_told_how_to() {
    let node = Live::default().serve();
    let good = upgrade("/echo", "");
    let without = |line: &str| good.replace(&format!("{line}\r\n"), "");
    for request in [
        "GET /echo HTTP/1.1\r\nhost: test\r\n\r\n".to_owned(),
        without("connection: Upgrade"),
        without("upgrade: websocket"),
        without("sec-websocket-version: 13"),
        good.replace("connection: Upgrade", "connection: keep-alive"),
        good.replace("upgrade: websocket", "upgrade: h2c"),
        good.replace("version: 13", "version: 8"),
        good.replace("version: 13", "version: 13, 8"),
    ] {
        let mut client = node.client();
        client.send(&request);
        let response = client.response();
        response.assert_bare(426, "Upgrade Required");
        let fields = ["connection", "upgrade", "sec-websocket-version"].map(|name| response.header(name));
        assert_eq!(fields, ["Upgrade", "websocket", "13"], "{request}");
        still_works(&mut client);
    }
}

#[test]
fn a_request_that_asks_wrongly_is_400() {
    let node = Live::default().serve();
    let good = upgrade("/echo", "");
    let key = format!("sec-websocket-key: {KEY}\r\n");
    for request in [
        good.replace(&key, ""),
        good.replace(&key, &key.repeat(2)),
        good.replace(KEY, "c2hvcnQ="),
        good.replace(KEY, "dGhlIHNhbXBsZSBub25jZQ"),
        good.replace(KEY, "!!!!!!!!!!!!!!!!!!!!!!=="),
        upgrade("/echo", "sec-websocket-protocol: \u{ff}\r\n"),
    ] {
        let mut client = node.client();
        client.send(&request);
        assert_eq!(client.response().status, 400, "{request}");
        still_works(&mut client);
    }
}

#[test]
fn other_methods_and_versions_are_refused() {
    let node = Live::default().serve();
    for (method, status) in [("PUT", 405), ("DELETE", 405), ("HEAD", 426)] {
        let mut client = node.client();
        client.send(upgrade("/talk/a", "").replace("GET", method));
        let response = client.response_to_head();
        assert_eq!(response.status, status, "{method}");
        assert!(status != 405 || response.header("allow") == "GET, HEAD", "{response:?}");
        if method == "HEAD" {
            still_works(&mut client);
        }
    }
    let mut client = node.client();
    client.send(upgrade("/echo", "").replace("HTTP/1.1", "HTTP/1.0"));
    assert_eq!(client.response().status, 426);
    client.closed();
}

#[test]
fn pages_of_other_origins_are_refused() {
    let own = Live::default().serve();
    let listed = Live { listener: "allowed-origins = [\"https://a.example\"]", ..Live::default() }.serve();
    let any = Live { listener: "allowed-origins = [\"*\"]", ..Live::default() }.serve();
    for (origin, statuses) in [
        ("http://test", [101, 403, 101]),
        ("https://a.example", [403, 101, 101]),
        ("https://a.example.evil.example", [403, 403, 101]),
        ("null", [403, 403, 101]),
    ] {
        for (node, status) in [&own, &listed, &any].into_iter().zip(statuses) {
            let mut client = node.client();
            client.send(upgrade("/echo", &format!("origin: {origin}\r\n")));
            let response = client.response_to_head();
            assert_eq!(response.status, status, "{origin}");
            if status == 403 {
                assert_eq!(client.read(10), b"Forbidden\n");
                still_works(&mut client);
            }
        }
    }
}

#[test]
fn a_node_without_places_says_so() {
    let node = Live {
        node: "max-instances = 4\nreserve-for-requests = \"50%\"\nqueue-wait = \"100ms\"",
        ..Live::default()
    };
    let node = node.serve();
    // One is the hub's.
    let held = WebSocket::open(node.address(), "/echo");
    let mut client = node.client();
    client.send(upgrade("/echo", ""));
    let response = client.response();
    response.assert_bare(503, "Service Unavailable");
    assert_eq!(response.header("retry-after"), "1");
    still_works(&mut client);
    drop(held);
    node.stderr.find("exit echo");
    client.send(upgrade("/echo", ""));
    assert_eq!(client.response_to_head().status, 101);
}
