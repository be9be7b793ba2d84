//! Mode `idle`, driven from outside against the native servers.

mod support;

use std::{net::SocketAddr, process};

use support::{Native, Run, loadtest, server};

fn idle(kind: &str, url: &str, pid: u32, args: &[&str]) -> Run {
    let pid = pid.to_string();
    let short = ["idle", kind, url, "--pid", &pid, "--connections", "100", "--settle", "50ms"];
    Run::of(loadtest(&short).args(args))
}

#[test]
fn held_connections_take_memory() {
    for (kind, mode, path) in [("ws", "native-ws", "/ws"), ("sse", "native-sse", "/events")] {
        let native = Native::start(mode);
        let run = idle(kind, &native.url(path), native.process.0.id(), &["--json"]);
        let report = run.json();
        assert_eq!(run.code, Some(0), "{kind}: {report}");
        assert_eq!(report["bursts"][1]["connections"], 100, "{report}");
        assert!(report["bytes_per_connection"].as_f64() > Some(0.0), "{kind}: {report}");
        let text = idle(kind, &native.url(path), native.process.0.id(), &[]).stdout;
        for word in ["page tables", "held again", "a connection  ", "errors           0\n"] {
            assert!(text.contains(word), "{kind}, {word}: {text}");
        }
    }
}

/// A burst of the kind `kind` against a server that keeps none of its connections.
fn lost(kind: &str, address: SocketAddr) {
    let run = idle(kind, &format!("http://{address}/"), process::id(), &["--json"]);
    let report = run.json();
    assert_eq!(run.code, Some(1), "{report}");
    // All are lost in the end; that the first are gone when it looks is enough.
    assert!(report["errors"].as_u64() > Some(0), "{report}");
}

#[test]
fn connections_that_are_lost_meanwhile_are_errors() {
    // One echo, then gone.
    lost(
        "ws",
        server(|mut peer, _| {
            if peer.upgrade()
                && let Some((first, payload)) = peer.frame()
            {
                peer.send(&support::frame(first, &payload));
            }
        }),
    );
    lost(
        "sse",
        server(|mut peer, _| {
            peer.request();
            peer.answer("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
        }),
    );
}

#[test]
fn a_process_that_is_not_there_is_explained() {
    let native = Native::start("native-ws");
    let run = idle("ws", &native.url("/ws"), u32::MAX, &[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("cannot read the memory of process 4294967295: give --pid"),
        "{}",
        run.stderr
    );
}
