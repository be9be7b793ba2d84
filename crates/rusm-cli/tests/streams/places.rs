//! Who holds an instance for long takes none that is kept for requests (`reserve-for-requests`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::live::Live;
use crate::{event, events};

#[test]
fn a_stream_without_a_place_is_503_and_requests_are_answered() {
    // Of four the hub has one, two are for requests alone.
    let few = "max-instances = 4\nreserve-for-requests = \"50%\"\nqueue-wait = \"200ms\"";
    let node = Live { node: few, ..Live::default() }.serve();
    let mut held = events(&node, "/tail");
    event(&mut held);
    for path in ["/tail", "/feed/tea", "/download/1"] {
        let mut client = node.client();
        let refused = client.get(path);
        refused.assert_bare(503, "Service Unavailable");
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(client.get("/plain").text(), "plain");
    }
    drop(held);
    node.stderr.find("the client left");
    crate::gone(&node, "api#tail");
    event(&mut events(&node, "/tail"));
}

/// Streams that wait for a place do so on instances, and must not take all.
#[test]
fn a_crowd_that_waits_for_places_keeps_no_request_waiting() {
    let few = "max-instances = 8\nreserve-for-requests = \"50%\"\nqueue-wait = \"1s\"";
    let node = Live { node: few, ..Live::default() }.serve();
    let mut held: Vec<_> = (0..3).map(|_| events(&node, "/tail")).collect();
    for client in &mut held {
        event(client);
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(node.get("/tail").status, 503);
                }
            });
        }
        let answers: Vec<_> = (0..20).map(|_| node.get("/plain").status).collect();
        over.store(true, Ordering::Relaxed);
        assert_eq!(answers, [200; 20]);
    });
}
