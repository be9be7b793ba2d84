//! Mode `sse`, driven from outside against servers that behave and servers that do not.

mod support;

use std::net::SocketAddr;

use serde_json::Value;
use support::{Native, Run, loadtest, raw_start, server};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n";

/// A short run.
fn drive(url: &str, args: &[&str]) -> Run {
    let short = ["sse", url, "--connections", "2", "--duration", "200ms", "--warmup", "20ms"];
    Run::of(loadtest(&short).args(args))
}

/// The report of a run in which there was nothing but errors of `kind`.
fn errors_of(kind: &str, address: SocketAddr, args: &[&str]) -> Value {
    let run = drive(&format!("http://{address}/events"), &[&["--json"], args].concat());
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    let by_kind = &report["errors_by_kind"];
    assert!(by_kind[kind].as_u64().is_some_and(|count| count > 0), "{kind}: {report}");
    assert_eq!(by_kind[kind], report["errors"], "nothing but {kind}: {report}");
    report
}

/// A server that answers each request with `answer`, closes, and is done.
fn answering(answer: impl Into<String>) -> SocketAddr {
    let answer = answer.into();
    server(move |mut peer, _| {
        if peer.request().is_some() {
            peer.answer(&answer);
        }
    })
}

#[test]
fn a_clean_run_has_figures_and_no_errors() {
    let native = Native::start("native-sse");
    let run = drive(&native.url("/events"), &["--json", "--threads", "2"]);
    let report = run.json();
    assert_eq!(run.code, Some(0), "{report}");
    for figure in ["events", "events_per_second", "received_bytes"] {
        assert!(report[figure].as_f64().is_some_and(|number| number > 0.0), "{figure}: {report}");
    }
    assert!(report["latency_us"].is_null(), "{report}");
    let text = drive(&native.url("/events"), &[]).stdout;
    assert!(text.contains("events/s") && !text.contains("latency"), "{text}");
}

#[test]
fn the_native_server_sends_what_is_documented() {
    let native = Native::start("native-sse");
    let answer = raw_start(native.address(), "GET /events HTTP/1.1\r\nhost: x\r\n\r\n", 300);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"), "{head}");
    assert!(head.contains("\r\ncache-control: no-cache\r\n"), "{head}");
    assert!(body.starts_with("E\r\ndata: tick 0\n\n\r\nE\r\ndata: tick 1\n\n\r\n"), "{body}");
}

#[test]
fn events_are_found_however_they_are_cut() {
    // Chunks that end inside an event, inside a line end, and one event of two lines.
    let address = server(|mut peer, _| {
        peer.request();
        peer.answer(&format!("{HEAD}transfer-encoding: chunked\r\n\r\n"));
        for number in 0.. {
            let event = format!(": hi\r\nid: 7\r\ndata: tick\r\ndata: {number}\r\n\r\n");
            let cut = number % event.len();
            let parts = [&event[..cut], &event[cut..]];
            let chunk = |part: &str| format!("{:x}\r\n{part}\r\n", part.len());
            let chunks: String = parts.into_iter().filter(|part| !part.is_empty()).map(chunk).collect();
            if !peer.answer(&chunks) {
                return;
            }
        }
    });
    let run = drive(&format!("http://{address}/"), &["--json"]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
}

#[test]
fn a_gap_is_an_order_error() {
    let report = errors_of("order", answering(format!("{HEAD}\r\ndata: tick 1\n\ndata: tick 3\n\n")), &[]);
    assert_eq!(report["errors_by_kind"]["first"], "event 3 follows event 1");
    errors_of("order", answering(format!("{HEAD}\r\ndata: tick\n\n")), &[]);
}

#[test]
fn another_content_type_is_an_error_of_its_own() {
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    errors_of("content-type", answering(json), &[]);
    errors_of("content-type", answering("HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n"), &[]);
}

#[test]
fn a_status_is_counted_by_its_code() {
    let native = Native::start("native-sse");
    let run = drive(&native.url("/nowhere"), &["--json"]);
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    let refused = report["errors_by_kind"]["status"]["404"].as_u64();
    assert!(refused.is_some() && refused == report["errors"].as_u64(), "{report}");
}

#[test]
fn a_stream_that_ends_is_a_read_error() {
    let event = "data: tick 0\n\n";
    for ending in [
        format!("{HEAD}\r\n{event}"),
        format!("{HEAD}content-length: {}\r\n\r\n{event}", event.len()),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\ne\r\n{event}\r\n0\r\n\r\n"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\ne\r\n{event}\r\n"),
        format!("{HEAD}transfer-encoding: chunked\r\n\r\nnot a size\r\n"),
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        String::new(),
    ] {
        errors_of("read", answering(ending), &[]);
    }
}

#[test]
fn an_endless_line_is_a_read_error() {
    let part = "x".repeat(1 << 16);
    let address = server(move |mut peer, _| {
        peer.request();
        peer.answer(&format!("{HEAD}\r\n"));
        while peer.answer(&part) {}
    });
    errors_of("read", address, &["--timeout", "5m"]);
}

#[test]
fn silence_is_a_timeout_before_and_after_the_head() {
    let mute = server(|mut peer, _| while peer.request().is_some() {});
    errors_of("timeout", mute, &["--timeout", "50ms"]);
    let stalled = server(|mut peer, _| {
        while peer.request().is_some() {
            peer.answer(&format!("{HEAD}\r\ndata: tick 0\n\n"));
        }
    });
    errors_of("timeout", stalled, &["--timeout", "50ms"]);
}
