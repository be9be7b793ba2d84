//! Connections that are held by processes in TypeScript, and what each of them costs.
//!
//! `RUSM_CROWD` says how many there are; 500 if it says nothing.

use crate::folder;
use crate::support::server::Server;
use crate::support::websocket::WebSocket;

/// What one idle connection may come to, in KiB. It runs with all the checks of a build for tests.
const EACH: u64 = 700;

#[test]
fn idle_connections() {
    let crowd: usize = std::env::var("RUSM_CROWD").map_or(500, |text| text.parse().unwrap());
    let instances = crowd * 4 / 3 + 8;
    let manifest = format!(
        "[node]\nmax-instances = {instances}\n[[serve]]\nlisten = \"127.0.0.1:0\"\nmax-connections = 30000\n\
         [serve.routes]\n\"GET /echo\" = \"echo\"\n\"GET /web/:case\" = \"web\"\n"
    );
    let node = Server::start(folder(&manifest, &[("echo", "bundles/echo"), ("web", "bundles/web")]), "");
    let open = || WebSocket::echoing(node.address(), "/echo");
    // What the first ones make is made once.
    drop((0..8).map(|_| open()).collect::<Vec<_>>());
    let before = node.memory();
    let mut sockets: Vec<_> = (0..crowd).map(|_| open()).collect();
    let held = node.memory() - before;
    let each = held / crowd as u64;
    println!("{crowd} connections: {held} KiB of the node's own, {each} KiB each");
    for (n, socket) in sockets.iter_mut().enumerate() {
        socket.text(n.to_string());
    }
    for (n, socket) in sockets.iter_mut().enumerate() {
        socket.expect_text(&n.to_string());
    }
    assert_eq!(node.get("/web/plain").text(), "plain");
    assert!(each <= EACH, "{each} KiB for each");
}
