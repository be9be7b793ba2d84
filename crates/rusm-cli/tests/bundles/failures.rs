//! Handlers that fail: the client sees a bare 500, and the log one line that names the place in the TypeScript.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::server::Server;
use crate::{answer, folder};

const SOURCE: &str = include_str!("../apps/bundles/components/failing/index.ts");

fn node(profile: &str, listener: &str) -> Server {
    let manifest = format!(
        "[node]\nmax-instances = 64\n[[serve]]\nlisten = \"127.0.0.1:0\"\n{listener}\n\
         [serve.routes]\n\"GET /:case\" = \"failing\"\n\"GET /web/:case\" = \"web\"\n\
         [capabilities.failing]\nallow-stdio = true\n{profile}\n[components.failing]\ncapability = \"failing\"\n"
    );
    Server::start(folder(&manifest, &[("failing", "bundles/failing"), ("web", "bundles/web")]), "")
}

/// Where this stands in the source, as a stack has it.
fn place(code: &str) -> String {
    let line = SOURCE.lines().position(|line| line.contains(code)).unwrap() + 1;
    format!("components/failing/index.ts:{line}:")
}

/// The lines of the log that say that a request failed.
fn failures(node: &Server) -> Vec<String> {
    node.stderr.so_far().into_iter().filter(|line| line.contains("request failed")).collect()
}

/// Asks for a case that fails, and gives the one line that it leaves in the log.
#[track_caller]
fn failure(node: &Server, case: &str) -> String {
    let before = failures(node).len();
    node.get(&format!("/{case}")).assert_bare(500, "Internal Server Error");
    node.stderr.wait(|lines| {
        let mut failed = lines.iter().filter(|line| line.contains("request failed")).skip(before);
        failed.next().cloned()
    })
}

#[test]
fn what_is_thrown_is_one_line_with_its_place() {
    let node = node("", "");
    for (case, text, code) in [
        ("throws", "Error: thrown at once", Some("thrown at once")),
        ("nested", "TypeError: thrown in a function", Some("thrown in ${what}")),
        ("nested", "inner", Some("inner(\"a function\")")),
        ("rejects", "Error: rejected later", Some("rejected later")),
        ("cause", "RangeError: innermost", Some("innermost")),
        ("cause", "Error: outermost", Some("outermost")),
        ("odd", "Uncaught { odd: true }", None),
        ("nothing", "Uncaught undefined", None),
        ("unheard", "Unhandled rejection: Error: heard by nobody", Some("heard by nobody")),
        ("timer", "Error: thrown in a timer", Some("thrown in a timer")),
        ("header", "TypeError", Some("x-bad")),
    ] {
        let line = failure(&node, case);
        assert!(line.contains(text), "{case}: {line}");
        if let Some(code) = code {
            assert!(line.contains(&place(code)), "{case}: {line}\nrather than {}", place(code));
        }
    }
    assert_eq!(answer(&node, "/fine"), "fine");
    // One line each, whatever is in the text.
    failure(&node, "hostile");
    let line = failure(&node, "lines");
    assert!(line.contains(r"one\n2026-01-01 ERROR rusm: forged"), "{line}");
    assert!(!node.stderr.so_far().iter().any(|line| line.starts_with("2026-01-01 ERROR rusm: forged")));
}

#[test]
fn a_rejection_that_somebody_hears_of_is_none() {
    let node = node("", "");
    assert_eq!(answer(&node, "/heard"), "heard");
    assert_eq!(answer(&node, "/listened"), "fine");
    assert_eq!(failures(&node), [""; 0]);
}

#[test]
fn what_is_no_response_is_said() {
    let node = node("", "");
    for (case, text) in [
        ("number", "the handler returned no Response, but 42"),
        ("undefined", "the handler returned no Response, but undefined"),
        ("object", "the handler returned no Response, but an object of Object"),
        ("error", "the handler returned Response.error()"),
        ("used", "the handler returned a Response whose body was read already"),
        ("locked", "the handler returned a Response whose body was read already"),
    ] {
        let line = failure(&node, case);
        assert!(line.contains(text), "{case}: {line}");
    }
}

#[test]
fn a_promise_that_nothing_can_settle_fails_at_once() {
    let node = node("", "");
    for case in ["never", "stuck"] {
        let line = failure(&node, case);
        assert!(line.contains("it waits for a promise that nothing can settle any more"), "{line}");
    }
}

