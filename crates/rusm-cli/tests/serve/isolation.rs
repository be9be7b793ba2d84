//! Requests beside requests: the bound on instances, clients that leave, crowds, and guests that loop.

use std::time::{Duration, Instant};

use crate::support::server::{App, Server};

const LOOPS: &str = "allow-stdio = true\nmax-cpu-time = \"none\"";

#[test]
fn a_request_that_finds_no_instance_in_time_is_503() {
    let node =
        App { node: "max-instances = 1\nqueue-wait = \"50ms\"", profile: LOOPS, ..App::default() }.serve();
    let _looping = node.begin("/spin", "spinning");
    let response = node.get("/users/1");
    response.assert_bare(503, "Service Unavailable");
    assert!(response.header("retry-after").parse::<u32>().unwrap() > 0);
    let line = node.stderr.find("(queue-wait)");
    assert!(line.contains("probe#user") && line.contains("max-instances"), "{line}");
}

#[test]
fn a_request_that_gets_an_instance_in_time_is_answered() {
    let node =
        App { node: "max-instances = 1\nqueue-wait = \"60s\"", profile: LOOPS, ..App::default() }.serve();
    let mut first = node.begin("/nap/200", "napping");
    let mut waiting: Vec<_> = (0..10).map(|_| node.client()).collect();
    for client in &mut waiting {
        client.ask("/users/1");
    }
    for client in &mut waiting {
        assert_eq!(client.response().text(), "user 1\n");
    }
    assert_eq!(first.response().text(), "rested\n");
}

#[test]
fn a_client_that_leaves_ends_its_process() {
    let app = App {
        node: "max-instances = 1\nqueue-wait = \"60s\"",
        log: "level = \"debug\"",
        listener: "request-timeout = \"60s\"",
        profile: LOOPS,
        ..App::default()
    };
    let node = app.serve();
    // Both a guest that computes and one that waits.
    for (path, word, action) in [("/spin", "spinning", "spin"), ("/nap/60000", "napping", "nap")] {
        drop(node.begin(path, word));
        assert_eq!(node.get("/users/1").text(), "user 1\n");
        let line = node.stderr.find(&format!("the client left; its process ends action=\"probe#{action}\""));
        assert!(line.contains("pid="), "{line}");
    }
}

#[test]
fn a_thousand_connections_at_once_are_answered() {
    let node = App::default().serve();
    let mut clients: Vec<_> = (0..1000).map(|_| node.client()).collect();
    for (id, client) in clients.iter_mut().enumerate() {
        client.ask(&format!("/users/{id}"));
    }
    for (id, client) in clients.iter_mut().enumerate() {
        assert_eq!(client.response().text(), format!("user {id}\n"));
    }
}

/// Guests that loop for ever cost their neighbours at most a factor of five, and nobody waits for seconds.
///
/// Both figures are of one node in one test, moments apart, but other tests run beside it: a burst of theirs in
/// the second half alone looks like the guests' doing. So the best of three attempts counts.
#[test]
fn guests_that_loop_do_not_starve_the_others() {
    for looping in [1, 4] {
        let attempts = (0..3).map(|_| {
            let node = App { profile: LOOPS, ..App::default() }.serve();
            let (before, _) = latencies(&node);
            let _guests: Vec<_> = (0..looping).map(|_| node.begin("/spin", "spinning")).collect();
            let (beside, worst) = latencies(&node);
            println!("{looping} looping: median {before:?} alone, {beside:?} beside them, at most {worst:?}");
            (beside <= before * 5 && worst <= Duration::from_secs(1), (before, beside, worst))
        });
        let mut seen = Vec::new();
        for (kept, figures) in attempts {
            seen.push(figures);
            if kept {
                seen.clear();
                break;
            }
        }
        assert!(seen.is_empty(), "{looping} looping: (alone, beside them, at most) were {seen:?}");
    }
}

/// The median and the longest of a hundred requests, one after another.
fn latencies(node: &Server) -> (Duration, Duration) {
    let mut client = node.client();
    // The connection itself is not what is measured.
    client.get("/users/0");
    let mut times: Vec<_> = (0..100)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(client.get("/users/1").status, 200);
            start.elapsed()
        })
        .collect();
    times.sort();
    (times[50], times[99])
}
