//! Services and clients in both languages: the app of `tests/services.rs`, with either side in TypeScript.

use std::fs;
use std::path::Path;

use crate::support::server::Server;
use crate::{answer, folder};

/// The gateway and the calculator, each in this language.
fn node(gateway: &str, calculator: &str) -> Server {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps/services/rusm.toml");
    let mut manifest = fs::read_to_string(manifest).unwrap();
    if gateway == "bundles" {
        // A bundle has no actions: it tells the paths apart itself.
        manifest = manifest
            .lines()
            .map(|line| match line.split_once("gateway#") {
                Some((route, _)) => format!("{route}gateway\"\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let more = "[serve.routes]\n\"GET /countdown/:n\" = \"gateway\"\n\"GET /many/:n\" = \"gateway\"\n\
                    \"GET /spawned\" = \"gateway\"\n\"GET /aborted\" = \"gateway\"\n";
        manifest = manifest.replacen("[serve.routes]\n", more, 1);
        manifest += "\n[capabilities.spawns]\nallow-spawn = [\"calculator\"]\nallow-stdio = true\n[components.gateway]\ncapability = \"spawns\"\n";
    }
    let places = [
        ("gateway", format!("{gateway}/gateway")),
        ("calculator", format!("{calculator}/calculator")),
        ("second", format!("{calculator}/calculator")),
    ];
    let places: Vec<_> = places.iter().map(|(name, place)| (*name, place.as_str())).collect();
    Server::start(folder(&manifest, &places), "")
}

/// What is the same in all languages.
fn all(node: &Server) {
    assert_eq!(answer(node, "/add/2/3"), "5");
    assert_eq!(answer(node, "/accumulate/2"), "2");
    assert_eq!(answer(node, "/cast/40"), "()");
    assert_eq!(answer(node, "/accumulate/0"), "42");
    assert_eq!(answer(node, "/echo"), "true");
    assert_eq!(answer(node, "/relay/7"), "7");
    node.stderr.find("ready total=0");

    assert_eq!(answer(node, "/divide/6/0"), "division-by-zero: 6 by 0");
    assert_eq!(answer(node, "/wrong"), "no-such-function bad-arguments wrong-kind");
    let itself = answer(node, "/itself");
    assert!(itself.contains("itself"), "{itself}");
    assert_eq!(answer(node, "/slow"), "timeout Ok(3) false");

    assert_eq!(answer(node, "/count/1000"), "500500");
    assert_eq!(answer(node, "/between/100"), "109900");
    assert_eq!(answer(node, "/report/3"), "\"3 of [0, 1, 2]\"");

    watched(node);

    assert_eq!(answer(node, "/accumulate/2"), "49");
    assert_eq!(answer(node, "/crash"), "down 3 true");
    // Its state went with it.
    assert_eq!(answer(node, "/accumulate/2"), "2");
}

/// Subscribers are told, and forgotten when they end.
fn watched(node: &Server) {
    let watchers = |count: usize| while answer(node, "/watchers") != count.to_string() {};
    let mut watching: Vec<_> = (0..3).map(|_| node.client()).collect();
    for client in &mut watching {
        client.ask("/watch");
    }
    watchers(3);
    drop(watching.pop());
    watchers(2);
    assert_eq!(answer(node, "/accumulate/5"), "47");
    for client in &mut watching {
        assert_eq!(client.response().text(), "47\n");
    }
    watchers(0);
}

#[test]
fn a_client_in_rust_and_a_service_in_typescript() {
    let node = node("services", "bundles");
    all(&node);
    // Those who left a stream left its generator too.
    node.stderr.find("count was left");
}

#[test]
fn a_client_in_typescript_and_a_service_in_rust() {
    all(&node("bundles", "services"));
}

#[test]
fn both_in_typescript() {
    let node = node("bundles", "bundles");
    all(&node);
    assert_eq!(answer(&node, "/countdown/5"), "5 4 3 2 1 done: lift off");
    assert_eq!(answer(&node, "/many/200"), "true");
    assert_eq!(answer(&node, "/spawned"), "3 2");
    assert_eq!(answer(&node, "/aborted"), "TimeoutError");
}

/// Clients of both languages call the same process at once.
#[test]
fn a_crowd_of_callers() {
    let node = node("bundles", "bundles");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(answer(&node, "/many/20"), "true");
                    answer(&node, "/accumulate/1");
                }
            });
        }
    });
    assert_eq!(answer(&node, "/accumulate/0"), "40");
}
