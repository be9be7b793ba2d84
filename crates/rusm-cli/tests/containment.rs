//! Guests that come to every bad end there is, beside a resident that must not notice.
//!
//! `RUSM_CROWD` says how many processes a burst has; a thousand if it says nothing.

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use support::server::{Server, app};

const MANIFEST: &str = r#"
[node]
max-instances = 256
queue-wait = "60s"

[[serve]]
listen = "127.0.0.1:0"
request-timeout = "60s"

[serve.routes]
"POST /ask" = "front#ask"
"POST /spawn" = "front#spawn"
"POST /count/:millis/:messages" = "front#count"

[capabilities.front]
allow-spawn = ["unruly", "counting"]
allow-process-control = true

# Sandboxed in all but its limits, which are smaller.
[capabilities.unruly]
max-memory = "16 MiB"
max-cpu-time = "100ms"
max-wall-time = "10s"

[capabilities.counting]
max-cpu-time = "300ms"

[components]
front = { capability = "front" }
unruly = { capability = "unruly" }
counting = { capability = "counting" }
keeper = { resident = true, max-restarts = 1000 }
# The same, but resident.
steady = { resident = true, capability = "counting" }
"#;

/// Each end, and what the reason that its monitor hears has in it.
const ENDS: [(&str, &str); 15] = [
    ("unreachable", "trap: wasm `unreachable` instruction executed"),
    ("panic", "panicked at components/unruly/src/lib.rs"),
    ("divide", "attempt to divide by zero"),
    ("out-of-bounds", "index out of bounds"),
    ("wild-pointer", "trap: out of bounds memory access"),
    ("memory", "(max-memory)"),
    ("overflow", "trap: call stack exhausted"),
    ("loop", "100ms (max-cpu-time)"),
    ("sleep", "10s (max-wall-time)"),
    ("error", "error: nothing came of it"),
    ("exit", "exit code"),
    ("abort", "trap: wasm `unreachable` instruction executed"),
    ("exit-self", "enough"),
    ("shutdown", "shutdown"),
    ("return", "normal"),
];

fn serve() -> Server {
    let components = [
        ("front", "front"),
        ("unruly", "unruly"),
        ("counting", "counting"),
        ("keeper", "keeper"),
        ("steady", "counting"),
    ];
    Server::start(app("containment", MANIFEST, &components), "")
}

/// The ends of a burst: the same for each, in an order that has no order.
fn burst() -> Vec<&'static str> {
    let crowd =
        std::env::var("RUSM_CROWD").map_or(1000, |text| text.parse().expect("RUSM_CROWD is a number"));
    let mut state = 0x9e37_79b9_u32;
    // One that sleeps until its time is over holds up those behind it: a single one is enough.
    let mut ends = vec!["sleep"];
    while ends.len() < crowd {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let (end, _) = ENDS[state as usize % ENDS.len()];
        ends.extend((end != "sleep").then_some(end));
    }
    ends
}

/// Spawns the ends, a hundred or so alive at once, and asserts that each came as it should.
fn run(node: &Server, ends: &[&str]) {
    let batches = Mutex::new(ends.chunks(25));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = node.client();
                loop {
                    let Some(batch) = batches.lock().unwrap().next() else { return };
                    let response = client.post("/spawn", batch.join(" "));
                    assert_eq!(response.status, 200, "{response:?}");
                    for (line, end) in response.text().lines().zip(batch) {
                        let reason = ENDS.iter().find(|(name, _)| name == end).unwrap().1;
                        assert!(
                            line.starts_with(end) && line.contains(reason),
                            "{line}\nrather than {reason}"
                        );
                    }
                }
            });
        }
    });
}

/// Asks the keeper again and again while `work` is done, and returns how often each answer came: the status of one
/// that counts, the text of one that does not.
fn asking(node: &Server, work: impl FnOnce()) -> BTreeMap<String, u64> {
    let (over, answers) = (AtomicBool::new(false), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut client = node.client();
                while !over.load(Ordering::Relaxed) {
                    let response = client.post("/ask", "well?");
                    let answer = match response.status {
                        200 => "an answer".to_owned(),
                        status => format!("{status} {}", response.text()),
                    };
                    *answers.lock().unwrap().entry(answer).or_default() += 1;
                }
            });
        }
        let stop = Stop(&over);
        work();
        drop(stop);
    });
    answers.into_inner().unwrap()
}

/// Says that it is over even if the work fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// And what they leave behind is nothing that a second burst would add to.
#[test]
fn a_crowd_of_failures_concerns_nobody_else() {
    let node = serve();
    let ends = burst();
    let answers = asking(&node, || run(&node, &ends));
    println!("{} ends, beside them {answers:?}", ends.len());
    assert_eq!(answers.keys().collect::<Vec<_>>(), ["an answer"]);
    assert!(answers["an answer"] > 100, "{answers:?}");

    // Each panic is heard of, though its profile grants it no output.
    let panics = ends.iter().filter(|end| **end == "panic").count();
    let fell_in = |line: &&String| {
        line.contains("ERROR rusm: process failed component=\"unruly\"") && line.contains("fell in")
    };
    node.stderr.wait(|lines| (lines.iter().filter(fell_in).count() == panics).then_some(()));

    let after_one = node.resident();
    run(&node, &ends);
    let after_two = node.resident();
    println!("{after_one} KiB after one burst, {after_two} KiB after two");
    assert!(after_two <= after_one + after_one / 10 + (16 << 10), "{after_one} KiB, then {after_two} KiB");
}

/// While the keeper itself is down, those who ask hear so, at once.
#[test]
fn a_resident_that_crashes_comes_back_and_nobody_waits_in_vain() {
    const CRASHES: usize = 50;
    let node = serve();
    let answers = asking(&node, || {
        let mut client = node.client();
        for _ in 0..CRASHES {
            // Whom it meets it may have met just after a crash, when there is no keeper to crash.
            while !client.post("/ask", "crash").text().contains("was told to crash") {}
        }
        // It is there again after the last of them.
        while client.post("/ask", "well?").status != 200 {}
    });
    println!("{answers:?}");
    assert!(answers["an answer"] > 0, "{answers:?}");
    for answer in answers.keys().filter(|answer| *answer != "an answer") {
        assert!(
            ["503 the keeper ended: ", "503 there is no keeper"].iter().any(|text| answer.starts_with(text)),
            "{answer}"
        );
    }
    let restarted = |line: &&String| line.contains("WARN rusm: restarted child=\"keeper\"");
    node.stderr.wait(|lines| (lines.iter().filter(restarted).count() == CRASHES).then_some(()));
    let told =
        |line: &&String| line.contains("the keeper was told to crash") && line.contains("process failed");
    node.stderr.wait(|lines| (lines.iter().filter(told).count() == CRASHES).then_some(()));
}

#[test]
fn cpu_time_is_of_one_message() {
    let node = serve();
    // A guest reads the clock on the wall, and no more CPU time than that passes.
    assert_eq!(node.post("/count/100/10", "counting").text(), "alive");
    let ended = node.post("/count/30000/1", "counting");
    assert!(
        ended.text().starts_with("message 1: ") && ended.text().contains("300ms (max-cpu-time)"),
        "{ended:?}"
    );
}

#[test]
fn a_resident_has_no_limit_of_cpu_time() {
    let node = serve();
    assert_eq!(node.post("/count/1500/2", "steady").text(), "alive");
}
