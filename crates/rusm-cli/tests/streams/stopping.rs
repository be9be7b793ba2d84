//! The end of a node that holds streams.

use rustix::process::Signal;

use crate::support::live::Live;
use crate::{event, events};

/// A browser connects again by itself, so a stream need not come to its own end first.
#[test]
fn streams_of_events_end_at_once_and_cleanly() {
    let mut node = Live { node: "shutdown-grace = \"1h\"", ..Live::default() }.serve();
    let mut waiting = events(&node, "/tail");
    let mut writing = events(&node, "/count");
    let mut feed = events(&node, "/feed/tea");
    for client in [&mut waiting, &mut writing, &mut feed] {
        event(client);
    }
    node.signal(Signal::TERM);
    assert_eq!(waiting.chunks(), b"");
    writing.chunks();
    assert_eq!(feed.chunks(), b"");
    for mut client in [waiting, writing, feed] {
        client.closed();
    }
    assert_eq!(node.exit().code(), Some(0));
    // Whoever holds a connection is told, and heard.
    node.stderr.find(" closed");
}

/// A reply of another type has an end, which it is given time for.
#[test]
fn a_download_may_finish() {
    let mut node = Live { node: "shutdown-grace = \"1h\"", ..Live::default() }.serve();
    let mut client = node.client();
    client.ask("/download/30000000");
    client.response_to_head();
    let mut length = client.at_least(1).len();
    node.signal(Signal::TERM);
    node.stderr.find("stopping: requests in progress may finish");
    length += client.chunks().len();
    assert_eq!(length, 30_000_000);
    client.closed();
    assert_eq!(node.exit().code(), Some(0));
}

#[test]
fn clients_that_do_not_read_are_cut_off_in_the_end() {
    let profile = "allow-stdio = true";
    let mut node = Live { node: "shutdown-grace = \"300ms\"", profile, ..Live::default() }.serve();
    let _deaf = events(&node, "/flood");
    node.stdout.find("flood 1000");
    node.signal(Signal::TERM);
    assert_eq!(node.exit().code(), Some(0));
}