#[test]
fn a_stream_that_fails_cuts_the_reply_off() {
    let node = node("", "");
    for (case, text) in [
        ("stream-throws", "Error: thrown in the stream"),
        ("stream-text", "TypeError: a body's stream gives Uint8Arrays, and nothing else"),
        ("stream-stuck", "it waits for a promise that nothing can settle any more"),
    ] {
        let mut client = node.client();
        client.ask(&format!("/{case}"));
        // With nothing sent by then it is a 500, and otherwise a reply that nobody takes for a whole one.
        let status = client.response_to_head().status;
        if status == 200 {
            let rest = client.rest();
            assert!(!rest.ends_with(b"0\r\n\r\n"), "{case}: {}", rest.escape_ascii());
        } else {
            assert_eq!(status, 500, "{case}");
        }
        node.stderr.find(text);
    }
    assert!(node.stderr.so_far().iter().any(|line| line.contains(&place("thrown in the stream"))));
}

#[test]
fn recursion_has_an_end() {
    let node = node("max-memory = \"128 MiB\"", "");
    assert_eq!(answer(&node, "/recursion"), "true RangeError");
    let line = failure(&node, "overflow");
    assert!(line.contains("RangeError: Maximum call stack size exceeded"), "{line}");
    assert!(line.contains(&place("this.deeper")), "{line}");
    // What recurses in the engine's own code ends there too, by an error or with the process.
    for case in ["json", "parse", "pattern", "clone", "inspect"] {
        let response = node.get(&format!("/{case}"));
        println!("{case}: {} {}", response.status, response.text());
        assert!([200, 500].contains(&response.status), "{case}: {response:?}");
        assert_eq!(answer(&node, "/fine"), "fine");
    }
    for line in failures(&node) {
        println!("{line}");
        assert!(
            ["RangeError", "SyntaxError", "trap: call stack exhausted"]
                .iter()
                .any(|text| line.contains(text)),
            "{line}"
        );
    }
}

#[test]
fn memory_has_an_end() {
    let node = node("max-memory = \"32 MiB\"", "");
    for case in ["memory", "objects", "string", "buffer"] {
        let line = failure(&node, case);
        println!("{line}");
        assert!(
            ["out of memory", "RangeError: invalid", "string too long"]
                .iter()
                .any(|text| line.contains(text)),
            "{case}: {line}"
        );
        assert_eq!(answer(&node, "/fine"), "fine");
    }
    let spared = answer(&node, "/spared");
    assert!(spared.contains("out of memory") || spared.contains("invalid array buffer length"), "{spared}");
}

/// Loops of every kind end by the CPU time that they are granted, and hold up nobody meanwhile.
#[test]
fn a_loop_without_end_is_preempted_and_ended() {
    let node = &node("max-cpu-time = \"300ms\"", "");
    let (over, mut answers) = (AtomicBool::new(false), 0);
    let cases = ["endless", "busy", "regexp", "sort"];
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let looping = cases.map(|case| scope.spawn(move || (case, node.get(&format!("/{case}")).status)));
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(answer(node, "/web/plain"), "plain");
                answers += 1;
            }
        });
        let statuses = looping.map(|thread| thread.join().unwrap());
        over.store(true, Ordering::Relaxed);
        statuses.into()
    });
    println!("{answers} answers beside {statuses:?}");
    assert!(statuses.iter().all(|(_, status)| *status == 504), "{statuses:?}");
    assert!(answers > 20, "{answers}");
    // A reply may be read before the line that goes with it.
    let lines = node.stderr.wait(|lines| {
        let failed = lines.iter().filter(|line| line.contains("request failed")).cloned().collect::<Vec<_>>();
        (failed.len() >= cases.len()).then_some(failed)
    });
    for line in lines {
        assert!(line.contains("out of CPU time: the profile allows 300ms (max-cpu-time)"), "{line}");
    }
}

#[test]
fn a_handler_that_is_late_is_504() {
    let node = node("", "request-timeout = \"300ms\"");
    node.get("/endless").assert_bare(504, "Gateway Timeout");
    node.stderr.find("no reply within 300ms (request-timeout)");
    assert_eq!(answer(&node, "/fine"), "fine");
}
