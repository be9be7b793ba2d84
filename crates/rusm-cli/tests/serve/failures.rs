//! Actions that go wrong: what the client gets, what the log says, and that nobody else notices.

use crate::support::client::Response;
use crate::support::server::{App, Server};

/// The log's one line of a failed request, which names the action and the pid.
fn line(node: &Server, action: &str) -> String {
    let line = node.stderr.find(&format!("action=\"probe#{action}\""));
    assert!(line.contains("ERROR rusm: request failed"), "{line}");
    let pid = line.split_once(" pid=").unwrap().1.split(' ').next().unwrap();
    assert!(pid.parse::<u64>().is_ok(), "{line}");
    line
}

/// Has one request fail between others that do not, one of which is in progress meanwhile.
fn alone(node: &Server, fail: impl FnOnce() -> Response) -> Response {
    assert_eq!(node.get("/users/1").text(), "user 1\n");
    let mut during = node.client();
    during.ask("/nap/100");
    let response = fail();
    assert_eq!(during.response().text(), "rested\n");
    assert_eq!(node.get("/users/2").text(), "user 2\n");
    response
}

#[test]
fn an_error_is_a_bare_500_and_its_text_is_logged() {
    let node = App::default().serve();
    alone(&node, || node.post("/fail", "the shelf is empty")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "fail");
    assert!(line.contains("cause=error: the shelf is empty"), "{line}");
}

#[test]
fn a_panic_is_a_500_and_its_text_and_place_are_logged() {
    let node = App::default().serve();
    alone(&node, || node.post("/panic", "the roof fell in")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "panic");
    assert!(line.contains("the roof fell in") && line.contains("src/lib.rs:"), "{line}");
}

#[test]
fn unreachable_code_is_a_500() {
    let node = App::default().serve();
    alone(&node, || node.get("/unreachable")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "unreachable");
    assert!(line.contains("cause=trap: wasm `unreachable` instruction executed"), "{line}");
}

#[test]
fn a_stack_that_overflows_is_a_500() {
    let node = App::default().serve();
    alone(&node, || node.get("/overflow")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "overflow");
    assert!(line.contains("cause=trap: call stack exhausted"), "{line}");
}

#[test]
fn memory_past_the_profile_is_a_500_and_the_log_names_the_key() {
    let node = App { profile: "max-memory = \"8 MiB\"", ..App::default() }.serve();
    alone(&node, || node.get("/exhaust")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "exhaust");
    assert!(line.contains("8192 KiB (max-memory)"), "{line}");
}

#[test]
fn a_guest_that_exits_ends_its_request_alone() {
    let node = App::default().serve();
    alone(&node, || node.get("/exit")).assert_bare(500, "Internal Server Error");
    let line = line(&node, "exit");
    assert!(line.contains("exit code 1"), "{line}");
}

#[test]
fn a_loop_without_end_is_a_504_and_the_log_names_the_key() {
    let node = App { profile: "max-cpu-time = \"100ms\"", ..App::default() }.serve();
    alone(&node, || node.get("/spin")).assert_bare(504, "Gateway Timeout");
    let line = line(&node, "spin");
    assert!(line.contains("100ms (max-cpu-time)"), "{line}");
}

#[test]
fn time_that_a_guest_waits_is_no_cpu_time() {
    let node = App { profile: "max-cpu-time = \"100ms\"", ..App::default() }.serve();
    assert_eq!(node.get("/doze/300").text(), "rested\n");
}

#[test]
fn a_reply_that_does_not_come_is_a_504_and_the_log_names_the_key() {
    let node = App { listener: "request-timeout = \"500ms\"", ..App::default() }.serve();
    alone(&node, || node.get("/nap/60000")).assert_bare(504, "Gateway Timeout");
    let line = line(&node, "nap");
    assert!(line.contains("500ms (request-timeout)"), "{line}");
    // Whether the guest waits or computes.
    node.get("/spin").assert_bare(504, "Gateway Timeout");
}

#[test]
fn a_process_past_its_wall_time_is_a_504_and_the_log_names_the_key() {
    let node = App { profile: "max-wall-time = \"500ms\"", ..App::default() }.serve();
    alone(&node, || node.get("/nap/60000")).assert_bare(504, "Gateway Timeout");
    let line = line(&node, "nap");
    assert!(line.contains("500ms (max-wall-time)"), "{line}");
}

#[test]
fn a_status_that_is_none_is_a_500() {
    let node = App::default().serve();
    for status in [99, 101, 600] {
        alone(&node, || node.get(&format!("/status/{status}"))).assert_bare(500, "Internal Server Error");
        node.stderr.find(&format!("the status {status} is not one of 200 to 599"));
    }
    line(&node, "status");
}

#[test]
fn a_header_cannot_be_split() {
    let node = App::default().serve();
    let response = alone(&node, || node.get("/bad-header"));
    response.assert_bare(500, "Internal Server Error");
    assert!(response.all("set-cookie").is_empty());
    let line = line(&node, "bad_header");
    assert!(line.contains("the value of the header `x`"), "{line}");
}

#[test]
fn a_guests_text_cannot_forge_a_line_of_the_log() {
    let node = App::default().serve();
    for path in ["/fail", "/panic"] {
        let forged = "so\n2026-01-01T00:00:00Z ERROR rusm: forged\r\x1b[2K";
        node.post(path, forged).assert_bare(500, "Internal Server Error");
        let line = line(&node, &path[1..]);
        assert!(line.contains(r"so\n2026-01-01T00:00:00Z ERROR rusm: forged\r\u{1b}[2K"), "{line}");
    }
    let lines = node.stderr.so_far();
    assert!(!lines.iter().any(|line| line.starts_with("2026-01-01")), "{lines:?}");
}
