//! `WebSocket`s, as their clients see them: good ones and bad ones.
//!
//! The client of these tests is made of bytes (see `support/websocket.rs`), so that it can do what no library would. What
//! the components do stands in `tests/apps/live`.

#[path = "../support/mod.rs"]
mod support;

mod autobahn;
mod closing;
mod handshake;
mod hostile;
mod messages;
mod silence;

use support::websocket::WebSocket;

/// A connection to the component `talk`, which has greeted.
fn talk(node: &support::server::Server) -> WebSocket {
    let mut socket = WebSocket::open(node.address(), "/talk/lobby");
    assert!(socket.read_text().starts_with("/talk/lobby "));
    socket
}
