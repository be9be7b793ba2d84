//! Crowds: connections that are held, and connections that come and go as fast as they can.
//!
//! `RUSM_CROWD` says how many are held at once and `RUSM_CROWD_SECONDS` how long they come and go, so that `ci/soak crowd`
//! can ask for more than a test run has time for.

mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::client::Client;
use support::live::Live;
use support::server::Server;
use support::websocket::{WebSocket, upgrade};

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A node that has places for so many connections that are held.
fn node(places: usize) -> Server {
    let instances = places * 4 / 3;
    let reserved = instances - places - 1;
    let share = reserved * 100 / instances;
    let node =
        format!("max-instances = {instances}\nreserve-for-requests = \"{share}%\"\nqueue-wait = \"50ms\"");
    Live { node: &node, listener: "max-connections = 30000", ..Live::default() }.serve()
}

/// Asks for a plain answer again and again while `work` works, and tells how many came. Each is right.
fn beside<T>(node: &Server, work: impl FnOnce() -> T) -> (T, usize) {
    let (over, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(node.get("/plain").text(), "plain");
                answers.fetch_add(1, Ordering::Relaxed);
            }
        });
        // The other thread's end is not awaited where this one fails.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        over.store(true, Ordering::Relaxed);
        result
    });
    (result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)), answers.into_inner())
}

/// Waits until all processes of this component that have begun have ended.
fn all_gone(node: &Server, component: &str) {
    let (spawn, exit) = (format!("spawn {component}#"), format!("exit {component}#"));
    let (mut seen, mut alive) = (0, 0_i64);
    node.stderr.wait(|lines| {
        for line in &lines[seen..] {
            alive += i64::from(line.contains(&spawn)) - i64::from(line.contains(&exit));
        }
        seen = lines.len();
        (alive == 0).then_some(())
    });
}

/// Says what a node's memory came to, and fails if there is more of it after the same again.
fn no_more(what: &str, first: u64, second: u64) {
    println!("{what}: {first} KiB, then {second} KiB");
    assert!(
        second <= first + first / 10 + (4 << 10),
        "{what}: {first} KiB at first, {second} KiB the second time"
    );
}

/// Holds all places and asks for more, three times: the first makes what is kept for ever after.
fn held<T>(component: &str, open: impl Fn(SocketAddr) -> Result<T, u16>) {
    const TOO_MANY: usize = 20;
    let places = setting("RUSM_CROWD", 500);
    let node = node(places);
    let hold = || {
        let ((), answers) = beside(&node, || {
            let mut connections: Vec<T> = Vec::with_capacity(places);
            let mut refused = 0;
            while refused < TOO_MANY {
                match open(node.address()) {
                    Ok(connection) => connections.push(connection),
                    Err(status) => {
                        assert_eq!(status, 503);
                        refused += 1;
                    }
                }
            }
            assert!(connections.len() > places * 9 / 10, "{} of {places}", connections.len());
            println!("{component}: {} held", connections.len());
        });
        assert!(answers > 0);
        all_gone(&node, component);
        (node.peak(), node.memory())
    };
    let [_, (first_peak, first), (second_peak, second)] = [(); 3].map(|()| {
        node.forget_peak();
        hold()
    });
    no_more("while they were held", first_peak, second_peak);
    // How much the allocator has given back by then differs from time to time. What was kept for good would stand in
    // the next peak.
    println!("after they had gone: {first} KiB, then {second} KiB");
    assert!(second <= first_peak, "{second} KiB are left of {first_peak}");
}

#[test]
fn idle_websockets() {
    held("echo", |address| {
        let mut client = Client::connect(address);
        client.send(upgrade("/echo", ""));
        match client.response_to_head().status {
            101 => Ok(WebSocket(client)),
            status => Err(status),
        }
    });
}

/// What one idle connection may come to, in KiB, without its page tables. It is 53 to 55.
const EACH: u64 = 62;

#[test]
fn what_an_idle_websocket_keeps() {
    let places = setting("RUSM_CROWD", 500);
    let node = node(places + 8);
    let open = || WebSocket::echoing(node.address(), "/echo");
    // What the first ones make is made once.
    drop((0..8).map(|_| open()).collect::<Vec<_>>());
    all_gone(&node, "echo");
    let before = node.memory();
    let sockets: Vec<_> = (0..places).map(|_| open()).collect();
    let each = (node.memory() - before) / sockets.len() as u64;
    println!("{places} connections: {each} KiB each");
    assert!(each <= EACH, "{each} KiB for each");
}

#[test]
fn idle_streams_of_events() {
    held("api", |address| {
        let mut client = Client::connect(address);
        client.ask("/tail");
        match client.response_to_head().status {
            200 => Ok(client),
            status => Err(status),
        }
    });
}

#[test]
fn connections_that_come_and_go() {
    const THREADS: usize = 4;
    let time = Duration::from_secs(setting("RUSM_CROWD_SECONDS", 3) as u64);
    let node = node(200);
    let storm = || {
        let since = Instant::now();
        let (count, answers) = beside(&node, || {
            let threads = || {
                let mut count = 0;
                while since.elapsed() < time {
                    let mut client = Client::connect(node.address());
                    // Some leave with the request on its way, some with the answer, some in the middle of a frame.
                    match count % 4 {
                        0 => client.send(upgrade("/echo", "")),
                        1 => client.ask("/tail"),
                        2 => {
                            client.ask("/tail");
                            client.response_to_head();
                        }
                        _ => {
                            client.send(upgrade("/echo", ""));
                            client.response_to_head();
                            client.send([0x82, 0xff, 0]);
                        }
                    }
                    count += 1;
                }
                count
            };
            thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(threads)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
            })
        });
        println!("{count} connections came and went, {answers} requests were answered beside them");
        assert!(answers > 0);
        all_gone(&node, "echo");
        all_gone(&node, "api");
        node.memory()
    };
    let [_, first, second] = [(); 3].map(|()| storm());
    no_more("after a storm", first, second);
    // All places are free again.
    let held: Vec<_> = (0..100).map(|_| WebSocket::open(node.address(), "/echo")).collect();
    assert_eq!(held.len(), 100);
}
