//! The end of a node.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Instant;

use rustix::process::Signal;

use crate::support::PATIENCE;
use crate::support::server::{App, Server};

const SPEAKS: &str = "allow-stdio = true";
const LOOPS: &str = "allow-stdio = true\nmax-cpu-time = \"none\"";

/// Tells a node to stop and waits until it has begun to.
fn stop(node: &Server, signal: Signal) {
    node.signal(signal);
    node.stderr.find("stopping: requests in progress may finish");
}

/// Waits until connections are refused: there is no event that tells.
fn refuses(node: &Server) {
    let (address, deadline) = (node.address(), Instant::now() + PATIENCE);
    loop {
        match TcpStream::connect(address) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            other => assert!(Instant::now() < deadline, "the node still accepts connections: {other:?}"),
        }
        std::thread::yield_now();
    }
}

fn lets_a_request_finish(signal: Signal) {
    let mut node = App { profile: SPEAKS, ..App::default() }.serve();
    let mut idle = node.client();
    assert_eq!(idle.get("/users/1").status, 200);
    let mut working = node.begin("/busy/300", "working");
    let mut napping = node.begin("/nap/300", "napping");
    stop(&node, signal);
    assert_eq!(working.response().text(), "worked\n");
    assert_eq!(napping.response().text(), "rested\n");
    working.closed();
    idle.closed();
    assert_eq!(node.exit().code(), Some(0));
}

#[test]
fn sigterm_lets_a_request_finish() {
    lets_a_request_finish(Signal::TERM);
}

#[test]
fn sigint_lets_a_request_finish() {
    lets_a_request_finish(Signal::INT);
}

#[test]
fn an_idle_node_stops_at_once() {
    let mut node = App { node: "shutdown-grace = \"1h\"", ..App::default() }.serve();
    let mut idle = node.client();
    assert_eq!(idle.get("/users/1").status, 200);
    node.signal(Signal::TERM);
    idle.closed();
    assert_eq!(node.exit().code(), Some(0));
}

/// The node is kept from its end by a guest that loops until its client leaves.
#[test]
fn a_node_that_stops_takes_no_new_connection() {
    let mut node = App { node: "shutdown-grace = \"1h\"", profile: LOOPS, ..App::default() }.serve();
    let looping = node.begin("/spin", "spinning");
    stop(&node, Signal::TERM);
    refuses(&node);
    assert!(node.is_running());
    drop(looping);
    assert_eq!(node.exit().code(), Some(0));
}

#[test]
fn a_second_signal_stops_at_once() {
    for second in [Signal::TERM, Signal::INT] {
        let mut node = App { node: "shutdown-grace = \"1h\"", profile: LOOPS, ..App::default() }.serve();
        let mut looping = node.begin("/spin", "spinning");
        stop(&node, Signal::TERM);
        node.signal(second);
        assert_eq!(node.exit().code(), Some(1));
        node.stderr.find("stopped before all requests had finished");
        looping.closed();
    }
}

#[test]
fn shutdown_grace_cuts_off_what_does_not_end() {
    let mut node = App { node: "shutdown-grace = \"200ms\"", profile: LOOPS, ..App::default() }.serve();
    let mut looping = node.begin("/spin", "spinning");
    let mut napping = node.begin("/nap/60000", "napping");
    stop(&node, Signal::TERM);
    looping.closed();
    napping.closed();
    assert_eq!(node.exit().code(), Some(0));
    node.stderr.find("requests still run after shutdown-grace");
}
